"""A record, and how it is read: its name in words, its numbers checked, its contacts in one form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from stdnum import luhn

from horizon.engine.folding import fold
from horizon.engine.identity import words

_WAS = r"\b(?:ex|ancien(?:ne)?(?:ment)?|autrefois|pr[ée]c[ée]demment|devenue?|aujourd.hui|d[ée]sormais|nouveau nom|rebaptis[ée]e?)\b"
_PIECES = re.compile(r"\s+[-–—]\s+|[(),;:\"«»“”]|\bdite?\b|" + _WAS, re.IGNORECASE)
_RENAMED = re.compile(_WAS, re.IGNORECASE)
_GLUE = re.compile(r"(?<=\w{3})[-'’](?=\w)")
_VOWELS = re.compile("[aeiouy]")
_CAPITALS = re.compile(r"\b[A-ZÀ-Ý]{3,9}\b")
_RNA = re.compile(r"W\d[0-9A-Z]\d{7}")
_PHONE = re.compile(r"(?<!\d)(?:(?:\+|00)33\s*(?:\(0\))?\s*|0)([1-9](?:[\s./-]*\d\d){4})(?!\d)")
_SHAPE = str.maketrans({"1": "l", "i": "l", "0": "o", "5": "s", "8": "b"})


@dataclass(frozen=True)
class Record:
    """What one source says of an organisation. Everything but `key` may be empty.

    `register`: a public register names it, so that two different RNA numbers are two associations.
    """

    key: str
    name: str = ""
    acronym: str = ""
    siren: str = ""
    siret: str = ""
    rna: str = ""
    legal_category: str = ""
    street: str = ""
    postal_code: str = ""
    commune: str = ""
    website: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class Reading:
    """A record as it is compared. `tokens` are the words of the name that may differ, `pieces` its parts."""

    record: Record
    siren: str
    siret: str
    rna: str
    all_words: tuple[str, ...]
    glued: tuple[str, ...]
    tokens: tuple[str, ...]
    pieces: tuple[tuple[str, ...], ...]
    mentioned: frozenset[str]
    acronyms: frozenset[str]
    shape: str
    form: str
    renamed: bool
    phones: frozenset[str]
    email: str
    domain: str
    site: str
    street: tuple[str, ...]
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ground:
    """The communes that names may mention: code to name. Their words weigh less, and two communes are two places."""

    communes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        phrases: dict[tuple[str, ...], set[str]] = {}
        for code, name in self.communes.items():
            found = tuple(word for word in opened(name) if word not in words.STOP)
            if found:
                phrases.setdefault(found, set()).add(code)
        object.__setattr__(self, "_phrases", phrases)
        object.__setattr__(self, "_longest", max((len(p) for p in phrases), default=0))
        object.__setattr__(self, "_words", frozenset(w for p in phrases for w in p if len(w) > 3))

    @property
    def place_words(self) -> frozenset[str]:
        """The words that communes are called by."""
        return self._words  # type: ignore[attr-defined]

    def mentioned(self, found: tuple[str, ...], home: str) -> frozenset[str]:
        """The communes that words name, the longest names first; of two with one name, the record's own."""
        codes: set[str] = set()
        start = 0
        while start < len(found):
            for size in range(min(self._longest, len(found) - start), 0, -1):  # type: ignore[attr-defined]
                known = self._phrases.get(found[start : start + size])  # type: ignore[attr-defined]
                if known and (size > 1 or len(found[start]) > 3):
                    codes |= {home} if home in known else known
                    start += size
                    break
            else:
                start += 1
        return frozenset(codes)


@lru_cache(maxsize=65_536)
def opened(text: str) -> tuple[str, ...]:
    """The folded words of a name, letters apart joined, short forms opened when only one word has them.

    >>> opened("Ass. Sport. C.A.R.A. de St-Benoît")
    ('association', 'sport', 'cara', 'de', 'saint', 'benoit')
    """
    dotted = re.sub(r"\b((?:[^\W\d_][.\s])+[^\W\d_])\b\.?", lambda m: re.sub(r"[.\s]", "", m[1]), text)
    found = []
    for word in fold(dotted).split():
        longer = words.SHORT.get(word, ())
        found.append(words.NUMBERS.get(word, longer[0] if len(longer) == 1 else word))
    return tuple(found)


def telling(found: Iterable[str]) -> tuple[str, ...]:
    """The words without empty ones and legal forms; all of them when nothing would be left."""
    found = tuple(found)
    said = tuple(w for w in found if w not in words.STOP and not (len(w) < 4 and shape(w) in _STOP_SHAPES))
    return tuple(w for w in said if w not in words.FORM) or said or found


@lru_cache(maxsize=65_536)
def shape(text: str) -> str:
    """What is left of a text when a machine may have misread it: signs that look alike are one.

    >>> shape("Le FiI et 1a Trame") == shape("LE FIL ET LA TRAME")
    True
    """
    flat = fold(text).replace(" ", "").translate(_SHAPE)
    return flat.replace("rn", "m").replace("vv", "w").replace("cl", "d")


_STOP_SHAPES = frozenset(shape(word) for word in words.STOP if len(word) > 1)


def _acronyms(record: Record, found: tuple[str, ...], places: frozenset[str]) -> frozenset[str]:
    """The acronyms that a record may go by: its own, words in capitals or that nobody can say, the words of a short name."""
    known = {"".join(w for w in opened(record.acronym) if not w.isdigit())}
    said = [bare for w in telling(found) if (bare := w.rstrip("0123456789")) and bare not in places]
    if len([w for w in said if w not in words.GENERIC]) <= 2:
        known.update(said)
    for piece in _PIECES.split(record.name):
        part = [w for w in telling(opened(piece)) if w not in places]
        known.update(part if len(part) == 1 else ())
    known.update(word for word in said if not _VOWELS.search(word))
    if not record.name.isupper():
        known.update(fold(word) for word in _CAPITALS.findall(record.name.replace(".", "")))
    return frozenset(
        word
        for word in known
        if 3 <= len(word) <= 9 and word.isalpha() and word not in words.FORM | words.GENERIC
    )


