"""Statistical secrecy (secret statistique) for jobs: fewer than three units, or one above 85 %, hides the total.

Rule of the official statistical service (loi 51-711 du 7 juin 1951; Insee, « Guide du secret statistique »). Counts of
open register rows are public and are not hidden.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from horizon.engine.staff import BANDS

FEWEST = 3
LARGEST_SHARE = 0.85
Bounds = tuple[int, int | None]
Place = tuple[str, str, str]
K = TypeVar("K", str, Place)


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


def together(units: Iterable[Mapping[str, Bounds]]) -> Cell:
    """The cell of several parts read as one: a structure that stands in two of them is one unit.

    >>> together([{"a": (1, 2), "b": (3, 5)}, {"a": (3, 5)}])
    Cell(units=2, low=7, high=12, largest_low=4, largest_high=7)
    """
    found: dict[str, Bounds] = {}
    for part in units:
        for name, (low, high) in part.items():
            before_low, before_high = found.get(name, (0, 0))
            found[name] = (
                before_low + low,
                None if high is None or before_high is None else before_high + high,
            )
    return cell(found.values())


def _cover(found: set[K], parts: Mapping[K, Cell], union: Callable[[Collection[K]], Cell]) -> bool:
    """Hides more parts of a shown total until what is hidden, read as one, is not secret itself: the total less the shown
    parts gives exactly that. False when there is no other part to hide.

    Who comes next depends on numbers of structures, which are public: what is hidden beside says nothing of its jobs.
    """
    inside = [key for key in parts if key in found]
    others = sorted((key for key in parts if key not in found), key=lambda key: (-parts[key].units, key))
    while inside and (len(inside) == 1 or secret(union(inside))):
        if not others:
            return False
        inside.append(others.pop())
        found.add(inside[-1])
    return True


def hidden(cells: Mapping[str, Cell], union: Callable[[Collection[str]], Cell]) -> set[str]:
    """The parts to hide of a shown total; `union` reads several parts as one.

    >>> jobs = {"a": {"1": (3, 5)}, "b": {"2": (3, 5)}, "c": {str(n): (3, 5) for n in range(3, 9)}}
    >>> cells = {part: cell(units.values()) for part, units in jobs.items()}
    >>> sorted(hidden(cells, lambda parts: together(jobs[part] for part in parts)))
    ['a', 'b', 'c']
    """
    parts = {key: jobs for key, jobs in cells.items() if jobs.units}
    found = {key for key, jobs in parts.items() if secret(jobs)}
    _cover(found, parts, union)
    return found


def hidden_in_tables(units: Mapping[Place, Mapping[str, Bounds]]) -> set[Place]:
    """What to hide of tables that cross places and parts of several kinds, with the totals of both.

    Keys are (place, kind, part): the place "" is all places together, the kind "all" all parts together. No line and no
    column gives a hidden cell back: its hidden cells, read as one, are not secret, or its total is hidden too; on the line of
    totals, a hidden total counts for those of its cells that are hidden, since the shown ones may be taken from it. Where the
    total of a place is hidden none of its parts is shown.
    """
    cells = {key: jobs for key in units if (jobs := cell(units[key].values())).units}
    found = {key for key, jobs in cells.items() if secret(jobs)}
    lines: dict[tuple[Place, str], dict[Place, Cell]] = {}
    for (place, kind, part), jobs in cells.items():
        if kind != "all":
            lines.setdefault(((place, "all", ""), kind), {})[place, kind, part] = jobs
        if place:
            lines.setdefault((("", kind, part), ""), {})[place, kind, part] = jobs

    def unknown(key: Place) -> list[Place]:
        line = {} if key[0] or key[1] == "all" else lines.get((key, ""), {})
        return [inner for inner in line if inner in found] or [key]

    def union(keys: Collection[Place]) -> Cell:
        return together(units[inner] for key in keys for inner in unknown(key))

    before = -1
    while len(found) > before:
        before = len(found)
        for (total, kind), parts in lines.items():
            if total not in found and not _cover(found, parts, union):
                found.add(total)
            if total in found and kind:
                found.update(parts)
            elif total in found and not found & parts.keys():
                found.add(min(parts, key=lambda key: (cells[key].units, key)))
    return found


def jobs_interval(bands: Sequence[str | None]) -> tuple[int, int | None] | None:
    """(low, high) jobs of units given by their staff band; None when the total is secret.

    Units of unknown band are left out; high is None when a band has no upper bound.

    >>> jobs_interval(["01", "01", "03"]), jobs_interval(["01", "01"])
    ((8, 13), None)
    """
    jobs = cell(BANDS[band] for band in bands if band in BANDS)
    return None if secret(jobs) else (jobs.low, jobs.high)
