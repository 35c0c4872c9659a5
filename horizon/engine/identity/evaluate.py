"""How good is the search for duplicates? Measured on pairs labelled by hand, on planted duplicates, on real units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from random import Random

from horizon.engine.identity.comparing import Corpus
from horizon.engine.identity.finding import Population, linked
from horizon.engine.identity.keys import blocks
from horizon.engine.identity.records import Ground, Reading, Record, read
from horizon.engine.identity.weighing import AUTO, NO, decide

COLUMNS = (
    "name",
    "acronym",
    "siren",
    "siret",
    "rna",
    "legal_category",
    "street",
    "postal_code",
    "website",
    "phone",
    "email",
)


@dataclass(frozen=True)
class Pair:
    """Two records, and whether a careful person would keep one page for both."""

    a: Record
    b: Record
    same: bool
    category: str


def read_pair(row: Mapping[str, str]) -> Pair:
    """One row of the labelled files."""
    one, other = (
        Record(key=f"{row['id']}{side}", commune=row[f"{side}_commune_code"], **{name: row[f"{side}_{name}"] for name in COLUMNS})
        for side in "ab"
    )  # fmt: skip
    return Pair(one, other, row["same"] == "1", row["category"])


def measure(pairs: Sequence[Pair], ground: Ground) -> dict:
    """The figures of a labelled set.

    `suggest_recall`: share of the pairs that are one organisation and of which a person hears, or that numbers merge;
    `suggest_recall_low`: the lower bound of its 95 % interval (Wilson 1927). `suggest_only_recall` leaves aside those that
    numbers merge. `wrong_suggestions` counts by category the suggestions that a person would refuse.
    """
    readings = {record.key: read(record, ground) for pair in pairs for record in (pair.a, pair.b)}
    corpus = Population(readings.values(), ground).corpus
    return tally(pairs, lambda p: decide(readings[p.a.key], readings[p.b.key], corpus).decision) | {
        "blocking_recall": blocking_recall(pairs, readings, ground)
    }


def tally(pairs: Sequence[Pair], decided: Callable[[Pair], str]) -> dict:
    """Counts decisions against labels."""
    same, met, numbers, wrong_auto, autos = 0, 0, 0, 0, 0
    suggested = 0
    wrong, missed = Counter[str](), Counter[str]()
    for pair in pairs:
        decision = decided(pair)
        autos += decision == AUTO
        wrong_auto += decision == AUTO and not pair.same
        same += pair.same
        met += pair.same and decision != NO
        numbers += pair.same and decision == AUTO
        suggested += decision not in (AUTO, NO)
        if pair.same and decision == NO:
            missed[pair.category] += 1
        if not pair.same and decision not in (AUTO, NO):
            wrong[pair.category] += 1
    return {
        "pairs": len(pairs), "positives": same, "auto_merges": autos, "auto_false": wrong_auto,
        "suggest_recall": _share(met, same), "suggest_recall_low": wilson_low(met, same),
        "suggest_only_recall": _share(met - numbers, same - numbers), "suggest_only_recall_low": wilson_low(met - numbers, same - numbers),
        "suggestions": suggested, "suggest_precision": _share(suggested - sum(wrong.values()), suggested),
        "wrong_suggestions": dict(sorted(wrong.items())), "missed": dict(sorted(missed.items())),
    }  # fmt: skip


def blocking_recall(pairs: Iterable[Pair], readings: Mapping[str, Reading], ground: Ground) -> float:
    """The share of the pairs that are one organisation which a key brings together, all the records of the set being there."""
    of: dict[str, set[str]] = {key: set() for key in readings}
    for key, members in blocks(readings.values(), ground.place_words).items():
        for member in members:
            of[member].add(key)
    same = [pair for pair in pairs if pair.same]
    return _share(sum(bool(of[pair.a.key] & of[pair.b.key]) for pair in same), len(same))


def wilson_low(hits: int, total: int, z: float = 1.96) -> float:
    """The lower bound of the 95 % interval of a share (Wilson 1927).

    >>> wilson_low(0, 0), round(wilson_low(95, 100), 3)
    (0.0, 0.888)
    """
    if not total:
        return 0.0
    share = hits / total
    centre = share + z * z / (2 * total)
    return round(
        (centre - z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))) / (1 + z * z / total),
        4,
    )


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


PART = 40


def count_merges(records: Sequence[Record], ground: Ground, same: Callable[[str, str], bool]) -> dict:
    """What would be merged without anybody in a whole population, and how many of these merges are wrong.

    `by_parts`: the same when a few records drawn by chance are looked at at a time, as the job of every five minutes does.
    """
    population = Population([read(record, ground) for record in records], ground)
    merges = population.merges()
    parts = merges_by_parts(population, Random("parts"))
    return {
        "records": len(records), **_merged(merges, same),
        "suggestions": sum(1 for _ in population.suggestions()), "compared": population.compared,
        "by_parts": _merged(parts, same),
    }  # fmt: skip


def merges_by_parts(population: Population, rng: Random, size: int = PART) -> list[list[str]]:
    """The groups left when all the records of a population were looked at, a few at a time, in a drawn order."""
    order = sorted(population.readings)
    rng.shuffle(order)
    found: list[list[str]] = []
    for start in range(0, len(order), size):
        found += population.part(set(order[start : start + size])).merges()
    return sorted(sorted(group) for group in linked([pair for group in found for pair in pairwise(group)]))


def _merged(merges: Sequence[Sequence[str]], same: Callable[[str, str], bool]) -> dict[str, int]:
    pairs = [(one, other) for group in merges for i, one in enumerate(group) for other in group[i + 1 :]]
    return {
        "auto_merges": sum(len(group) - 1 for group in merges),
        "auto_false": sum(not same(*pair) for pair in pairs),
    }


__all__ = ["Corpus", "Pair", "count_merges", "measure", "merges_by_parts", "read_pair", "tally", "wilson_low"]
