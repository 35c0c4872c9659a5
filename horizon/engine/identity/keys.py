"""Which records are worth comparing? Two that share a key; a key that too many records have brings nobody together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, pairwise, product
from math import log2
from re import sub

from horizon.engine.identity import words
from horizon.engine.identity.names import singular
from horizon.engine.identity.records import Reading, labels_of, opened, pieces_of, shape
from horizon.engine.search.sounds import sound

CROWD = 60
CROWD_OF_WORDS = 40
PAIRS_OF_INITIALS = 400
MOST = 10
_FIGURES = str.maketrans("123456789", "pdtqcsshn")


def keys(reading: Reading, places: frozenset[str]) -> set[str]:
    """The keys of a record: its numbers and contacts, its name whole and in words, its acronyms and initials, its door.

    `initials:` are the acronyms that one may make of a name; `blocks` keeps those that some record goes by.
    """
    initials = {f"initials:{word}" for word in initials_of(reading)}
    return {
        *_of_numbers_and_contacts(reading),
        *_of_words(reading, places),
        *_of_letters(reading, places),
    } | initials


def _of_numbers_and_contacts(reading: Reading) -> Iterator[str]:
    for kind, value in (
        ("siren", reading.siren), ("rna", reading.rna), ("email", reading.email), ("site", reading.site),
        ("domain", reading.domain), ("domain", reading.site.split("/")[0]), ("letters", reading.shape[:40]),
    ):  # fmt: skip
        if value:
            yield f"{kind}:{value}"
    yield from (f"phone:{phone}" for phone in reading.phones)
    here = reading.record.commune or reading.record.postal_code
    if here and any(word.isdigit() for word in reading.street) and len(reading.street) > 1:
        yield f"door:{' '.join(reading.street)}:{here}"


def _of_words(reading: Reading, places: frozenset[str]) -> Iterator[str]:
    """The name whole, each rare word, its two ends, its sound, its consonants; plain words where they are said; pairs."""
    around = {reading.record.commune, reading.record.postal_code, *reading.mentioned} - {""}
    own = _own(reading, places)
    for piece in (reading.tokens, *reading.pieces):
        yield "name:" + " ".join(sorted({singular(word) for word in piece}))
    for word in reading.tokens:
        flat = shape(word)
        if word in words.GENERIC or word.isdigit():
            yield from (f"here:{singular(word)}:{place}" for place in around)
        yield from (f"cut:{flat[:3]}:{place}" for place in around if len(flat) >= 3)
        if word in own or not own:
            yield f"word:{singular(word)}"
        if word in own and len(flat) >= 4:
            yield f"start:{flat[:4]}"
            yield f"end:{flat[-4:]}"
            yield f"sound:{sound(singular(word))}"
            yield "bones:" + "".join(sorted(sub("[aeiouy]", "", singular(word))))
    yield from (f"cuts:{one[:3]} {other[:3]}" for one, other in pairwise(reading.tokens))
    roots = sorted({singular(word) for word in reading.tokens})[:9]
    yield from (f"pair:{one} {other}" for place, one in enumerate(roots) for other in roots[place + 1 :])


def _own(reading: Reading, places: frozenset[str]) -> set[str]:
    return {
        word for word in reading.tokens if not (word.isdigit() or word in words.GENERIC or word in places)
    }


def _of_letters(reading: Reading, places: frozenset[str]) -> Iterator[str]:
    """Acronyms, initials, and the letters that a name, an address or a site are written with, spaces left out."""
    own = [word for word in reading.tokens if word in _own(reading, places)]
    glued = {labels_of("".join(part)) for part in (reading.all_words, reading.tokens, own, *reading.pieces)}
    glued |= {labels_of(one + other) for one, other in pairwise(reading.tokens)}
    yield from (f"label:{label}" for label in glued | reading.labels if len(label) >= 5)
    known = {*reading.acronyms, *own, *reading.labels, *(reading.tokens if len(reading.tokens) <= 2 else ())}
    known.add("".join(opened(reading.record.acronym)))
    yield from (f"acronym:{form}" for word in known for form in _counted(word) if 2 <= len(form) <= MOST)


def initials_of(reading: Reading) -> set[str]:
    """The acronyms that people would make of a name or of one of its parts."""
    names = {reading.all_words, reading.glued, *(opened(piece) for piece in pieces_of(reading.record.name))}
    return set().union(*map(_initials, names))


def _counted(acronym: str) -> Iterator[str]:
    """An acronym, and what its figures may stand for: A3P is « appp », « a3p », or « atp » (trois)."""
    yield acronym
    bare = acronym.rstrip("0123456789")
    yield bare
    if any(sign.isdigit() for sign in bare):
        yield sub(r"(\d)([a-z])", lambda found: found[2] * int(found[1]), bare)
        yield bare.translate(_FIGURES)


def _initials(name: tuple[str, ...]) -> set[str]:
    """The acronyms that people would make of a name: its empty words counted or not, its first, last or some words left out."""
    found: set[str] = set()
    without = tuple(word for word in name if not word.isdigit())
    for kept in {name, without}:
        for skip in range(3):
            full = [word for word in kept[skip:] if word not in words.STOP]
            letters = "".join(word[0] for word in full)
            found.update(letters[:end] for end in range(2 if len(full) == 2 else 3, len(letters) + 1))
        for cut in range(3):
            found.update(_some_empty_words(kept[: len(kept) - cut]))
        full = [word for word in kept if word not in words.STOP]
        letters = "".join(word[0] for word in full)
        for left in (1, 2):
            if 4 + left <= len(letters) <= MOST + left - 1:
                some = combinations(letters[1:], len(letters) - 1 - left)
                found.update(letters[0] + "".join(one) for one in some)
        if 2 <= len(full) <= 4:  # syllables of several letters: Solidarité Habitat, SOLIHA
            found.update("".join(parts) for parts in product(*({w[:n] for n in (1, 2, 3, 4)} for w in full)))
        elif 5 <= len(full) <= 6:
            found.update("".join(parts) for parts in product(*({w[:1], w[:2]} for w in full)))
    if len(without) < len(name):
        found |= {word.translate(_FIGURES) for word in found}
    return {word for word in found if 2 <= len(word) <= MOST}


def _some_empty_words(said: tuple[str, ...]) -> Iterator[str]:
    """Initials with some of the empty words: « d'Activités et de Loisirs » gives al, ael, dal, dael… At most 32 ways."""
    empty = [at for at, word in enumerate(said) if word in words.STOP][:5]
    if len(said) - len(empty) <= MOST:
        for kept in product((False, True), repeat=len(empty)):
            left_out = {at for at, keep in zip(empty, kept, strict=True) if not keep}
            yield "".join(word[0] for at, word in enumerate(said) if at not in left_out)


