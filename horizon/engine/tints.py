"""Classes of a tinted map (carte choroplèthe): five at most, each with about as many places (quantiles)."""

from __future__ import annotations

from collections.abc import Mapping

CLASSES = 5


def tinted(values: Mapping[str, float]) -> dict[str, object]:
    """`shades`: the class of each place, from 1; `tints`: for each class its lowest and highest value and its places.

    Equal values share a class; the lowest value is in the first.

    >>> found = tinted({"a": 0, "b": 0, "c": 1, "d": 4, "e": 9})
    >>> found["shades"]
    {'a': 1, 'b': 1, 'c': 3, 'd': 4, 'e': 5}
    """
    ranked = sorted(values.values())
    if not ranked:
        return {"shades": {}, "tints": []}
    limits = [ranked[min(len(ranked) - 1, len(ranked) * step // CLASSES)] for step in range(1, CLASSES)]
    shades = {
        place: 1 + sum(value >= limit and value > ranked[0] for limit in limits)
        for place, value in values.items()
    }
    tints = []
    for shade in sorted(set(shades.values())):
        within = [value for place, value in values.items() if shades[place] == shade]
        tints.append({"shade": shade, "low": min(within), "high": max(within), "places": len(within)})
    return {"shades": shades, "tints": tints}
