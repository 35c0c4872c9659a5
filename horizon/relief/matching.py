"""Whom to ask for a call: the engine's order over those who said they are available."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from django.db.models import Count, Q
from django.utils import timezone

from horizon.engine.calling import ANYTHING, Available, Wanted, whom_to_ask
from horizon.relief.models import Proposal, UrgentCall, Volunteer

LATELY = timedelta(days=30)


class ToAsk(NamedTuple):
    """Somebody who may be asked: how far, how often they were asked lately."""

    volunteer: Volunteer
    km: float | None
    asked: int


def to_ask(call: UrgentCall) -> list[ToAsk]:
    """Those who could go, nearest and least asked first, whether asked already or not. Two queries whatever their number.

    Whoever goes to another call that is open is left in peace.
    """
    now = timezone.now()
    rows = Volunteer.objects.filter(paused=False).select_related("organization", "person", "commune")
    rows = rows.filter(Q(organization__isnull=False) | Q(person__is_active=True))
    if call.kind != ANYTHING:
        rows = rows.filter(Q(skills__contains=call.kind) | Q(skills__contains=ANYTHING))
    busy = Proposal.objects.filter(
        status=Proposal.GOING, call__status=UrgentCall.OPEN, volunteer__isnull=False
    )
    rows = rows.exclude(pk__in=busy.exclude(call=call).values("volunteer"))
    rows = rows.annotate(
        asked=Count("proposals", filter=Q(proposals__asked_at__gte=now - LATELY) & ~Q(proposals__call=call))
    ).prefetch_related("places")
    by_key = {row.public_id: row for row in rows}
    wanted = Wanted(
        call.kind, call.commune_id, call.commune.lat, call.commune.lon,
        timezone.localtime(max(call.since_at, now)).replace(tzinfo=None), timezone.localtime(call.until_at).replace(tzinfo=None),
    )  # fmt: skip
    ranked = whom_to_ask(wanted, map(_available, by_key.values()))
    return [ToAsk(by_key[one.key], one.km, one.asked) for one in ranked]


def _available(row: Volunteer) -> Available:
    days, parts = [int(day) for day in row.days.split()], row.parts.split()
    return Available(
        key=row.public_id, skills=frozenset(row.skills.split()), place=row.commune_id, lat=row.commune.lat, lon=row.commune.lon,
        km=row.km, places=frozenset(place.code for place in row.places.all()),
        slots=frozenset((day, part) for day in days for part in parts), asked=row.asked,  # type: ignore[attr-defined]
    )  # fmt: skip
