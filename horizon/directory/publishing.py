"""From the marts' rows to the directory's rows: pure reading and shaping; `services` writes them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from horizon.directory.models import Entry
from horizon.engine.folding import fold
from horizon.engine.naf import section
from horizon.engine.staff import size_class
from horizon.kernel.templatetags.atlas import day
from horizon.observatory.read import Marts

SQL = Path(__file__).with_name("published.sql")
RECENT_YEARS = 5
ASLEEP_YEARS = 15
HOME_HIDDEN = ("address", "postal_code", "lat", "lon")

SIRENE_FIELDS = (
    "siren", "siret", "name", "acronym", "other_names", "legal_category", "naf_rev2", "naf_2025", "employees_band",
    "employees_year", "is_employer", "created_on", "closed_on", "address", "postal_code", "commune_code", "updated_on",
)  # fmt: skip
RNA_FIELDS = ("rna", "object", "rna_object1", "rna_object2", "website", "declared_on")
RNA_ONLY_FIELDS = (
    "name",
    "acronym",
    "legal_category",
    "created_on",
    "closed_on",
    "commune_code",
    "address",
    "postal_code",
)


@dataclass(frozen=True)
class Row:
    """One structure to publish: the mart's values, its doors and poles, and what follows from them."""

    values: dict
    doors: list[tuple]
    poles: list[tuple]
    signs: list[str]

    @property
    def keys(self) -> list[str]:
        """Register keys, the surest first."""
        keys = [f"siren:{self.values['siren']}"] if self.values["siren"] else []
        if self.values["rna"]:
            keys.append(f"rna:{self.values['rna']}")
        return keys or [self.values["org_id"]]

    @property
    def at_home(self) -> bool:
        """Home rule: no confirmed public place, so nothing finer than the commune."""
        return not self.values["public_address"]

    @property
    def hidden_why(self) -> str:
        """Why the address is not shown: home, diffusion, unknown; empty when it is."""
        if not self.at_home:
            return ""
        return self.values["hidden_why"] or (
            "unknown" if self.values["siren"] and not self.values["siret"] else "home"
        )

    @property
    def active(self) -> bool:
        """Open, and still present in the territory."""
        return bool(self.values["active"]) and self.values["present"] is not False

    @property
    def is_actor(self) -> bool:
        """An ESS reason without exclusion, and a sign of life."""
        return self.active and bool(self.values["in_perimeter"]) and bool(self.signs)


class Counted(NamedTuple):
    """What the figures of a publication need of an entry."""

    in_perimeter: bool | None  # None: a partner, or one read as another: counted nowhere
    active: bool
    is_actor: bool
    is_employer: bool | None
    family: str
    at_home: bool
    commune: str
    doors: list[str]
    poles: list[str]
    last_change: date | None


def read_rows(marts: Marts, territory: str, vintage: date) -> list[Row]:
    """All structures of a territory in alphabetical order (folded name, then org_id)."""
    records = marts.query(SQL.read_text(encoding="utf-8"), {"territory": territory})
    themes = {kind: _themes(marts, kind) for kind in ("door", "pole")}
    rows = [
        Row(
            record,
            themes["door"].get(record["org_id"], []),
            themes["pole"].get(record["org_id"], []),
            signs(record, vintage),
        )
        for record in records
    ]
    return sorted(rows, key=lambda row: (fold(row.values["name"] or ""), row.values["org_id"]))


def signs(record: dict, vintage: date) -> list[str]:
    """Signs of life (signes de vie) that the registers give: `employer`, and `recent` for any change in five years.

    The day of reference is the publication's vintage, never the clock.
    """
    found = []
    if record["is_employer"]:
        found.append("employer")
    limit = vintage.replace(year=vintage.year - RECENT_YEARS, day=min(vintage.day, 28))
    changes = [record[name] for name in ("created_on", "updated_on", "declared_on") if record[name]]
    if any(limit <= change <= vintage for change in changes):
        found.append("recent")
    return found


def source_values(record: dict, at_home: bool) -> Iterator[tuple[str, dict]]:
    """What each source says of a structure: `(source, {field: value})`, empty values left out."""
    in_sirene = bool(record["siren"])
    said: dict[str, tuple[str, ...]] = {"sirene": SIRENE_FIELDS} if in_sirene else {}
    if record["rna"]:
        said["rna"] = RNA_FIELDS if in_sirene else (*RNA_FIELDS, *RNA_ONLY_FIELDS)
    for source, fields in said.items():
        values = {}
        for name in fields:
            if at_home and name in HOME_HIDDEN:
                continue
            value = record[name]
            if value not in (None, "", []):
                values[name] = value.isoformat() if isinstance(value, date) else value
        yield source, values
    for source in record["sources"] or []:
        if source not in {"sirene", "rna"} and not source.startswith("sirene"):
            yield source, {}


def vintages(sources: Iterable[dict]) -> dict[str, str]:
    """The day of each source: of its newest file, where it has several; empty when no file says it."""
    found: dict[str, str] = {}
    for source in sources:
        name, vintage = source["source"], str(source["vintage"] or "")[:10]
        found[name] = max(found.get(name, ""), vintage)
    return found


def vintage_of(source: str, days: dict[str, str]) -> str:
    """The day of a source as records name it; Sirene is one source in two files, read as its legal units."""
    return days.get({"sirene": "sirene_units"}.get(source, source), "")


def reason_source(code: str, entry: Entry) -> str:
    """The source that gives a reason."""
    if code == "legal_category":
        return "sirene" if entry.siren else "rna"
    return {"insee_flag": "sirene", "approval": "approvals"}.get(code, code)


