"""What waits about values: visits to answer, to write, to confirm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from horizon.actors.access import is_operator
from horizon.actors.merged import acted_for
from horizon.actors.models import Person
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Waiting, declare_waiting
from horizon.kernel.templatetags.atlas import day
from horizon.values.access import side_of
from horizon.values.models import Visit
from horizon.values.queries import my_visits
from horizon.values.services import visiting

AT_MOST = 300
SLOW = timedelta(days=30)


def declare() -> None:
    """Tells the desk about this room."""
    declare_waiting("visit", visits, answer, verbs=("accept",))


def visits(person: Person) -> Iterator[Waiting]:
    """Visits that wait for my side; for who animates, those that nobody moved for a month."""
    today, mine = timezone.localdate(), set(acted_for(person).values_list("pk", flat=True))
    rows = list(my_visits(person).filter(status__in=Visit.OPEN).order_by("on", "pk")[:AT_MOST])
    for row in rows:
        waits = _waits_for(row, mine, today)
        if waits:
            yield _item(row, *waits)
    if is_operator(person):
        shown = {row.pk for row in rows}
        slow = Visit.objects.filter(
            status__in=Visit.OPEN, on__lt=today, proposed_at__lt=timezone.now() - SLOW
        )
        for row in slow.select_related("organization__canonical", "visitor__canonical").order_by("on")[
            :AT_MOST
        ]:
            if row.pk not in shown:
                yield _item(row, f"Visite en attente : {row}", {})


def _waits_for(row: Visit, mine: set[int], today) -> tuple[str, dict[str, str]] | None:
    if row.status == Visit.PROPOSED:
        return (f"Visite à accepter : {row}", {"accept": "Accepter"}) if row.asked.pk in mine else None
    if row.on > today:
        return None
    if row.visitor.whole.pk in mine and not row.visitor_agreed_at:
        return f"Visite à raconter et à confirmer : {row}", {}
    if row.organization.whole.pk in mine and row.visitor_agreed_at and not row.visited_agreed_at:
        return f"Visite à confirmer : {row}", {}
    return None


def _item(row: Visit, title: str, actions: dict[str, str]) -> Waiting:
    return Waiting(
        key=row.public_id, room="visit", title=title, since=row.proposed_at, actions=actions, alike="visit",
        href=reverse("values:visit", args=[row.public_id]), detail=f"Le {day(row.on)}.",
    )  # fmt: skip


def answer(verb: str, key: str, person: Person) -> str:
    """Accepts, or undoes it. Declining needs its own reason: it is written on the visit's page."""
    row = (
        Visit.objects.select_related("organization__canonical", "visitor__canonical")
        .filter(public_id=key)
        .first()
    )
    side = side_of(person, row) if row else ""
    asked = row is not None and (side == visiting.VISITED) == row.asked_by_visitor
    if row is None or not side or not asked:
        raise Refused("Cette visite ne vous revient pas.")
    if verb == "undo":
        visiting.reopen_visit(row, by=person)
        return f"{row} : la visite attend de nouveau votre réponse."
    visiting.answer_visit(row, True, by=person)
    return f"{row} : visite acceptée pour le {day(row.on)}."
