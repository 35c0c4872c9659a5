"""Counting a territory in the marts: each column of a large table is read once; the rest reads the groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from horizon.engine.naf import section
from horizon.engine.staff import BANDS
from horizon.observatory.panorama.secrecy import Bounds, Cell, Place
from horizon.observatory.panorama.territory import Territory
from horizon.observatory.read import Marts

LARGE = ("FR", "region", "department")
PERIMETER = "in_perimeter AND seat_commune IS NOT NULL"
# For a publication made before the mart `employers` was.
EMPLOYERS = (
    "SELECT e.siren, e.commune_code, e.naf_rev2, e.employees_band, o.family FROM establishments e "
    "JOIN (SELECT siren, family FROM organizations WHERE in_perimeter AND siren IS NOT NULL) o USING (siren) "
    "WHERE e.active AND e.is_employer AND e.commune_code IS NOT NULL"
)
_COLUMN = {"epci": "epci_code", "department": "department", "region": "region", "commune": "seat_commune"}


class Counts:
    """The counts of a territory. Temporary tables live in the connection of `marts` until the next territory."""

    def __init__(self, marts: Marts, territory: Territory):
        self.marts, self.territory = marts, territory
        self.by_commune = territory.level in ("epci", "department") and len(territory.communes) > 1
        self._group_structures()
        group_employers(marts, None if territory.level == "FR" else list(territory.communes))

    def _here(self) -> tuple[str, dict]:
        """The structures of the perimeter whose seat is in the territory: condition, values."""
        level = self.territory.level
        where = PERIMETER
        if level == "FR":
            return where, {}
        return f"{where} AND {_COLUMN[level]} = $value", {"value": self.territory.key.split(":")[1]}

    def _group_structures(self) -> None:
        """Large territories read the groups that were published; small ones, which are split by commune, make them."""
        where, value = self._here()
        execute = self.marts.connection.execute
        written = {"structure_profiles", "structure_years"} <= self.marts.names
        if self.territory.level in LARGE and not self.by_commune and written:
            where = where.removeprefix(PERIMETER).removeprefix(" AND ") or "true"
            execute(
                "CREATE OR REPLACE TEMP TABLE structures AS SELECT *, NULL AS commune, structures AS n "  # noqa: S608
                f"FROM structure_profiles WHERE {where}",
                value,
            )
            execute(
                "CREATE OR REPLACE TEMP TABLE years AS SELECT family, active, event, year, structures AS n "  # noqa: S608
                f"FROM structure_years WHERE {where}",
                value,
            )
            return
        commune = "seat_commune" if self.by_commune else "NULL"
        execute(
            f"""
            CREATE OR REPLACE TEMP TABLE structures AS
            SELECT family, employees_band, is_employer, active, state_rule, naf_rev2 IS NULL AS no_activity, object IS NULL AS no_object,
                ess_reasons, {commune} AS commune, count(*) AS n
            FROM organizations WHERE {where} GROUP BY ALL
            """,  # noqa: S608
            value,
        )
        dates = {"created": "created_on", "closed": "closed_on", "updated": "updated_on"}
        selects = " UNION ALL ".join(
            f"SELECT family, active, '{event}' AS event, year({column}) AS year, n FROM dated"
            for event, column in dates.items()
        )
        execute(
            f"""
            CREATE OR REPLACE TEMP TABLE years AS
            WITH dated AS (
                SELECT family, active, {", ".join(dates.values())}, count(*) AS n FROM organizations WHERE {where} GROUP BY ALL
            )
            SELECT family, active, event, year, sum(n) AS n FROM ({selects}) GROUP BY ALL
            """,  # noqa: S608
            value,
        )

    def of(self, expression: str, where: str = "active") -> Counter:
        """Structures by the value of an expression over the groups."""
        rows = self.marts.query(
            f"SELECT {expression} AS value, CAST(sum(n) AS BIGINT) AS n FROM structures WHERE {where} GROUP BY ALL"  # noqa: S608
        )
        return Counter({row["value"]: row["n"] for row in rows if row["n"]})

    def count(self, where: str) -> int:
        """Structures under a condition."""
        return sum(self.of("true", where).values())

    def years(self, event: str, where: str = "active") -> Counter:
        """Structures by the year in which they were `created`, `closed` or last `updated`."""
        rows = self.marts.query(
            f"SELECT year, CAST(sum(n) AS BIGINT) AS n FROM years WHERE event = $event AND {where} GROUP BY year",  # noqa: S608
            {"event": event},
        )
        return Counter({row["year"]: row["n"] for row in rows if row["n"]})

    def silent(self, year: int) -> dict[str, tuple[int, int]]:
        """By commune: (open structures whose last known change is of that year or before, those whose last change is known)."""
        where, value = self._here()
        rows = self.marts.query(
            "SELECT seat_commune AS commune, count(*) FILTER (WHERE year(updated_on) <= $year) AS silent, count(updated_on) AS dated "  # noqa: S608
            f"FROM organizations WHERE active AND {where} GROUP BY seat_commune",
            {**value, "year": year},
        )
        return {row["commune"]: (row["silent"], row["dated"]) for row in rows}

    def reasons(self) -> Counter:
        """Open structures by reason; one may have several."""
        rows = self.marts.query(
            "SELECT value, CAST(sum(n) AS BIGINT) AS n FROM (SELECT unnest(ess_reasons) AS value, n FROM structures WHERE active) "
            "GROUP BY value"
        )
        return Counter({row["value"]: row["n"] for row in rows})

    def establishments(self, expression: str) -> Counter:
        """Employing establishments by the value of an expression."""
        rows = self.marts.query(
            f"SELECT {expression} AS value, CAST(sum(n) AS BIGINT) AS n FROM employing GROUP BY ALL"  # noqa: S608
        )
        return Counter({row["value"]: row["n"] for row in rows})

    def jobs(self, expression: str) -> dict[str, Cell]:
        """Jobs by the value of an expression; a structure is one unit, whatever its establishments."""
        return jobs_by(self.marts, expression)

    def jobs_together(self, expression: str, values: Collection[str]) -> Cell:
        """Jobs of all that has one of the values: a structure that has several is one unit."""
        return jobs_by(self.marts, f"list_contains($values, {expression})", {"values": list(values)})[True]

    def unknown_bands(self) -> int:
        """Employing establishments whose staff band is unknown."""
        found = self.marts.query(
            "SELECT CAST(coalesce(sum(n), 0) AS BIGINT) AS n FROM employing WHERE NOT known"
        )
        return found[0]["n"]

    def private_employers(self, by: str) -> Counter:
        """Private employing establishments, all sectors, by `section` or by `commune`."""
        here = "true" if self.territory.level == "FR" else "commune_code IN (SELECT unnest($communes))"
        column = {"section": "naf_division", "commune": "commune_code"}[by]
        rows = self.marts.query(
            f"SELECT {column} AS value, CAST(sum(establishments) AS BIGINT) AS n FROM denominators "  # noqa: S608
            f"WHERE is_employer AND NOT is_public AND {here} GROUP BY ALL",
            {} if self.territory.level == "FR" else {"communes": list(self.territory.communes)},
        )
        found: Counter = Counter()
        for row in rows:
            found[section(row["value"]) if by == "section" else row["value"]] += row["n"]
        return found

    def official(self, keys: list[str]) -> dict[str, dict[tuple[str, str], int]]:
        """The mart `indicators` by territory key, then (indicator, dimensions)."""
        found: dict[str, dict[tuple[str, str], int]] = {key: {} for key in keys}
        for row in self.marts.query(
            "SELECT territory, indicator, dimensions, value FROM indicators WHERE territory IN (SELECT unnest($keys))",
            {"keys": keys},
        ):
            found[row["territory"]][row["indicator"], row["dimensions"]] = int(row["value"])
        return found

    def covered(self, keys: list[str]) -> dict[str, tuple[int, int]]:
        """(inhabitants, inhabitants of the communes that the registers speak of) by territory key."""
        rows = self.marts.query(
            """
            WITH spoken AS (SELECT DISTINCT commune_code FROM denominators),
            places AS (
                SELECT unnest(['FR', 'region:' || region, 'department:' || department, 'epci:' || coalesce(epci_code, ''),
                    'commune:' || code]) AS territory, coalesce(population, 0) AS population, s.commune_code IS NOT NULL AS spoken
                FROM communes c LEFT JOIN spoken s ON s.commune_code = c.code WHERE kind = 'commune-actuelle'
            )
            SELECT territory, sum(population) AS people, coalesce(sum(population) FILTER (WHERE spoken), 0) AS read
            FROM places WHERE territory IN (SELECT unnest($keys)) GROUP BY territory
            """,
            {"keys": keys},
        )
        return {row["territory"]: (int(row["people"]), int(row["read"])) for row in rows}


def group_employers(marts: Marts, communes: list[str] | None) -> None:
    """The table `employing`: employing establishments standing in these communes (None: anywhere), by structure."""
    here = "true" if communes is None else "commune_code IN (SELECT unnest($communes))"
    values = {} if communes is None else {"communes": communes}
    bands = ", ".join(
        f"('{code}', {band.low}, {'NULL' if band.high is None else band.high})"
        for code, band in BANDS.items()
    )
    sections = ", ".join(f"('{number:02}', '{section(f'{number:02}')}')" for number in range(1, 100))
    employing = "employers" if "employers" in marts.names else f"({EMPLOYERS})"
    marts.connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE employing AS
        WITH sections(division, section) AS (VALUES {sections}),
        bands(employees_band, low, high) AS (VALUES {bands}),
        standing AS (
            SELECT siren, commune_code, left(naf_rev2, 2) AS division, employees_band, family, count(*) AS n
            FROM {employing} WHERE {here} GROUP BY ALL
        )
        SELECT siren, commune_code AS commune, coalesce(section, '') AS section, family, b.employees_band IS NOT NULL AS known,
            coalesce(b.low, 0) * s.n AS low, CASE WHEN b.low IS NULL THEN 0 ELSE b.high * s.n END AS high, s.n
        FROM standing s
        LEFT JOIN bands b USING (employees_band)
        LEFT JOIN sections USING (division)
        """,  # noqa: S608
        values,
    )


