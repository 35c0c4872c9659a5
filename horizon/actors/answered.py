"""What the desk answered lately among the actors, for those who animate: members, pages let be, agents, names, notes; `undo` takes each back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from horizon.actors.access import is_operator
from horizon.actors.merged import root
from horizon.actors.models import (
    ContactNote,
    LeftName,
    Membership,
    Organization,
    OrganizationRole,
    Person,
    SeenAgent,
)
from horizon.kernel.answered import AT_MOST
from horizon.kernel.registry import Waiting


def memberships_decided(person: Person, since: datetime) -> Iterator[Waiting]:
    """Requests to join, accepted or refused."""
    if not is_operator(person):
        return
    rows = Membership.objects.filter(
        status__in=[Membership.ACTIVE, Membership.REFUSED], decided_at__gte=since
    ).select_related("organization__canonical", "college")
    for row in rows.order_by("-decided_at", "-pk")[:AT_MOST]:
        became = "acceptée" if row.status == Membership.ACTIVE else "refusée"
        yield Waiting(
            key=str(row.pk), room="membership", since=row.decided_at or row.requested_at, detail=f"{row.college.name}. {row.reason}",
            title=f"{row.organization.whole.name}, adhésion : {became}", href=reverse("actors:decide", args=[row.pk]),
        )  # fmt: skip


def orphans_left(person: Person, since: datetime) -> Iterator[Waiting]:
    """Pages let be without anybody, and that nobody holds since."""
    if not is_operator(person):
        return
    held = OrganizationRole.objects.order_by().filter(until=None).annotate(of_root=root()).values("of_root")
    rows = Organization.objects.filter(orphan_left_at__gte=since, canonical=None).exclude(pk__in=held)
    for row in rows.order_by("-orphan_left_at", "-pk")[:AT_MOST]:
        yield Waiting(
            key=row.public_id, room="orphan", title=f"{row.name} : la page reste sans personne",
            since=row.orphan_left_at or since, href=reverse("actors:contact", args=[row.public_id]),
        )  # fmt: skip


def agents_answered(person: Person, since: datetime) -> Iterator[Waiting]:
    """Agents seen by ProConnect, given a mandate or not."""
    if not is_operator(person):
        return
    rows = SeenAgent.objects.filter(answered_at__gte=since).select_related("person")
    for row in rows.order_by("-answered_at", "-pk")[:AT_MOST]:
        became = "a un mandat d’agent" if row.mandate_id else "aucun mandat donné"
        yield Waiting(
            key=str(row.pk), room="agent", title=f"{row.person}, vu par ProConnect : {became}",
            since=row.answered_at or row.seen_at, href=reverse("actors:mandates"), detail=f"SIRET {row.siret}.",
        )  # fmt: skip


def names_left(person: Person, since: datetime) -> Iterator[Waiting]:
    """Names left in the texts of others, for the day during which one may come back on it."""
    if not is_operator(person):
        return
    rows = LeftName.objects.filter(status=LeftName.LEFT, answered_at__gte=since).exclude(word="")
    for row in rows.order_by("-answered_at", "-pk")[:AT_MOST]:
        yield Waiting(
            key=row.public_id, room="left-name", title=f"Un nom laissé dans {row.texts} textes", detail=f"« {row.word} »",
            since=row.answered_at or row.filed_at, href=reverse("actors:left-name", args=[row.public_id]),
        )  # fmt: skip


def notes_done(person: Person, since: datetime) -> Iterator[Waiting]:
    """Contacts taken up again."""
    if not is_operator(person):
        return
    rows = ContactNote.objects.filter(done_at__gte=since, next_on__isnull=False).select_related(
        "organization__canonical"
    )
    for row in rows.order_by("-done_at", "-pk")[:AT_MOST]:
        yield Waiting(
            key=str(row.pk), room="note", title=f"{row.organization.whole.name} : rappelée", since=row.done_at or row.created_at,
            href=reverse("actors:contact", args=[row.organization.whole.public_id]), detail=row.text,
        )  # fmt: skip
