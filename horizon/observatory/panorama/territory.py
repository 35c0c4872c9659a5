"""Which territory a code means, and whom it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from horizon.engine.peers import VARIABLES, nearest, variables
from horizon.observatory import shipped
from horizon.observatory.errors import BadInput
from horizon.observatory.read import Marts

WITHOUT_RNA = {"57": "Moselle", "67": "Bas-Rhin", "68": "Haut-Rhin"}
REGIONS = {
    "01": "Guadeloupe", "02": "Martinique", "03": "Guyane", "04": "La Réunion", "06": "Mayotte", "11": "Île-de-France",
    "24": "Centre-Val de Loire", "27": "Bourgogne-Franche-Comté", "28": "Normandie", "32": "Hauts-de-France",
    "44": "Grand Est", "52": "Pays de la Loire", "53": "Bretagne", "75": "Nouvelle-Aquitaine", "76": "Occitanie",
    "84": "Auvergne-Rhône-Alpes", "93": "Provence-Alpes-Côte d’Azur", "94": "Corse",
}  # fmt: skip


@dataclass(frozen=True)
class Territory:
    """A territory: `key` as in the mart `indicators`, its communes with their populations."""

    code: str
    key: str
    level: str
    name: str
    communes: dict[str, tuple[str, int]]
    department: str = ""
    region: str = ""
    epci: str = ""

    @property
    def population(self) -> int:
        """Municipal population, all communes together."""
        return sum(population for _, population in self.communes.values())


def find(marts: Marts, code: str) -> Territory:
    """The territory of a code: EPCI (nine digits), commune (five), `dep:86` or `86`, `reg:75`, `FR`.

    A former commune leads to the current one. Raises BadInput saying what replaced a vanished EPCI, or what is expected.
    """
    wanted = code.strip()
    level, value, name = ("commune", wanted, "") if _is_commune(marts, wanted) else _read(wanted)
    column = {
        "epci": "epci_code",
        "commune": "code",
        "department": "department",
        "region": "region",
        "FR": "'FR'",
    }[level]
    rows = marts.query(
        f"SELECT code, name, coalesce(population, 0) AS population, department, region, epci_code FROM communes "  # noqa: S608
        f"WHERE kind = 'commune-actuelle' AND {column} = $value ORDER BY code",
        {"value": value},
    )
    if not rows:
        raise BadInput(f"Aucun territoire ne porte le code « {code} ». {EXPECTED}")
    communes = {row["code"]: (row["name"], row["population"]) for row in rows}
    if level == "commune":
        name = rows[0]["name"]
    return Territory(
        code=value if level in {"epci", "commune", "FR"} else wanted,
        key="FR" if level == "FR" else f"{level}:{value}",
        level=level,
        name=name,
        communes=communes,
        department=rows[0]["department"] or "",
        region=rows[0]["region"] or "",
        epci=rows[0]["epci_code"] or "" if level == "commune" else "",
    )


def department_name(code: str) -> str:
    """The name of a department, or « Département » and its code."""
    return {row["code"]: row["name"] for row in shipped.rows("departments")}.get(code, f"Département {code}")


EXPECTED = (
    "Attendu : un EPCI (200069854), une commune (86194), un département (dep:86), une région (reg:75) ou FR."
)


def _is_commune(marts: Marts, code: str) -> bool:
    """Whether a code is a current commune; asked first, because former codes need the whole resolver."""
    return len(code) == 5 and bool(
        marts.query("SELECT 1 FROM communes WHERE kind = 'commune-actuelle' AND code = $code", {"code": code})
    )


def _read(code: str) -> tuple[str, str, str]:
    if code.upper() == "FR":
        return "FR", "FR", "France"
    lower = code.lower()
    if lower.startswith("reg:"):
        return "region", lower[4:].zfill(2), REGIONS.get(lower[4:].zfill(2), f"Région {lower[4:]}")
    if lower.startswith("dep:") or (code.isalnum() and len(code) in {2, 3}):
        value = code[4:] if lower.startswith("dep:") else code
        return "department", value.upper(), department_name(value.upper())
    if len(code) == 9 and code.isdecimal():
        problem = shipped.successor_sentence(code)
        if problem:
            raise BadInput(problem)
        return "epci", code, next(row["name"] for row in shipped.rows("epcis") if row["code"] == code)
    if len(code) == 5:
        current = shipped.resolver().resolve_code(code)
        if current:
            return "commune", current, ""
    raise BadInput(f"Aucun territoire ne porte le code « {code} ». {EXPECTED}")


def compared(territory: Territory, alike: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """(key, name, why) of the territories to compare with: the larger ones, from the nearest, then `alike`, the nearest EPCI (code, name)."""
    others = []
    if territory.epci:
        name = next(row["name"] for row in shipped.rows("epcis") if row["code"] == territory.epci)
        others.append((f"epci:{territory.epci}", name, "intercommunalité"))
    if territory.level in {"commune", "epci"}:
        others.append(
            (f"department:{territory.department}", department_name(territory.department), "département")
        )
    if territory.level in {"commune", "epci", "department"}:
        others.append(
            (f"region:{territory.region}", REGIONS.get(territory.region, territory.region), "région")
        )
    if territory.level != "FR":
        others.append(("FR", "France", "pays"))
    others += [(f"epci:{code}", name, "intercommunalité comparable") for code, name in alike]
    return others


def peers(marts: Marts, code: str, count: int = 5) -> list[tuple[str, str]]:
    """(code, name) of the nearest EPCI on the variables of `engine.peers`."""
    return [(epci, name) for epci, name, *_ in described_peers(marts, code, count)]


def described_peers(marts: Marts, code: str, count: int = 5) -> list[tuple[str, str, int, int, float]]:
    """(code, name, population, communes, share of the largest commune) of the nearest EPCI, nearest first."""
    populations: dict[str, list[int]] = {}
    for row in marts.query(
        "SELECT epci_code, population FROM communes WHERE kind = 'commune-actuelle' AND epci_code IS NOT NULL "
        "AND population > 0 ORDER BY code"
    ):
        populations.setdefault(row["epci_code"], []).append(row["population"])
    described = {epci: variables(found) for epci, found in populations.items()}
    names = {row["code"]: row["name"] for row in shipped.rows("epcis")}
    return [
        (
            epci,
            names.get(epci, epci),
            sum(populations[epci]),
            len(populations[epci]),
            described[epci]["largest"],
        )
        for epci, _ in nearest(code, described, count)
    ]


PEERS_METHOD = (
    "Les cinq intercommunalités les plus proches sur : "
    + ", ".join(VARIABLES.values())
    + " (variables centrées réduites)."
)