def units_by_place(marts: Marts) -> dict[Place, dict[str, Bounds]]:
    """Jobs of the table `employing` by (commune, kind, part), then by structure; kinds `family`, `section` and `all`, the
    commune "" for all together."""
    found: dict[Place, dict[str, Bounds]] = {}
    for row in marts.query(
        """
        SELECT commune, family, section, siren, CAST(sum(low) AS BIGINT) AS low,
            CASE WHEN count(high) = count(*) THEN CAST(sum(high) AS BIGINT) END AS high
        FROM employing WHERE known AND low > 0 GROUP BY ALL ORDER BY ALL
        """
    ):
        for place in ("", row["commune"]):
            for kind, part in (("all", ""), ("family", row["family"]), ("section", row["section"])):
                units = found.setdefault((place, kind, part), {})
                low, high = units.get(row["siren"], (0, 0))
                open_ended = high is None or row["high"] is None
                units[row["siren"]] = (low + row["low"], None if open_ended else high + row["high"])
    return found


def jobs_by(marts: Marts, expression: str, values: dict | None = None) -> dict:
    """Jobs of the table `employing` by the value of an expression; a structure is one unit, whatever its establishments."""
    rows = marts.query(
        f"""
        WITH units AS (
            SELECT {expression} AS value, siren, CAST(sum(low) AS BIGINT) AS low,
                CASE WHEN count(high) = count(*) THEN CAST(sum(high) AS BIGINT) END AS high
            FROM employing WHERE known AND low > 0 GROUP BY ALL
        )
        SELECT value, count(*) AS units, CAST(sum(low) AS BIGINT) AS low,
            CASE WHEN count(high) = count(*) THEN CAST(sum(high) AS BIGINT) END AS high,
            max({{'low': low, 'open': high IS NULL, 'high': coalesce(high, 0)}}) AS largest
        FROM units GROUP BY value ORDER BY value
        """,  # noqa: S608
        values,
    )
    return {
        row["value"]: Cell(
            row["units"],
            row["low"],
            row["high"],
            row["largest"]["low"],
            None if row["largest"]["open"] else row["largest"]["high"],
        )
        for row in rows
    }
