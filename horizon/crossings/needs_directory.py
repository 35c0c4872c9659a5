"""Needs and the directory: who, among the structures listed, might answer a need."""

from __future__ import annotations

from django.urls import reverse

from horizon.directory.queries import current_publication, entries_saying
from horizon.engine.distance import distance_km
from horizon.engine.likeness import telling_terms
from horizon.engine.search.analysis import content_words, term
from horizon.kernel.doors import DOOR_BY_CODE
from horizon.kernel.registry import Aside, declare_beside
from horizon.listening.models import Need
from horizon.territory.models import Commune

SHOWN = 5


def declare() -> None:
    """Shows the structures beside a need."""
    declare_beside("need", who_could_answer)


def _km(here: Commune | None, there: Commune) -> float | None:
    if here is None or here.lat is None or here.lon is None or there.lat is None or there.lon is None:
        return None
    return distance_km(here.lat, here.lon, there.lat, there.lon)


def who_could_answer(need: Need) -> Aside | None:
    """Structures whose name or purpose has the telling words of a need, nearest first. Four queries once warm."""
    publication = current_publication()
    if publication is None:
        return None
    telling = telling_terms(need.text)
    place = {term(word) for word in content_words(need.commune.name)} if need.commune else set()
    words = [w for w in dict.fromkeys(content_words(need.text)) if term(w) in telling - place]
    entries = entries_saying(" ".join(words[:6]), publication, SHOWN)
    rows = []
    for entry in entries:
        where = entry.commune.name
        km = _km(need.commune, entry.commune)
        if km is not None:
            where += " (dans la commune)" if entry.commune_id == need.commune_id else f" (à {km:.0f} km)"
        rows.append((reverse("directory:entry", args=[entry.organization.public_id]), entry.name, where))
    door = DOOR_BY_CODE.get(need.door)
    return Aside(
        title="Qui pourrait répondre",
        rows=tuple(rows),
        source="D’après les mots du besoin et ceux de l’annuaire ; aucune de ces structures n’a été sollicitée.",
        empty=(
            "Aucune structure de l’annuaire n’a ces mots dans son nom ou son objet."
            + (f" La porte « {door.name} » en rassemble d’autres." if door else "")
        ),
    )
