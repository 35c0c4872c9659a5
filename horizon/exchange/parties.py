"""Who stands on each side: an organization through its referents, or a person."""

from __future__ import annotations

from typing import NamedTuple

from horizon.actors.access import acts_for, animators, is_operator
from horizon.actors.merged import root
from horizon.actors.models import Membership, Organization, OrganizationRole, Person
from horizon.actors.queries import relayed_by, speakers_of
from horizon.actors.sorts import sort_of
from horizon.exchange.models import Deal, Listing

ITSELF = "moi"


class Party(NamedTuple):
    """An organization or a person; neither once the person was erased.

    `carried`: who animates answers for the organization as long as nobody acts for it: they typed what it says, or nobody could
    answer who wrote to it.
    """

    organization: Organization | None = None
    person: Person | None = None
    carried: bool = False

    @property
    def key(self) -> str:
        """What tells two parties apart."""
        return (
            f"o{self.organization.root_id}"
            if self.organization
            else f"p{self.person.pk if self.person else 0}"
        )

    @property
    def nobody(self) -> bool:
        """Whether the person was erased."""
        return self.organization is None and self.person is None

    @property
    def name(self) -> str:
        """As shown to anybody: a person is never named."""
        return self.organization.whole.name if self.organization else "une personne du territoire"

    @property
    def who(self) -> str:
        """The sort that the law tells apart: nonprofit, company, public or person. One query at most."""
        return sort_of(self.organization) if self.organization else "person"

    @property
    def unattended(self) -> bool:
        """Whether nobody acts for this organization. Two queries at most, none for a person."""
        return self.organization is not None and not speakers_of(self.organization)

    def includes(self, person: object) -> bool:
        """Whether somebody may act for this party. One query at most, three for who animates and carries it."""
        if self.organization is not None:
            carries = self.carried and is_operator(person)
            return acts_for(person, self.organization) or carries and self.unattended
        return (
            isinstance(person, Person)
            and person.is_active
            and person.pk == (self.person.pk if self.person else 0)
        )

    def people(self) -> list[Person]:
        """Those who are written to. Three queries at most."""
        if self.person is not None:
            return [self.person] if self.person.is_active else []
        if self.organization is None:
            return []
        speakers = speakers_of(self.organization)
        if self.carried and not speakers:
            return animators()
        return [role.person for role in speakers if role.person.is_active]


def holder_of(listing: Listing) -> Party:
    """Who holds a listing."""
    return Party(listing.organization, listing.person, listing.noted)


def holder_in(deal: Deal) -> Party:
    """Who holds the listing that a deal answers, as they stand in that deal."""
    listing = deal.listing
    return Party(listing.organization, listing.person, listing.noted or deal.carried)


def opener_of(deal: Deal) -> Party:
    """Who answered the listing."""
    return Party(deal.organization, deal.person)


def on_holder_side(deal: Deal, person: object) -> bool:
    """Whether somebody answers for the holder of a deal; who animates and opened it themselves leaves that to another."""
    holder = holder_in(deal)
    return holder.includes(person) and not (holder.carried and opener_of(deal).includes(person))


def giver_and_taker(deal: Deal) -> tuple[Party, Party]:
    """Who gives and who receives."""
    holder, opener = holder_in(deal), opener_of(deal)
    return (holder, opener) if deal.listing.side == Listing.OFFER else (opener, holder)


def parties_of(person: Person) -> list[tuple[str, str, Party]]:
    """As whom a person may speak: (code, label, party), their structures first, then the groups that they relay. Three queries."""
    roles = (
        OrganizationRole.objects.filter(person=person, until=None)
        .select_related("organization__canonical")
        .order_by("pk")
    )
    wholes = dict.fromkeys(role.organization.whole for role in roles)
    found = [(one.public_id, one.name, Party(one)) for one in wholes]
    groups = [row.group.whole for row in relayed_by(person)]
    found += [
        (one.public_id, f"{one.name} (vous êtes son relais)", Party(one))
        for one in groups
        if one not in wholes
    ]
    return [*found, (ITSELF, "moi, sans structure", Party(person=person))]


def in_the_collective(organizations: set[int]) -> set[int]:
    """Those of these organizations (canonical ones) that are members today, themselves or by one merged into them. One query."""
    return set(
        Membership.objects.annotate(of_root=root())
        .filter(of_root__in=organizations, status=Membership.ACTIVE)
        .values_list("of_root", flat=True)
    )


def is_member(person: object) -> bool:
    """Whether a person sees what only the collective sees."""
    return bool(getattr(person, "roles", frozenset()) & {"member", "partner", "operator", "pole_referent"})
