"""When each page was last said to be right, by whom it is held, and which must be called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max, Min, Q, QuerySet
from django.utils import timezone

from horizon.actors.merged import root
from horizon.actors.models import OrganizationRole, RelayConsent
from horizon.directory.models import Confirmation, Entry, SiteCheck, Statement
from horizon.directory.said.overlay import CONFIRMING
from horizon.engine.freshness import YEAR
from horizon.territory.models import Commune

TWICE = timedelta(days=7)


def held_since(organization_ids: Iterable[int] | None = None) -> dict[int, date]:
    """Since when each (canonical) organization has been held without a break by somebody who still holds it, or by a relay
    structure that somebody holds. Two queries."""
    roles = OrganizationRole.objects.filter(until=None, person__is_active=True)
    consents = RelayConsent.objects.filter(until=None, relay__role_rows__in=roles)
    found: dict[int, datetime] = {}
    for rows in (roles.annotate(of_root=root()), consents.annotate(of_root=root("group"))):
        if organization_ids is not None:
            rows = rows.filter(of_root__in=list(organization_ids))
        first = rows.order_by().values("of_root").annotate(first=Min("since"))
        for pk, since in first.values_list("of_root", "first"):
            found[pk] = min(since, found.get(pk, since))
    return {pk: timezone.localdate(since) for pk, since in found.items()}


def last_said(organization_ids: Iterable[int] | None = None, *, by_anybody: bool = False) -> dict[int, date]:
    """The last day when something was said of each (canonical) organization: by itself, or `by_anybody`. Two queries."""
    statements = Statement.objects.filter(status=Statement.PUBLISHED, decided_at__isnull=False)
    if not by_anybody:
        statements = statements.filter(origin__in=CONFIRMING)
    confirmations = Confirmation.objects.filter(undone_at=None)
    found: dict[int, datetime] = {}
    for rows, day in ((statements, "decided_at"), (confirmations, "at")):
        counted = rows.annotate(of_root=root())
        if organization_ids is not None:
            counted = counted.filter(of_root__in=list(organization_ids))
        for pk, at in (
            counted.order_by().values("of_root").annotate(last=Max(day)).values_list("of_root", "last")
        ):
            found[pk] = max(at, found.get(pk, at))
    return {pk: timezone.localdate(at) for pk, at in found.items()}


@dataclass(frozen=True)
class ToCall:
    """A page that somebody spoke of long ago and that nobody holds: to call."""

    entry: Entry
    said_on: date


def _long_ago() -> dict[int, date]:
    limit = timezone.localdate() - YEAR
    said = {pk: day for pk, day in last_said(by_anybody=True).items() if day <= limit}
    if not said:
        return {}
    held = held_since(said)
    return {pk: day for pk, day in said.items() if pk not in held}


def _shown(organization_ids: Iterable[int]) -> QuerySet[Entry]:
    return Entry.objects.filter(
        publication__current=True, active=True, folded=False, organization__in=list(organization_ids)
    )


def pages_to_call(commune: str = "") -> list[ToCall]:
    """Pages that were last spoken of more than a year ago and that nobody holds, by commune then name. Five queries."""
    said = _long_ago()
    rows = _shown(said).select_related("organization", "commune")
    if commune:
        rows = rows.filter(commune=commune)
    found = [ToCall(entry, said[entry.organization_id]) for entry in rows.order_by("ordinal")]
    return sorted(found, key=lambda one: (one.entry.commune.name, one.entry.ordinal))


def communes_to_call() -> list[tuple[Commune, int, date]]:
    """How many pages to call in each commune, and the oldest word among them. Six queries at most."""
    said = _long_ago()
    days: dict[str, list[date]] = {}
    for pk, commune in _shown(said).values_list("organization_id", "commune_id"):
        days.setdefault(commune, []).append(said[pk])
    communes = Commune.objects.filter(code__in=days).order_by("name") if days else []
    return [(commune, len(days[commune.code]), min(days[commune.code])) for commune in communes]


def failing_sites() -> QuerySet[SiteCheck]:
    """Sites that failed at least twice, a week apart, under the address that a shown page gives. Filtered further in memory."""
    return (
        SiteCheck.objects.filter(
            failing_since__isnull=False,
            organization__entry__active=True,
            organization__entry__folded=False,
            organization__entry__publication__current=True,
        )
        .exclude(Q(organization__entry__website=""))
        .select_related("organization__canonical", "organization__entry")
        .order_by("failing_since", "pk")
    )
