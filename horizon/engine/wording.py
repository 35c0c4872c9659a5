"""May it be published as it is? What a careful reader would remark in a short text that strangers will read.

Nothing here refuses: each remark says what was seen and what to do, and a person decides.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from horizon.engine.folding import fold


class Remark(NamedTuple):
    """One remark: `code` for machines, `excerpt` as written, `sentence` in French for whoever wrote or moderates.

    `personal` remarks are told to the writer before anything is sent; the others are for the person who moderates.
    """

    code: str
    excerpt: str
    sentence: str
    personal: bool

    @property
    def told_first(self) -> bool:
        """Whether who writes is told before it is sent: what is personal, and what hurts."""
        return self.personal or self.code == "insult"


_PHONE = re.compile(r"(?<![\d.,])(?:(?:\+|00)33[\s.\-]?[1-9]|0[1-9])(?:[\s.\-]?\d{2}){4}(?!\d)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.I)
_MARKUP = re.compile(r"<\s*/?\s*[a-z!][^>]{0,200}>|\[/?(?:url|img)\b", re.I)
_TITLED = re.compile(
    r"\b(?:M\.|Mr\.?|Mme\.?|Mlle\.?|Madame|Monsieur|Docteur|Dr\.?)\s+[A-ZÀ-Ý][\w’'-]+(?:\s+[A-ZÀ-Ý][\w’'-]+)?"
)
_NAMED = re.compile(r"\b(?:je m[’']appelle|mon nom est|je suis)\s+[A-ZÀ-Ý][\w’'-]+(?:\s+[A-ZÀ-Ý][\w’'-]+)?")
_STREET = re.compile(
    r"\b\d{1,4}\s?(?:bis|ter)?,?\s+(?:rue|avenue|av\.?|boulevard|bd|place|chemin|allée|impasse|route|lotissement|square)\s+[\w’' -]{3,40}",
    re.I,
)
_REPEATED = re.compile(r"(.)\1{7,}")
INSULTS = Path(__file__).with_name("insults.csv")
MUTE = re.compile(r"[^\W\d_]")
LINKS_OF_SPAM = 3


def remarks(text: str) -> list[Remark]:
    """What there is to say of a text, in the order of its rules; empty for an ordinary text.

    >>> [r.code for r in remarks("Il manque un café, appelez-moi au 06 12 34 56 78")]
    ['phone']
    >>> remarks("Un atelier pour réparer les vélos, ouvert le samedi")
    []
    """
    found: list[Remark] = []
    personal = (
        ("phone", _PHONE, "Un numéro de téléphone : tout le monde le lirait."),
        ("email", _EMAIL, "Une adresse électronique : tout le monde la lirait."),
        (
            "address",
            _STREET,
            "Une adresse précise : elle peut désigner quelqu’un. La commune suffit.",
        ),
        ("name", _TITLED, "Le nom d’une personne : dites plutôt « une voisine », « un élu »."),
        ("name", _NAMED, "Votre nom : il n’est pas nécessaire, et tout le monde le lirait."),
    )
    for code, pattern, sentence in personal:
        match = pattern.search(text)
        if match and not any(r.code == code for r in found):
            found.append(Remark(code, match[0].strip(), sentence, True))
    if match := _MARKUP.search(text):
        found.append(Remark("markup", match[0][:60], "Du code : il sera montré tel quel.", False))
    links = _LINK.findall(text)
    if links:
        many = len(links) >= LINKS_OF_SPAM
        sentence = "Beaucoup de liens : sans doute un envoi automatique." if many else "Un lien à vérifier."
        found.append(Remark("spam" if many else "link", links[0][:80], sentence, False))
    words = fold(text).split()
    if hurting := insult_of(" ".join(words)):
        found.append(
            Remark(
                "insult",
                hurting,
                "Ce mot peut blesser qui le lira : dites-le autrement si vous le pouvez.",
                False,
            )
        )
    letters = [c for c in text if c.isalpha()]
    if len(letters) > 20 and sum(c.isupper() for c in letters) > 0.8 * len(letters):
        found.append(Remark("shouting", text[:40], "Tout en capitales.", False))
    if _REPEATED.search(text) or (len(words) > 12 and len(set(words)) < len(words) / 4):
        found.append(Remark("noise", text[:40], "Le même signe ou le même mot, répété.", False))
    return found


@lru_cache(maxsize=1)
def _insults() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What hurts, and the ordinary phrases that hold one of these words (« une tapette à souris »): two patterns on folded text.

    Whole words only, of a short list kept as data (`insults.csv`), chosen so that an ordinary notice never meets it.
    """
    with INSULTS.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return _any_of(row["words"] for row in rows), _any_of(row["ordinary"] for row in rows)


def _any_of(cells: Iterable[str]) -> re.Pattern[str]:
    phrases = sorted(
        {one.strip() for cell in cells for one in cell.split(";") if one.strip()}, key=len, reverse=True
    )
    return re.compile(r"\b(?:" + "|".join(map(re.escape, phrases)) + r")\b")


def insult_of(folded: str) -> str:
    """The first word or phrase of a folded text that hurts; empty when there is none.

    >>> insult_of("bande de connards"), insult_of("deux tapettes a souris a donner")
    ('connards', '')
    """
    hurts, ordinary = _insults()
    match = hurts.search(ordinary.sub(" ", folded))
    return match[0] if match else ""


def says_something(text: str) -> bool:
    """Whether there is at least one word of two letters: an emoji or a full stop alone says nothing to search for.

    >>> says_something("🥐"), says_something("un four à pain")
    (False, True)
    """
    return any(len(word) > 1 and MUTE.search(word) for word in fold(text).split())
