"""The state of a need, from the answers that stand under it and under those that say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.utils import timezone

from horizon.kernel.journal import record_event
from horizon.listening.models import Answer, Need

DUE_AFTER = timedelta(days=30)
STUDIED_FOR = timedelta(days=90)


def locked_together(*pks: int | None) -> dict[int, Need]:
    """These needs as they are now, locked in one order: whoever joins A to B and whoever joins B to A wait for each other."""
    rows = Need.objects.select_for_update(of=("self",)).filter(pk__in={pk for pk in pks if pk})
    return {need.pk: need for need in rows.order_by("pk")}


def settle(
    need: Need,
    actor: str,
    *,
    said_again: bool = False,
    left: Need | None = None,
    relay: Mapping[str, str] | None = None,
) -> None:
    """A need is in the state of the last official answer that stands in its group; the day of the first one is kept.

    Those grouped with it follow: whoever spoke there is answered too. What becomes studied, or is `said_again` to be, has a new day:
    ninety days from that answer. The day leaves with the answer; a day that the desk chose stays. `left`: the need it was grouped with;
    `relay`: through which structure the answer was given, for the journal.
    """
    root = need.same_as or need
    group = [root, *root.grouped.order_by("pk")]
    shown = Answer.objects.filter(
        need__in=[one.pk for one in group if one == root or one.status == Need.PUBLISHED]
    )
    standing = shown.filter(status=Answer.SHOWN).exclude(kind=Answer.LEAD).order_by("created_at", "pk")
    official = list(standing)
    state = official[-1].kind if official else Need.WAITING
    for one in group:
        due_on, new = one.due_on, state != one.state
        one.state = state
        one.answered_at = official[0].created_at if official else None
        if official and one.escalated_at and (new or official[-1].created_at > one.escalated_at):
            one.escalated_at = None
        if one.due_on and state == Need.STUDIED and (new or said_again):
            one.due_on = max(one.due_on, _followed_by(official[-1]))
        elif one.published_at and state == Need.WAITING and new and one.due_on in _days_given(group, left):
            one.due_on = max(timezone.localdate(one.published_at) + DUE_AFTER, timezone.localdate())
        one.save(update_fields=["state", "answered_at", "escalated_at", "due_on"])
        if one.due_on and one.due_on != due_on:
            payload = {"due_on": one.due_on.isoformat(), **(relay or {})}
            record_event("due", "need", one.public_id, actor=actor, payload=payload)


def _followed_by(answer: Answer) -> date:
    return timezone.localdate(answer.created_at) + STUDIED_FOR


def _days_given(group: Sequence[Need], left: Need | None) -> set[date]:
    """The days that « à l’étude » gave here or where it was grouped, whether the answer still stands or not."""
    needs = [*group, left, *left.grouped.all()] if left else group
    return {_followed_by(one) for one in Answer.objects.filter(need__in=needs, kind=Need.STUDIED)}
