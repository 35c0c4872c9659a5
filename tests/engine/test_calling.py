"""Whom to ask first: worked by hand, then for any crowd."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from horizon.engine.calling import (
    Available,
    Wanted,
    minutes_between_waves,
    slots_between,
    wave_size,
    whom_to_ask,
)


def local(*moment):
    """A moment of the local clock."""
    return datetime(*moment)  # noqa: DTZ001


THURSDAY = local(2026, 11, 26, 14)
EVERY_SLOT = frozenset((d, p) for d in range(7) for p in ("night", "morning", "afternoon", "evening"))
# One degree of latitude is 111.2 km: 0.09 degree is 10.0 km, 0.135 is 15.0 km.
LUSIGNAN = {"place": "86139", "lat": 46.4, "lon": 0.1}


def ask(skill="carry", hours=2):
    return Wanted(skill, "86139", 46.4, 0.1, THURSDAY, THURSDAY + timedelta(hours=hours))


def somebody(key, **more):
    start = {"skills": frozenset({"carry"}), "km": 20, "places": frozenset(), "slots": EVERY_SLOT, "asked": 0}
    return Available(key, **{**LUSIGNAN, **start, **more})


def order(wanted, *people):
    return [one.key for one in whom_to_ask(wanted, people)]


def test_by_hand_distance_and_having_been_asked_are_weighed_together():
    """At 10 km and never asked: 10. Here and asked three times: 15. At 10 km, asked twice: 20."""
    near, here, often = (
        somebody("near", place="x", lat=46.49),
        somebody("here", asked=3),
        somebody("often", place="y", lat=46.49, asked=2),
    )
    found = whom_to_ask(ask(), [often, here, near])
    assert [(one.key, round(one.effort)) for one in found] == [("near", 10), ("here", 15), ("often", 20)]


@pytest.mark.parametrize(
    ("person", "comes"),
    [
        (somebody("a", skills=frozenset({"desk"})), False),
        (somebody("a", skills=frozenset({"other"})), True),
        (somebody("a", slots=frozenset({(3, "morning")})), False),
        (somebody("a", slots=frozenset({(3, "afternoon")})), True),
        (somebody("a", place="x", lat=46.535, km=10), False),
        (somebody("a", place="x", lat=46.535, km=10, places=frozenset({"86139"})), True),
        (somebody("a", place="x", lat=None, lon=None), False),
        (somebody("a", lat=None, lon=None), True),
    ],
)
def test_who_can_and_who_cannot(person, comes):
    assert bool(whom_to_ask(ask(), [person])) is comes


def test_anything_goes_to_everybody_there():
    assert order(ask("other"), somebody("a", skills=frozenset({"desk"}))) == ["a"]


def test_the_parts_of_days_that_an_interval_touches():
    assert slots_between(THURSDAY, THURSDAY) == frozenset()
    night = slots_between(local(2026, 11, 29, 23), local(2026, 11, 30, 1))
    assert night == {(6, "evening"), (0, "night")}
    assert len(slots_between(THURSDAY, THURSDAY + timedelta(hours=72))) == 13


def test_waves_are_small_and_quicken_near_the_end():
    assert [wave_size(n) for n in (-1, 0, 1, 2, 9, 10, 90)] == [0, 0, 3, 4, 18, 20, 20]
    assert minutes_between_waves(timedelta(minutes=119)) == 3
    assert minutes_between_waves(timedelta(hours=2)) == 10


people = st.lists(
    st.builds(
        somebody, st.integers(0, 999).map(str), lat=st.floats(46, 47), place=st.sampled_from(["86139", "x", "y"]),
        km=st.integers(0, 40), asked=st.integers(0, 9), slots=st.frozensets(st.sampled_from(sorted(EVERY_SLOT))),
    ),
    max_size=12, unique_by=lambda one: one.key,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(people, st.integers(1, 72))
def test_the_order_does_not_depend_on_the_order_given_and_nobody_too_far_is_asked(crowd, hours):
    found = whom_to_ask(ask(hours=hours), crowd)
    assert found == whom_to_ask(ask(hours=hours), reversed(crowd))
    by_key = {one.key: one for one in crowd}
    for one in found:
        assert one.km == 0 or one.km <= by_key[one.key].km
        assert by_key[one.key].slots & slots_between(THURSDAY, THURSDAY + timedelta(hours=hours))
    efforts = [one.effort for one in found]
    assert efforts == sorted(efforts)


@given(st.datetimes(local(2026, 1, 1), local(2027, 1, 1)), st.integers(1, 72 * 60), st.integers(0, 600))
def test_a_longer_interval_touches_no_fewer_slots(since, minutes, more):
    short = slots_between(since, since + timedelta(minutes=minutes))
    assert short and short <= slots_between(since, since + timedelta(minutes=minutes + more))
