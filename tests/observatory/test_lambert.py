"""Projections, against PROJ."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from horizon.observatory.lambert import projection_sql

EPSG = {"86": 2154, "2A": 2154, "971": 5490, "972": 5490, "973": 2972, "974": 2975, "975": 4467, "976": 4471}
BOXES = {
    "86": (41.3, 51.1, -5.2, 9.6), "2A": (41.3, 43.1, 8.5, 9.6), "971": (15.8, 18.2, -63.2, -60.9),
    "972": (14.3, 15.0, -61.3, -60.7), "973": (2.1, 5.8, -54.6, -51.5), "974": (-21.4, -20.8, 55.2, 55.9),
    "975": (46.7, 47.2, -56.5, -56.1), "976": (-13.1, -12.6, 45.0, 45.4),
}  # fmt: skip


def project(department, x, y):
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE points AS SELECT '1' AS siret, $d AS department, $x AS x, $y AS y",
            {"d": department, "x": x, "y": y},
        )
        row = connection.execute(projection_sql("points")).fetchone()
    return float(row[1]), float(row[2])


@pytest.mark.parametrize("department", sorted(EPSG))
@settings(max_examples=25, deadline=None)
@given(north=st.floats(0, 1), east=st.floats(0, 1))
def test_every_projection_equals_proj_within_a_decimetre(department, north, east):
    south, top, west, right = BOXES[department]
    lat, lon = south + north * (top - south), west + east * (right - west)
    x, y = Transformer.from_crs(4326, EPSG[department], always_xy=True).transform(lon, lat)
    mine = project(department, x, y)
    oracle = Transformer.from_crs(EPSG[department], 4326, always_xy=True).transform(x, y)
    assert mine[0] == pytest.approx(oracle[1], abs=2e-6)
    assert mine[1] == pytest.approx(oracle[0], abs=2e-6)


def test_the_town_hall_of_poitiers():
    """Lambert-93 (496 853, 6 612 035) is the Place Maréchal-Leclerc, 46.580 N 0.340 E."""
    assert project("86", 496853.0, 6612035.0) == (
        pytest.approx(46.58, abs=0.005),
        pytest.approx(0.34, abs=0.01),
    )
