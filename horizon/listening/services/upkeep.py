"""What listening does by itself: late needs go up to the desk, addresses are forgotten."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from horizon.actors.access import animators
from horizon.kernel.journal import record_event, record_events
from horizon.kernel.mail import write_to
from horizon.listening.models import Need, Voice
from horizon.listening.services.settling import DUE_AFTER, settle

KEPT_AFTER_ANSWER = timedelta(days=90)
KEPT_AT_MOST = timedelta(days=400)
FINAL = (Need.EXISTS, Need.TAKEN_UP, Need.IMPOSSIBLE)


@transaction.atomic
def escalate_late_needs() -> str:
    """Needs past their day without an answer, or still studied, go up to the people who animate, once; returns what was done."""
    rows = Need.objects.select_for_update(of=("self",)).filter(
        status=Need.PUBLISHED,
        same_as=None,
        state__in=[Need.WAITING, Need.STUDIED],
        due_on__lt=timezone.localdate(),
        escalated_at=None,
    )
    for need in filter(_studied_before_it_gave_a_day, rows):
        settle(need, "worker", said_again=True)
    late = list(rows.all())
    if not late:
        return ""
    Need.objects.filter(pk__in=[need.pk for need in late]).update(escalated_at=timezone.now())
    record_events("escalate", "need", [need.public_id for need in late], actor="worker")
    lines = "\n".join(
        f"- {need.text[:120]}{' (à l’étude)' if need.state == Need.STUDIED else ''}" for need in late[:20]
    )
    for person in animators():
        write_to(
            person.email,
            f"{len(late)} besoins sans réponse à l’échéance"
            if len(late) > 1
            else "Un besoin sans réponse à l’échéance",
            f"Bonjour,\n\nPersonne n’a répondu, ou conclu, à temps :\n\n{lines}\n\nIls sont en tête du bureau.",
        )
    return f"{len(late)} late"


def _studied_before_it_gave_a_day(need: Need) -> bool:
    """Answered « à l’étude » with a version that left the day of the publication: its day counts from the answer, as it does now."""
    if need.state != Need.STUDIED or need.published_at is None:
        return False
    return need.due_on == timezone.localdate(need.published_at) + DUE_AFTER


@transaction.atomic
def forget_addresses() -> str:
    """Forgets the addresses of voices: ninety days after a final answer, four hundred days at most."""
    now = timezone.now()
    done = Q(need__state__in=FINAL, need__answered_at__lt=now - KEPT_AFTER_ANSWER) | Q(
        need__status=Need.REFUSED, created_at__lt=now - KEPT_AFTER_ANSWER
    )
    rows = Voice.objects.exclude(email="").filter(done | Q(created_at__lt=now - KEPT_AT_MOST))
    ids = list(rows.values_list("public_id", flat=True))
    for public_id in ids:
        record_event("forget_address", "voice", public_id, actor="worker")
    Voice.objects.filter(public_id__in=ids).update(email="")
    return f"{len(ids)} forgotten" if ids else ""
