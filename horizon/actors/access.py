"""Who may act as what, today. Roles follow from dated rows: nobody is anything by a mere flag.

`citizen` anybody signed in · `referent` acts for an organization · `member`, `partner` that organization is in the
collective · `elected`, `agent`, `pole_referent`, `operator` by a mandate.
"""

from __future__ import annotations

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from horizon.actors.merged import acted_for, of
from horizon.actors.models import (
    Mandate,
    Membership,
    Organization,
    OrganizationLink,
    OrganizationRole,
    Person,
    RelayConsent,
)
from horizon.kernel.access import WITHOUT_KEY

PERSON = "person:"
NAMES = {
    "citizen": "personne du territoire",
    "referent": "tient la page d’une structure",
    "member": "membre du collectif",
    "partner": "partenaire",
    "elected": "personne élue",
    "agent": "agent de la collectivité",
    "pole_referent": "contact d’un pôle",
    "operator": "animation du collectif",
    WITHOUT_KEY: "animation du collectif, dès qu’une clé protégera votre compte",
}


def roles_of(person: Person) -> frozenset[str]:
    """The roles of a person today. Two queries."""
    if not person.is_active:
        return frozenset()
    roles = {"citizen"}
    paths = [
        f"organization__{path}memberships" for path in ("", "canonical__", "merged__", "canonical__merged__")
    ]
    acts = OrganizationRole.objects.filter(person=person, until=None).values_list(
        *(f"{path}__{name}" for path in paths for name in ("status", "college__partner"))
    )
    for row in acts:
        roles.add("referent")
        for status, partner in zip(row[::2], row[1::2], strict=True):
            if status == Membership.ACTIVE:
                roles.add("partner" if partner else "member")
    roles.update(
        current_mandates()
        .filter(person=person)
        .exclude(function=Mandate.OFFICE)
        .values_list("function", flat=True)
    )
    if "operator" in roles and settings.SECOND_FACTOR and not is_mfa_enabled(person):
        roles.remove("operator")
        roles.add(WITHOUT_KEY)
    return frozenset(roles)


def current_mandates():
    """Mandates in force today."""
    today = timezone.localdate()
    return Mandate.objects.filter(Q(ends_on=None) | Q(ends_on__gte=today), starts_on__lte=today)


def animators() -> list[Person]:
    """Who animates today, each once, as they are written to. One query."""
    rows = current_mandates().filter(function=Mandate.OPERATOR).select_related("person").order_by("pk")
    return list({row.person_id: row.person for row in rows}.values())


def acts_for(person: object, organization: Organization) -> bool:
    """Whether a person acts for an organization, or for the relay that stands for it. One query; none for a visitor."""
    if not isinstance(person, Person) or not person.is_active:
        return False
    return OrganizationRole.objects.filter(acting_for(organization), person=person, until=None).exists()


def holds(person: object, organization: Organization) -> bool:
    """Whether a person acts for an organization by a role of its own, not through its relay. One query."""
    if not isinstance(person, Person) or not person.is_active:
        return False
    return OrganizationRole.objects.filter(of(organization), person=person, until=None).exists()


def manages(person: object, organization: Organization) -> bool:
    """Who says who acts for an organization, and through whom: those who hold it themselves, and operators; not its relay."""
    return is_operator(person) or holds(person, organization)


def acting_for(organization: Organization) -> Q:
    """The roles that speak for an organization, with all that is one with it: its own, and those of its relay."""
    acting = of(organization)
    for path in ("", "canonical__", "merged__"):
        relayed = f"organization__{path}relayed"
        acting |= of(organization, f"{relayed}__group") & Q(**{f"{relayed}__until": None})
    return acting


def through(speaker: object, *sides: Organization | None) -> dict[str, str]:
    """What the journal adds when somebody (a person, or the `actor` of an event) acts for one of these organizations as its
    relay: which one. One query where nobody relays them, six at most otherwise.
    """
    relayed = Q()
    for side in sides:
        relayed |= of(side, "group") if side else Q()
    if not relayed or (isinstance(speaker, str) and not speaker.startswith(PERSON)):
        return {}
    if not RelayConsent.objects.filter(relayed, until=None).exists():
        return {}
    person = _person_of(speaker)
    if person is None or is_operator(person) or any(holds(person, side) for side in sides if side):
        return {}
    row = (
        RelayConsent.objects.filter(relayed, until=None, relay__in=acted_for(person))
        .select_related("relay__canonical")
        .order_by("pk")
        .first()
    )
    return {"through": row.relay.whole.public_id} if row else {}


def _person_of(speaker: object) -> Person | None:
    if isinstance(speaker, str):
        return Person.objects.filter(public_id=speaker.removeprefix(PERSON)).first()
    return speaker if isinstance(speaker, Person) else None


def may_edit(person: object, organization: Organization) -> bool:
    """Who may change what an organization says of itself: its referents, its relay's, and operators."""
    return is_operator(person) or acts_for(person, organization)


def is_operator(person: object) -> bool:
    """Whether a person animates the collective."""
    return "operator" in getattr(person, "roles", ())


def may_answer(person: object, link: OrganizationLink) -> bool:
    """Who may confirm or refuse a link, or undo that: those who act for the side that did not say it."""
    return acts_for(person, link.listener)


def may_end(person: object, link: OrganizationLink) -> bool:
    """Who may say that a link is over: both sides, and operators."""
    return is_operator(person) or acts_for(person, link.first) or acts_for(person, link.second)


def may_reopen(person: object, link: OrganizationLink) -> bool:
    """Who may undo the last step of a link: who could have made it."""
    if is_operator(person):
        return link.status != OrganizationLink.DECLARED
    if link.status == OrganizationLink.ENDED:
        return may_end(person, link)
    by_other = link.status == OrganizationLink.REFUSED or link.confirmed_by == OrganizationLink.BY_OTHER
    return by_other and link.status != OrganizationLink.REMOVED and may_answer(person, link)
