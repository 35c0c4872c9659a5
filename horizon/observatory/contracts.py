"""The written contract of each mart: columns, keys, rules. A broken contract stops publication."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from horizon.observatory.errors import ContractBroken

if TYPE_CHECKING:
    import duckdb

FAMILIES = ("association", "cooperative", "mutuelle", "fondation", "societe", "autre")
REASONS = ("insee_flag", "ess_france_list", "legal_category", "approval", "declared")
DOORS = ("instruire", "soigner", "loger", "deplacer", "nourrir", "vetir", "divertir", "participer")
POLES = ("transition", "territoires", "emploi", "habitat", "proximite", "alimentation", "sante")


@dataclass(frozen=True)
class Mart:
    """A published table. `columns`: (name, DuckDB type, what it says). `rules`: (what must hold, SQL of its violations)."""

    name: str
    about: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, str, str], ...]
    not_null: tuple[str, ...] = ()
    rules: tuple[tuple[str, str], ...] = field(default=())


def _in(column: str, allowed: tuple[str, ...]) -> str:
    return f"{column} NOT IN ({', '.join(repr(value) for value in allowed)})"


MARTS: tuple[Mart, ...] = (
    Mart(
        "organizations",
        "One row per structure that an ESS reason or an exclusion concerns; closed ones keep their date.",
        ("org_id",),
        (
            ("org_id", "VARCHAR", "`siren:…`, else `rna:…`"),
            ("siren", "VARCHAR", "nine digits, or unknown"),
            ("rna", "VARCHAR", "RNA number, only when the match is unambiguous; not a key"),
            ("name", "VARCHAR", "name of the legal unit, else of the association"),
            ("acronym", "VARCHAR", ""),
            ("other_names", "VARCHAR[]", "usual names, and the RNA title when it differs"),
            ("legal_category", "VARCHAR", "INSEE legal category, four digits"),
            ("family", "VARCHAR", "family of the ESS, from the rule table of legal categories"),
            ("naf_rev2", "VARCHAR", "activity, NAF rév. 2; never converted"),
            ("naf_2025", "VARCHAR", "activity, NAF 2025; never converted"),
            ("employees_band", "VARCHAR", "INSEE staff band; unknown is NULL, never zero"),
            ("employees_year", "VARCHAR", "year of the staff band"),
            ("is_employer", "BOOLEAN", "employs, does not, or unknown (NULL)"),
            ("created_on", "DATE", ""),
            ("closed_on", "DATE", "end of activity or dissolution; may be unknown for a closed one"),
            ("active", "BOOLEAN", "administrative state"),
            ("ess_reasons", "VARCHAR[]", "insee_flag, ess_france_list, legal_category, approval, declared"),
            ("ess_exclusions", "VARCHAR[]", "worship, party, union: outside the default perimeter"),
            ("in_perimeter", "BOOLEAN", "at least one reason and no exclusion"),
            ("state_rule", "BOOLEAN", "the State's production rule: listed OR flagged"),
            ("object", "VARCHAR", "purpose declared in RNA"),
            ("rna_object1", "VARCHAR", "RNA social object, first code"),
            ("rna_object2", "VARCHAR", "RNA social object, second code"),
            ("website", "VARCHAR", "website declared in RNA"),
            ("declared_on", "DATE", "last declaration in RNA"),
            ("updated_on", "DATE", "last known change"),
            ("seat_siret", "VARCHAR", ""),
            ("seat_commune", "VARCHAR", "INSEE code of the current commune of the seat"),
            ("epci_code", "VARCHAR", "EPCI of the seat"),
            ("department", "VARCHAR", ""),
            ("region", "VARCHAR", ""),
            ("sources", "VARCHAR[]", "which registers speak of it"),
        ),
        (
            "org_id",
            "name",
            "family",
            "active",
            "ess_reasons",
            "ess_exclusions",
            "in_perimeter",
            "state_rule",
            "sources",
        ),
        (
            (
                "org_id is siren:… or rna:…",
                "NOT regexp_full_match(org_id, '(siren:[0-9]{9}|rna:W[0-9][0-9A-Z][0-9]{7})')",
            ),
            ("no natural person", "legal_category LIKE '1%'"),
            ("a known family", _in("family", FAMILIES)),
            ("known reasons only", f"len(list_filter(ess_reasons, lambda x: {_in('x', REASONS)})) > 0"),
            (
                "in_perimeter says reason and no exclusion",
                "in_perimeter <> (len(ess_reasons) > 0 AND len(ess_exclusions) = 0)",
            ),
            ("an open structure has no closing date", "active AND closed_on IS NOT NULL"),
            ("no masked value", "contains(name, '[ND]') OR contains(coalesce(object, ''), '[ND]')"),
        ),
    ),
    Mart(
        "establishments",
        "Presence of a structure at a place. Under the home rule there is no street, no postal code, no point.",
        ("siret",),
        (
            ("siret", "VARCHAR", "fourteen digits"),
            ("siren", "VARCHAR", ""),
            ("org_id", "VARCHAR", "organization"),
            ("name", "VARCHAR", "sign or usual name"),
            ("is_seat", "BOOLEAN", ""),
            ("address", "VARCHAR", "number and street; NULL under the home rule"),
            ("postal_code", "VARCHAR", "NULL under the home rule"),
            ("commune_code", "VARCHAR", "current commune (INSEE); the only thing that decides a territory"),
            ("epci_code", "VARCHAR", ""),
            ("lat", "DECIMAL(9,6)", "degrees WGS 84; NULL under the home rule"),
            ("lon", "DECIMAL(9,6)", "degrees WGS 84; NULL under the home rule"),
            ("naf_rev2", "VARCHAR", ""),
            ("naf_2025", "VARCHAR", ""),
            ("employees_band", "VARCHAR", "unknown is NULL"),
            ("is_employer", "BOOLEAN", ""),
            ("created_on", "DATE", ""),
            ("closed_on", "DATE", ""),
            ("active", "BOOLEAN", ""),
            ("public_address", "BOOLEAN", "false: home rule, partial diffusion or unknown address"),
            ("hidden_why", "VARCHAR", "home, diffusion, unknown; NULL when the address is public"),
        ),
        ("siret", "siren", "org_id", "active", "public_address"),
        (
            (
                "home rule",
                "NOT public_address AND (address IS NOT NULL OR postal_code IS NOT NULL OR lat IS NOT NULL)",
            ),
            ("a hidden address says why", "public_address <> (hidden_why IS NULL)"),
            ("both coordinates or none", "(lat IS NULL) <> (lon IS NULL)"),
            ("no masked value", "contains(coalesce(address, ''), '[ND]')"),
        ),
    ),
    Mart(
        "approvals",
        "Approvals in force (agréments) that lists give to structures: which one, from whom, until when.",
        (),
        (
            ("siren", "VARCHAR", ""),
            ("approval", "VARCHAR", "as the list names it: ESUS…"),
            ("granted_on", "DATE", ""),
            ("expires_on", "DATE", "NULL when the list says no end"),
            ("issuer", "VARCHAR", ""),
        ),
        ("siren",),
        (("what ended is left out", "expires_on < getvariable('vintage')"),),
    ),
    Mart(
        "doors",
        "Doors of daily life of a structure, best first, with a confidence and the sentence that says why.",
        ("org_id", "rank"),
        (
            ("org_id", "VARCHAR", ""),
            ("rank", "INTEGER", "from 1"),
            ("door", "VARCHAR", ""),
            ("confidence", "DECIMAL(3,2)", "0 to 1"),
            ("reason", "VARCHAR", "in French"),
        ),
        ("org_id", "rank", "door", "confidence", "reason"),
        (
            ("a known door", _in("door", DOORS)),
            ("confidence within 0 and 1", "confidence NOT BETWEEN 0 AND 1"),
        ),
    ),
    Mart(
        "poles",
        "Poles of the action plan, same shape as doors.",
        ("org_id", "rank"),
        (
            ("org_id", "VARCHAR", ""),
            ("rank", "INTEGER", "from 1"),
            ("pole", "VARCHAR", ""),
            ("confidence", "DECIMAL(3,2)", "0 to 1"),
            ("reason", "VARCHAR", "in French"),
        ),
        ("org_id", "rank", "pole", "confidence", "reason"),
        (
            ("a known pole", _in("pole", POLES)),
            ("confidence within 0 and 1", "confidence NOT BETWEEN 0 AND 1"),
        ),
    ),
    Mart(
        "denominators",
        "All active establishments counted by commune: what ESS counts are compared with. Natural persons only count here.",
        ("commune_code", "naf_division", "is_employer", "is_public"),
        (
            ("commune_code", "VARCHAR", ""),
            ("naf_division", "VARCHAR", "two first digits of the activity, empty when unknown"),
            ("is_employer", "BOOLEAN", ""),
            ("is_public", "BOOLEAN", "legal category 7xxx"),
            ("establishments", "BIGINT", "count"),
        ),
        ("commune_code", "naf_division", "is_employer", "is_public", "establishments"),
        (("counts are positive", "establishments <= 0"),),
    ),
    Mart(
        "indicators",
        "Counts by territory, each with its unit, source, vintage and method.",
        ("territory", "indicator", "dimensions"),
        (
            ("territory", "VARCHAR", "`FR`, `region:…`, `department:…`, `epci:…`, `commune:…`"),
            ("indicator", "VARCHAR", ""),
            ("dimensions", "VARCHAR", "JSON object, keys sorted"),
            ("value", "DECIMAL(18,4)", ""),
            ("unit", "VARCHAR", ""),
            ("vintage", "VARCHAR", ""),
            ("source", "VARCHAR", ""),
            ("method", "VARCHAR", ""),
        ),
        ("territory", "indicator", "dimensions", "value", "unit", "vintage", "source", "method"),
        (("a count is not negative", "value < 0"),),
    ),
    Mart(
        "employers",
        "Open employing establishments of the perimeter, with the family of their structure: what the panorama counts jobs from.",
        ("siret",),
        (
            ("siret", "VARCHAR", ""),
            ("siren", "VARCHAR", ""),
            ("commune_code", "VARCHAR", ""),
            ("naf_rev2", "VARCHAR", ""),
            ("employees_band", "VARCHAR", "unknown is NULL"),
            ("family", "VARCHAR", ""),
        ),
        ("siret", "siren", "commune_code", "family"),
        (("a known family", _in("family", FAMILIES)),),
    ),
    Mart(
        "structure_profiles",
        "Structures of the perimeter counted by what the panorama tells of them, for the departments of their seats.",
        (),
        (
            ("region", "VARCHAR", ""),
            ("department", "VARCHAR", ""),
            ("family", "VARCHAR", ""),
            ("employees_band", "VARCHAR", "unknown is NULL"),
            ("is_employer", "BOOLEAN", "unknown is NULL"),
            ("active", "BOOLEAN", ""),
            ("state_rule", "BOOLEAN", ""),
            ("no_activity", "BOOLEAN", ""),
            ("no_object", "BOOLEAN", ""),
            ("ess_reasons", "VARCHAR[]", ""),
            ("structures", "BIGINT", "count"),
        ),
        ("family", "active", "state_rule", "no_activity", "no_object", "ess_reasons", "structures"),
        (("counts are positive", "structures <= 0"),),
    ),
    Mart(
        "structure_years",
        "The same structures by the year in which they were created, closed or last updated.",
        (),
        (
            ("region", "VARCHAR", ""),
            ("department", "VARCHAR", ""),
            ("family", "VARCHAR", ""),
            ("active", "BOOLEAN", ""),
            ("event", "VARCHAR", "created, closed, updated"),
            ("year", "INTEGER", "unknown is NULL"),
            ("structures", "BIGINT", "count"),
        ),
        ("active", "event", "structures"),
        (("counts are positive", "structures <= 0"),),
    ),
    Mart(
        "rejects",
        "Every line or value left out, with its source and the reason.",
        (),
        (
            ("source", "VARCHAR", ""),
            ("row", "VARCHAR", "key of the line in its source, else its number"),
            ("reason", "VARCHAR", "code"),
            ("detail", "VARCHAR", "in French"),
        ),
        ("source", "row", "reason"),
    ),
    Mart(
        "communes",
        "Communes of every kind, their EPCI, populations with vintage.",
        ("code", "kind"),
        (
            ("code", "VARCHAR", "INSEE code"),
            ("name", "VARCHAR", ""),
            ("kind", "VARCHAR", "commune-actuelle, -deleguee, -associee, arrondissement-municipal"),
            ("parent_code", "VARCHAR", "current commune, for the other kinds"),
            ("department", "VARCHAR", ""),
            ("region", "VARCHAR", ""),
            ("epci_code", "VARCHAR", ""),
            ("population", "INTEGER", "municipal population"),
            ("population_vintage", "VARCHAR", ""),
            ("lat", "DECIMAL(9,6)", "centroid, where known"),
            ("lon", "DECIMAL(9,6)", "centroid, where known"),
            ("postal_codes", "VARCHAR[]", ""),
            ("former_codes", "VARCHAR[]", ""),
        ),
        ("code", "name", "kind"),
    ),
    Mart(
        "epcis",
        "Intercommunalities, current and vanished.",
        ("code",),
        (
            ("code", "VARCHAR", "SIREN"),
            ("name", "VARCHAR", ""),
            ("kind", "VARCHAR", ""),
            ("status", "VARCHAR", "current or vanished"),
            ("replaced_by", "VARCHAR[]", "where its communes went, most first"),
            ("members", "INTEGER", ""),
            ("population", "INTEGER", "municipal population"),
            ("population_total", "INTEGER", ""),
            ("last_seen", "DATE", "day of the last snapshot that has it"),
        ),
        ("code", "name", "status"),
    ),
    Mart(
        "perimeters",
        "Who belonged where, dated by the snapshots that say so.",
        ("epci_code", "commune_code", "valid_from"),
        (
            ("epci_code", "VARCHAR", ""),
            ("commune_code", "VARCHAR", ""),
            ("valid_from", "DATE", ""),
            ("valid_to", "DATE", "NULL while it lasts"),
            ("source", "VARCHAR", ""),
        ),
        ("epci_code", "commune_code", "valid_from"),
    ),
    Mart(
        "sources",
        "The files read, with vintage, size and licence.",
        ("source", "file"),
        (
            ("source", "VARCHAR", ""),
            ("title", "VARCHAR", ""),
            (
                "vintage",
                "VARCHAR",
                "day of the file itself, as far as it is known: `2026-11-01`, `2026`, or empty",
            ),
            ("file", "VARCHAR", ""),
            ("rows", "BIGINT", "rows read"),
            ("sha256", "VARCHAR", ""),
            ("licence", "VARCHAR", ""),
            ("url", "VARCHAR", ""),
        ),
        ("source", "file"),
    ),
)

# (name, what it shows, query): views that `read.Marts` gives beside the marts.
VIEWS = (
    (
        "organizations_state_rule",
        "Open structures that the State's production rule keeps: on the ESS France list or flagged by INSEE (décret 2015-760, "
        "API Recherche d'entreprises).",
        "SELECT * FROM organizations WHERE state_rule AND active",
    ),
    (
        "organizations_active",
        "Open structures of the perimeter.",
        "SELECT * FROM organizations WHERE active AND in_perimeter",
    ),
)

# (what must hold, SQL of its violations) for what two rows of a mart say of each other: a share never exceeds one.
ACROSS = (
    (
        "indicators : les employeurs de l’ESS sont parmi les employeurs privés de leur commune",
        """
        SELECT territory FROM (
            SELECT territory, sum(value) FILTER (WHERE indicator = 'ess_employer_establishments') AS part,
                sum(value) FILTER (WHERE indicator = 'private_employer_establishments') AS whole
            FROM indicators WHERE dimensions = '{}' AND territory LIKE 'commune:%' GROUP BY territory
        ) WHERE part > coalesce(whole, 0)
        """,
    ),
)


def check(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Checks every mart of a run against its contract; raises ContractBroken naming all that is broken.

    Returns the marts whose rows already stand in the order of their key: they need no sorting.
    """
    broken: list[str] = []
    ordered: set[str] = set()
    tables = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    for mart in MARTS:
        if mart.name not in tables:
            broken.append(f"{mart.name} : table absente")
            continue
        found = [(row[0], row[1]) for row in connection.execute(f"DESCRIBE {mart.name}").fetchall()]
        wanted = [(name, kind) for name, kind, _ in mart.columns]
        if found != wanted:
            broken.append(f"{mart.name} : colonnes {sorted(set(found) ^ set(wanted))}")
            continue
        broken.extend(_violations(connection, mart))
        if mart.key:
            if _in_order(connection, mart):
                ordered.add(mart.name)
            else:
                broken.extend(_repeated(connection, mart))
    for child, column, parent, key in (
        ("establishments", "org_id", "organizations", "org_id"),
        ("doors", "org_id", "organizations", "org_id"),
        ("poles", "org_id", "organizations", "org_id"),
        ("approvals", "siren", "organizations", "siren"),
    ):
        if {child, parent} <= tables:
            orphans = connection.execute(
                f"SELECT count(*) FROM {child} c ANTI JOIN {parent} p ON c.{column} = p.{key}"  # noqa: S608
            ).fetchall()[0][0]
            if orphans:
                broken.append(f"{child}.{column} : {orphans} lignes sans {parent}")
    if {mart.name for mart in MARTS} <= tables:
        for name, violations in ACROSS:
            count = connection.execute(f"SELECT count(*) FROM ({violations})").fetchall()[0][0]  # noqa: S608
            if count:
                broken.append(f"{name} ({count} lignes)")
    if broken:
        raise ContractBroken(
            "Le contrat des tables n’est pas tenu, rien n’est publié :\n  " + "\n  ".join(broken)
        )
    return ordered


