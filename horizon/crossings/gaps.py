"""Gaps of the territory at the desk (D-E5): needs wait behind a door in a commune where the directory knows nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Min
from django.urls import reverse
from django.utils import timezone

from horizon.actors.access import is_operator
from horizon.actors.models import Person
from horizon.crossings.coverage import coverage
from horizon.directory.queries import current_publication
from horizon.exchange.models import Listing
from horizon.kernel.answered import decisions
from horizon.kernel.doors import DOOR_BY_CODE
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Waiting, declare_waiting
from horizon.kernel.templatetags.atlas import day
from horizon.listening.models import KnownGap, Need
from horizon.listening.services.gaps import note_gap, reopen_gap
from horizon.territory.models import Commune


def declare() -> None:
    """Shows gaps at the desk of those who animate."""
    declare_waiting("gap", gaps_waiting, answer_gap, verbs=("accept",), answered=gaps_noted)


def gaps_waiting(person: Person) -> Iterator[Waiting]:
    """Gaps that nobody took note of, those where most needs wait first. Seven queries at most."""
    publication = current_publication() if is_operator(person) else None
    if publication is None:
        return
    known = set(KnownGap.objects.filter(until_on__gte=timezone.localdate()).values_list("commune_id", "door"))
    gaps = [gap for gap in coverage(publication.counts).gaps if (gap.commune.code, gap.door) not in known]
    if not gaps:
        return
    waits = Need.objects.filter(status=Need.PUBLISHED, same_as=None, state=Need.WAITING).order_by()
    since = {
        (row["commune"], row["door"]): row["first"]
        for row in waits.values("commune", "door").annotate(first=Min("published_at"))
    }
    offered = set(
        Listing.objects.filter(status=Listing.PUBLISHED, side=Listing.OFFER, audience=Listing.EVERYBODY)
        .order_by().values_list("commune_id", "door").distinct()
    )  # fmt: skip
    for gap in gaps:
        door = DOOR_BY_CODE[gap.door]
        needs = "un besoin attend" if gap.waiting == 1 else f"{gap.waiting} besoins attendent"
        near = " Une offre y est ouverte." if (gap.commune.code, gap.door) in offered else ""
        yield Waiting(
            key=f"{gap.commune.code}:{gap.door}", room="gap", title=f"Personne pour {door.name.lower()} à {gap.commune.name}",
            since=since[gap.commune.code, gap.door],
            href=f"{reverse('listening:list')}?commune={gap.commune.code}&porte={gap.door}",
            detail=f"{needs[0].upper()}{needs[1:]}, et l’annuaire n’y connaît aucune structure de cette porte.{near} "
            "À faire : ajouter la structure qui manque, en parler au pôle, ou demander à celles d’à côté.",
            actions={"accept": "Vu, revoir dans trois mois"}, alike=f"gap:{gap.door}",
        )  # fmt: skip


def gaps_noted(person: Person, since: datetime) -> Iterator[Waiting]:
    """Gaps that somebody took note of, and that have not come back."""
    if not is_operator(person):
        return
    noted = decisions("gap", ("note",), since)
    for gap in KnownGap.objects.filter(until_on__gte=timezone.localdate()).select_related("commune"):
        key = f"{gap.commune_id}:{gap.door}"
        if key in noted:
            yield Waiting(
                key=key, room="gap", title=f"Personne pour {DOOR_BY_CODE[gap.door].name.lower()} à {gap.commune.name} : vu",
                since=noted[key].at, href=f"{reverse('listening:list')}?commune={gap.commune_id}&porte={gap.door}",
                detail=f"À revoir le {day(gap.until_on)}.",
            )  # fmt: skip


def answer_gap(verb: str, key: str, person: Person) -> str:
    """Takes note of a gap; undone, it waits again."""
    code, _, door = key.partition(":")
    commune = Commune.objects.filter(code=code).first()
    if commune is None or door not in DOOR_BY_CODE or not is_operator(person):
        raise Refused("Ce manque n’existe plus.")
    where = f"{DOOR_BY_CODE[door].name}, {commune.name}"
    if verb == "undo":
        reopen_gap(commune, door, by=person)
        return f"De nouveau à voir : {where}."
    note_gap(commune, door, by=person)
    return f"Vu : {where}. Il reviendra dans trois mois si personne n’y est."
