"""Lighter outlines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horizon.engine.outlines import _apart, exterior_rings, simplify

POINTS = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=30)


def test_a_nearly_straight_line_keeps_its_ends():
    assert simplify([(0, 0), (1, 0.01), (2, 0)], 0.1) == [(0, 0), (2, 0)]
    assert simplify([(0, 0), (1, 1), (2, 0)], 0.1) == [(0, 0), (1, 1), (2, 0)]


@given(POINTS, st.floats(0.1, 20))
def test_no_dropped_point_is_far_from_the_line(points, tolerance):
    kept = simplify(points, tolerance)
    assert kept[0] == points[0] and kept[-1] == points[-1]
    for point in points:
        assert min(_apart(point, a, b) for a, b in zip(kept, kept[1:], strict=False)) <= tolerance + 1e-9


def test_rings_of_polygons():
    square = [[0, 0], [0, 1], [1, 1], [0, 0]]
    assert exterior_rings({"type": "Polygon", "coordinates": [square]}) == [[(0, 0), (0, 1), (1, 1), (0, 0)]]
    assert len(exterior_rings({"type": "MultiPolygon", "coordinates": [[square], [square]]})) == 2


@pytest.mark.parametrize(
    "geometry",
    [{"type": "Point", "coordinates": [0, 0]}, {}, {"type": "Polygon", "coordinates": [[[0, 0]]]},
     {"type": "Polygon", "coordinates": []}, {"type": "Polygon", "coordinates": [[[999, 0]] * 4]}],
)  # fmt: skip
def test_what_is_no_outline_is_refused(geometry):
    with pytest.raises(ValueError, match="outline"):
        exterior_rings(geometry)
