"""Do two names say the same? Words are matched one to one, tolerating abbreviations, typing and misreading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from rapidfuzz.distance import OSA

from horizon.engine.identity import words
from horizon.engine.identity.records import shape
from horizon.engine.search.analysis import term

EQUAL, SHORTENED, MISTYPED = 1.0, 0.9, 0.75


@dataclass
class Alignment:
    """How two names match: weights shared and left on each side, and how words were matched."""

    shared: float = 0.0
    left_a: float = 0.0
    left_b: float = 0.0
    telling: float = 0.0
    shortened: int = 0
    mistyped: list[tuple[str, str]] = field(default_factory=list)
    alone_a: list[str] = field(default_factory=list)
    alone_b: list[str] = field(default_factory=list)

    @property
    def cover(self) -> float:
        """The share of the shorter name that the other one has."""
        return self.shared / (self.shared + min(self.left_a, self.left_b) or 1.0)

    @property
    def whole(self) -> float:
        """The share of both names that is common."""
        return self.shared / (self.shared + self.left_a + self.left_b or 1.0)


@lru_cache(maxsize=65_536)
def _generic(word: str) -> bool:
    return word in words.GENERIC or term(word) in _GENERIC_TERMS


def weight(word: str, places: frozenset[str], rarity: Mapping[str, float]) -> float:
    """What a word is worth: a third for those that half of all names have, less for a place or a number."""
    if _generic(word):
        return 0.35
    if word in places:
        return 0.5
    if word.isdigit():
        return 0.25
    return rarity.get(word, 1.0)


_GENERIC_TERMS = frozenset(term(word) for word in words.GENERIC)


def singular(word: str) -> str:
    """A word without the mark of its plural, nor of its feminine after an accent lost."""
    if len(word) > 5 and word.endswith("aux") and not word.endswith("eaux"):
        return word[:-3] + "al"
    return word[:-1] if len(word) > 3 and word[-1] in "sx" else word


@lru_cache(maxsize=262_144)
def alike(one: str, other: str) -> float:
    """1 for one word in two forms, 0.9 for a short form, 0.75 for a likely slip, 0 otherwise.

    >>> alike("jardin", "jardins"), alike("ctre", "centre"), alike("tramplin", "tremplin"), alike("cle", "ble")
    (1.0, 0.9, 0.75, 0.0)
    """
    if one == other or singular(one) == singular(other):
        return EQUAL
    if shape(one) == shape(other):
        return EQUAL
    short, long = (one, other) if (len(one), one) <= (len(other), other) else (other, one)
    if long in words.SHORT.get(short, ()) or _shortens(short, long):
        return SHORTENED
    if len(short) >= 4 and len(long) - len(short) <= 2 and not one.isdigit():
        slips = OSA.distance(one, other, score_cutoff=2)
        if slips <= (1 if len(long) < 8 else 2):
            return MISTYPED
    return 0.0


def _shortens(short: str, long: str) -> bool:
    """Whether one word is the other cut, or its consonants: `cult`, `ctre`, `pte`."""
    if not 2 <= len(short) <= len(long) - 2 or short[0] != long[0] or not short.isalpha():
        return False
    if len(short) >= 3 and long.startswith(short):
        return True
    if len(short) > 5 or short[-1] != long[-1] or any(vowel in short[1:-1] for vowel in "aiou"):
        return False
    letters = iter(long)
    return all(letter in letters for letter in short)


def align(
    a: Sequence[str], b: Sequence[str], places: frozenset[str], rarity: Mapping[str, float]
) -> Alignment:
    """Matches the words of two names one to one, the surest pairs first."""
    pairs = [(-score, i, j) for i, x in enumerate(a) for j, y in enumerate(b) if (score := alike(x, y))]
    if len(pairs) > 1:
        pairs.sort()
    found, used_a, used_b = Alignment(), set[int](), set[int]()
    for minus, i, j in pairs:
        score = -minus
        if i in used_a or j in used_b:
            continue
        used_a.add(i)
        used_b.add(j)
        worth = max(weight(a[i], places, rarity), weight(b[j], places, rarity))
        found.shared += worth * score
        if worth >= 0.9:
            found.telling += worth * score
        if score == SHORTENED:
            found.shortened += 1
        elif score == MISTYPED:
            found.mistyped.append((a[i], b[j]))
    _join(a, b, used_a, used_b, found)
    for side, used, alone in ((a, used_a, found.alone_a), (b, used_b, found.alone_b)):
        alone.extend(word for place, word in enumerate(side) if place not in used)
    found.left_a = sum(weight(word, places, rarity) for word in found.alone_a)
    found.left_b = sum(weight(word, places, rarity) for word in found.alone_b)
    return found


def _join(a: Sequence[str], b: Sequence[str], used_a: set[int], used_b: set[int], found: Alignment) -> None:
    """Two neighbouring words written as one on the other side."""
    for side, used, other, taken in ((a, used_a, b, used_b), (b, used_b, a, used_a)):
        for i in range(len(side) - 1):
            if i in used or i + 1 in used:
                continue
            for j, word in enumerate(other):
                if j not in taken and word == side[i] + side[i + 1]:
                    used.update((i, i + 1))
                    taken.add(j)
                    found.shared += 1.0
                    found.telling += 1.0
                    break


def spells(acronym: str, name: Sequence[str]) -> bool:
    """Whether letters are the initials of a name, its empty words counted or not; at least its first three full words.

    >>> spells("cavel", "club d activites de voyages et de loisirs de chauvigny".split())
    True
    >>> spells("len", "loisirs education nature 86".split()), spells("cap", "cultures africaines a poitiers".split())
    (True, True)
    >>> spells("ape", "accompagnement emploi".split())
    False
    """
    if not 3 <= len(acronym) <= 9 or not acronym.isalpha():
        return False
    said = tuple(name)
    full = sum(word not in words.STOP for word in said)
    skips = 1 if len(acronym) >= 4 else 0
    if full >= 3 and _spells(acronym, said, skips):
        return True
    return full >= 2 and _syllables(acronym, said)


def _spells(acronym: str, name: tuple[str, ...], skips: int) -> bool:
    """Each state is looked at once: the ways through a long name are many, its places few. Full words count up to three."""

    @cache
    def go(letter: int, place: int, full: int, skips: int) -> bool:
        if letter == len(acronym):
            left = sum(word not in words.STOP and not word.isdigit() for word in name[place:])
            return full >= 3 and left <= 2 or full >= 2 and left == 0
        if place == len(name):
            return False
        word = name[place]
        empty = word in words.STOP or word.isdigit()
        if word[0] == acronym[letter] and go(letter + 1, place + 1, min(full + (not empty), 3), skips):
            return True
        if empty or place == 0 and (word in words.FORM or word in words.GENERIC):
            return go(letter, place + 1, full, skips)
        return skips > 0 and letter > 0 and go(letter, place + 1, full, skips - 1)

    return go(0, 0, 0, skips)


def _syllables(acronym: str, name: tuple[str, ...]) -> bool:
    """Whether each full word gives its first letters, one to four: SOLIHA for Solidarité Habitat."""

    @cache
    def go(letter: int, place: int, full: int) -> bool:
        if letter == len(acronym):
            rest = [word for word in name[place:] if word not in words.STOP and not word.isdigit()]
            return full >= 2 and len(acronym) >= max(5, 2 * full - 1) and len(rest) <= 1
        if place == len(name):
            return False
        word = name[place]
        for size in range(1, min(4, len(word)) + 1):
            if word[:size] != acronym[letter : letter + size]:
                break
            if go(letter + size, place + 1, full + (word not in words.STOP)):
                return True
        passed = word in words.STOP or place == 0 and word in words.FORM
        return passed and go(letter, place + 1, full)

    return go(0, 0, 0)
