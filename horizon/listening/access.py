"""Who may answer a need, and as whom they speak."""

from __future__ import annotations

from django.db.models import Q

from horizon.actors.access import current_mandates, is_operator
from horizon.actors.merged import acted_for, of
from horizon.actors.models import Mandate, Membership, OrganizationRole, Person
from horizon.listening.models import ANIMATION, AUTHORITY, CITIZEN, COMPANY, MEMBER, Need


def may_answer(person: object, need: Need) -> bool:
    """Those who animate, the authority, whoever the need is addressed to, its owner, the contacts of its pole, and the
    people of the collective's structures. At most two queries; anybody signed in may leave a lead."""
    if not isinstance(person, Person) or not person.is_active:
        return False
    roles = person.roles
    if is_operator(person) or roles & {"elected", "agent", "member"} or need.owner_id == person.pk:
        return True
    if "pole_referent" in roles:
        poles = [pole for pole in (need.pole_id, need.addressee_pole_id) if pole]
        if current_mandates().filter(person=person, function=Mandate.POLE, pole__in=poles).exists():
            return True
    return bool(
        need.addressee_organization_id
        and acted_for(person).filter(pk=need.addressee_organization_id).exists()
    )


def voices_of(person: Person) -> list[tuple[str, str]]:
    """As which publics a person may speak, most official first, with the title shown under the answer (empty: the public's own name)."""
    found: list[tuple[str, str]] = []
    if is_operator(person):
        found.append((ANIMATION, ""))
    for mandate in current_mandates().filter(person=person, function__in=[Mandate.ELECTED, Mandate.AGENT]):
        found.append((AUTHORITY, mandate.title or mandate.get_function_display()))
    for mandate in current_mandates().filter(person=person, function=Mandate.POLE).select_related("pole"):
        found.append((ANIMATION, f"Pôle {mandate.pole}"))
    acting = OrganizationRole.objects.filter(person=person, until=None).select_related(
        "organization__canonical"
    )
    for organization in dict.fromkeys(role.organization.whole for role in acting):
        active = Membership.objects.filter(of(organization), status=Membership.ACTIVE)
        partner = organization.kind == "partner" or active.filter(college__partner=True).exists()
        found.append((COMPANY if partner else MEMBER, organization.name))
    found.append((CITIZEN, ""))
    return found


def awaits(person: Person) -> Q:
    """The needs that a person is asked to answer: addressed to them, to their pole, to their structure, or theirs.

    What a theme addresses reaches every mandate of the authority that holds it, not only the one that is named.
    """
    mandates = list(current_mandates().filter(person=person))
    organizations = acted_for(person)
    doors = {door for m in mandates if m.function in (Mandate.ELECTED, Mandate.AGENT) for door in m.themes}
    return (
        Q(
            door__in=doors,
            addressee_mandate__isnull=False,
            addressee_mandate__function__in=[Mandate.ELECTED, Mandate.AGENT],
        )
        | Q(owner=person)
        | Q(addressee_mandate__in=[m.pk for m in mandates])
        | Q(
            addressee_mandate=None,
            addressee_pole__in=[m.pole_id for m in mandates if m.function == Mandate.POLE],
        )
        | Q(addressee_organization__in=organizations)
    )
