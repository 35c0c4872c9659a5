"""Who resembles whom: the nearest territories on named standardised variables."""

from collections.abc import Mapping, Sequence
from math import log, sqrt

VARIABLES = {
    "population": "population municipale (logarithme)",
    "communes": "nombre de communes (logarithme)",
    "largest": "part de la commune la plus peuplée",
}


def variables(populations: Sequence[int]) -> dict[str, float]:
    """The variables of a territory from the populations of its communes. Raises ValueError when nobody lives there."""
    total = sum(populations)
    if total <= 0:
        raise ValueError("a territory without population has no variables")
    return {"population": log(total), "communes": log(len(populations)), "largest": max(populations) / total}


def nearest(
    code: str, territories: Mapping[str, Mapping[str, float]], count: int = 5
) -> list[tuple[str, float]]:
    """The `count` nearest territories of `code` with their distance, nearest first, ties by code.

    Distance: Euclidean over variables centred and divided by their standard deviation over all territories; a variable
    that never varies does not count. Raises KeyError for an unknown code.
    """
    here = territories[code]
    spread = {}
    for name in here:
        values = [territory[name] for territory in territories.values()]
        mean = sum(values) / len(values)
        spread[name] = sqrt(sum((value - mean) ** 2 for value in values) / len(values))
    distances = [
        (
            sqrt(
                sum(((territory[name] - here[name]) / spread[name]) ** 2 for name in here if spread[name] > 0)
            ),
            other,
        )
        for other, territory in territories.items()
        if other != code
    ]
    return [(other, distance) for distance, other in sorted(distances)[:count]]
