"""Statistical secrecy (secret statistique) for jobs: fewer than three units, or one above 85 %, hides the total.

Rule of the official statistical service (loi 51-711 du 7 juin 1951; Insee, « Guide du secret statistique »). Counts of
open register rows are public and are not hidden.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from horizon.engine.staff import BANDS

FEWEST = 3
LARGEST_SHARE = 0.85


class Cell(NamedTuple):
    """Jobs of some units: how many units, the sums of their bounds (`high` None when open), the bounds of the largest."""

    units: int
    low: int
    high: int | None
    largest_low: int
    largest_high: int | None


def cell(units: Iterable[tuple[int, int | None]]) -> Cell:
    """The cell of units given by their (low, high) jobs; units that employ nobody do not count."""
    known = [bounds for bounds in units if bounds != (0, 0)]
    largest = max(known, key=lambda bounds: (bounds[0], bounds[1] is None, bounds[1] or 0), default=(0, 0))
    highs = [high for _, high in known if high is not None]
    return Cell(
        len(known),
        sum(low for low, _ in known),
        sum(highs) if len(highs) == len(known) else None,
        *largest,
    )


def secret(jobs: Cell) -> bool:
    """Whether the total of a cell is secret.

    The largest unit is measured at its low bound against the low bounds of all, and at its high bound (twice the low one
    when it is open) against the others' low bounds plus its own.
    """
    if jobs.units < FEWEST:
        return True
    top = jobs.largest_high if jobs.largest_high is not None else 2 * jobs.largest_low
    others = jobs.low - jobs.largest_low
    return jobs.largest_low > LARGEST_SHARE * jobs.low or top > LARGEST_SHARE * (others + top)


def hidden(cells: Mapping[str, Cell], also: Collection[str] = ()) -> set[str]:
    """The keys to hide among the parts of a published total: the secret ones, and one more when one alone is hidden.

    The second one is the part with the fewest jobs among the others, ties by key. `also` are hidden for another reason:
    they are the parts of another total too.

    >>> parts = {"a": Cell(9, 90, 180, 10, 20), "b": Cell(2, 4, 8, 2, 4), "c": Cell(5, 50, 99, 10, 19)}
    >>> sorted(hidden(parts))
    ['b', 'c']
    """
    found = {key for key, jobs in cells.items() if jobs.units and (key in also or secret(jobs))}
    others = [(jobs.low, key) for key, jobs in cells.items() if jobs.units and key not in found]
    if len(found) == 1 and others:
        found.add(min(others)[1])
    return found


def hidden_by_place(cells: Mapping[tuple[str, str], Cell], place: str) -> set[str]:
    """For cells by (place, part): the parts to hide at one place, so that the total of each part over all places, less the
    other places, does not give it back.

    >>> few, many = Cell(1, 3, 5, 3, 5), Cell(5, 15, 25, 3, 5)
    >>> places = {("a", "x"): few, ("b", "x"): many, ("c", "x"): Cell(9, 90, 180, 10, 20), ("b", "y"): many}
    >>> [sorted(hidden_by_place(places, place)) for place in "abc"]
    [['x'], ['x'], []]
    """
    by_part: dict[str, dict[str, Cell]] = {}
    for (where, part), jobs in cells.items():
        by_part.setdefault(part, {})[where] = jobs
    return {part for part, places in by_part.items() if place in hidden(places)}


def jobs_interval(bands: Sequence[str | None]) -> tuple[int, int | None] | None:
    """(low, high) jobs of units given by their staff band; None when the total is secret.

    Units of unknown band are left out; high is None when a band has no upper bound.

    >>> jobs_interval(["01", "01", "03"]), jobs_interval(["01", "01"])
    ((8, 13), None)
    """
    jobs = cell(BANDS[band] for band in bands if band in BANDS)
    return None if secret(jobs) else (jobs.low, jobs.high)
