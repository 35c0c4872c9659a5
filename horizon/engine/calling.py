"""Whom to ask first when help is urgent? Those who said they can, by distance and by how often they were asked lately."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from horizon.engine.distance import distance_km

KM_PER_ASKING = 5.0
AT_LEAST, AT_MOST = 3, 20
PARTS = ((0, "night"), (6, "morning"), (12, "afternoon"), (18, "evening"))
ANYTHING = "other"
Slot = tuple[int, str]


@dataclass(frozen=True)
class Available:
    """Somebody who said: what they can do, from where, how far, also where, and in which slots of the week."""

    key: str
    skills: frozenset[str]
    place: str
    lat: float | None
    lon: float | None
    km: float
    places: frozenset[str]
    slots: frozenset[Slot]
    asked: int = 0


@dataclass(frozen=True)
class Wanted:
    """What is asked: of which kind, where, between two moments of the local clock."""

    skill: str
    place: str
    lat: float | None
    lon: float | None
    since: datetime
    until: datetime


class Ranked(NamedTuple):
    """Somebody to ask: `km` away (None: not known), `asked` lately; the lower `effort`, the sooner."""

    key: str
    km: float | None
    asked: int
    effort: float


def slots_between(since: datetime, until: datetime) -> frozenset[Slot]:
    """The parts of days (0 is Monday) that an interval touches.

    >>> sorted(slots_between(datetime(2026, 11, 26, 17, 30), datetime(2026, 11, 26, 18, 30)))
    [(3, 'afternoon'), (3, 'evening')]
    """
    found: set[Slot] = set()
    moment = since
    while moment < until:
        found.add((moment.weekday(), _part(moment.hour)))
        start = moment.replace(hour=moment.hour - moment.hour % 6, minute=0, second=0, microsecond=0)
        moment = start + timedelta(hours=6)
    return frozenset(found)


def _part(hour: int) -> str:
    return PARTS[hour // 6][1]


def whom_to_ask(wanted: Wanted, people: Iterable[Available]) -> list[Ranked]:
    """Those who can, near enough, at that time: nearest and least asked first. Having been asked once weighs five kilometres.

    >>> here = dict(place="86139", lat=46.4, lon=0.1, km=10, places=frozenset(), skills=frozenset({"carry"}),
    ...             slots=frozenset({(3, "afternoon")}))
    >>> ask = Wanted("carry", "86139", 46.4, 0.1, datetime(2026, 11, 26, 14), datetime(2026, 11, 26, 16))
    >>> [one.key for one in whom_to_ask(ask, [Available("often", asked=2, **here), Available("never", **here)])]
    ['never', 'often']
    """
    when = slots_between(wanted.since, wanted.until)
    found = []
    for one in people:
        if wanted.skill != ANYTHING and wanted.skill not in one.skills and ANYTHING not in one.skills:
            continue
        if not when & one.slots:
            continue
        km = _km(wanted, one)
        same = one.place == wanted.place
        if not (same or wanted.place in one.places or (km is not None and km <= one.km)):
            continue
        if same:
            km = 0.0
        effort = (km if km is not None else one.km) + KM_PER_ASKING * one.asked
        found.append(Ranked(one.key, km, one.asked, effort))
    return sorted(found, key=lambda one: (one.effort, one.asked, one.key))


def wave_size(missing: int) -> int:
    """How many to ask at a time: twice what is missing, three at least, twenty at most; nobody when nothing is.

    >>> [wave_size(missing) for missing in (0, 1, 4, 30)]
    [0, 3, 8, 20]
    """
    return 0 if missing <= 0 else min(max(AT_LEAST, 2 * missing), AT_MOST)


def minutes_between_waves(since_now: timedelta) -> int:
    """How long to wait for answers before asking further: ten minutes, three when less than two hours are left.

    >>> minutes_between_waves(timedelta(hours=1)), minutes_between_waves(timedelta(hours=30))
    (3, 10)
    """
    return 3 if since_now < timedelta(hours=2) else 10


def _km(wanted: Wanted, one: Available) -> float | None:
    if wanted.lat is None or wanted.lon is None or one.lat is None or one.lon is None:
        return None
    return distance_km(wanted.lat, wanted.lon, one.lat, one.lon)
