"""When somebody is asked whether their page is still right: one example by hand, then years of any life."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from horizon.engine.freshness import FIRST, SECOND, failing_twice, letter_due

DAY = timedelta(days=1)


def test_a_year_by_hand():
    said = date(2025, 3, 3)
    assert letter_due(said, None, None, date(2026, 3, 3)) == ""
    assert letter_due(said, None, None, date(2026, 3, 4)) == FIRST
    asked = date(2026, 3, 4)
    assert letter_due(said, asked, None, date(2026, 4, 2)) == ""
    assert letter_due(said, asked, None, date(2026, 4, 3)) == SECOND
    assert letter_due(said, asked, date(2026, 4, 3), date(2027, 3, 4)) == ""
    assert letter_due(said, asked, date(2026, 4, 3), date(2027, 3, 5)) == FIRST


def test_an_answer_stops_the_second_letter():
    asked = date(2026, 3, 4)
    assert letter_due(date(2026, 3, 10), asked, None, date(2026, 4, 20)) == ""


def test_a_second_letter_that_was_missed_for_long_is_not_sent():
    assert letter_due(date(2025, 1, 1), date(2026, 3, 4), None, date(2026, 10, 1)) == ""


@given(
    st.sets(st.integers(0, 2200), max_size=12),
    st.sets(st.integers(0, 2200), max_size=900),
)
def test_never_more_than_one_letter_and_its_second_try_a_year(answers, stopped):
    """Six years, a worker that stops on any days, answers on any days."""
    start = date(2024, 1, 1)
    said, asked, again, sent = start, None, None, []
    for number in range(2200):
        today = start + number * DAY
        if number in answers:
            said = today
        if number in stopped:
            continue
        due = letter_due(said, asked, again, today)
        if due == FIRST:
            asked, again = today, None
        elif due == SECOND:
            again = today
        if due:
            sent.append((today, due))
            assert today - said >= timedelta(days=30)
        assert letter_due(said, asked, again, today) == "", "asked twice on one day"
    firsts = [day for day, due in sent if due == FIRST]
    assert len({day.year for day in firsts}) == len(firsts), "one a calendar year"
    for day, _ in sent:
        assert sum(day <= other < day + timedelta(days=365) for other, _ in sent) <= 2


def test_two_failures_a_week_apart():
    first = date(2026, 11, 1)
    assert not failing_twice(None, None)
    assert not failing_twice(first, first)
    assert not failing_twice(first, date(2026, 11, 7))
    assert failing_twice(first, date(2026, 11, 8))
