"""Projected coordinates of SIRENE to WGS 84, vectorised in DuckDB.

Lambert-93 (EPSG:2154, Lambert conformal conic with two standard parallels: IGN NTG 71; Snyder 1987, p. 107) in
mainland France; UTM (Snyder 1987, p. 63) overseas: Antilles (EPSG:5490, zone 20 N), Guyane (2972, 22 N), La Réunion
(2975, 40 S), Saint-Pierre-et-Miquelon (4467, 21 N), Mayotte (4471, 38 S). All on the GRS 80 ellipsoid; RGF93 and its
overseas cousins are WGS 84 within a metre.
"""

from math import cos, exp, log, pi, radians, sin, sqrt, tan

A = 6378137.0
FLATTENING = 1 / 298.257222101
E2 = FLATTENING * (2 - FLATTENING)
E1 = sqrt(E2)
UTM_ZONES = {
    "971": (-63, 0), "972": (-63, 0), "977": (-63, 0), "978": (-63, 0), "973": (-51, 0), "974": (57, 10_000_000),
    "975": (-57, 0), "976": (45, 10_000_000),
}  # fmt: skip


def _isometric(phi: float) -> float:
    return log(tan(pi / 4 + phi / 2) * ((1 - E1 * sin(phi)) / (1 + E1 * sin(phi))) ** (E1 / 2))


def lambert93_constants() -> tuple[float, float, float, float]:
    """(n, c, x_s, y_s) of Lambert-93, metres, from its definition (parallels 44° and 49°, origin 46.5° N, 3° E)."""
    phi0, phi1, phi2 = radians(46.5), radians(44), radians(49)
    normals = [A / sqrt(1 - E2 * sin(phi) ** 2) * cos(phi) for phi in (phi1, phi2)]
    n = log(normals[1] / normals[0]) / (_isometric(phi1) - _isometric(phi2))
    c = normals[0] / n * exp(n * _isometric(phi1))
    return n, c, 700_000.0, 6_600_000.0 + c * exp(-n * _isometric(phi0))


def projection_sql(source: str) -> str:
    """A SELECT over `source(siret, department, x, y)` giving `(siret, lat, lon)` in degrees, DECIMAL(9, 6).

    Rounded to 6 decimals (0.1 m) so that results do not depend on the machine's last bit.
    """
    n, c, xs, ys = lambert93_constants()
    half = E1 / 2
    step = "2 * atan(pow((1 + {e} * sin({p})) / (1 - {e} * sin({p})), {h}) * exp(iso)) - pi() / 2"
    passes = ["SELECT *, 2 * atan(exp(iso)) - pi() / 2 AS p0 FROM conic"]
    columns = "p0"
    for number in range(1, 6):
        formula = step.format(e=repr(E1), p=columns, h=repr(half))
        passes.append(f"SELECT *, {formula} AS p{number} FROM ({passes[-1]})")  # noqa: S608
        columns = f"p{number}"
    ep2 = E2 / (1 - E2)
    e1 = (1 - sqrt(1 - E2)) / (1 + sqrt(1 - E2))
    meridian = A * (1 - E2 / 4 - 3 * E2**2 / 64 - 5 * E2**3 / 256)
    zones = ", ".join(f"('{code}', {lon}, {north})" for code, (lon, north) in UTM_ZONES.items())
    return f"""
    WITH conic AS (
        SELECT siret, degrees(atan2(x - {xs!r}, {ys!r} - y) / {n!r}) + 3 AS lon,
            ln({c!r} / sqrt(pow(x - {xs!r}, 2) + pow(y - {ys!r}, 2))) / {n!r} AS iso
        FROM {source} WHERE department NOT LIKE '97%' AND department NOT LIKE '98%' AND y < {ys!r} - 1
    ),
    zones(department, central, false_north) AS (VALUES {zones}),
    feet AS (
        SELECT siret, central, (x - 500000) / 0.9996 AS east, ((y - false_north) / 0.9996) / {meridian!r} AS mu
        FROM {source} JOIN zones USING (department)
    ),
    foot AS (
        SELECT *, mu + {3 * e1 / 2 - 27 * e1**3 / 32!r} * sin(2 * mu)
            + {21 * e1**2 / 16 - 55 * e1**4 / 32!r} * sin(4 * mu) + {151 * e1**3 / 96!r} * sin(6 * mu)
            + {1097 * e1**4 / 512!r} * sin(8 * mu) AS p
        FROM feet
    ),
    parts AS (
        SELECT *, {ep2!r} * pow(cos(p), 2) AS c1, pow(tan(p), 2) AS t1, {A!r} / sqrt(1 - {E2!r} * pow(sin(p), 2)) AS n1,
            {A * (1 - E2)!r} / pow(1 - {E2!r} * pow(sin(p), 2), 1.5) AS r1
        FROM foot
    ),
    d AS (SELECT *, east / n1 AS d FROM parts),
    utm AS (
        SELECT siret,
            degrees(p - (n1 * tan(p) / r1) * (d * d / 2
                - (5 + 3 * t1 + 10 * c1 - 4 * c1 * c1 - 9 * {ep2!r}) * pow(d, 4) / 24
                + (61 + 90 * t1 + 298 * c1 + 45 * t1 * t1 - 252 * {ep2!r} - 3 * c1 * c1) * pow(d, 6) / 720)) AS lat,
            central + degrees((d - (1 + 2 * t1 + c1) * pow(d, 3) / 6
                + (5 - 2 * c1 + 28 * t1 - 3 * c1 * c1 + 8 * {ep2!r} + 24 * t1 * t1) * pow(d, 5) / 120) / cos(p)) AS lon
        FROM d
    )
    SELECT siret, CAST(round(lat, 6) AS DECIMAL(9, 6)) AS lat, CAST(round(lon, 6) AS DECIMAL(9, 6)) AS lon
    FROM (
        SELECT siret, degrees({columns}) AS lat, lon FROM ({passes[-1]})
        UNION ALL SELECT siret, lat, lon FROM utm
    )
    WHERE lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180
    """  # noqa: S608
