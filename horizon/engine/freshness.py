"""When is somebody asked whether their page is still right? On plain days, so that a person can follow it by hand.

A page whose last word is of 3 March 2025 is asked about on 4 March 2026 (366 days, so that two first letters never fall in one
calendar year), once more thirty days later when nobody answered, then not before 5 March 2027.
"""

from __future__ import annotations

from datetime import date, timedelta

YEAR, SECOND_TRY = timedelta(days=366), timedelta(days=30)
TOO_LATE = timedelta(days=180)
FIRST, SECOND = "first", "second"


def letter_due(said: date, asked: date | None, again: date | None, today: date) -> str:
    """Which letter is due today: `first`, `second`, or none (an empty string).

    `said` is the last day when somebody said that the page is right, or changed it; `asked` and `again` are the days of the
    last two letters, if any. A second letter that was missed for six months is not sent: the next year is near.
    """
    if asked is not None and today - asked < YEAR:
        waited = today - asked
        if again is None and said < asked and SECOND_TRY <= waited < TOO_LATE:
            return SECOND
        return ""
    return FIRST if today - said >= YEAR else ""


def failing_twice(first_failure: date | None, last_failure: date | None) -> bool:
    """Whether a site failed twice at least a week apart: once is an evening's breakdown."""
    return (
        first_failure is not None
        and last_failure is not None
        and last_failure - first_failure >= timedelta(days=7)
    )
