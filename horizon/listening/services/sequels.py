"""What is offered and agreed for a need in another room: noted once, told to those who spoke."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from horizon.actors.models import Organization
from horizon.kernel.journal import record_event, record_events
from horizon.kernel.mail import one_mail_each
from horizon.listening.models import Need, Sequel
from horizon.listening.services.reading import tell_voices

SUBJECTS = {
    Sequel.OFFERED: "Une offre pour ce que vous avez dit",
    Sequel.AGREED: "Un accord est conclu pour ce que vous avez dit",
}

UNDONE = (
    "Un accord ne tient plus",
    "L’accord dont nous vous avions parlé est de nouveau en discussion, ou n’est plus public.",
)


@dataclass(frozen=True)
class Heard:
    """An offer or a concluded deal made for a need: `need` is its public id, `said` a sentence, `theirs` the addresses of those who
    made it, who know already."""

    need: str
    kind: str
    key: str
    at: datetime
    said: str
    organization: Organization | None = None
    theirs: Collection[str] = ()


def note_sequels(heard: Sequence[Heard]) -> int:
    """Notes what was not noted yet, and tells each person who spoke in one message. Returns how many were noted."""
    with one_mail_each(), transaction.atomic():
        return sum(_noted(one) for one in heard)


def _noted(one: Heard) -> bool:
    need = Need.objects.select_related("same_as").filter(public_id=one.need).first()
    root = need and (need.same_as or need)
    if need is None or root is None or root.status != Need.PUBLISHED:
        return False
    told = Sequel.objects.filter(Q(need=root) | Q(need__same_as=root), kind=one.kind, key=one.key).exists()
    if told:
        return False
    _, new = Sequel.objects.get_or_create(
        need=need, kind=one.kind, key=one.key, defaults={"organization": one.organization, "at": one.at}
    )
    if new:
        record_event(one.kind, "need", need.public_id, actor="worker", payload={"key": one.key})
        tell_voices(root, SUBJECTS[one.kind], one.said, besides=one.theirs)
    return new


def forget_undone(standing: QuerySet | Collection[str]) -> int:
    """Takes away the deals that no longer stand (their two sides talk them over again), and tells who was told. Returns how many."""
    with one_mail_each(), transaction.atomic():
        rows = Sequel.objects.filter(kind=Sequel.AGREED).exclude(key__in=standing)
        gone = list(rows.select_related("need__same_as"))
        record_events("undone", "need", [one.need.public_id for one in gone], actor="worker")
        for one in gone:
            root = one.need.same_as or one.need
            one.delete()
            if root.status == Need.PUBLISHED:
                tell_voices(root, *UNDONE)
    return len(gone)
