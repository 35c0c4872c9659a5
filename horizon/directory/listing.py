"""The list: one selection in, the page, the counts and the reasons out. CSV, print and map read the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import ceil, isnan

from horizon.actors.plan import plan
from horizon.directory.catalogue import Catalogue, catalogue
from horizon.directory.labels import naf_label, section_label
from horizon.directory.models import Entry, Publication
from horizon.directory.positions import placed
from horizon.directory.queries import current_publication
from horizon.directory.search import find
from horizon.directory.selection import ACTORS, RADII, REGISTER, Selection
from horizon.engine.distance import distance_km
from horizon.engine.facets import from_bits, to_bits
from horizon.engine.folding import fold
from horizon.engine.labels import FAMILIES, SIZES
from horizon.kernel.doors import DOOR_BY_CODE, DOORS, UNDECIDED

PER_PAGE = 30
NO_DISTANCES = (
    "Les distances ne sont pas connues sur ce territoire : la liste s’en tient à la commune choisie."
)


@dataclass(frozen=True)
class FacetValue:
    """One value of a filter and how many entries choosing it would give; for a commune, how many it holds itself, whatever
    the distance chosen around it."""

    code: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True)
class CommuneCount:
    """How much of a selection a commune holds: `total`, of which `at_commune` without a public place; `register`: all
    that it has on the register."""

    total: int
    at_commune: int
    register: int


@dataclass
class Listing:
    """A page of the list: `ids` of its entries in order, `communes` their codes; both views are counted.

    `by_commune` is filled for a selection that is shown on the map. `radius` is the one that was applied: 0 when there is none,
    or when distances are not known here. `radii` are the choices, counted when a commune of known centre is chosen.
    """

    selection: Selection
    publication: Publication
    ids: list[int]
    communes: list[str]
    total: int
    actors: int
    register: int
    page: int
    pages: int
    facets: dict[str, list[FacetValue]]
    chips: list[tuple[str, str]]
    explanation: list[str] = field(default_factory=list)
    distances: dict[int, float] = field(default_factory=dict)
    per_page: int = PER_PAGE
    by_commune: dict[str, CommuneCount] = field(default_factory=dict)
    radius: int = 0
    radii: list[FacetValue] = field(default_factory=list)

    @property
    def first(self) -> int:
        """Number of the first entry shown, from 1."""
        return (self.page - 1) * self.per_page + 1


@dataclass
class _Result:
    publication: Publication
    catalogue: Catalogue
    filters: dict[str, tuple[str, ...]]
    base: int
    order: list[int] | None
    explanation: list[str]
    problems: list[str]
    distances: dict[int, float]
    anywhere: int
    radius: int = 0


def list_entries(
    selection: Selection,
    publication: Publication | None = None,
    per_page: int = PER_PAGE,
    *,
    given: bool = False,
    radii: bool = False,
) -> Listing | None:
    """The page asked for, or None when nothing is published. At most three queries, whatever the rows.

    With `given`, only what may be given away is listed and counted. With `radii`, the choices of distance are counted too.
    """
    result = _evaluate(selection, publication)
    if result is None:
        return None
    if given:
        result.base &= result.catalogue.open
        result.anywhere &= result.catalogue.open
    index = result.catalogue.facets
    both = index.count(result.filters, result.base)
    actors = (both.bits & result.catalogue.actors).bit_count()
    if selection.view == ACTORS:
        counts = index.count(result.filters, result.base & result.catalogue.actors)
    else:
        counts = both
    pages = max(1, ceil(counts.total / per_page))
    page = min(selection.page, pages)
    start = (page - 1) * per_page
    shown = _ordered(selection, result, counts.bits)[start : start + per_page]
    return Listing(
        selection=selection,
        publication=result.publication,
        ids=[result.catalogue.ids[ordinal] for ordinal in shown],
        communes=[result.catalogue.commune_codes[ordinal] for ordinal in shown],
        total=counts.total,
        actors=actors,
        register=both.total,
        page=page,
        pages=pages,
        facets=_facet_values(selection, result, counts.facets),
        chips=_chips(selection, result.publication, result.catalogue, result.radius),
        explanation=[*selection.problems, *result.problems, *result.explanation],
        distances={
            result.catalogue.ids[ordinal]: result.distances[ordinal]
            for ordinal in shown
            if ordinal in result.distances
        },
        per_page=per_page,
        by_commune=_by_commune(result, counts.bits) if selection.map else {},
        radius=result.radius,
        radii=_radii(selection, result) if radii else [],
    )


def _by_commune(result: _Result, bits: int) -> dict[str, CommuneCount]:
    return {
        code: CommuneCount(
            (bits & members).bit_count(),
            (bits & members & result.catalogue.at_commune).bit_count(),
            members.bit_count(),
        )
        for code, members in result.catalogue.facets.facets["commune"].items()
    }


def iter_entries(selection: Selection, chunk: int = 500) -> Iterator[Entry]:
    """Every entry of the selection in its order, for export; one query per `chunk` entries."""
    result = _evaluate(selection)
    if result is None:
        return
    ordinals = _ordered(selection, result, _selected(selection, result))
    for start in range(0, len(ordinals), chunk):
        yield from _load([result.catalogue.ids[ordinal] for ordinal in ordinals[start : start + chunk]])


def positions(
    selection: Selection, publication: Publication | None = None
) -> tuple[Catalogue, list[int]] | None:
    """The selection as ordinals of the catalogue, ascending, for the map: those that have a position there.

    None when nothing is published.
    """
    result = _evaluate(selection, publication)
    if result is None:
        return None
    return result.catalogue, placed(result.catalogue, list(from_bits(_selected(selection, result))))


def _selected(selection: Selection, result: _Result) -> int:
    bits = result.catalogue.facets.select(result.filters, result.base)
    return bits & result.catalogue.actors if selection.view == ACTORS else bits


def _around(selection: Selection, result: _Result) -> int:
    """The selection, whatever the commune and the distance."""
    everywhere = replace(result, filters={**result.filters, "commune": ()}, base=result.anywhere)
    return _selected(selection, everywhere)


def _evaluate(selection: Selection, publication: Publication | None = None) -> _Result | None:
    publication = publication or current_publication()
    if publication is None:
        return None
    entries = catalogue(publication)
    base, order, explanation, problems = entries.facets.all, None, [], []
    if selection.q:
        found = find(publication, selection.q)
        order = found.ordinals
        base = to_bits(order, entries.facets.size)
        explanation = found.explanation
    if selection.pole and (said := plan(publication.poles_stamp).said_of(selection.pole)):
        explanation = [*explanation, said]
    filters = {
        "porte": selection.doors,
        "pole": (selection.pole,) if selection.pole else (),
        "famille": (selection.family,) if selection.family else (),
        "activite": (selection.activity,) if selection.activity else (),
        "commune": (),
        "taille": (selection.size,) if selection.size else (),
        "employeur": ("1",) if selection.employer else (),
        "recent": ("1",) if selection.recent else (),
        "confirmee": ("1",) if selection.confirmed else (),
        "site": ("1",) if selection.site else (),
        "membre": ("1",) if selection.member else (),
    }
    distances: dict[int, float] = {}
    anywhere, radius = base, 0
    if selection.commune:
        centre = entries.communes.get(selection.commune)
        if centre is None:
            problems.append(
                f"La commune « {selection.commune} » n’est pas dans ce territoire ou n’a personne d’inscrit."
            )
            filters["commune"] = (selection.commune,)
        elif selection.radius and centre.lat is not None:
            distances = _distances(entries, centre)
            radius = selection.radius
            base &= _within(distances, radius, entries.facets.size)
        else:
            filters["commune"] = (selection.commune,)
            if selection.sort == "distance" and centre.lat is not None:
                distances = _distances(entries, centre)
            elif selection.radius or selection.sort == "distance":
                problems.append(NO_DISTANCES)
    elif selection.radius or selection.sort == "distance":
        problems.append("Choisissez une commune pour compter les distances.")
    return _Result(
        publication, entries, filters, base, order, explanation, problems, distances, anywhere, radius
    )


def _within(distances: dict[int, float], radius: int, size: int) -> int:
    return to_bits((n for n, km in distances.items() if km <= radius), size)


def _radii(selection: Selection, result: _Result) -> list[FacetValue]:
    """The distances offered, and the one asked for; the first is the commune itself."""
    entries = result.catalogue
    offered = sorted({*RADII, *([selection.radius] if selection.radius else ())})
    labels = [("", "Dans la commune"), *((str(km), f"{km} km ou moins") for km in offered)]
    centre = entries.communes.get(selection.commune)
    if centre is None or centre.lat is None:
        return [FacetValue(code, label, 0, code == str(selection.radius or "")) for code, label in labels]
    around = _around(selection, result)
    distances = _distances(entries, centre)
    return [
        FacetValue(
            code,
            label,
            (
                around & (_within(distances, int(code), entries.facets.size) if code else
                          entries.facets.facets["commune"].get(centre.code, 0))
            ).bit_count(),
            code == str(selection.radius or ""),
        )
        for code, label in labels
    ]  # fmt: skip


def _distances(entries: Catalogue, centre) -> dict[int, float]:
    """Kilometres from a commune's centroid, by ordinal; an entry without a point counts from its commune's."""
    return entries.kept_distances(centre.code, lambda: _measure(entries, centre))


def _measure(entries: Catalogue, centre) -> dict[int, float]:
    by_commune = {
        code: distance_km(centre.lat, centre.lon, commune.lat, commune.lon)
        for code, commune in entries.communes.items()
        if commune.lat is not None and commune.lon is not None
    }
    distances: dict[int, float] = {}
    for ordinal, code in enumerate(entries.commune_codes):
        lat = entries.lat[ordinal]
        if not isnan(lat):
            distances[ordinal] = distance_km(centre.lat, centre.lon, lat, entries.lon[ordinal])
        elif code in by_commune:
            distances[ordinal] = by_commune[code]
    return distances


def _ordered(selection: Selection, result: _Result, bits: int) -> list[int]:
    if selection.sort == "creation":
        member = _member(bits, result.catalogue.facets.size)
        return [
            ordinal for ordinal in result.catalogue.newest_first if member[ordinal >> 3] >> (ordinal & 7) & 1
        ]
    if selection.sort == "distance" and result.distances:
        return sorted(from_bits(bits), key=lambda n: (result.distances.get(n, 1e9), n))
    if result.order is not None and selection.sort != "nom":
        member = _member(bits, result.catalogue.facets.size)
        return [ordinal for ordinal in result.order if member[ordinal >> 3] >> (ordinal & 7) & 1]
    return list(from_bits(bits))


def _member(bits: int, size: int) -> bytes:
    return bits.to_bytes((size + 7) // 8, "little")


def _load(ids: list[int]) -> list[Entry]:
    entries = Entry.objects.select_related("organization", "commune").in_bulk(ids)
    return [entries[entry_id] for entry_id in ids if entry_id in entries]


def _facet_values(
    selection: Selection, result: _Result, counts: dict[str, dict[str, int]]
) -> dict[str, list[FacetValue]]:
    communes = result.catalogue.communes
    labels: dict[str, list[tuple[str, str]]] = {
        "porte": [*((door.code, door.name) for door in DOORS), (UNDECIDED, "À préciser")],
        "pole": _poles(selection, result.publication),
        "famille": list(FAMILIES.items()),
        "activite": [(code, section_label(code)) for code in sorted(counts["activite"]) if len(code) == 1],
        "commune": [
            (commune.code, commune.name) for commune in sorted(communes.values(), key=lambda c: fold(c.name))
        ],
        "taille": list(SIZES.items()),
        "employeur": [("1", "Employeurs seulement")],
        "recent": [("1", "Créée ou modifiée depuis moins de cinq ans")],
        "confirmee": [("1", "Confirmée par elle-même depuis un an")],
        "site": [("1", "Son site répond")],
        "membre": [("1", "Membre du collectif")],
    }
    if len(selection.activity) > 1:
        labels["activite"].insert(0, (selection.activity, naf_label(selection.activity)))
    chosen = {**result.filters, "commune": (selection.commune,)}
    if result.radius:
        around, here = _around(selection, result), result.catalogue.facets.facets["commune"]
        counts = {**counts, "commune": {code: (bits & around).bit_count() for code, bits in here.items()}}
    return {
        facet: [
            FacetValue(code, label, counts[facet].get(code, 0), code in chosen[facet])
            for code, label in options
        ]
        for facet, options in labels.items()
    }


def _poles(selection: Selection, publication: Publication) -> list[tuple[str, str]]:
    """The open poles, and the one that was asked for if it closed."""
    today = plan(publication.poles_stamp)
    asked = {selection.pole: today.names[selection.pole]} if selection.pole in today.names else {}
    return list({**today.open, **asked}.items())


def _chips(
    selection: Selection, publication: Publication, entries: Catalogue, radius: int
) -> list[tuple[str, str]]:
    chips = []
    if selection.q:
        chips.append((f"« {selection.q} »", selection.query(q="")))
    for code in selection.doors:
        name = DOOR_BY_CODE[code].name if code in DOOR_BY_CODE else "Porte à préciser"
        chips.append((name, selection.query(doors=tuple(d for d in selection.doors if d != code))))
    if selection.pole:
        chips.append((plan(publication.poles_stamp).names[selection.pole], selection.query(pole="")))
    if selection.family:
        chips.append((FAMILIES[selection.family], selection.query(family="")))
    if selection.activity:
        label = (
            naf_label(selection.activity)
            if len(selection.activity) > 1
            else section_label(selection.activity)
        )
        chips.append((label, selection.query(activity="")))
    if selection.commune:
        commune = entries.communes.get(selection.commune)
        name = commune.name if commune else selection.commune
        label = f"À {radius} km ou moins de {name}" if radius else name
        chips.append((label, selection.query(commune="", radius=0)))
    if selection.size:
        chips.append((SIZES[selection.size], selection.query(size="")))
    if selection.employer:
        chips.append(("Employeurs", selection.query(employer=False)))
    if selection.recent:
        chips.append(("Moins de cinq ans", selection.query(recent=False)))
    if selection.confirmed:
        chips.append(("Confirmée depuis un an", selection.query(confirmed=False)))
    if selection.site:
        chips.append(("Son site répond", selection.query(site=False)))
    if selection.member:
        chips.append(("Membre du collectif", selection.query(member=False)))
    if selection.view == REGISTER:
        chips.append(("Tout le registre", selection.query(view=ACTORS)))
    return chips
