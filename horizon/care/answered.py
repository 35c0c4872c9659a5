"""What was answered lately: suggestions, missing structures, claims and reports, each with what undoes it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from horizon.actors.access import is_operator
from horizon.actors.merged import acts_or_relays_for
from horizon.actors.models import Person
from horizon.care.models import Claim, Missing, Report
from horizon.directory.models import Statement
from horizon.directory.said.fields import FIELDS
from horizon.kernel.registry import Waiting

LATELY = timedelta(days=30)
AT_MOST = 200
PROPOSED_BY = (Statement.VISITOR, Statement.REGISTER)


def answered_lately(person: object) -> list[Waiting]:
    """The latest first; those who hold a page see what was proposed about it, those who animate see all. Four queries."""
    assert isinstance(person, Person)
    since = timezone.now() - LATELY
    found = list(_suggestions(person, since))
    if is_operator(person):
        found += [*_missing(since), *_claims(since), *_reports(since)]
    return sorted(found, key=lambda item: (item.since, item.room, item.key), reverse=True)


def _suggestions(person: Person, since: datetime) -> Iterator[Waiting]:
    rows = Statement.objects.filter(
        origin__in=PROPOSED_BY, status__in=[Statement.PUBLISHED, Statement.REFUSED], decided_at__gte=since
    ).select_related("organization__canonical", "author")
    if not is_operator(person):
        rows = rows.filter(organization__in=acts_or_relays_for(person))
    for row in rows.order_by("-decided_at", "-pk")[:AT_MOST]:
        if row.field in FIELDS and row.decided_at:
            yield Waiting(
                key=str(row.pk), room="suggestion", since=row.decided_at, href=reverse("care:suggestion", args=[row.pk]),
                title=f"{row.organization.whole.name}, {FIELDS[row.field].label.lower()} : {row.get_status_display()}",
                detail=" ".join(part for part in (f"« {row.said} »", row.reason, row.written_by) if part),
            )  # fmt: skip


def _missing(since: datetime) -> Iterator[Waiting]:
    rows = Missing.objects.exclude(status=Missing.OPEN).filter(decided_at__gte=since)
    for row in rows.order_by("-decided_at", "-pk")[:AT_MOST]:
        became = "ajoutée" if row.status == Missing.ADDED else "refusée"
        yield Waiting(
            key=row.public_id, room="missing", since=row.decided_at or row.created_at, detail=row.reason,
            title=f"Structure manquante, {row.values.get('name', '')} : {became}",
            href=reverse("care:missing-answer", args=[row.public_id]),
        )  # fmt: skip


def _claims(since: datetime) -> Iterator[Waiting]:
    rows = Claim.objects.filter(status__in=[Claim.GRANTED, Claim.REFUSED], decided_at__gte=since)
    rows = rows.select_related("organization__canonical", "person")
    for row in rows.order_by("-decided_at", "-pk")[:AT_MOST]:
        yield Waiting(
            key=row.public_id, room="claim", since=row.decided_at or row.created_at,
            title=f"{row.organization.whole.name}, demande de {row.person} : {row.get_status_display()}",
            href=reverse("care:claim", args=[row.public_id]), detail=f"Par {row.get_method_display()}. {row.reason}".strip(),
        )  # fmt: skip


def _reports(since: datetime) -> Iterator[Waiting]:
    rows = Report.objects.exclude(status=Report.OPEN).filter(closed_at__gte=since)
    rows = rows.select_related("organization__canonical")
    for row in rows.order_by("-closed_at", "-pk")[:AT_MOST]:
        yield Waiting(
            key=row.public_id, room="report", since=row.closed_at or row.created_at, detail=f"« {row.message} » {row.answer}",
            title=f"{row.organization.whole.name}, signalement : {row.get_status_display()}",
            href=reverse("directory:entry", args=[row.organization.whole.public_id]),
        )  # fmt: skip
