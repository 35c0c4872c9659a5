"""Agents seen by ProConnect: what the SIRET suggests, and what somebody who animates makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from horizon.actors.access import current_mandates
from horizon.actors.models import Mandate, Person, SeenAgent
from horizon.actors.services.people import find_or_create_person
from horizon.actors.services.poles import end_mandate, give_mandate
from horizon.kernel.journal import record_event
from horizon.kernel.refusal import Refused

if TYPE_CHECKING:
    from horizon.actors.proconnect import Agent


@transaction.atomic
def welcome_agent(agent: Agent) -> Person:
    """The person of an agent. Working for an authority of the territory gives no right: it only asks the desk, once."""
    person = find_or_create_person(agent.email, name=agent.name, actor="proconnect")
    siren = agent.siret[:9]
    has_one = current_mandates().filter(person=person, function=Mandate.AGENT).exists()
    if siren and siren in settings.AUTHORITIES and not has_one:
        _, new = SeenAgent.objects.get_or_create(person=person, defaults={"siret": agent.siret})
        if new:
            record_event(
                "see_agent", "person", person.public_id, actor="proconnect", payload={"siren": siren}
            )
    return person


@transaction.atomic
def answer_agent(seen: SeenAgent, yes: bool, *, actor: str) -> SeenAgent:
    """Gives the mandate of agent, or puts the suggestion aside. Raises Refused when it was answered meanwhile."""
    locked = SeenAgent.objects.select_for_update(of=("self",)).select_related("person").get(pk=seen.pk)
    if locked.answered_at:
        raise Refused("Quelqu’un a déjà répondu.")
    if yes:
        locked.mandate = give_mandate(
            locked.person, Mandate.AGENT, actor=actor, decided_by="vu par ProConnect, confirmé au bureau"
        )
    locked.answered_at = timezone.now()
    locked.save(update_fields=["answered_at", "mandate"])
    record_event(
        "confirm_agent" if yes else "put_agent_aside", "person", locked.person.public_id, actor=actor
    )
    return locked


@transaction.atomic
def reopen_agent(seen: SeenAgent, *, actor: str) -> None:
    """Undoes the answer: a mandate that it gave ends."""
    locked = (
        SeenAgent.objects.select_for_update(of=("self",)).select_related("person", "mandate").get(pk=seen.pk)
    )
    mandate, locked.mandate, locked.answered_at = locked.mandate, None, None
    locked.save(update_fields=["answered_at", "mandate"])
    if mandate and not (mandate.ends_on and mandate.ends_on < timezone.localdate()):
        end_mandate(mandate, actor=actor)
    record_event("reopen_agent", "person", locked.person.public_id, actor=actor)
