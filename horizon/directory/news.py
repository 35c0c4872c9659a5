"""What the directory tells of what happens, and its list as something to follow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse

from horizon.actors.models import Organization
from horizon.actors.plan import plan
from horizon.directory.listing import list_entries, positions
from horizon.directory.models import Closure, Confirmation, Entry, Publication, Statement
from horizon.directory.queries import current_publication
from horizon.directory.said.fields import FIELDS
from horizon.directory.selection import Selection
from horizon.kernel import news
from horizon.kernel.doors import DOOR_BY_CODE
from horizon.kernel.models import Event
from horizon.kernel.news import News, SearchKind, facets

SETTLING = timedelta(hours=1)
LEFT = {
    Closure.LEFT: "Les registres publics ne lui connaissent plus d’établissement ouvert ici.",
    Closure.GONE: "Aucun registre public ne la connaît plus ici.",
}


def declare() -> None:
    """Tells the kernel about this room."""
    news.declare_news("directory", find)
    news.declare_places("directory", places)
    news.declare_fiction("directory", fiction)
    news.declare_search("annuaire", SearchKind("directory:list", clean, title, pick))


def fiction() -> bool:
    """Whether the published directory is invented. One query."""
    shown = current_publication()
    return bool(shown and (shown.demo or shown.synthetic))


def find(since: datetime, until: datetime) -> Iterator[News]:
    """New structures, closed ones, pages that people changed or confirmed. Seven queries at most."""
    shown = current_publication()
    if shown is None:
        return
    first = Publication.objects.filter(territory_code=shown.territory_code).order_by("pk").first()
    assert first is not None
    yield from _opened(shown, max(since, first.published_at), until)
    yield from _closed(since, until)
    yield from _said(since, until)
    yield from _confirmed(since, until)


def _page(public_id: str) -> str:
    return reverse("directory:entry", args=[public_id])


def _opened(shown: Publication, since: datetime, until: datetime) -> Iterator[News]:
    """What the first publication brought is not new: it was there before anybody could look."""
    rows = Entry.objects.filter(
        publication=shown, is_actor=True, organization__canonical=None,
        organization__created_at__gt=since, organization__created_at__lt=until,
    ).select_related("organization", "commune")  # fmt: skip
    for entry in rows.defer("base", "description"):
        doors = ", ".join(DOOR_BY_CODE[code].name.lower() for code in entry.doors if code in DOOR_BY_CODE)
        public_id = entry.organization.public_id
        yield News(
            f"structure:{public_id}", entry.organization.created_at, "structure", entry.name,
            f"À {entry.commune.name}{' : ' + doors if doors else ''}.", _page(public_id), facets(entry=public_id),
        )  # fmt: skip


def _closed(since: datetime, until: datetime) -> Iterator[News]:
    events = Event.objects.filter(
        record_type="organization", verb="close", at__gte=since, at__lt=until
    ).order_by("pk")
    closed = {event.record_id: event for event in events}
    still = Entry.objects.filter(organization__public_id__in=closed, active=False).values_list(
        "organization__public_id", "name"
    )
    left = Closure.objects.filter(
        organization__public_id__in=closed, status=Closure.ELAPSED, why__in=LEFT
    ).values_list("organization__public_id", "why")
    gone = dict(left) if closed else {}
    for public_id, name in still if closed else ():
        event = closed[public_id]
        kind, said = (
            ("page", LEFT[gone[public_id]])
            if public_id in gone
            else ("closed", "Fermée, d’après les registres publics.")
        )
        yield News(
            f"closed:{event.pk}", event.at, kind, name, said,
            _page(public_id), facets(entry=public_id),
        )  # fmt: skip


def _said(since: datetime, until: datetime) -> Iterator[News]:
    rows = (
        Statement.objects.filter(status=Statement.PUBLISHED, decided_at__gte=since, decided_at__lt=until)
        .select_related("organization__canonical")
        .order_by("decided_at", "pk")
    )
    for row in rows:
        assert row.decided_at
        declared = row.organization.kind != Organization.REGISTER
        if row.field not in FIELDS or (declared and row.decided_at - row.organization.created_at < SETTLING):
            continue
        itself = row.origin in {Statement.REFERENT, Statement.RELAY}
        confirmed = row.field == "name" and row.value == row.base
        said = "Page confirmée." if confirmed and itself else f"{FIELDS[row.field].label} : mis à jour."
        whole = row.organization.whole
        yield News(
            f"said:{row.pk}:{row.decided_at.timestamp():.0f}", row.decided_at, "page", whole.name, said,
            _page(whole.public_id), facets(entry=whole.public_id),
        )  # fmt: skip


def _confirmed(since: datetime, until: datetime) -> Iterator[News]:
    rows = Confirmation.objects.filter(undone_at=None, at__gte=since, at__lt=until)
    for row in rows.select_related("organization__canonical").order_by("at", "pk"):
        whole = row.organization.whole
        yield News(
            f"confirmed:{row.pk}", row.at, "page", whole.name, "Page confirmée.", _page(whole.public_id),
            facets(entry=whole.public_id),
        )  # fmt: skip


def places(public_ids: set[str]) -> dict[str, frozenset[news.Facet]]:
    """The commune, doors and poles of structures, and the ids that were merged into each. Three queries."""
    rows = Entry.objects.filter(organization__public_id__in=public_ids).values_list(
        "organization__public_id", "commune_id", "doors", "poles"
    )
    today = plan()
    found = {
        public_id: facets(commune=commune, doors=doors) | {(news.POLE, pole) for pole in today.carried(poles)}
        for public_id, commune, doors, poles in rows
    }
    for names in _one_with(public_ids):
        for public_id in names & public_ids:
            found[public_id] = found.get(public_id, frozenset()) | {(news.ENTRY, name) for name in names}
    return found


def _one_with(public_ids: set[str]) -> list[set[str]]:
    """The ids of structures that are one, for each of which somebody may follow the whole. One query."""
    near = (
        Q(canonical__public_id__in=public_ids)
        | Q(public_id__in=public_ids)
        | Q(canonical__merged__public_id__in=public_ids)
    )
    rows = Organization.objects.filter(near, canonical__isnull=False).distinct()
    whole: dict[str, set[str]] = {}
    for former, public_id in rows.values_list("public_id", "canonical__public_id"):
        whole.setdefault(public_id, {public_id}).add(former)
    return list(whole.values())


def clean(query: QueryDict) -> str:
    """The filters of a list that are understood, in a fixed order."""
    return Selection.parse(query).without_paging().query().removeprefix("?")


def title(filters: str) -> str:
    """A list in words: its filters as the list shows them."""
    listing = list_entries(Selection.parse(QueryDict(filters)))
    chips = [label for label, _ in listing.chips] if listing else []
    return f"Annuaire : {', '.join(chips)}" if chips else "Tout l’annuaire"


def pick(filters: str, items: list[News]) -> set[str]:
    """The news of structures that the list shows. Three queries at most once warm."""
    named = {public_id for item in items for public_id in item.entries}
    found = positions(Selection.parse(QueryDict(filters))) if named else None
    if found is None:
        return set()
    catalogue, ordinals = found
    listed = {catalogue.ids[ordinal] for ordinal in ordinals}
    shown = {
        public_id
        for public_id, pk in Entry.objects.filter(organization__public_id__in=named).values_list(
            "organization__public_id", "pk"
        )
        if pk in listed
    }
    return {item.key for item in items if shown & set(item.entries)}
