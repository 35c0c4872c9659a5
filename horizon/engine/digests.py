"""Which digest is due, and what it tells (lettre): pure, on plain values.

A digest tells an event to whoever follows one of its facets, once: what was told is never told again, and what
happened before somebody followed is not told to them. Events are looked for in a window of two months and a half: a
monthly rhythm, then a pause of thirty days, then some days when nothing ran, and the next digest still tells them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

Facet = tuple[str, str]
WINDOW = timedelta(days=75)
LATELY = timedelta(days=35)
LEAST = timedelta(days=7)


@dataclass(frozen=True)
class Happening:
    """An event: its key, when it happened, the facets that it touches."""

    key: str
    at: datetime
    facets: frozenset[Facet]


@dataclass(frozen=True)
class Follow:
    """Somebody follows a facet since an instant."""

    facet: Facet
    since: datetime


class Calendar:
    """Events by facet, so that one person's digest costs what they follow and not what happened."""

    def __init__(self, happenings: Iterable[Happening]):
        self._by_facet: dict[Facet, list[Happening]] = {}
        for one in sorted(happenings, key=lambda h: (h.at, h.key)):
            for facet in one.facets:
                self._by_facet.setdefault(facet, []).append(one)

    def to_tell(self, follows: Iterable[Follow], told: Set[str], since: datetime) -> dict[str, Facet]:
        """The events to tell, by key, oldest first, each with the first followed facet that brings it."""
        found: dict[str, tuple[datetime, Facet]] = {}
        for follow in follows:
            start = max(follow.since, since)
            for one in self._by_facet.get(follow.facet, ()):
                if one.at >= start and one.key not in told and one.key not in found:
                    found[one.key] = (one.at, follow.facet)
        ordered = sorted(found.items(), key=lambda pair: (pair[1][0], pair[0]))
        return {key: facet for key, (_, facet) in ordered}


def digest_due(now: datetime, last: datetime | None, every_days: int) -> bool:
    """Whether a digest may leave: none yet, or as many whole days as asked since the last one, never fewer than seven."""
    return last is None or now - last >= max(timedelta(days=every_days), LEAST)


def reminder_due(now: datetime, last: datetime | None, *, daily: bool) -> bool:
    """Whether what waits may be told again: on another day if somebody chose so, else after seven days."""
    if last is None:
        return True
    return now.date() > last.date() if daily else now - last >= LEAST


def retry_after(attempts: int) -> timedelta:
    """How long to wait before handing a message over again: five minutes, then twice as long each time, six hours at most."""
    return min(timedelta(minutes=5) * 2 ** min(max(attempts - 1, 0), 10), timedelta(hours=6))


def grouped(chosen: Mapping[str, Facet], order: Iterable[Facet]) -> list[tuple[Facet, list[str]]]:
    """The chosen keys under the facets that bring them, in the order in which these are followed; empty ones left out."""
    return [
        (facet, keys)
        for facet in dict.fromkeys(order)
        if (keys := [key for key, by in chosen.items() if by == facet])
    ]
