"""Geographic coordinates to the projections of the registers, in plain arithmetic.

Only the forward direction, and only for made-up points: the pipeline has its own inverse. Lambert-93 follows
IGN's note NTG 71 (conformal conic, two standard parallels, GRS 80); UTM follows the usual series (EPSG
guidance note 7-2), good to a centimetre inside its zone. Tests compare both with pyproj.
"""

from math import atan, atanh, cos, cosh, exp, log, pi, radians, sin, sinh, sqrt, tan

_SEMI_MAJOR = 6378137.0
_FLATTENING = 1 / 298.257222101
_ECCENTRICITY = sqrt(2 * _FLATTENING - _FLATTENING**2)


def _isometric(latitude: float) -> float:
    """Isometric latitude of a latitude in radians."""
    wave = _ECCENTRICITY * sin(latitude)
    return log(tan(pi / 4 + latitude / 2)) - _ECCENTRICITY / 2 * log((1 + wave) / (1 - wave))


def _normal(latitude: float) -> float:
    """Great normal of the ellipsoid, in metres."""
    return _SEMI_MAJOR / sqrt(1 - (_ECCENTRICITY * sin(latitude)) ** 2)


def _cone() -> tuple[float, float, float]:
    """Exponent, constant and pole ordinate of the Lambert-93 cone (parallels 44° and 49°, origin 46.5°)."""
    south, north, origin = radians(44), radians(49), radians(46.5)
    exponent = log((_normal(north) * cos(north)) / (_normal(south) * cos(south)))
    exponent /= _isometric(south) - _isometric(north)
    constant = _normal(south) * cos(south) / exponent * exp(exponent * _isometric(south))
    return exponent, constant, 6_600_000 + constant * exp(-exponent * _isometric(origin))


_EXPONENT, _CONSTANT, _POLE = _cone()


def to_lambert93(lon: float, lat: float) -> tuple[float, float]:
    """WGS 84 degrees to Lambert-93 metres (EPSG:2154)."""
    radius = _CONSTANT * exp(-_EXPONENT * _isometric(radians(lat)))
    angle = _EXPONENT * (radians(lon) - radians(3))
    return 700_000 + radius * sin(angle), _POLE - radius * cos(angle)


def to_utm(lon: float, lat: float, zone: int, south: bool = False) -> tuple[float, float]:
    """WGS 84 degrees to UTM metres in `zone` (overseas registers: RGAF09, RGFG95, RGR92, RGM04)."""
    n = _FLATTENING / (2 - _FLATTENING)
    scale = 0.9996 * _SEMI_MAJOR / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    alphas = (
        n / 2 - 2 / 3 * n**2 + 5 / 16 * n**3,
        13 / 48 * n**2 - 3 / 5 * n**3,
        61 / 240 * n**3,
    )
    delta = radians(lon) - radians(6 * zone - 183)
    conformal = sinh(_isometric(radians(lat)))
    xi = atan(conformal / cos(delta))
    eta = atanh(sin(delta) / sqrt(1 + conformal**2))
    east = eta + sum(a * cos(2 * j * xi) * sinh(2 * j * eta) for j, a in enumerate(alphas, 1))
    north = xi + sum(a * sin(2 * j * xi) * cosh(2 * j * eta) for j, a in enumerate(alphas, 1))
    return 500_000 + scale * east, (10_000_000 if south else 0) + scale * north
