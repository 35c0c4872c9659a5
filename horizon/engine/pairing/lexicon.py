"""A lexicon of things, services, skills and places: the words that people use for each, what each is a kind of, what it serves.

A row is a concept. Words match; a kind answers its kin less surely; a purpose answers who never names the thing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import log

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from horizon.engine.folding import fold
from horizon.engine.search.analysis import EMPTY, term

LONGEST = 5
COLUMNS = ("concept", "words", "kind_of", "serves")
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


@dataclass(frozen=True)
class Concept:
    """One row: its everyday name, other words for it, broader concepts by name, what it serves."""

    name: str
    words: tuple[str, ...] = ()
    kind_of: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """Words read at one place of a text: as spelled, their terms, the concepts that they name."""

    spelled: str
    terms: tuple[str, ...]
    concepts: frozenset[int]


@dataclass
class Lexicon:
    """Concepts and the phrases that name them.

    >>> lexicon = Lexicon([Concept("barnum", ("tente",)), Concept("langue des signes", ("lsf",))])
    >>> [found.spelled for found in lexicon.read("Interprète en langue des signes")]
    ['interprete', 'langue des signes']
    """

    concepts: list[Concept]
    broader: list[frozenset[int]] = field(init=False)
    _phrases: dict[tuple[str, ...], set[int]] = field(init=False, default_factory=dict)
    _purposes: dict[str, list[tuple[int, frozenset[str], str]]] = field(init=False, default_factory=dict)
    _kin: dict[int, frozenset[int]] = field(init=False, default_factory=dict)
    _terms: list[frozenset[str]] = field(init=False, default_factory=list)
    _spoken: list[frozenset[str]] = field(init=False, default_factory=list)
    _near: dict[str, str] = field(init=False, default_factory=dict)
    _vocabulary: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        names: dict[tuple[str, ...], int] = {}
        read = _Phrases()
        for number, concept in enumerate(self.concepts):
            names.setdefault(read.key(concept.name), number)
            naming: set[str] = set()
            for phrase in (concept.name, *concept.words):
                if key := read.key(phrase):
                    self._phrases.setdefault(key, set()).add(number)
                naming.update(read.told(phrase))
            self._terms.append(frozenset(naming))
        self.broader = [self._above(number, names, read) for number in range(len(self.concepts))]
        for number, concept in enumerate(self.concepts):
            spoken = set(self._terms[number])
            for phrase in concept.serves:
                told = frozenset(read.told(phrase))
                spoken |= told
                for one in told:
                    self._purposes.setdefault(one, []).append((number, told, phrase))
            self._spoken.append(frozenset(spoken))
        self._vocabulary = frozenset(one for key in self._phrases for one in key if len(one) > 3)

    def _above(self, number: int, names: dict[tuple[str, ...], int], read: _Phrases) -> frozenset[int]:
        found: set[int] = set()
        waiting = list(self.concepts[number].kind_of)
        while waiting:
            at = names.get(read.key(waiting.pop()))
            if at is not None and at != number and at not in found:
                found.add(at)
                waiting.extend(self.concepts[at].kind_of)
        return frozenset(found)

    def name(self, number: int) -> str:
        """The everyday name of a concept."""
        return self.concepts[number].name

    def read(self, text: str) -> list[Found]:
        """What a text names, in its order, the longest phrases first; words that say nothing are left out.

        Empty words do not part a phrase: « réparer mon vélo » is « réparer un vélo ». A word unknown to the lexicon, one
        letter away from a word of it (two in long ones), is read as that word.
        """
        words = [word for word in fold(text).split() if word not in EMPTY]
        terms = [self._corrected(term(word)) for word in words]
        found: list[Found] = []
        position = 0
        while position < len(words):
            for taken in range(min(LONGEST, len(words) - position), 0, -1):
                key = tuple(terms[position : position + taken])
                concepts = self._phrases.get(key)
                if concepts and (taken > 1 or not says_nothing(words[position])):
                    told = tuple(
                        t for t, w in zip(key, words[position : position + taken], strict=True) if not says_nothing(w)
                    )  # fmt: skip
                    found.append(
                        Found(" ".join(words[position : position + taken]), told or key, frozenset(concepts))
                    )
                    position += taken
                    break
            else:
                if not says_nothing(words[position]):
                    found.append(Found(words[position], (terms[position],), frozenset()))
                position += 1
        return found

    def _corrected(self, word: str) -> str:
        if len(word) < 5 or word in self._vocabulary or word in EMPTY or word in MANNER:
            return word
        if word not in self._near:
            allowed = 2 if len(word) >= 9 else 1
            near = extract(word, self._vocabulary, scorer=OSA.distance, score_cutoff=allowed, limit=3)
            close = [(distance, other) for other, distance, _ in near if other[0] == word[0]]
            self._near[word] = min(close)[1] if close else word
        return self._near[word]

    def serving(self, terms: Iterable[str]) -> dict[int, tuple[float, str]]:
        """Which concepts serve what these terms speak of: how surely (0 to 1), and the purpose when all its words are there.

        A purpose speaks when all its words are there, or two thirds of three and more; a word of many purposes says little.
        """
        present = frozenset(terms)
        found: dict[int, tuple[float, str]] = {}
        for one in present:
            for number, told, spelled in self._purposes.get(one, ()):
                shared = told & present
                if 3 * len(shared) < 2 * len(told):
                    continue
                sure = sum(self._tells(word) for word in shared)
                strength = min(1.0, sure * len(shared) / len(told))
                if strength > found.get(number, (0.0, ""))[0]:
                    found[number] = (strength, spelled if shared == told else "")
        return found

    def _tells(self, word: str) -> float:
        """From 0.35 (a word of thirty purposes and more) to 0.7 (of one alone)."""
        return max(0.35, 0.7 - 0.1 * log(len({n for n, _, _ in self._purposes[word]})))

    def narrower(self, number: int) -> frozenset[int]:
        """The concepts that are a kind of this one."""
        if not self._kin:
            kin: dict[int, set[int]] = {}
            for below, above in enumerate(self.broader):
                for one in above:
                    kin.setdefault(one, set()).add(below)
            self._kin = {one: frozenset(found) for one, found in kin.items()} or {-1: frozenset()}
        return self._kin.get(number, frozenset())

    def terms_of(self, number: int) -> frozenset[str]:
        """Every term that names a concept, to look for candidates: of a phrase, the terms that say something."""
        return self._terms[number]

    def spoken_of(self, number: int) -> frozenset[str]:
        """Every term that speaks of a concept: those that name it and those of its purposes."""
        return self._spoken[number]


class _Phrases:
    """The terms of many phrases that share their words: each word, as spelled, is read once."""

    def __init__(self) -> None:
        self._words: dict[str, tuple[list[str], list[str]]] = {}

    def key(self, phrase: str) -> tuple[str, ...]:
        """The terms of a phrase without its empty words."""
        return tuple(one for spelled in phrase.split() for one in self._read(spelled)[0])

    def told(self, phrase: str) -> Iterable[str]:
        """Of these terms, those that say what."""
        return (one for spelled in phrase.split() for one in self._read(spelled)[1])

    def _read(self, spelled: str) -> tuple[list[str], list[str]]:
        if spelled not in self._words:
            pairs = [(term(word), word) for word in fold(spelled).split() if word not in EMPTY]
            self._words[spelled] = [t for t, _ in pairs], [t for t, w in pairs if not says_nothing(w)]
        return self._words[spelled]


def says_nothing(word: str) -> bool:
    """Whether a folded word says how or how many, never what."""
    return word in EMPTY or word in MANNER or len(word) < 2 or word.isdigit()


def lexicon_of(rows: Iterable[str]) -> Lexicon:
    """The lexicon written as CSV (`concept,words,kind_of,serves`, lists separated by semicolons)."""
    return Lexicon(
        [
            Concept(
                row["concept"].strip(), _listed(row["words"]), _listed(row["kind_of"]), _listed(row["serves"])
            )
            for row in csv.DictReader(rows)
        ]
    )


def _listed(cell: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (cell or "").split(";") if part.strip())
