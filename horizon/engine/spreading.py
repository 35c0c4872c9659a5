"""Discs and words on a drawing, moved as little as possible so that none covers another. The same input, the same drawing."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, hypot, pi, sin
from typing import NamedTuple

_DIRECTIONS = 24
_STEPS = 8  # per disc: a finer search moves a disc less, for longer
_RINGS = 40 * _STEPS

Point = tuple[float, float]


def spread(points: Sequence[Point], apart: float, width: float, height: float) -> list[Point]:
    """Points at least `apart` from each other and `apart / 2` inside the frame; the first ones keep their place.

    Each point that would cover an earlier one goes to the nearest free place, looked for on rings around it, from the
    top and clockwise. Without any free place it stays.
    """
    placed: list[Point] = []
    for x, y in points:
        placed.append(next(_free_places(x, y, apart, width, height, placed), (x, y)))
    return placed


def _free_places(x, y, apart, width, height, placed):
    edge = apart / 2
    if all(hypot(x - px, y - py) >= apart for px, py in placed):
        yield x, y
    for ring in range(1, _RINGS):
        for direction in range(_DIRECTIONS):
            angle = 2 * pi * direction / _DIRECTIONS
            away = ring * apart / _STEPS
            cx, cy = round(x + away * sin(angle)), round(y - away * cos(angle))
            inside = edge <= cx <= width - edge and edge <= cy <= height - edge
            if inside and all(hypot(cx - px, cy - py) >= apart for px, py in placed):
                yield cx, cy


class Word(NamedTuple):
    """A word centred on x, its baseline on y."""

    x: float
    y: float
    width: float
    height: float


def stack(words: Sequence[Word]) -> list[float | None]:
    """The baseline of each word once moved up or down by its height, or twice; None when it finds no room.

    The first ones keep their place.
    """
    placed: list[Word] = []
    found: list[float | None] = []
    for word in words:
        for lines in (0, 1, -1, 2, -2):
            moved = word._replace(y=word.y + lines * word.height)
            if not any(_overlap(moved, other) for other in placed):
                placed.append(moved)
                found.append(moved.y)
                break
        else:
            found.append(None)
    return found


def _overlap(one: Word, other: Word) -> bool:
    across = abs(one.x - other.x) < (one.width + other.width) / 2
    return across and one.y - one.height < other.y and other.y - other.height < one.y
