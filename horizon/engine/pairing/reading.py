"""What does a short text ask for or offer? Its units of meaning, from a lexicon of near-equivalent words.

A unit is a word or a phrase of the lexicon, read at one place of the text, with what it may be matched by: its own
term, and the concepts (lines of the lexicon) that hold it. In a title, what comes before « pour » is the thing; what
comes after says what for, and weighs less; so does the text under the title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from horizon.engine.folding import fold
from horizon.engine.search.analysis import EMPTY, term

THING, KNOWN_AFTER, UNKNOWN_AFTER, GENERIC = 1.0, 0.6, 0.45, 0.4
PURPOSE, PURPOSE_OF_GENERIC, TEXT, TEXT_OF_VAGUE = 0.25, 0.8, 0.2, 0.5
LONGEST = 5
# Words of offering and asking: they say how, never what.
_MANNER = """
pret preter prete pretes location louer loue don donner donne donnons vendre vend vente echange echanger occasion neuf neuve achat
acheter achetons recherche recherchons cherchons proposons propose partage partager mise disposition gratuit gratuite urgent service
aide aider besoin manque voudrait voudrions aimerait aimerions souhaitons quelqu quelques petit petite grand grande gros grosse bon bonne
journee jour jours semaine semaines mois matin soir samedi dimanche lundi mardi mercredi jeudi vendredi week end heure heures fois an annee
demi apres midi personne personnes place places piece pieces lot lots environ dizaine vingtaine trentaine quinzaine centaine exemplaires
deux trois quatre cinq six sept huit neuf dix onze douze quinze vingt trente quarante cinquante cent mille x chaque toutes tous tout peu plus tres
complet complete notre nos association asso collectif equipe membres adherents demande possible faire fait avoir etre
kilo kilos kg litre litres metre metres carres cm km m2 m3 bien etat suite avant question sait
porter servir refaire rendre recevoir fabriquer organiser mettre aller venir prendre tenir monter realiser creer garder
apprendre commencer projet structure cooperative cours atelier ateliers professionnel professionnelle solidaire
"""
MANNER = frozenset(map(term, _MANNER.split())) | frozenset(_MANNER.split())
# Words that say what kind of thing, and leave to the others which one.
_GENERIC = "lieu endroit toit local locaux salle vehicule equipe reparation reparer revision materiel objet machine appareil outil transport transporter"
GENERIC_TERMS = frozenset(map(term, _GENERIC.split()))
# Of these, the places: an unknown word after them describes the place; after the others it is the thing.
_PLACE_TERMS = frozenset(map(term, ["lieu", "endroit", "toit", "local", "locaux", "salle"]))
_REQUIRED = re.compile(r"\bavec\b", re.I)
_PURPOSE = re.compile(r"\b(?:pour|afin de|en vue de|après|apres|pendant|avant)\b", re.I)


@dataclass(frozen=True)
class Unit:
    """A unit of meaning: the words read, their terms, the concepts they belong to, and what it weighs."""

    words: str
    terms: tuple[str, ...]
    concepts: frozenset[int]
    weight: float


@dataclass
class Lexicon:
    """Lines of near-equivalent words and phrases; a line is a concept, named by its first word.

    >>> lexicon = Lexicon([["barnum", "tente"], ["langue des signes", "lsf"]])
    >>> [unit.words for unit in lexicon.units("Interprète en langue des signes", 1.0)]
    ['interprete', 'langue des signes']
    """

    lines: list[list[str]]
    names: list[str] = field(init=False)
    _phrases: dict[tuple[str, ...], set[int]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.names = [line[0] for line in self.lines]
        for concept, line in enumerate(self.lines):
            for phrase in line:
                key = _key(phrase)
                if key:
                    self._phrases.setdefault(key, set()).add(concept)

    def units(self, text: str, weight: float) -> list[Unit]:
        """The units of a text, in its order, the longest phrases first; words that say nothing are left out."""
        words = [word for word in fold(text).split() if word]
        terms = [term(word) for word in words]
        found: list[Unit] = []
        position = 0
        while position < len(words):
            for taken in range(min(LONGEST, len(words) - position), 0, -1):
                key = tuple(terms[position : position + taken])
                concepts = self._phrases.get(key)
                if concepts and (taken > 1 or not _says_nothing(words[position])):
                    told = tuple(
                        t for t, w in zip(key, words[position : position + taken], strict=True) if not _says_nothing(w)
                    )  # fmt: skip
                    spelled = " ".join(words[position : position + taken])
                    found.append(Unit(spelled, told or key, frozenset(concepts), weight))
                    position += taken
                    break
            else:
                if not _says_nothing(words[position]):
                    found.append(Unit(words[position], (terms[position],), frozenset(), weight))
                position += 1
        return found

    def terms_of(self, concept: int) -> set[str]:
        """Every term of a line, to look for candidates: of a phrase, the terms that say something."""
        found = set()
        for phrase in self.lines[concept]:
            found |= {term(word) for word in fold(phrase).split() if not _says_nothing(word)}
        return found


def _key(phrase: str) -> tuple[str, ...]:
    return tuple(term(word) for word in fold(phrase).split())


def _says_nothing(word: str) -> bool:
    return word in EMPTY or word in MANNER or len(word) < 2 or word.isdigit()


def lexicon_of(rows: Iterable[str]) -> Lexicon:
    """The lexicon written in lines of words separated by commas; a line that begins with # is a remark."""
    lines = [
        [word.strip() for word in row.split(",") if word.strip()] for row in rows if not row.startswith("#")
    ]
    return Lexicon([line for line in lines if line])


def read_ask(lexicon: Lexicon, title: str, text: str) -> list[Unit]:
    """The units of an ask, its thing first. When the title names nothing of the lexicon, the text counts more.

    The first unit is the thing itself; those after it precise it, and weigh less unless « avec » requires them.
    """
    cut = _PURPOSE.search(title)
    thing = _by_place(lexicon.units(title[: cut.start()] if cut else title, THING), title)
    generic = all(set(unit.terms) <= GENERIC_TERMS or not unit.concepts for unit in thing)
    purpose = lexicon.units(title[cut.start() :], PURPOSE_OF_GENERIC if generic else PURPOSE) if cut else []
    if not thing:
        thing, purpose = _by_place(purpose, ""), []
    vague = not any(unit.concepts for unit in thing)
    return _once([*thing, *purpose, *lexicon.units(text, TEXT_OF_VAGUE if vague else TEXT)])


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
    return _once([*lexicon.units(title, 1.0), *lexicon.units(text, 0.6)])


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


def wanted_terms(lexicon: Lexicon, units: Iterable[Unit]) -> Mapping[str, float]:
    """The terms to look for, each with the weight of the unit that wants it."""
    wanted: dict[str, float] = {}
    for unit in units:
        for word in unit.terms:
            wanted[word] = max(wanted.get(word, 0), unit.weight)
        for concept in unit.concepts:
            for word in lexicon.terms_of(concept):
                wanted[word] = max(wanted.get(word, 0), unit.weight * 0.8)
    return wanted
