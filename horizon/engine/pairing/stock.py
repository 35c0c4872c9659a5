"""How many are left? What is given goes for good; what is lent comes back, so that only the busiest day of those asked counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Taken(NamedTuple):
    """What a concluded deal takes: how many (one when nobody said), from and until which day; open days are None."""

    quantity: Decimal
    since: date | None = None
    until: date | None = None


def last_day(since: date | None, until: date | None) -> date | None:
    """The last day of what is asked, lent or agreed: a first day said alone is that day only; no day at all is for ever (None).

    >>> fete = date(2027, 6, 5)
    >>> last_day(fete, None) == fete, last_day(None, fete) == fete, last_day(None, None)
    (True, True, None)
    """
    return until or since


def left(
    quantity: Decimal, taken: Iterable[Taken], *, returned: bool, since: date | None, until: date | None
) -> Decimal:
    """What is left of `quantity`; of what is returned, what is free on every day from `since` to `until` (None: for ever).

    >>> fete, marche = date(2027, 6, 5), date(2027, 6, 12)
    >>> lent = [Taken(Decimal(2), fete, fete), Taken(Decimal(1), marche, marche)]
    >>> [int(left(Decimal(2), lent, returned=True, since=fete, until=day)) for day in (fete, marche, None)]
    [0, 0, 0]
    >>> int(left(Decimal(2), lent, returned=True, since=marche, until=marche))
    1
    >>> int(left(Decimal(40), [Taken(Decimal(28))], returned=False, since=None, until=None))
    12
    """
    deals = list(taken)
    if not returned:
        return max(quantity - sum((deal.quantity for deal in deals), Decimal(0)), Decimal(0))
    first, last = since or date.min, until or date.max
    days = {first} | {deal.since for deal in deals if deal.since and first <= deal.since <= last}
    busiest = max(
        sum((deal.quantity for deal in deals if (deal.since or date.min) <= day <= (deal.until or date.max)), Decimal(0))
        for day in days
    )  # fmt: skip
    return max(quantity - busiest, Decimal(0))
