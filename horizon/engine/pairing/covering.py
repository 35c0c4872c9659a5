"""Several offers for one ask: the fewest that cover the quantity and, among those, the least distance."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

EXACT_UP_TO = 200


@dataclass(frozen=True)
class Candidate:
    """An offer that holds `quantity` (same unit as asked, > 0) at `metres` (≥ 0) from the ask."""

    key: str
    quantity: int
    metres: int


@dataclass(frozen=True)
class Cover:
    """The chosen offers. `exact` false: only the first candidates were weighed; no set is smaller than `at_least`."""

    keys: tuple[str, ...]
    quantity: int
    metres: int
    exact: bool
    at_least: int


def cover(quantity: int, candidates: Sequence[Candidate]) -> Cover | None:
    """The smallest set whose quantities reach `quantity`, then the least total distance; None when all do not reach it.

    The count is that of the largest first; the distance by dynamic programming over the states (quantity, metres) that
    no other dominates. Exact up to 200 candidates; beyond, among the 100 largest and 100 nearest, the count staying exact.

    >>> cover(40, [Candidate("a", 30, 500), Candidate("b", 12, 900), Candidate("c", 25, 9000)]).keys
    ('a', 'b')
    """
    useful = sorted((c for c in candidates if c.quantity > 0), key=lambda c: (-c.quantity, c.metres, c.key))
    count = reached = 0
    for candidate in useful:
        if reached >= quantity:
            break
        reached += candidate.quantity
        count += 1
    if reached < quantity or quantity <= 0:
        return None
    exact = len(useful) <= EXACT_UP_TO
    if not exact:
        nearest = sorted(useful, key=lambda c: (c.metres, c.key))
        useful = list(dict.fromkeys([*useful[: max(EXACT_UP_TO // 2, count)], *nearest[: EXACT_UP_TO // 2]]))
    best = _least_distance(quantity, useful, count)
    chosen = sorted(best[2], key=lambda c: (c.metres, c.key))
    return Cover(
        tuple(c.key for c in chosen), sum(c.quantity for c in chosen), sum(c.metres for c in chosen), exact, count
    )  # fmt: skip


def shares(quantity: int, held: Sequence[int]) -> tuple[int, ...]:
    """How many to ask of each offer of a set, in its order (the nearest first): all that it has, and of the last what is missing.

    Of a smallest set that covers the quantity, everybody is asked something: without one of them it would not be covered.

    >>> shares(40, [30, 12]), shares(40, [12, 30])
    ((30, 10), (12, 28))
    """
    asked = []
    for one in held:
        asked.append(min(one, quantity))
        quantity -= asked[-1]
    return tuple(asked)


State = tuple[int, int, tuple[Candidate, ...]]


def _least_distance(quantity: int, candidates: Sequence[Candidate], count: int) -> State:
    """The state (metres, quantity, chosen) of `count` candidates that reaches the quantity with the fewest metres."""
    states: list[_Frontier] = [_Frontier() for _ in range(count + 1)]
    states[0].add((0, 0, ()))
    for candidate in sorted(candidates, key=lambda c: (c.metres, -c.quantity, c.key)):
        for already in range(count - 1, -1, -1):
            for metres, held, chosen in states[already].rows:
                states[already + 1].add(
                    (
                        metres + candidate.metres,
                        min(held + candidate.quantity, quantity),
                        (*chosen, candidate),
                    )
                )
    return next(state for state in states[count].rows if state[1] >= quantity)


class _Frontier:
    """States by growing metres, each holding more than those before: the others are dominated."""

    def __init__(self) -> None:
        self.rows: list[State] = []

    def add(self, state: State) -> None:
        place = bisect_left(self.rows, state[0], key=lambda row: row[0])
        if place and self.rows[place - 1][1] >= state[1]:
            return
        if place < len(self.rows) and self.rows[place][0] == state[0] and self.rows[place][1] >= state[1]:
            return
        self.rows.insert(place, state)
        after = place + 1
        while after < len(self.rows) and self.rows[after][1] <= state[1]:
            del self.rows[after]