def phones_in(text: str) -> frozenset[str]:
    """The numbers of ten digits that a text gives. A misread O is a zero.

    >>> sorted(phones_in("+33 (0)5 49 00 00 91 ou 05.49.O0.00.14"))
    ['0549000014', '0549000091']
    >>> sorted(phones_in("549000091")), sorted(phones_in("05/49/00/00/91 poste 12"))
    (['0549000091'], ['0549000091'])
    """
    text = text.upper().replace("O", "0")
    found = {"0" + re.sub(r"\D", "", number) for number in _PHONE.findall(text)}
    for part in re.split(r"[/,;|]|\b0U\b|\bET\b", text):
        digits = re.sub(r"\D", "", part)
        digits = re.sub(r"^(?:0033|33)0?", "0", digits) if len(digits) > 10 else digits
        if len(digits) == 9 and not digits.startswith("0"):
            digits = "0" + digits  # a spreadsheet took the zero for nothing
        if len(digits) == 10:
            found.add(digits)
    return frozenset(found)


def mailbox(text: str) -> str:
    """An address as it is compared.

    >>> mailbox("mailto:Contact (at) Clain.example ")
    'contact@clain.example'
    """
    spelled = re.sub(r"\s*[\[(]\s*(?:at|arobase|a)\s*[\])]\s*", "@", text.strip().lower())
    return re.sub(r"\s|^mailto:", "", spelled)


def web_address(text: str) -> str:
    """A site without its scheme, `www` and last slash.

    >>> web_address("https://www.Bricoclain.example/")
    'bricoclain.example'
    """
    return re.sub(r"^(https?://)?(www\.)?", "", text.strip().lower()).split("?")[0].rstrip("/")


def pieces_of(name: str) -> list[str]:
    """The parts of a name between dashes, brackets and quotes."""
    return [piece for piece in _PIECES.split(name) if piece.strip()]


def _front_door(site: str) -> bool:
    """Whether an address is the entrance of a place where many have a page: it names nobody."""
    host, _, path = site.partition("/")
    return not path and bool(set(host.split(".")[-2:-1]) & words.PLATFORMS) and host.count(".") <= 1


def labels_of(text: str) -> str:
    """Letters as an address writes them: no space, accent, sign nor number at the end.

    >>> labels_of("Les Doigts-Agiles 86")
    'lesdoigtsagiles'
    """
    return fold(text).replace(" ", "").rstrip("0123456789")


def _labels(site: str, email: str, domain: str) -> frozenset[str]:
    """The words by which a site and an address name somebody: `recup-r.example`, `facebook.com/recup.r`, `recup.r@…`."""
    host, _, path = site.partition("/")
    parts = [*host.split(".")[:-1], *domain.split(".")[:-1], email.partition("@")[0]]
    if set(host.split(".")) & words.PLATFORMS:
        parts += path.split("/")
    found = {labels_of(part) for part in parts}
    return frozenset(
        label
        for label in found
        if len(label) >= 3 and label not in words.PLATFORMS | words.DESKS | words.GENERIC
    )


def read(record: Record, ground: Ground) -> Reading:
    """Reads a record once, to compare it many times. Numbers with a wrong check digit are kept as text only."""
    siret = re.sub(r"\D", "", record.siret)
    siret = siret if len(siret) == 14 else ""
    siren = re.sub(r"\D", "", record.siren) or siret[:9]
    siren = siren if len(siren) == 9 else ""
    rna = record.rna.strip().upper()
    found = opened(record.name)
    content = tuple(w for w in found if w not in words.STOP)
    cut = [telling(opened(piece)) for piece in pieces_of(record.name)]
    email = mailbox(record.email)
    domain = email.partition("@")[2]
    domain = "" if domain in words.MAILBOXES else domain
    site = web_address(record.website)
    site = "" if _front_door(site) else site
    form = words.form_of_category(record.legal_category)
    if not form:
        said = [name for name, known in words.FORM_WORDS.items() if known & set(found)]
        form = said[0] if said else (words.NONPROFIT if rna else "")
    return Reading(
        record=record, siren=siren, siret=siret, rna=rna if _RNA.fullmatch(rna) else "", all_words=found,
        glued=opened(_GLUE.sub("", record.name)), tokens=telling(found),
        pieces=tuple(dict.fromkeys(piece for piece in cut if piece)), mentioned=ground.mentioned(content, record.commune),
        acronyms=_acronyms(record, found, ground.place_words), shape=shape(" ".join(telling(found))), form=form,
        renamed=bool(_RENAMED.search(record.name)), phones=phones_in(record.phone), email=email,
        domain=domain, site=site, street=_street(record.street), labels=_labels(site, email, domain),
    )  # fmt: skip


def is_number(siren: str) -> bool:
    """Whether nine digits have their check digit (Luhn)."""
    return luhn.is_valid(siren)


_WAYS = {
    "rue",
    "r",
    "avenue",
    "av",
    "place",
    "pl",
    "route",
    "rte",
    "chemin",
    "che",
    "boulevard",
    "bd",
    "allee",
    "all",
    "impasse",
    "bp",
}


def _street(text: str) -> tuple[str, ...]:
    return tuple(sorted(w for w in opened(text) if w not in words.STOP and w not in _WAYS))
