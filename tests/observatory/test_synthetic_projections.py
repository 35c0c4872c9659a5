"""The forward projections of the generators, against pyproj."""

import pytest

from horizon.observatory.synthetic.lambert93 import to_lambert93, to_utm

pyproj = pytest.importorskip("pyproj")


@pytest.mark.parametrize(
    ("lon", "lat"), [(0.34, 46.58), (-4.48, 48.39), (7.75, 48.58), (2.35, 48.85), (9.45, 42.7), (3.06, 50.63)]
)
def test_lambert93_agrees_with_pyproj(lon, lat):
    """Tests a centimetre everywhere in mainland France."""
    expected = pyproj.Transformer.from_crs(4171, 2154, always_xy=True).transform(lon, lat)
    assert to_lambert93(lon, lat) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("lon", "lat", "zone", "south", "epsg"),
    [
        (-61.5, 16.2, 20, False, 5490),
        (-61.0, 14.6, 20, False, 5490),
        (-52.3, 4.9, 22, False, 2972),
        (55.5, -21.1, 40, True, 2975),
        (45.2, -12.8, 38, True, 4471),
    ],
)
def test_utm_agrees_with_pyproj(lon, lat, zone, south, epsg):
    """Tests a decimetre in the overseas departments, each in the projection of its register."""
    expected = pyproj.Transformer.from_crs(4326, epsg, always_xy=True).transform(lon, lat)
    assert to_utm(lon, lat, zone, south) == pytest.approx(expected, abs=0.1)
