"""The door and the pole of a few words, by the rules that the observatory ships; rooms share it."""

from __future__ import annotations

import csv
from datetime import date
from functools import lru_cache

from horizon.engine.themes import ThemeRules
from horizon.observatory import shipped


@lru_cache(maxsize=2)
def _rules(column: str) -> tuple[ThemeRules, dict[str, str]]:
    today = date.today().isoformat()  # noqa: DTZ011 - a day, not a moment
    phrases, by_door = [], {}
    with (shipped.RULES / f"{column}s.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["valid_from"] <= today and (not row["valid_to"] or today <= row["valid_to"]):
                if row["kind"] == "word":
                    phrases.append((row["value"], row[column], int(row["points"])))
                elif row["kind"] == "door":
                    by_door[row["value"]] = row[column]
    return ThemeRules(phrases), by_door


def door_of(text: str) -> tuple[str, tuple[str, ...]]:
    """The door of a few words and the words that say so; two empty values when nothing decides."""
    found = _rules("door")[0].of(text)
    if not found or (len(found) > 1 and found[1].points == found[0].points):
        return "", ()
    return found[0].code, found[0].words


def pole_code_of(text: str, door: str) -> str:
    """The code of the pole of a few words, else by its door; empty when nothing decides."""
    rules, by_door = _rules("pole")
    found = rules.of(text)
    return found[0].code if found else by_door.get(door, "")
