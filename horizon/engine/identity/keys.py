"""Which records are worth comparing? Two that share a key; a key that too many records have brings nobody together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from math import log2

from horizon.engine.identity import words
from horizon.engine.identity.names import singular
from horizon.engine.identity.records import Reading, shape

CROWD = 60
CROWD_OF_WORDS = 40


def keys(reading: Reading, places: frozenset[str]) -> set[str]:
    """The keys of a record: numbers, contacts, whole name, each rare word and its two ends, acronyms and initials."""
    found = set()
    for kind, value in (
        ("siren", reading.siren), ("rna", reading.rna), ("email", reading.email), ("site", reading.site),
        ("domain", reading.domain), ("domain", reading.site.split("/")[0]), ("letters", reading.shape[:40]),
    ):  # fmt: skip
        if value:
            found.add(f"{kind}:{value}")
    found |= {f"phone:{phone}" for phone in reading.phones}
    here = reading.record.commune or reading.record.postal_code
    named = [word for word in reading.tokens if not word.isdigit()]
    own = [word for word in named if word not in words.GENERIC and word not in places]
    for piece in (reading.tokens, *reading.pieces):
        found.add("name:" + " ".join(sorted({singular(word) for word in piece})))
    for word in own:
        flat = shape(word)
        found.add(f"word:{singular(word)}")
        if len(flat) >= 5:
            found |= {f"start:{flat[:4]}", f"end:{flat[-4:]}"}
    for word in named:
        if word in words.GENERIC:
            for place in {here, reading.record.postal_code, *reading.mentioned} - {""}:
                found.add(f"here:{singular(word)}:{place}")
    roots = sorted({singular(word) for word in reading.tokens})[:9]
    found |= {f"pair:{one} {other}" for place, one in enumerate(roots) for other in roots[place + 1 :]}
    found |= {f"acronym:{word}" for word in reading.acronyms}
    found |= {f"acronym:{word}" for word in _initials(reading.all_words) | _initials(reading.glued)}
    return found


def _initials(name: tuple[str, ...]) -> set[str]:
    """The acronyms that people would make of a name, its empty words counted or not, its last words left out or not."""
    found: set[str] = set()
    kept = [word for word in name if not word.isdigit()]
    for skip in (0, 1):
        full = [w for w in kept[skip if kept and kept[0] in words.FORM else 0 :] if w not in words.STOP]
        for cut in (0, 1, 2):
            letters = "".join(word[0] for word in full[: len(full) - cut])
            found.add(letters)
            if len(letters) >= 5:
                found.update(letters[:skip_at] + letters[skip_at + 1 :] for skip_at in range(1, len(letters)))
            found.add("".join(word[0] for word in kept[: len(kept) - cut]))
            found.add(
                "".join(
                    w[0]
                    for w in kept[: len(kept) - cut]
                    if len(w) > 1 and (w not in words.STOP or w in {"et", "a"})
                )
            )
        if 2 <= len(full) <= 4:  # syllables of several letters: Solidarité Habitat, SOLIHA
            found.update("".join(parts) for parts in product(*({w[:1], w[:2], w[:3], w[:4]} for w in full)))
    return {word for word in found if 3 <= len(word) <= 9}


def blocks(readings: Iterable[Reading], places: frozenset[str]) -> dict[str, list[str]]:
    """Keys to the records that have them; those of one record alone, or of a crowd, are left out."""
    found: dict[str, list[str]] = defaultdict(list)
    for reading in readings:
        for key in keys(reading, places):
            found[key].append(reading.record.key)
    sure = ("siren:", "rna:", "phone:", "email:", "site:")
    return {
        key: members for key, members in found.items()
        if 1 < len(members) <= (CROWD if key.startswith(sure) else CROWD_OF_WORDS)
    }  # fmt: skip


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
