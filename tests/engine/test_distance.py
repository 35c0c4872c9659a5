"""Distances, against an independent oracle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from horizon.engine.distance import distance_km

GEOD = Geod(ellps="GRS80")
LAT = st.floats(41, 52)
LON = st.floats(-5, 10)


def test_one_degree_of_latitude_is_111_km():
    assert distance_km(46, 0, 47, 0) == pytest.approx(111.195, abs=0.01)


@given(LAT, LON, LAT, LON)
def test_agrees_with_the_geodesic_within_six_per_mille(lat_a, lon_a, lat_b, lon_b):
    geodesic = GEOD.inv(lon_a, lat_a, lon_b, lat_b)[2] / 1000
    assert distance_km(lat_a, lon_a, lat_b, lon_b) == pytest.approx(geodesic, rel=0.006, abs=1e-6)
