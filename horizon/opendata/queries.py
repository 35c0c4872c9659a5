"""Reads of open data: what is public of each room, in the order in which it is given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.db.models import Prefetch, QuerySet

from horizon.crossings.coverage import Coverage, Line
from horizon.directory.licences import kept_under
from horizon.directory.models import Entry
from horizon.directory.said.overlay import said_of
from horizon.exchange.models import Listing
from horizon.exchange.queries import open_listings
from horizon.kernel.doors import DOOR_BY_CODE
from horizon.listening.models import Answer, Need
from horizon.listening.queries import public_needs
from horizon.opendata import records
from horizon.opendata.records import SIDES, Frame
from horizon.territory.models import Commune

FEW = 3
CHUNK = 500


def structures_of(ids: list[int], frame: Frame) -> list[dict]:
    """The records of entries, in the order given; those that are no longer listed are left out. Six queries."""
    rows = records.with_evidence(Entry.objects.filter(pk__in=ids)).in_bulk()
    entries = [rows[pk] for pk in ids if pk in rows]
    said = said_of([entry.organization_id for entry in entries])
    found = (records.structure(entry, said[entry.organization_id], frame) for entry in entries)
    return [one for one in found if one is not None]


def kept_here(entry: Entry) -> str:
    """The licence that keeps a structure on the site's pages; empty when it may be given away. Five queries."""
    return kept_under(entry, said_of([entry.organization_id])[entry.organization_id])


def all_structures(frame: Frame) -> Iterator[dict]:
    """Every listed structure by its identifier, `CHUNK` at a time: memory does not grow with the territory."""
    listed = records.with_evidence(
        Entry.objects.filter(publication=frame.publication, active=True, in_perimeter=True, folded=False)
    ).order_by("organization__public_id")
    last = ""
    while chunk := list(listed.filter(organization__public_id__gt=last)[:CHUNK]):
        said = said_of([entry.organization_id for entry in chunk])
        for entry in chunk:
            record = records.structure(entry, said[entry.organization_id], frame)
            if record is not None:
                yield record
        last = chunk[-1].organization.public_id


def communes_of(frame: Frame) -> list[dict]:
    """The communes of the territory, by code. One query."""
    rows = Commune.objects.filter(epci_id=frame.publication.territory_code).order_by("code")
    return [records.commune(row, frame.publication.counts, frame) for row in rows]


def open_needs(**chosen: str) -> QuerySet[Need]:
    """Public needs and the answers that stand, with those of the needs that say the same. Six queries with its list."""
    shown = Answer.objects.filter(status=Answer.SHOWN).prefetch_related("organizations__canonical")
    grouped = Need.objects.filter(status=Need.PUBLISHED).prefetch_related(Prefetch("answers", shown))
    return public_needs(**chosen).prefetch_related(Prefetch("answers", shown), Prefetch("grouped", grouped))


def open_exchanges(**chosen: str | bool) -> QuerySet[Listing]:
    """The offers and asks that structures make to everybody. One query with its list."""
    return open_listings(members=False, **chosen).filter(organization__isnull=False)  # type: ignore[arg-type]


def exchanges_of(rows: Iterable[Listing], frame: Frame) -> list[dict]:
    """The records of listings. One query more, for the needs that they answer."""
    found = list(rows)
    wanted = {row.need for row in found if row.need}
    said = Need.objects.filter(public_id__in=wanted).select_related("same_as") if wanted else []
    lead = {one.public_id: one.same_as or one for one in said}
    needs = {key: need.public_id for key, need in lead.items() if need.status == Need.PUBLISHED}
    return [records.listing(row, needs, frame) for row in found]


def counted_exchanges(frame: Frame) -> list[dict]:
    """What people, and not structures, offer and ask: how many, by side, kind and commune. One query.

    A cell that fewer than three different people fill is merged with the others of its side and kind; what is left
    under three people is not said at all.
    """
    rows = (
        open_listings(members=False)
        .filter(organization__isnull=True, person__isnull=False)
        .order_by()
        .values_list("side", "kind", "commune_id", "person_id")
    )
    cells: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for side, kind, commune, person in rows:
        cells[side, kind, commune].append(person)
    told: dict[tuple[str, str, str], int] = {}
    rest: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for (side, kind, commune), people in cells.items():
        if len(set(people)) >= FEW:
            told[side, kind, commune] = len(people)
        else:
            rest[side, kind, ""].extend(people)
    told.update({key: len(people) for key, people in rest.items() if len(set(people)) >= FEW})
    return [
        {
            "sens": SIDES[side],
            "genre": kind,
            "genre_libelle": records.KINDS[kind],
            "code_insee": commune or None,
            "commune": frame.communes.get(commune),
            "annonces": count,
            "fictif": frame.fictitious,
        }
        for (side, kind, commune), count in sorted(told.items())
    ]


def coverage_rows(found: Coverage, frame: Frame) -> list[dict]:
    """Needs, structures and exchanges side by side, one row per door then one per commune.

    `found` leaves the listings of people out: what is left under three of them could be had by subtraction.
    """

    def row(by: str, line: Line) -> dict:
        return {
            "par": by,
            "code": line.code,
            "nom": DOOR_BY_CODE[line.code].name if by == "porte" else line.name,
            "besoins": line.needs,
            "sans_reponse": line.waiting,
            "acteurs": line.actors,
            "offres": line.offers,
            "demandes": line.asks,
            "demandes_sans_offre": line.nobody,
            "fictif": frame.fictitious,
        }

    return [row("porte", line) for line in found.doors] + [row("commune", line) for line in found.communes]
