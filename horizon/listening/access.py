"""Who may answer a need, and as whom they speak."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Q, QuerySet

from horizon.actors.access import current_mandates, is_operator
from horizon.actors.merged import acts_or_relays_for, of
from horizon.actors.models import Mandate, Membership, Organization, OrganizationRole, Person
from horizon.actors.plan import plan
from horizon.actors.queries import relayed_by
from horizon.listening.models import ANIMATION, AUTHORITY, CITIZEN, COMPANY, MEMBER, Need

OFFICIAL = [Mandate.ELECTED, Mandate.AGENT]


def may_answer(person: object, need: Need) -> bool:
    """Those who animate, the authority, whoever the need is addressed to, its owner, the contacts of its pole, and the
    people of the collective's structures. At most five queries; anybody signed in may leave a lead."""
    if not isinstance(person, Person) or not person.is_active:
        return False
    roles = person.roles
    if is_operator(person) or roles & {"elected", "agent", "member"} or need.owner_id == person.pk:
        return True
    poles = {pole.code for pole in (need.pole, need.addressee_pole) if pole}
    if "pole_referent" in roles and poles & _poles_of(current_mandates().filter(person=person)):
        return True
    return bool(
        need.addressee_organization_id
        and acts_or_relays_for(person).filter(pk=need.addressee_organization_id).exists()
    )


def _poles_of(mandates: QuerySet[Mandate]) -> set[str]:
    """The poles that these mandates are contacts of, with those that they came from. Two queries."""
    codes = set(mandates.filter(function=Mandate.POLE).values_list("pole__code", flat=True))
    today = plan() if codes else None
    return {one for code in codes for one in today.held(code)} if today else set()


class Speaking(NamedTuple):
    """As which public somebody speaks, the title shown under the answer (empty: the public's own name), and for whom."""

    public: str
    title: str
    organization: Organization | None = None


def voices_of(person: Person) -> list[Speaking]:
    """As which publics a person may speak, most official first."""
    found = [Speaking(ANIMATION, "")] if is_operator(person) else []
    for mandate in current_mandates().filter(person=person, function__in=OFFICIAL):
        found.append(Speaking(AUTHORITY, mandate.title or mandate.get_function_display()))
    for mandate in current_mandates().filter(person=person, function=Mandate.POLE).select_related("pole"):
        found.append(Speaking(ANIMATION, f"Pôle {mandate.pole}"))
    acting = OrganizationRole.objects.filter(person=person, until=None).select_related(
        "organization__canonical"
    )
    spoken = {role.organization.whole: role.organization.whole.name for role in acting}
    for row in relayed_by(person):
        spoken.setdefault(row.group.whole, f"{row.group.whole.name}, par {row.relay.whole.name}")
    for organization, name in spoken.items():
        active = Membership.objects.filter(of(organization), status=Membership.ACTIVE)
        partner = organization.kind == "partner" or active.filter(college__partner=True).exists()
        found.append(Speaking(COMPANY if partner else MEMBER, name, organization))
    found.append(Speaking(CITIZEN, ""))
    return found


def asked_through(mandates: QuerySet[Mandate]) -> Q:
    """The needs that these mandates are asked to answer. Three queries at most.

    What a theme addresses reaches every mandate of the authority that holds it, not only the one that is named.
    """
    doors = {door for mandate in mandates.filter(function__in=OFFICIAL) for door in mandate.themes}
    return (
        Q(door__in=doors, addressee_mandate__function__in=OFFICIAL)
        | Q(addressee_mandate__in=mandates.order_by().values("pk"))
        | Q(addressee_mandate=None, addressee_pole__code__in=_poles_of(mandates))
    )


def awaits(person: Person) -> Q:
    """The needs that a person is asked to answer: addressed to them, to their pole, to their structure, or theirs."""
    mine = current_mandates().filter(person=person)
    return asked_through(mine) | Q(owner=person) | Q(addressee_organization__in=acts_or_relays_for(person))
