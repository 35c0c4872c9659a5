"""Tables of the actors: organizations, people, the collective, poles and mandates."""

from horizon.actors.models.collective import College, Contact, ContactNote, Due, Membership
from horizon.actors.models.links import RELATIONS, OrganizationLink
from horizon.actors.models.names import LeftName
from horizon.actors.models.organization import Organization, Touched, touch
from horizon.actors.models.people import Demonstration, Invitation, OrganizationRole, Person, RelayConsent
from horizon.actors.models.poles import Mandate, Pole, PoleChange, SeenAgent

__all__ = [
    "RELATIONS",
    "College",
    "Contact",
    "ContactNote",
    "Demonstration",
    "Due",
    "Invitation",
    "LeftName",
    "Mandate",
    "Membership",
    "Organization",
    "OrganizationLink",
    "OrganizationRole",
    "Person",
    "Pole",
    "PoleChange",
    "RelayConsent",
    "SeenAgent",
    "Touched",
    "touch",
]
