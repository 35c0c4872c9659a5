"""What may be given away (réutilisation): the licence of every file here, and what it leaves out.

A source is open when its licence is on the list; everything else, share-alike first, stays on the pages where its own
licence is written beside it. A structure that no register knows, and whose name or commune is not open, is left out whole:
there is nothing under its words to give in their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from django.db.models import OuterRef, Subquery

from horizon.actors.models import Organization
from horizon.directory.models import Entry, Publication, Statement
from horizon.directory.said.overlay import ADDED, Said, lay, said_of
from horizon.engine.tables.mapping import CC0, LICENCE_OUVERTE

NAME = LICENCE_OUVERTE
ADDRESS = "https://www.etalab.gouv.fr/licence-ouverte-open-licence"
SPDX = "etalab-2.0"
OPEN = frozenset({LICENCE_OUVERTE, CC0})
UNKNOWN = "une licence qui n’est pas connue"
BEING = ("name", "commune")
NAMED_HERE = frozenset({Organization.DECLARED, Organization.PARTNER, Organization.PUBLIC})
ALIASES = {"approvals": ("approvals", "approval")}
FREED = ("description", "website", "phone", "email", "hours", "acronym")
PLACE = ("address", "postal_code")


def closed_sources(publication: Publication) -> frozenset[str]:
    """The codes of the publication's sources whose licence is not known to be open."""
    closed: set[str] = set()
    for source in publication.sources:
        if source.get("licence") not in OPEN:
            closed.update(ALIASES.get(source["source"], (source["source"],)))
    return frozenset(closed)


def open_up(entry: Entry, said: Said) -> list[str]:
    """Lays over the entry, in memory, what people say now, under open licences only. Returns the fields left out.

    Leaving a statement out never shows what it hid: a field emptied on the page stays empty here.
    """
    lay(entry, said)
    left_out = sorted(code for code, one in said.statements.items() if one.licence not in OPEN)
    if left_out:
        hidden = {name: "" for name in (*FREED, *PLACE) if not getattr(entry, name)}
        at_home, unplaced, active = entry.at_home, entry.lat is None, entry.active
        lay(entry, replace(said, statements={c: s for c, s in said.statements.items() if c not in left_out}))
        for name, value in hidden.items():
            setattr(entry, name, value)
        entry.at_home, entry.active = entry.at_home or at_home, entry.active and active
        if unplaced:
            entry.lat = entry.lon = None
    if entry.at_home:
        entry.address = entry.postal_code = ""
        entry.lat = entry.lon = None
    return left_out


def kept_under(entry: Entry, said: Said) -> str:
    """The licence that keeps the whole entry here; empty when the entry may be given away."""
    if entry.siren or entry.rna:
        return ""
    return _closed(said.statements[code].licence if code in said.statements else None for code in BEING)


def kept_entries(publication_id: int) -> dict[int, tuple[int, str]]:
    """The same for all the listed entries of a publication: those left out whole, with their organization and licence. One query."""
    said = Statement.objects.filter(organization=OuterRef("organization"), status=Statement.PUBLISHED)
    rows = Entry.objects.filter(
        publication_id=publication_id, siren="", rna="", active=True, in_perimeter=True, folded=False
    ).annotate(
        **{f"{code}_licence": Subquery(said.filter(field=code).values("licence")[:1]) for code in BEING}
    )
    found = {
        pk: (organization, _closed(licences))
        for pk, organization, *licences in rows.values_list(
            "pk", "organization_id", *(f"{code}_licence" for code in BEING)
        )
    }
    return {pk: kept for pk, kept in found.items() if kept[1]}


def closed_names() -> set[int]:
    """The structures that others cite by a name that a table gave under another licence: the name of a structure that no
    register knows is the one it came with, whatever is said since. One query."""
    named = Statement.objects.filter(field="name", organization__kind__in=NAMED_HERE).exclude(
        licence__in=OPEN
    )
    return set(named.values_list("organization", flat=True))


def unnamed_in(kept: dict[int, tuple[int, str]]) -> set[int]:
    """The structures whose names are not given either where others name them, from `kept_entries`. One query."""
    return {organization for organization, _ in kept.values()} | closed_names()


def unnamed_now() -> set[int]:
    """The same for the publication shown. Three queries."""
    shown = Publication.objects.filter(current=True).values_list("pk", flat=True).first()
    return unnamed_in(kept_entries(shown) if shown else {})


def _closed(licences: Iterable[str | None]) -> str:
    return next((licence or UNKNOWN for licence in licences if licence not in OPEN), "")


def kept_fields() -> dict[int, set[str]]:
    """The fields of each organization that are published under a licence that is not open; what was merged into it counts.
    One query."""
    found: dict[int, set[str]] = {}
    rows = Statement.objects.filter(status=Statement.PUBLISHED).exclude(licence__in=OPEN)
    for organization, whole, code in rows.values_list("organization", "organization__canonical", "field"):
        found.setdefault(organization, set()).add(code)
        if whole and code in ADDED:
            found.setdefault(whole, set()).add(code)
    return found


def opened(entries: Iterable[Entry], chunk: int = 500) -> Iterator[tuple[Entry, list[str], str]]:
    """Each entry as it may be given away, the fields left out of it, and the licence that keeps it here whole (else empty).
    Five queries for `chunk` entries."""
    left = iter(entries)
    while some := list(islice(left, chunk)):
        said = said_of([entry.organization_id for entry in some])
        for entry in some:
            words = said[entry.organization_id]
            kept = kept_under(entry, words)
            yield entry, open_up(entry, words), kept
