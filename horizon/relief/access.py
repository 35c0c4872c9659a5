"""As whom one may call for help, and who follows a call."""

from __future__ import annotations

from typing import NamedTuple

from horizon.actors.access import acts_for, current_mandates, is_operator
from horizon.actors.models import Mandate, Organization, OrganizationRole, Person
from horizon.actors.sorts import companies
from horizon.kernel.keyed import fits, keyed
from horizon.relief.models import UrgentCall

SALT = "horizon.relief.call"
ITSELF, ANIMATION = "moi", "animation"


class Asker(NamedTuple):
    """As whom somebody calls: `trusted` calls are published at once, the others are called back first."""

    code: str
    label: str
    organization: Organization | None = None
    trusted: bool = True


def askers_and_companies(person: object) -> tuple[list[Asker], list[Organization]]:
    """As whom a person may call for help, and the companies that they act for: volunteers never go there. Three queries."""
    if not isinstance(person, Person) or not person.is_active:
        return [], []
    found = []
    if is_operator(person):
        found.append(Asker(ANIMATION, "l’animation du collectif, pour quelqu’un qui a appelé"))
    mandates = current_mandates().filter(person=person, function__in=[Mandate.ELECTED, Mandate.AGENT])
    for mandate in mandates.select_related("organization__canonical").order_by("pk"):
        title = mandate.title or mandate.get_function_display()
        authority = mandate.organization.whole if mandate.organization else None
        found.append(Asker(f"m{mandate.pk}", f"la collectivité ({title})", authority))
    roles = OrganizationRole.objects.filter(person=person, until=None).select_related(
        "organization__canonical"
    )
    held = list(dict.fromkeys(role.organization.whole for role in roles.order_by("pk")))
    firms = companies((one.pk, one.kind) for one in held)
    found += [Asker(one.public_id, one.name, one) for one in held if one.pk not in firms]
    found.append(Asker(ITSELF, "moi, sans structure", trusted=False))
    return found, [one for one in held if one.pk in firms]


def shown_as(asker: Asker | None, commune_name: str) -> str:
    """Who asks, as everybody reads it: a person is never named."""
    if asker is None or asker.code in {ITSELF, ANIMATION}:
        return f"Une personne de {commune_name}"
    return asker.label[0].upper() + asker.label[1:]


def may_follow(person: object, call: UrgentCall) -> bool:
    """Who sees who comes, and ends the call: who asked, the people of the structure, those who animate."""
    if is_operator(person):
        return True
    if not isinstance(person, Person) or not person.is_active:
        return False
    if call.author_id == person.pk:
        return True
    return call.organization is not None and acts_for(person, call.organization)


def call_key(call: UrgentCall) -> str:
    """What opens a call to who asked it without an account: it goes in their link, and is kept nowhere."""
    return keyed(SALT, call.public_id)


def opens(call: UrgentCall, key: str) -> bool:
    """Whether a key opens a call."""
    return fits(SALT, call.public_id, key)
