"""Who one may enter as in the demonstration: a few invented people for each thing that one can be here."""

from __future__ import annotations

from django.db.models import Count

from horizon.actors.access import NAMES, current_mandates
from horizon.actors.models import Mandate, OrganizationRole, Person
from horizon.kernel.models import Event

BY_MANDATE = {Mandate.OPERATOR: 2, Mandate.ELECTED: 1, Mandate.AGENT: 1, Mandate.POLE: 1}
HOLDERS = 3


def lent_people() -> list[tuple[Person, str]]:
    """Invented people, each with what they are: operators, elected, agent, pole, holders of a page, and somebody else."""
    lent: dict[Person, str] = {}
    mandates = (
        current_mandates()
        .filter(person__demo=True, person__is_active=True)
        .select_related("person", "pole")
        .order_by("pk")
    )
    for function, wanted in BY_MANDATE.items():
        found = [m for m in mandates if m.function == function and m.person not in lent]
        lent.update((m.person, _said_of(m)) for m in found[:wanted])
    lent.update(_holders())
    plain = (
        Person.objects.filter(demo=True, is_active=True)
        .exclude(mandates__isnull=False)
        .exclude(organization_roles__isnull=False)
        .order_by("pk")
        .first()
    )
    return [*lent.items(), *([(plain, NAMES["citizen"])] if plain else [])]


def _said_of(mandate: Mandate) -> str:
    return f"{NAMES[mandate.function]} {mandate.pole.name}" if mandate.pole else NAMES[mandate.function]


def _holders() -> dict[Person, str]:
    """Those who hold a page and have done the most here: whoever enters as them finds offers, messages, deals."""
    roles = (
        OrganizationRole.objects.filter(person__demo=True, person__is_active=True, until=None)
        .select_related("person", "organization__canonical")
        .order_by("pk")
    )
    held = {role.person: role.organization.whole.name for role in roles}
    done = dict(
        Event.objects.filter(actor__in=[person.actor for person in held])
        .order_by()
        .values_list("actor")
        .annotate(Count("pk"))
    )
    most = sorted(held, key=lambda person: (-done.get(person.actor, 0), person.pk))[:HOLDERS]
    return {person: f"tient la page de {held[person]}" for person in most}
