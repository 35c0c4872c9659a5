"""The schematic map: cells and squares."""

from math import hypot, pi

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horizon.engine.cells import cells, degrees, plane
from horizon.engine.grid import frame

PLACES = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3),
    st.tuples(st.integers(-20, 20), st.integers(-20, 20)),
    min_size=1,
    max_size=12,
)


def area(polygon):
    pairs = zip(polygon, polygon[1:] + polygon[:1], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def test_two_places_share_the_border_half_way():
    """Two places 2 km apart: the border is the line x = 1."""
    found = cells({"a": (0.0, 0.0), "b": (2.0, 0.0)}, reach=5)
    assert max(x for x, _ in found["a"]) == pytest.approx(1)
    assert min(x for x, _ in found["b"]) == pytest.approx(1)


def test_a_lone_place_has_a_disc():
    assert area(cells({"a": (3.0, 4.0)}, reach=2)["a"]) == pytest.approx(pi * 4, rel=0.02)


@settings(max_examples=60)
@given(PLACES)
def test_a_corner_is_never_nearer_to_another_place(places):
    for key, polygon in cells(places, reach=6).items():
        x, y = places[key]
        for corner in polygon:
            mine = hypot(corner[0] - x, corner[1] - y)
            assert mine <= 6 + 1e-9
            assert all(mine <= hypot(corner[0] - u, corner[1] - v) + 1e-6 for u, v in places.values())


def test_squares_are_named_from_the_north_west():
    """Ten kilometres by nine with no margin: squares of one kilometre."""
    made = frame([(0, 0), (10, 9)], margin=0)
    assert made.size == 1
    assert [made.reference(*point) for point in ((0.5, 0.5), (2.5, 6.5), (9.9, 8.9), (10, 9))] == [
        "A1",
        "C7",
        "J9",
        "J9",
    ]
    assert made.place(2.5, 6.5) == (250, 650)


def test_the_plane_keeps_distances():
    flat = plane({"north": (46.6, 0.3), "south": (46.5, 0.3)})
    assert flat["south"][1] - flat["north"][1] == pytest.approx(11.06, abs=0.02)
    assert plane({}) == {}


@given(PLACES)
def test_the_plane_leads_back_to_degrees(places):
    known = {key: (46 + lat / 50, lon / 50) for key, (lat, lon) in places.items()}
    back = degrees(list(plane(known).values()), known)
    assert [pytest.approx(point, abs=1e-9) for point in known.values()] == back
