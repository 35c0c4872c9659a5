"""Which digest is due and what it tells: an example worked by hand, then properties."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from horizon.engine.digests import (
    LEAST,
    WINDOW,
    Calendar,
    Follow,
    Happening,
    digest_due,
    grouped,
    reminder_due,
    retry_after,
)

T0 = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LUSIGNAN, FOOD, BAKERY = ("commune", "86139"), ("porte", "nourrir"), ("structure", "b")


def day(n, hours=0):
    return T0 + timedelta(days=n, hours=hours)


def test_a_week_worked_by_hand():
    """Lusignan followed since day 0, food since day 3. The bakery of Lusignan opens on day 1, bakes for all on day 4:
    the first reaches by Lusignan only, the second once although both bring it; the market of day 2 is elsewhere and too
    early for food; what was told is not told again."""
    calendar = Calendar(
        [
            Happening("opens", day(1), frozenset({LUSIGNAN, FOOD, BAKERY})),
            Happening("market", day(2), frozenset({FOOD})),
            Happening("bread", day(4), frozenset({LUSIGNAN, FOOD})),
            Happening("garden", day(5), frozenset({FOOD})),
        ]
    )
    follows = [Follow(LUSIGNAN, day(0)), Follow(FOOD, day(3))]
    chosen = calendar.to_tell(follows, frozenset(), day(0))
    assert chosen == {"opens": LUSIGNAN, "bread": LUSIGNAN, "garden": FOOD}
    assert grouped(chosen, [LUSIGNAN, FOOD]) == [(LUSIGNAN, ["opens", "bread"]), (FOOD, ["garden"])]
    assert calendar.to_tell(follows, {"opens", "bread"}, day(0)) == {"garden": FOOD}
    assert calendar.to_tell(follows, frozenset(), day(5)) == {"garden": FOOD}


def test_seven_days_whatever_the_rhythm():
    assert digest_due(day(0), None, 7)
    assert not digest_due(day(7) - timedelta(seconds=1), day(0), 7)
    assert digest_due(day(7), day(0), 7)
    assert not digest_due(day(3), day(0), 1)
    assert not digest_due(day(29), day(0), 30)
    assert digest_due(day(30), day(0), 30)


def test_what_waits_is_told_another_day_or_another_week():
    assert reminder_due(day(1, -8), day(0, 12), daily=True)
    assert not reminder_due(day(0, 14), day(0), daily=True)
    assert not reminder_due(day(6), day(0), daily=False)
    assert reminder_due(day(7), day(0), daily=False)
    assert reminder_due(day(0), None, daily=False)


def test_tries_are_further_and_further_apart():
    assert [retry_after(n) // timedelta(minutes=5) for n in (1, 2, 3)] == [1, 2, 4]
    assert retry_after(50) == timedelta(hours=6)


FACETS = st.sampled_from([(kind, str(n)) for kind in ("commune", "porte") for n in range(4)])
HAPPENINGS = st.lists(st.tuples(st.integers(0, 60 * 24), st.frozensets(FACETS, max_size=3)), max_size=20).map(
    lambda made: [Happening(f"e{n}", T0 + timedelta(hours=h), facets) for n, (h, facets) in enumerate(made)]
)
FOLLOWS = st.lists(
    st.builds(Follow, FACETS, st.integers(0, 60).map(lambda d: T0 + timedelta(days=d))), max_size=5
)


@given(HAPPENINGS, FOLLOWS, st.integers(0, 90))
def test_to_tell_is_what_a_plain_reading_gives(happenings, follows, at):
    """The index changes nothing: every event is looked at for every thing followed."""
    since = day(at) - WINDOW
    plain = {
        one.key
        for one in happenings
        if one.at >= since and any(f.facet in one.facets and one.at >= f.since for f in follows)
    }
    chosen = Calendar(happenings).to_tell(follows, frozenset(), since)
    assert set(chosen) == plain
    assert Calendar(happenings).to_tell(follows, plain, since) == {}
    parts = grouped(chosen, [follow.facet for follow in follows])
    assert sorted(key for _, keys in parts for key in keys) == sorted(plain)


@given(HAPPENINGS, FOLLOWS, st.sets(st.integers(0, 100)))
def test_every_event_once_on_whatever_days_the_worker_runs(happenings, follows, days):
    """A year of runs at any set of days: no event twice, no two letters within seven days, and nothing is missed by a
    worker that ran in time."""
    calendar, told, letters = Calendar(happenings), set(), []
    for n in sorted(days):
        now = day(n)
        past = Calendar([one for one in happenings if one.at < now])
        if digest_due(now, letters[-1] if letters else None, 7):
            chosen = past.to_tell(follows, told, now - WINDOW)
            assert not told & set(chosen)
            if chosen:
                told |= set(chosen)
                letters.append(now)
    assert all(later - sooner >= LEAST for sooner, later in zip(letters, letters[1:], strict=False))
    for key in set(calendar.to_tell(follows, told, T0)):
        happened = next(one.at for one in happenings if one.key == key)
        in_time = [day(n) for n in days if happened < day(n) <= happened + WINDOW]
        free = [at for at in in_time if not any(at - LEAST < letter <= at for letter in letters)]
        assert not free, (key, free)
