"""The state of a need, from the answers that stand under it and under those that say the same."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from horizon.listening.models import Answer, Need

STUDIED_FOR = timedelta(days=90)


def locked_together(*pks: int | None) -> dict[int, Need]:
    """These needs as they are now, locked in one order: whoever joins A to B and whoever joins B to A wait for each other."""
    rows = Need.objects.select_for_update(of=("self",)).filter(pk__in={pk for pk in pks if pk})
    return {need.pk: need for need in rows.order_by("pk")}


def settle(need: Need) -> None:
    """A need is in the state of the last official answer that stands in its group; the day of the first one is kept.

    Those grouped with it follow: whoever spoke there is answered too. What is studied has a new day: ninety days from that answer.
    """
    root = need.same_as or need
    group = [root, *root.grouped.order_by("pk")]
    shown = Answer.objects.filter(
        need__in=[one.pk for one in group if one == root or one.status == Need.PUBLISHED]
    )
    standing = shown.filter(status=Answer.SHOWN).exclude(kind=Answer.LEAD).order_by("created_at", "pk")
    official = list(standing)
    for one in group:
        one.state = official[-1].kind if official else Need.WAITING
        one.answered_at = official[0].created_at if official else None
        if official:
            one.escalated_at = None
        if one.state == Need.STUDIED and one.due_on:
            one.due_on = max(one.due_on, timezone.localdate(official[-1].created_at) + STUDIED_FOR)
        one.save(update_fields=["state", "answered_at", "escalated_at", "due_on"])
