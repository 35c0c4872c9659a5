"""As what somebody speaks of an organization."""

from __future__ import annotations

from horizon.actors.access import is_operator
from horizon.actors.merged import of
from horizon.actors.models import Organization, OrganizationRole, Person, RelayConsent
from horizon.directory.models import Statement


def role_of(person: object, organization: Organization) -> str:
    """As what a person speaks of an organization: referent, operator, relay, or visitor."""
    if not isinstance(person, Person):
        return Statement.VISITOR
    if OrganizationRole.objects.filter(of(organization), person=person, until=None).exists():
        return Statement.REFERENT
    if is_operator(person):
        return Statement.OPERATOR
    relayed = RelayConsent.objects.filter(
        of(organization, "group"), until=None, relay__role_rows__person=person, relay__role_rows__until=None
    )
    return Statement.RELAY if relayed.exists() else Statement.VISITOR
