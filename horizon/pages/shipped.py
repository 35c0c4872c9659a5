"""Questions, steps and examples as the room ships them, read once and checked."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from horizon.engine.guiding import BadCondition, check, read_condition

DATA = Path(__file__).with_name("data")
STEP_FIELDS = ("when", "title", "text", "documents", "seek", "pole", "source", "url", "seen_on")
EXAMPLE_FIELDS = ("title", "where", "what", "doors", "poles", "source", "url", "source_on", "licence")


class Question(NamedTuple):
    """One question of the path, with its options (code, label); several answers when `many`."""

    code: str
    text: str
    many: bool
    options: tuple[tuple[str, str], ...]


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@lru_cache(maxsize=1)
def questions() -> tuple[Question, ...]:
    """The questions, in their order."""
    found: dict[str, Question] = {}
    for row in _rows("questions"):
        known = found.get(row["question"])
        options = (*(known.options if known else ()), (row["option"], row["label"]))
        found[row["question"]] = Question(row["question"], row["text"], row["many"] == "1", options)
    return tuple(found.values())


def options() -> dict[str, frozenset[str]]:
    """The codes of the options of each question."""
    return {question.code: frozenset(code for code, _ in question.options) for question in questions()}


@lru_cache(maxsize=2)
def texts(kind: str) -> dict[str, dict[str, str]]:
    """The shipped texts of a kind by code, in their order. Raises BadCondition for a step that no answer can reach."""
    rows = {row["code"]: {k: v for k, v in row.items() if k != "code"} for row in _rows(f"{kind}s")}
    if kind == "step":
        for code, row in rows.items():
            try:
                check(read_condition(row["when"]), options())
            except BadCondition as problem:
                raise BadCondition(f"{code}: {problem}") from problem
    return rows
