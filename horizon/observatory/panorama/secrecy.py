"""Statistical secrecy (secret statistique) for jobs: fewer than three units, or one above 85 %, hides the total.

Rule of the official statistical service (loi 51-711 du 7 juin 1951; Insee, « Guide du secret statistique »). Counts of
open register rows are public and are not hidden.
"""

from collections.abc import Sequence

from horizon.engine.staff import BANDS

FEWEST = 3
LARGEST_SHARE = 0.85


def jobs_interval(bands: Sequence[str | None]) -> tuple[int, int | None] | None:
    """(low, high) jobs of units given by their staff band; high is None when a band has no upper bound.

    Units of unknown band are left out. None when the total is secret: the largest unit is measured at its low bound
    against the low bounds of all, and at its high bound against the others' low bounds plus its own.

    >>> jobs_interval(["01", "01", "03"]), jobs_interval(["01", "01"])
    ((8, 13), None)
    """
    known = [BANDS[band] for band in bands if band in BANDS and BANDS[band] != (0, 0)]
    if len(known) < FEWEST:
        return None
    low = sum(band.low for band in known)
    largest = max(known, key=lambda band: band.low)
    top = largest.high if largest.high is not None else 2 * largest.low
    if largest.low > LARGEST_SHARE * low or top > LARGEST_SHARE * (low - largest.low + top):
        return None
    high = None if any(band.high is None for band in known) else sum(band.high or 0 for band in known)
    return low, high