def _violations(connection: duckdb.DuckDBPyConnection, mart: Mart) -> list[str]:
    tests = [(f"{column} est toujours rempli", f"{column} IS NULL") for column in mart.not_null]
    tests += list(mart.rules)
    found = []
    if tests:
        counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for _, condition in tests)
        row = connection.execute(f"SELECT {counts} FROM {mart.name}").fetchall()[0]  # noqa: S608
        found = [
            f"{mart.name} : {name} ({count} lignes)"
            for (name, _), count in zip(tests, row, strict=True)
            if count
        ]
    return found


def _in_order(connection: duckdb.DuckDBPyConnection, mart: Mart) -> bool:
    """Whether each row comes after the one before it, by the key: then no key is repeated either."""
    before = ", ".join(f"lag({name}) OVER () AS before_{name}" for name in mart.key)
    after = "false"
    for name in reversed(mart.key):
        after = f"({name} > before_{name} OR {name} = before_{name} AND {after})"
    row = connection.execute(
        f"SELECT count(*) FILTER (WHERE {after}), count(*) FROM (SELECT *, {before} FROM {mart.name})"  # noqa: S608
    ).fetchall()[0]
    return row[0] >= row[1] - 1


def _repeated(connection: duckdb.DuckDBPyConnection, mart: Mart) -> list[str]:
    key = ", ".join(mart.key)
    twice = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM {mart.name} GROUP BY {key} HAVING count(*) > 1)"  # noqa: S608
    ).fetchall()[0][0]
    return [f"{mart.name} : la clé ({key}) se répète ({twice} fois)"] if twice else []


def reference() -> str:
    """The contract as a Markdown page (docs/reference/marts.md)."""
    lines = [
        "# The marts",
        "",
        "Parquet tables in `<marts>/current/`, written by `horizon observe`. This page is generated from",
        "`horizon/observatory/contracts.py`; a broken contract stops publication.",
    ]
    for mart in MARTS:
        lines += ["", f"## {mart.name}", "", mart.about, ""]
        lines += [f"Key: {', '.join(f'`{name}`' for name in mart.key) or 'none'}.", ""]
        lines += ["| column | type | null | what |", "|---|---|---|---|"]
        lines += [
            f"| `{name}` | {kind} | {'no' if name in mart.not_null else 'yes'} | {what} |"
            for name, kind, what in mart.columns
        ]
        if mart.rules:
            lines += ["", "Rules: " + "; ".join(name for name, _ in mart.rules) + "."]
    lines += [
        "",
        "## Views",
        "",
        "Columns of `organizations`; `horizon.observatory.read.Marts` makes them when it opens a publication.",
        "",
        "| view | what | query |",
        "|---|---|---|",
        *(f"| `{name}` | {about} | `{query}` |" for name, about, query in VIEWS),
    ]
    return "\n".join(lines) + "\n"
