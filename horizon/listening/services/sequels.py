"""What is offered and agreed for a need in another room: noted once, told to those who spoke."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from horizon.actors.models import Organization
from horizon.kernel.journal import record_event, record_events
from horizon.kernel.mail import one_mail_each
from horizon.listening.models import Need, Sequel
from horizon.listening.services.reading import write_to_voices

SUBJECTS = {
    Sequel.OFFERED: "Une offre pour ce que vous avez dit",
    Sequel.AGREED: "Un accord est conclu pour ce que vous avez dit",
}


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
    _, new = Sequel.objects.get_or_create(
        kind=one.kind, key=one.key, defaults={"need": need, "organization": one.organization, "at": one.at}
    )
    if new:
        record_event(one.kind, "need", need.public_id, actor="worker", payload={"key": one.key})
        group = [root.pk, *root.grouped.values_list("pk", flat=True)]
        write_to_voices(group, SUBJECTS[one.kind], one.said, besides=one.theirs)
    return new


@transaction.atomic
def forget_undone(kind: str, standing: QuerySet | Collection[str]) -> int:
    """Takes away what no longer stands: a deal that its two sides talk over again. Returns how many."""
    gone = Sequel.objects.filter(kind=kind).exclude(key__in=standing)
    needs = list(gone.values_list("need__public_id", flat=True))
    if needs:
        record_events("undone", "need", needs, actor="worker")
        gone.delete()
    return len(needs)
