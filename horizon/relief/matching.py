"""Whom to ask for a call: the engine's order over those who said they are available."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from horizon.actors.merged import root
from horizon.engine.calling import ANYTHING, Available, Wanted, whom_to_ask
from horizon.relief.models import KINDS, Proposal, UrgentCall, Volunteer

LATELY = timedelta(days=30)


class ToAsk(NamedTuple):
    """Somebody who may be asked: how far, how often they were asked lately, and the words by which one finds them."""

    pk: int
    km: float | None
    asked: int
    told: str


FIELDS = (
    "pk", "skills", "commune_id", "commune__lat", "commune__lon", "km", "days", "parts", "asked", "organization__name",
    "person__name", "commune__name", "phone", "whole",
)  # fmt: skip


def to_ask(call: UrgentCall) -> list[ToAsk]:
    """Those who could go, nearest and least asked first, whether asked already or not. Two queries whatever their number.

    Whoever goes to another call that is open is left in peace; a structure is asked once, however many were
    merged into it. Rows are plain values: thousands are weighed in one request.
    """
    now = timezone.now()
    rows = free_for(call)
    if call.kind != ANYTHING:
        rows = rows.filter(Q(skills__contains=call.kind) | Q(skills__contains=ANYTHING))
    lately = Q(proposals__asked_at__gte=now - LATELY) & ~Q(proposals__call=call)
    found = {
        row[0]: row
        for row in rows.annotate(asked=Count("proposals", filter=lately), whole=root()).values_list(*FIELDS)
    }
    also = set(
        Volunteer.places.through.objects.filter(commune=call.commune).values_list("volunteer_id", flat=True)
    )
    wanted = Wanted(
        call.kind, call.commune_id, call.commune.lat, call.commune.lon,
        timezone.localtime(max(call.since_at, now)).replace(tzinfo=None), timezone.localtime(call.until_at).replace(tzinfo=None),
    )  # fmt: skip
    ranked = whom_to_ask(wanted, (_available(row, call, also) for row in found.values()))
    ready = [ToAsk(int(one.key), one.km, one.asked, _told(found[int(one.key)])) for one in ranked]
    first: dict[int, int] = {}
    for one in ready:
        whole = found[one.pk][-1]
        if whole is not None:
            first[whole] = min(one.pk, first.get(whole, one.pk))
    return [one for one in ready if first.get(found[one.pk][-1], one.pk) == one.pk]


def free_for(call: UrgentCall) -> QuerySet[Volunteer]:
    """Those who may be asked at all: not in pause, and not going to another call that is open."""
    rows = Volunteer.objects.filter(paused=False).order_by()
    rows = rows.filter(Q(organization__isnull=False) | Q(person__is_active=True))
    doubled = Volunteer.objects.filter(organization=OuterRef("organization__canonical"))
    rows = rows.exclude(Exists(doubled))  # merged, a structure is what it said last as a whole, pauses too
    busy = Proposal.objects.filter(
        status=Proposal.GOING, call__status=UrgentCall.OPEN, volunteer__isnull=False
    ).exclude(call=call)
    return rows.exclude(pk__in=busy.values("volunteer"))


def _available(row: tuple, call: UrgentCall, also: set[int]) -> Available:
    pk, skills, place, lat, lon, km, days, parts, asked = row[:9]
    return Available(
        key=f"{pk:012d}", skills=frozenset(skills.split()), place=place, lat=lat, lon=lon, km=km,
        places=frozenset({call.commune_id}) if pk in also else frozenset(), slots=_slots(days, parts), asked=asked,
    )  # fmt: skip


@lru_cache(maxsize=2048)
def _slots(days: str, parts: str) -> frozenset[tuple[int, str]]:
    return frozenset((int(day), part) for day in days.split() for part in parts.split())


def _told(row: tuple) -> str:
    names = dict(KINDS)
    skills = " ".join(names.get(code, "") for code in row[1].split())
    return f"{row[9] or row[10] or ''} {row[11]} {row[12]} {skills}"
