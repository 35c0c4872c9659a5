"""The real ground under the made-up population: communes, neighbours, streets, points."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random

from horizon.observatory import shipped
from horizon.observatory.synthetic.lambert93 import to_lambert93

EPCI = "200069854"
CENTRE = "86194"
GRAMMAR = Path(__file__).with_name("grammar")

# Towns outside the perimeter that share a postal code with it: rough positions, for records that must be refused.
_OUTSIDE_POINTS = {
    "86294": (46.640, 0.166),
    "86121": (46.617, 0.080),
    "86204": (46.605, 0.240),
    "86180": (46.511, 0.414),
    "86178": (46.485, 0.455),
    "86233": (46.495, 0.632),
    "86032": (46.681, 0.573),
    "86298": (46.720, 0.540),
    "86290": (46.457, 0.371),
}

# Street types as SIRENE and as the RNA write them, with their weight; the names of streets are in the grammar.
STREET_TYPES = (
    ("RUE", "RUE", 46),
    ("AVENUE", "AV", 9),
    ("ALLEE", "ALL", 8),
    ("IMPASSE", "IMP", 7),
    ("CHEMIN", "CHE", 8),
    ("PLACE", "PL", 7),
    ("ROUTE", "RTE", 8),
    ("BOULEVARD", "BD", 3),
    ("SQUARE", "SQ", 2),
    ("PASSAGE", "PAS", 2),
)


@dataclass(frozen=True)
class Commune:
    """A commune: facts of the shipped tables, with what people call its landscape."""

    code: str
    name: str
    population: int
    postal_codes: tuple[str, ...]
    lat: float | None
    lon: float | None
    landscape: tuple[str, ...]
    former: tuple[tuple[str, str], ...] = ()

    @property
    def is_centre(self) -> bool:
        """True for the town at the centre of the EPCI."""
        return self.code == CENTRE


@dataclass(frozen=True)
class Address:
    """An invented address; `x`, `y` in Lambert-93 metres, None when the register has no point."""

    commune: Commune
    postal_code: str
    number: str
    street_type: str
    street_type_short: str
    street: str
    complement: str = ""
    x: float | None = None
    y: float | None = None
    commune_code: str = ""
    commune_label: str = ""

    @property
    def point(self) -> tuple[str, str]:
        """Abscissa and ordinate as the register writes them."""
        return ("", "") if self.x is None or self.y is None else (f"{self.x:.2f}", f"{self.y:.2f}")


class Territory:
    """The communes of the demonstration, those next door, and draws of places in them."""

    def __init__(
        self,
        inside: Sequence[Commune],
        outside: Sequence[Commune],
        streets: Sequence[str],
        short_names: Mapping[str, str],
    ):
        self.inside = list(inside)
        self.outside = list(outside)
        self.streets = list(streets)
        self.short_names = dict(short_names)
        centre = any(commune.is_centre for commune in self.inside)
        self._weights = {
            "any": [c.population**0.95 for c in self.inside],
            "urban": [c.population**1.25 for c in self.inside],
            "rural": [(0.15 if c.is_centre else 1) * c.population**0.55 for c in self.inside],
            "poitiers": [1.0 if c.is_centre or not centre else 0.0 for c in self.inside],
        }

    def draw_commune(self, rng: Random, place: str) -> Commune:
        """A commune for a kind of place: any, urban, rural, or poitiers (the centre)."""
        return rng.choices(self.inside, self._weights[place])[0]

    def neighbour(self, rng: Random, commune: Commune) -> Commune:
        """One of the four nearest communes of the perimeter."""
        if commune.lat is None or commune.lon is None:
            return commune
        here = (commune.lat, commune.lon)
        others = [c for c in self.inside if c.code != commune.code and c.lat is not None]
        return rng.choice(sorted(others, key=lambda c: math.dist(here, (c.lat or 0, c.lon or 0)))[:4])

    def draw_address(self, rng: Random, commune: Commune) -> Address:
        """An address in the commune; one in nine of the communes that merged still bears its former code."""
        kinds = [kind[2] for kind in STREET_TYPES]
        long, short, _ = rng.choices(STREET_TYPES, kinds)[0]
        code, label = commune.code, commune.name
        if commune.former and rng.random() < 0.11:
            code, label = rng.choice(commune.former)
        x = y = None
        if commune.lat is not None and commune.lon is not None:
            spread = 0.016 if commune.is_centre else 0.004 + 0.00006 * math.sqrt(commune.population)
            x, y = to_lambert93(commune.lon + rng.gauss(0, spread), commune.lat + rng.gauss(0, spread * 0.7))
        return Address(
            commune=commune,
            postal_code=rng.choice(commune.postal_codes),
            number=str(rng.randint(1, 12 if rng.random() < 0.5 else 148)) if rng.random() < 0.93 else "",
            street_type=long,
            street_type_short=short,
            street=rng.choice(self.streets),
            x=x,
            y=y,
            commune_code=code,
            commune_label=label,
        )


@lru_cache(maxsize=1)
def load_territory() -> Territory:
    """The 40 communes of Grand Poitiers and their postal neighbours, from the tables shipped with the project."""
    landscapes = tomllib.loads((GRAMMAR / "landscape.toml").read_text(encoding="utf-8"))
    points = {row["code"]: (float(row["lat"]), float(row["lon"])) for row in shipped.rows("centroids")}
    points.update(_OUTSIDE_POINTS)
    rows = [row for row in shipped.rows("communes") if row["department"] == "86"]
    members = {r["code"] for r in rows if r["epci_code"] == EPCI and r["kind"] == "commune-actuelle"}
    former: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        if row["parent_code"] in members and row["code"] != row["parent_code"]:
            former.setdefault(row["parent_code"], []).append((row["code"], row["name"]))

    def read(row: dict[str, str]) -> Commune:
        lat, lon = points.get(row["code"], (None, None))
        return Commune(
            code=row["code"],
            name=row["name"],
            population=int(row["population"] or 0),
            postal_codes=tuple(shipped.split(row["postal_codes"])),
            lat=lat,
            lon=lon,
            landscape=tuple(landscapes.get(row["code"], landscapes["default"])),
            former=tuple(sorted(former.get(row["code"], []))),
        )

    current = [row for row in rows if row["kind"] == "commune-actuelle"]
    inside = [read(row) for row in current if row["code"] in members]
    shared = {code for commune in inside for code in commune.postal_codes}
    outside = [
        read(row)
        for row in current
        if row["code"] not in members and shared & set(shipped.split(row["postal_codes"]))
    ]
    return Territory(inside, outside, landscapes["streets"], landscapes["short"])
