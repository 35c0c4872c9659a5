"""What a visitor asked of the list: read from the address, written back into it, nothing kept elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.http import QueryDict

from horizon.actors.plan import plan
from horizon.engine.labels import FAMILIES, SIZES
from horizon.kernel.doors import DOOR_BY_CODE, UNDECIDED

ACTORS, REGISTER = "acteurs", "registre"
SORTS = {
    "pertinence": "Pertinence",
    "nom": "Nom",
    "distance": "Distance",
    "creation": "Les plus récentes",
}
RADII = (2, 5, 10, 20, 40)
TINTS = {
    "nombre": "Nombre de structures",
    "densite": "Structures pour 1 000 habitants",
    "part": "Part des structures inscrites",
}


@dataclass(frozen=True)
class Selection:
    """One reading of the list. `problems` holds, in French, each value that was not understood and left out.

    `map` (carte ouverte) and `tint` (teinte des communes) are how it is shown: they narrow nothing.
    """

    q: str = ""
    doors: tuple[str, ...] = ()
    pole: str = ""
    family: str = ""
    activity: str = ""
    commune: str = ""
    radius: int = 0
    size: str = ""
    employer: bool = False
    recent: bool = False
    confirmed: bool = False
    site: bool = False
    member: bool = False
    view: str = ACTORS
    sort: str = ""
    page: int = 1
    map: bool = False
    tint: str = ""
    problems: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, query: QueryDict) -> Selection:
        """Reads the parameters of an address; whatever is unknown is ignored and named in `problems`."""
        problems: list[str] = []

        def choice(name: str, allowed: object, label: str) -> str:
            value = query.get(name, "").strip()
            if value and value not in allowed:  # type: ignore[operator]
                problems.append(f"{label} « {value[:40]} » n’existe pas : ce filtre n’est pas appliqué.")
                return ""
            return value

        doors = []
        for value in query.getlist("porte"):
            if value in DOOR_BY_CODE or value == UNDECIDED:
                if value not in doors:
                    doors.append(value)
            elif value:
                problems.append(f"La porte « {value[:40]} » n’existe pas : ce filtre n’est pas appliqué.")
        radius_text = query.get("rayon", "").strip()
        radius = int(radius_text) if radius_text.isdecimal() and len(radius_text) <= 3 else 0
        if radius_text and not 1 <= radius <= 200:
            problems.append("Le rayon est un nombre de kilomètres entre 1 et 200.")
            radius = 0
        page_text = query.get("page", "").strip()
        page = int(page_text) if page_text.isdecimal() and 0 < len(page_text) <= 6 else 1
        return cls(
            q=" ".join(query.get("q", "").replace("\x00", " ").split())[:200],
            doors=tuple(doors),
            pole=choice("pole", plan().names if query.get("pole") else (), "Le pôle"),
            family=choice("famille", FAMILIES, "La famille"),
            activity=query.get("activite", "").strip()[:6],
            commune=query.get("commune", "").strip()[:5],
            radius=radius,
            size=choice("taille", SIZES, "La taille"),
            employer=query.get("employeur") == "1",
            recent=query.get("recent") == "1",
            confirmed=query.get("confirmee") == "1",
            site=query.get("site") == "1",
            member=query.get("membre") == "1",
            view=choice("vue", (ACTORS, REGISTER), "La vue") or ACTORS,
            sort=choice("tri", SORTS, "Le tri"),
            page=max(page, 1),
            map=query.get("carte") == "1",
            tint=choice("teinte", TINTS, "La teinte"),
            problems=tuple(problems),
        )

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters that differ from the default, in a fixed order."""
        named = [
            ("q", self.q),
            *(("porte", door) for door in self.doors),
            ("pole", self.pole),
            ("famille", self.family),
            ("activite", self.activity),
            ("commune", self.commune),
            ("rayon", str(self.radius) if self.radius else ""),
            ("taille", self.size),
            ("employeur", "1" if self.employer else ""),
            ("recent", "1" if self.recent else ""),
            ("confirmee", "1" if self.confirmed else ""),
            ("site", "1" if self.site else ""),
            ("membre", "1" if self.member else ""),
            ("vue", self.view if self.view != ACTORS else ""),
            ("tri", self.sort),
            ("page", str(self.page) if self.page > 1 else ""),
            ("carte", "1" if self.map else ""),
            ("teinte", self.tint if self.map else ""),
        ]
        return [(name, value) for name, value in named if value]

    def query(self, **changes: object) -> str:
        """The query string (with its `?`) of this selection once changed; back to page 1 unless a page is given."""
        changes.setdefault("page", 1)
        changed = replace(self, **changes)  # type: ignore[arg-type]
        return "?" + urlencode(changed.pairs())

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        return (
            self.without_paging().pairs() != [] and replace(self.without_paging(), view=ACTORS) != Selection()
        )

    def without_paging(self) -> Selection:
        """The same selection, first page, default order, no map: what counts depend on."""
        return replace(self, page=1, sort="", map=False, tint="", problems=())