def blocks(readings: Iterable[Reading], places: frozenset[str]) -> dict[str, list[str]]:
    """Keys to the records that have them; those of one record alone, or of a crowd, are left out.

    Initials bring a record to those that go by them, pair by pair: never two names that merely begin alike, and never so many
    that those who go by the same acronym no longer meet.
    """
    found: dict[str, list[str]] = defaultdict(list)
    made: dict[str, list[str]] = defaultdict(list)
    for reading in readings:
        for key in keys(reading, places):
            kind, _, value = key.partition(":")
            (made[value] if kind == "initials" else found[key]).append(reading.record.key)
    sure = ("siren:", "rna:", "phone:", "email:", "site:")
    kept = {
        key: members for key, members in found.items()
        if 1 < len(members) <= (CROWD if key.startswith(sure) else CROWD_OF_WORDS)
    }  # fmt: skip
    for value, members in made.items():
        known = found.get(f"acronym:{value}", [])
        others = sorted(set(members) - set(known))
        if len(known) <= CROWD_OF_WORDS and len(known) * len(others) <= PAIRS_OF_INITIALS:
            kept |= {f"initials:{value}:{one}:{other}": [one, other] for one in known for other in others}
    return kept


def candidates(
    blocked: Mapping[str, list[str]], changed: set[str] | None = None
) -> Iterator[tuple[str, str]]:
    """Each pair that shares a key, once, in order; with `changed`, only those with one of these records."""
    pairs = {
        (one, other) if one < other else (other, one)
        for members in blocked.values()
        for place, one in enumerate(members)
        for other in members[place + 1 :]
        if changed is None or one in changed or other in changed
    }  # fmt: skip
    yield from sorted(pairs)


def rarity(readings: Iterable[Reading]) -> dict[str, float]:
    """What words are worth here: one that three names or fewer have is worth 1, then less and less, down to a third."""
    counts = Counter(word for reading in readings for word in set(reading.tokens))
    return {word: max(0.35, 1 - 0.16 * log2(count / 3)) for word, count in counts.items() if count > 3}


def shared_contacts(readings: Iterable[Reading]) -> frozenset[str]:
    """The phones, addresses and sites that three records or more give: a switchboard, a town hall."""
    counts = Counter(value for r in readings for value in {*r.phones, r.email, r.site} if value)
    return frozenset(value for value, count in counts.items() if count >= 3)
