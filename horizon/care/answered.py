"""What was answered lately in care: suggestions, missing structures, claims, reports, contents, duplicates; `undo` takes each back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.urls import reverse

from horizon.actors.access import is_operator
from horizon.actors.merged import acts_or_relays_for
from horizon.actors.models import Person
from horizon.care import contents
from horizon.care.models import Claim, ContentReport, DuplicateSuggestion, Missing, Report
from horizon.directory.models import Statement
from horizon.directory.said.fields import FIELDS
from horizon.kernel.answered import AT_MOST
from horizon.kernel.registry import Waiting

PROPOSED_BY = (Statement.VISITOR, Statement.REGISTER)


def suggestions(person: Person, since: datetime) -> Iterator[Waiting]:
    """What was proposed: about one's own pages, about all for those who animate. What came with a structure that was missing is
    undone with it."""
    added = Missing.objects.filter(
        organization=OuterRef("organization"), status=Missing.ADDED, decided_at__gte=OuterRef("decided_at")
    )
    rows = (
        Statement.objects.filter(
            origin__in=PROPOSED_BY, status__in=[Statement.PUBLISHED, Statement.REFUSED], decided_at__gte=since
        )
        .exclude(Exists(added))
        .select_related("organization__canonical", "author")
    )
    if not is_operator(person):
        rows = rows.filter(organization__in=acts_or_relays_for(person))
    for row in rows.order_by("-decided_at", "-pk")[:AT_MOST]:
        if row.field in FIELDS and row.decided_at:
            yield Waiting(
                key=str(row.pk), room="suggestion", since=row.decided_at, href=reverse("care:suggestion", args=[row.pk]),
                title=f"{row.organization.whole.name}, {FIELDS[row.field].label.lower()} : {row.get_status_display()}",
                detail=" ".join(part for part in (f"« {row.said} »", row.reason, row.written_by) if part),
            )  # fmt: skip


def missing(person: Person, since: datetime) -> Iterator[Waiting]:
    """Structures added or not."""
    if not is_operator(person):
        return
    rows = Missing.objects.exclude(status=Missing.OPEN).filter(decided_at__gte=since)
    for row in rows.order_by("-decided_at", "-pk")[:AT_MOST]:
        became = "ajoutée" if row.status == Missing.ADDED else "refusée"
        yield Waiting(
            key=row.public_id, room="missing", since=row.decided_at or row.created_at, detail=row.reason,
            title=f"Structure manquante, {row.values.get('name', '')} : {became}",
            href=reverse("care:missing-answer", args=[row.public_id]),
        )  # fmt: skip


def claims(person: Person, since: datetime) -> Iterator[Waiting]:
    """Claims granted or refused."""
    if not is_operator(person):
        return
    rows = Claim.objects.filter(status__in=[Claim.GRANTED, Claim.REFUSED], decided_at__gte=since)
    rows = rows.select_related("organization__canonical", "person")
    for row in rows.order_by("-decided_at", "-pk")[:AT_MOST]:
        yield Waiting(
            key=row.public_id, room="claim", since=row.decided_at or row.created_at,
            title=f"{row.organization.whole.name}, demande de {row.person} : {row.get_status_display()}",
            href=reverse("care:claim", args=[row.public_id]), detail=f"Par {row.get_method_display()}. {row.reason}".strip(),
        )  # fmt: skip


def reports(person: Person, since: datetime) -> Iterator[Waiting]:
    """Reports of errors that were closed."""
    if not is_operator(person):
        return
    rows = Report.objects.exclude(status=Report.OPEN).filter(closed_at__gte=since)
    rows = rows.select_related("organization__canonical")
    for row in rows.order_by("-closed_at", "-pk")[:AT_MOST]:
        yield Waiting(
            key=row.public_id, room="report", since=row.closed_at or row.created_at, detail=f"« {row.message} » {row.answer}",
            title=f"{row.organization.whole.name}, signalement : {row.get_status_display()}",
            href=reverse("directory:entry", args=[row.organization.whole.public_id]),
        )  # fmt: skip


def contents_decided(person: Person, since: datetime) -> Iterator[Waiting]:
    """Reported contents taken away or left, one line for all the reports that had the same answer."""
    if not is_operator(person):
        return
    rows = ContentReport.objects.filter(decided_at__gte=since).exclude(status__in=ContentReport.WAITING)
    once = {
        (row.record_type, row.record_id, row.decided_at): row
        for row in rows.order_by("-decided_at", "-pk")[:AT_MOST]
    }
    known = contents.recalled_all(once.values())
    for row in once.values():
        content = known.get((row.record_type, row.record_id))
        became = "retiré" if row.status == ContentReport.TAKEN_AWAY else "laissé"
        text = content.text if content else "(n’existe plus)"
        yield Waiting(
            key=row.public_id, room="content", since=row.decided_at or row.created_at, title=f"Signalé, {became} : {text[:90]}",
            href=content.href if content and not content.readers else "", detail=f"{row.reason} {row.message}".strip(),
        )  # fmt: skip


def pairs_decided(person: Person, since: datetime) -> Iterator[Waiting]:
    """Duplicates that somebody decided; what numbers merge alone is contested from its page."""
    if not is_operator(person):
        return
    rows = DuplicateSuggestion.objects.filter(decided_at__gte=since, automatic=False)
    rows = rows.exclude(status=DuplicateSuggestion.OPEN).select_related("first", "second")
    for row in rows.order_by("-decided_at", "-pk")[:AT_MOST]:
        became = "réunies" if row.status == DuplicateSuggestion.SAME else row.get_status_display()
        yield Waiting(
            key=str(row.pk), room="duplicate", since=row.decided_at or row.created_at, detail=", ".join(row.reasons),
            title=f"{row.first.name} / {row.second.name} : {became}", href=reverse("care:duplicate", args=[row.pk]),
        )  # fmt: skip