def evidence(marts: Marts) -> dict[str, str]:
    """By SIREN, which approvals a structure has: « ESUS, DREETS, jusqu’au 31 décembre 2031 »."""
    if "approvals" not in marts.names:
        return {}
    found: dict[str, list[str]] = defaultdict(list)
    for row in marts.query(
        "SELECT siren, approval, issuer, expires_on FROM approvals ORDER BY siren, approval, expires_on, issuer",
        {},
    ):
        until = f"jusqu’au {day(row['expires_on'])}" if row["expires_on"] else ""
        found[row["siren"]].append(
            ", ".join(part for part in (row["approval"], row["issuer"], until) if part)
        )
    return {siren: " ; ".join(said)[:400] for siren, said in found.items()}


def entry_values(row: Row) -> dict:
    """The columns of `directory.Entry` that come from the marts."""
    value = row.values
    place: dict[str, object] = {"address": "", "postal_code": "", "lat": None, "lon": None}
    if not row.at_home:
        place = {
            "address": value["address"] or "",
            "postal_code": value["postal_code"] or "",
            "lat": None if value["lat"] is None else float(value["lat"]),
            "lon": None if value["lon"] is None else float(value["lon"]),
        }
    return {
        "name": (value["name"] or "Sans nom dans les registres")[:300],
        "acronym": "" if fold(value["acronym"]) == fold(value["name"]) else (value["acronym"] or "")[:60],
        "other_names": _joined(value["other_names"])[:600],
        "description": value["object"] or "",
        "siren": value["siren"] or "",
        "rna": (value["rna"] or "")[:10],
        "family": value["family"],
        "legal_category": value["legal_category"] or "",
        "naf_rev2": value["naf_rev2"] or "",
        "naf_2025": value["naf_2025"] or "",
        "naf_section": section(value["naf_rev2"]),
        "employees_band": value["employees_band"] or "",
        "employees_year": str(value["employees_year"] or ""),
        "size_class": size_class(value["employees_band"]),
        "is_employer": value["is_employer"],
        "active": row.active,
        "created_on": value["created_on"],
        "closed_on": value["closed_on"],
        "updated_on": max((d for d in (value["updated_on"], value["declared_on"]) if d), default=None),
        "website": (value["website"] or "")[:300],
        "commune_id": value["commune_code"],
        "at_home": row.at_home,
        "hidden_why": row.hidden_why,
        "state_rule": bool(value["state_rule"]),
        "in_perimeter": bool(value["in_perimeter"]),
        "is_actor": row.is_actor,
        "signs": row.signs,
        "reasons": list(value["ess_reasons"]),
        "exclusions": list(value["ess_exclusions"] or []),
        "doors": [theme[2] for theme in row.doors],
        "poles": [theme[2] for theme in row.poles],
        **place,
    }


def counted(entry: Entry) -> Counted:
    """What counts of an entry."""
    apart = entry.folded or (
        not entry.in_perimeter and not entry.reasons and bool({"partner", "public"} & set(entry.exclusions))
    )
    return Counted(
        None if apart else entry.in_perimeter, entry.active, entry.is_actor, entry.is_employer, entry.family, entry.at_home, entry.commune_id,
        entry.doors, entry.poles, max((d for d in (entry.created_on, entry.updated_on) if d), default=None),
    )  # fmt: skip


def counts(entries: Iterable[Counted], vintage: date) -> dict:
    """The figures kept with a publication, in both views; `asleep`: associations of which nothing was
    declared for fifteen years, without any sign of life."""
    total: Counter[str] = Counter()
    by: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    limit = vintage.replace(year=vintage.year - ASLEEP_YEARS, day=min(vintage.day, 28))
    for entry in entries:
        if entry.in_perimeter is None:
            continue
        if not entry.in_perimeter:
            total["excluded"] += 1
            continue
        if not entry.active:
            total["closed"] += 1
            continue
        views = ["register", "actors"] if entry.is_actor else ["register"]
        if entry.is_employer:
            views.append("employers")
        total.update(views)
        total["associations"] += entry.family == "association"
        total["homes"] += entry.at_home
        total["with_door" if entry.doors else "without_door"] += 1
        if entry.is_actor:
            total["actors_with_door" if entry.doors else "actors_without_door"] += 1
        total["asleep"] += (
            entry.family == "association"
            and not (entry.is_actor or entry.is_employer)
            and entry.last_change is not None
            and entry.last_change < limit
        )
        by["by_family"][entry.family].update(views)
        by["by_commune"][entry.commune].update(views)
        for door in entry.doors:
            by["by_door"][door].update(views)
            by["by_commune_door"][f"{entry.commune}:{door}"].update(views)
        for pole in entry.poles:
            by["by_pole"][pole].update(views)
    keys = ("actors", "register", "employers", "associations", "homes", "with_door", "without_door",
            "actors_with_door", "actors_without_door", "asleep", "closed", "excluded")  # fmt: skip
    return {
        **{key: total[key] for key in keys},
        **{
            name: {key: dict(sorted(views.items())) for key, views in sorted(by[name].items())}
            for name in sorted(by)
        },
    }


def _themes(marts: Marts, kind: str) -> dict[str, list[tuple]]:
    found: dict[str, list[tuple]] = defaultdict(list)
    rows = marts.query(
        f"SELECT org_id, rank, {kind} AS code, confidence, reason FROM {kind}s ORDER BY org_id, rank", {}
    )  # noqa: S608
    for row in rows:
        found[row["org_id"]].append(tuple(row.values()))
    return found


def _joined(names: object) -> str:
    if isinstance(names, list):
        return " · ".join(name for name in names if name)
    return str(names or "")
