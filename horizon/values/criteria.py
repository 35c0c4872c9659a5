"""The criteria as the room ships them, read once and checked: one file for each edition, named by its day.

A new edition is a new file beside the others: what was answered under an older one keeps its own questions.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).with_name("data")
FIELDS = ("code", "theme", "label", "question", "evidence", "source")
CODE = re.compile(r"[a-z]{2,20}")


class BadCriteria(ValueError):
    """A file of criteria that cannot be shown; the message says which line and why."""


class Criterion(NamedTuple):
    """One criterion (critère): a question, what counts as evidence, and the text that it comes from."""

    code: str
    theme: str
    label: str
    question: str
    evidence: str
    source: str


def editions(folder: Path = DATA) -> list[str]:
    """The days of the shipped editions, oldest first."""
    return sorted(path.stem.removeprefix("criteria-") for path in folder.glob("criteria-*.csv"))


def current_edition() -> str:
    """The edition that is answered today."""
    return editions()[-1]


@lru_cache(maxsize=16)
def criteria(edition: str = "", folder: Path = DATA) -> tuple[Criterion, ...]:
    """The criteria of an edition (of the last one), in their order. Raises BadCriteria, KeyError for an unknown edition."""
    wanted = edition or editions(folder)[-1]
    if wanted not in editions(folder):
        raise KeyError(wanted)
    with (folder / f"criteria-{wanted}.csv").open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    found: dict[str, Criterion] = {}
    for number, line in enumerate(lines, 2):
        if set(line) != set(FIELDS) or not all((line[name] or "").strip() for name in FIELDS):
            raise BadCriteria(f"criteria-{wanted}.csv, line {number}: a cell is empty or a column is missing")
        if not CODE.fullmatch(line["code"]) or line["code"] in found:
            raise BadCriteria(
                f"criteria-{wanted}.csv, line {number}: the code {line['code']!r} is wrong or twice there"
            )
        found[line["code"]] = Criterion(**{name: line[name].strip() for name in FIELDS})
    return tuple(found.values())


def by_theme(edition: str = "") -> list[tuple[str, list[Criterion]]]:
    """The criteria of an edition under their themes, both in order."""
    found: dict[str, list[Criterion]] = {}
    for one in criteria(edition):
        found.setdefault(one.theme, []).append(one)
    return list(found.items())
