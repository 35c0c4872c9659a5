"""What does a short text ask for or offer? Its units of meaning, read with a lexicon.

A unit is a word or a phrase read at one place of the text, with what it may be matched by: its own terms and the
concepts of the lexicon that it names. In a title, what comes before « pour » is the thing; what comes after says what
for, and weighs less; so does the text under the title. What a text is about, taken as a whole, may be served by
concepts that it never names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from horizon.engine.folding import fold
from horizon.engine.pairing.lexicon import Lexicon
from horizon.engine.search.analysis import term

THING, KNOWN_AFTER, UNKNOWN_AFTER, GENERIC = 1.0, 0.6, 0.45, 0.4
PURPOSE, PURPOSE_OF_GENERIC, TEXT, TEXT_OF_VAGUE, WANTED, WANTED_OF_VAGUE = 0.25, 0.8, 0.2, 0.5, 0.4, 0.9
# Words that say what kind of thing, and leave to the others which one.
_GENERIC = "lieu endroit toit local locaux salle vehicule equipe reparation reparer revision materiel objet machine appareil outil transport transporter"
GENERIC_TERMS = frozenset(map(term, _GENERIC.split()))
# Of these, the places: an unknown word after them describes the place; after the others it is the thing.
_PLACE_TERMS = frozenset(map(term, ["lieu", "endroit", "toit", "local", "locaux", "salle"]))
_REQUIRED = re.compile(r"\bavec\b", re.I)
_WANTS = re.compile(
    r"\b(?:(?:il|me|nous|lui|leur) +(?:en +)?(?:faut|faudrait|manque)|cherch\w+|recherch\w+|besoin|voudra\w+|aimera\w+"
    r"|de quoi|souhait\w+|si quelqu'un|quelqu'un|est ce que)\b",
    re.I,
)
_SENTENCE = re.compile(r"[.;!?:\n]+")
_PURPOSE = re.compile(r"\b(?:pour|afin de|en vue de|après|apres|pendant|avant)\b", re.I)


@dataclass(frozen=True)
class Unit:
    """A unit of meaning: the words read, their terms, the concepts that they name, and what it weighs."""

    words: str
    terms: tuple[str, ...]
    concepts: frozenset[int]
    weight: float


@dataclass(frozen=True)
class Asked:
    """An ask as it is read: its units; the concepts that serve what it tells, how surely and by which purpose; whether
    its title names nothing that the lexicon knows."""

    units: tuple[Unit, ...]
    served: Mapping[int, tuple[float, str]] = field(default_factory=dict)
    vague: bool = False


def _units(lexicon: Lexicon, text: str, weight: float) -> list[Unit]:
    return [Unit(found.spelled, found.terms, found.concepts, weight) for found in lexicon.read(text)]


def read_ask(lexicon: Lexicon, title: str, text: str) -> Asked:
    """What an ask wants: its units, the thing first; and what serves the situation that it tells.

    In a title, what comes before « pour » is the thing; those after the first precise it, and weigh less unless « avec »
    requires them. What follows « il nous faut », « cherche », « de quoi » in the text is a thing as well, above all when
    the title names nothing of the lexicon.
    """
    cut = _PURPOSE.search(title)
    thing = _by_place(_units(lexicon, title[: cut.start()] if cut else title, THING), title)
    generic = all(set(unit.terms) <= GENERIC_TERMS or not unit.concepts for unit in thing)
    purpose = _units(lexicon, title[cut.start() :], PURPOSE_OF_GENERIC if generic else PURPOSE) if cut else []
    if not thing:
        thing, purpose = _by_place(purpose, ""), []
    vague = not any(unit.concepts for unit in thing)
    told: list[Unit] = []
    for sentence in _SENTENCE.split(text):
        marked = _WANTS.search(sentence)
        before, after = (sentence[: marked.start()], sentence[marked.end() :]) if marked else (sentence, "")
        told += _units(lexicon, before, TEXT_OF_VAGUE if vague else TEXT)
        told += _units(lexicon, after, WANTED_OF_VAGUE if vague else WANTED)
    words = {one for unit in [*thing, *purpose, *told] for one in unit.terms}
    return Asked(tuple(_once([*thing, *purpose, *told])), lexicon.serving(words), vague)


def _by_place(units: list[Unit], title: str) -> list[Unit]:
    required = _REQUIRED.search(title)
    demanded = fold(title[required.end() :]) if required else ""
    weighed: list[Unit] = []
    for unit in units:
        known = any(other.weight >= THING for other in weighed)
        describes = bool(weighed) and set(weighed[0].terms) <= _PLACE_TERMS and not unit.concepts
        if set(unit.terms) <= GENERIC_TERMS:
            weight = GENERIC
        elif unit.words in demanded or not (known or describes):
            weight = THING
        else:
            weight = KNOWN_AFTER if unit.concepts else UNKNOWN_AFTER
        weighed.append(replace(unit, weight=weight))
    return weighed


def read_offer(lexicon: Lexicon, title: str, text: str) -> list[Unit]:
    """The units of an offer: its title says what it is, its text gives details."""
    return _once([*_units(lexicon, title, 1.0), *_units(lexicon, text, 0.6)])


def _once(units: Iterable[Unit]) -> list[Unit]:
    kept: dict[tuple[str, ...], Unit] = {}
    for unit in units:
        known = kept.get(unit.terms)
        if known is None or known.weight < unit.weight:
            kept[unit.terms] = unit
    return list(kept.values())


def index_terms(units: Iterable[Unit]) -> set[str]:
    """What an index keeps of an offer, to be found again."""
    return {word for unit in units for word in unit.terms}


KIN = 0.5


def wanted_terms(lexicon: Lexicon, asked: Asked | Sequence[Unit]) -> dict[str, float]:
    """The terms to look for, each with the weight of what wants it: the words, their concepts and kin, what serves."""
    wanted: dict[str, float] = {}

    def want(words: Iterable[str], weight: float) -> None:
        for word in words:
            wanted[word] = max(wanted.get(word, 0), weight)

    units, served = (asked.units, asked.served) if isinstance(asked, Asked) else (asked, {})
    for unit in units:
        want(unit.terms, unit.weight)
        for concept in unit.concepts:
            want(lexicon.terms_of(concept), unit.weight * 0.8)
            for kin in lexicon.narrower(concept) | lexicon.broader[concept]:
                want(lexicon.terms_of(kin), unit.weight * KIN)
    for concept, (strength, _) in served.items():
        want(lexicon.terms_of(concept), strength * KIN)
    return wanted
