"""Taking note of a gap: needs wait behind a door in a commune, and nobody is known there."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from horizon.actors.models import Person
from horizon.kernel.journal import record_event
from horizon.listening.models import KnownGap
from horizon.territory.models import Commune

LATER = timedelta(days=90)


@transaction.atomic
def note_gap(commune: Commune, door: str, *, by: Person) -> KnownGap:
    """Puts a gap aside for three months: somebody is looking for whoever could be there."""
    gap, _ = KnownGap.objects.update_or_create(
        commune=commune, door=door, defaults={"until_on": timezone.localdate() + LATER, "noted_by": by}
    )
    record_event("note", "gap", f"{commune.code}:{door}", actor=by.actor)
    return gap


@transaction.atomic
def reopen_gap(commune: Commune, door: str, *, by: Person) -> None:
    """Undoes it: the gap waits at the desk again."""
    if KnownGap.objects.filter(commune=commune, door=door).delete()[0]:
        record_event("reopen", "gap", f"{commune.code}:{door}", actor=by.actor)
