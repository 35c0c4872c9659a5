"""Reads of the actors that pages share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.shortcuts import get_object_or_404

from horizon.actors.access import acting_for, current_mandates, may_edit
from horizon.actors.merged import acted_for, acts_or_relays_for, of, root
from horizon.actors.models import (
    Due,
    Mandate,
    Membership,
    Organization,
    OrganizationLink,
    OrganizationRole,
    Person,
    RelayConsent,
)
from horizon.actors.plan import plan


def organization_of(public_id: str) -> Organization:
    """The organization of a public id, or the one it was merged into. Raises Http404."""
    found = get_object_or_404(Organization.objects.select_related("canonical"), public_id=public_id)
    return found.whole


def editable(public_id: str, person: object) -> Organization:
    """The organization, for somebody who may change what it says. Raises PermissionDenied otherwise."""
    organization = organization_of(public_id)
    if not may_edit(person, organization):
        raise PermissionDenied
    return organization


def living_membership(organization: Organization) -> Membership | None:
    """The membership asked or in force, with its college: of the organization, or of one merged into it."""
    found = (
        Membership.objects.filter(of(organization), status__in=Membership.LIVING)
        .select_related("college", "organization__canonical")
        .order_by("pk")
    )
    return min(
        found,
        key=lambda m: (m.status != Membership.ACTIVE, m.organization_id != organization.root_id, m.pk),
        default=None,
    )


def counted_once(memberships: QuerySet[Membership]) -> QuerySet[Membership]:
    """These memberships, one for each organization however many were merged into it: the oldest of those asked for."""
    same = (
        memberships.order_by()
        .annotate(of_root=root())
        .filter(of_root=OuterRef("of_root"), pk__lt=OuterRef("pk"))
    )
    return memberships.annotate(of_root=root()).filter(~Exists(same))


def members(status: str = Membership.ACTIVE, college: str = "", words: str = "") -> QuerySet[Membership]:
    """Memberships of a status, by college and name. One query."""
    found = counted_once(Membership.objects.filter(status=status)).select_related(
        "organization__canonical", "college"
    )
    if college:
        found = found.filter(college__code=college)
    if words:
        found = found.filter(
            Q(organization__name__icontains=words) | Q(organization__canonical__name__icontains=words)
        )
    return found.order_by("college__rank", "organization__name", "pk")


def dues_of(memberships: Iterable[Membership]) -> Q:
    """The dues of these members, asked of any of the rows that are one with them, while they are or were what these are."""
    rows = list(memberships)
    roots = {row.organization.root_id for row in rows}
    whose = Q(membership__organization__in=roots) | Q(membership__organization__canonical__in=roots)
    return whose & Q(membership__status__in={row.status for row in rows})


def dues_by_root(memberships: Iterable[Membership]) -> dict[int, list[Due]]:
    """The dues of these members by their whole organizations, the last year first. One query."""
    found: dict[int, list[Due]] = {}
    for due in (
        Due.objects.filter(dues_of(memberships))
        .annotate(of_root=root("membership__organization"))
        .order_by("-year", "pk")
    ):
        found.setdefault(due.of_root, []).append(due)
    return found


@dataclass(frozen=True)
class DueTotal:
    """What was asked, received and is left of a year, in cents and in structures."""

    year: int
    asked: int
    received: int
    structures: int
    paid: int

    @property
    def left(self) -> int:
        """In cents."""
        return self.asked - self.received


def due_totals(memberships: Iterable[Membership]) -> list[DueTotal]:
    """The totals of these members year by year, the last first. One query."""
    paid = Q(received_on__isnull=False)
    rows = Due.objects.filter(dues_of(memberships)).order_by().values("year").annotate(
        asked=Sum("amount_cents"), received=Sum("amount_cents", filter=paid, default=0), structures=Count("pk"), paid=Count("pk", filter=paid)
    )  # fmt: skip
    return [DueTotal(**row) for row in rows.order_by("-year")]


def roles_on(organization: Organization) -> list[OrganizationRole]:
    """Who acts for an organization, or for one merged into it: one row for each person, the oldest. One query."""
    rows = (
        OrganizationRole.objects.filter(of(organization), until=None)
        .select_related("person")
        .order_by("since", "pk")
    )
    return list({role.person_id: role for role in reversed(rows)}.values())[::-1]


def ended_roles(organization: Organization, at_most: int = 10) -> list[OrganizationRole]:
    """Who no longer acts for an organization, the last first: one row for each person. Two queries."""
    acting = OrganizationRole.objects.filter(of(organization), until=None).values("person")
    rows = (
        OrganizationRole.objects.filter(of(organization), until__isnull=False)
        .exclude(person__in=acting)
        .select_related("person")
        .order_by("until", "pk")
    )
    return list({role.person_id: role for role in rows}.values())[::-1][:at_most]


def speakers_of(organization: Organization) -> list[OrganizationRole]:
    """Who is written to for an organization: those who act for it; when nobody does, those of its relay. Two queries at most."""
    own = roles_on(organization)
    if own:
        return own
    rows = OrganizationRole.objects.filter(acting_for(organization), until=None).select_related("person")
    return list({role.person_id: role for role in rows.order_by("-since", "-pk")}.values())[::-1]


def relayed_by(person: Person) -> list[RelayConsent]:
    """The groups that a person acts for as their relay, one row for each, without those that they act for themself. Two queries."""
    rows = (
        RelayConsent.objects.filter(relay__in=acted_for(person), until=None)
        .exclude(group__in=acted_for(person))
        .select_related("group__canonical", "relay__canonical")
        .order_by("group__name", "-pk")
    )
    return list({row.group.root_id: row for row in rows}.values())


def public_contacts(organization: Organization) -> list[OrganizationRole]:
    """The people who agreed that their name is shown on the organization's page."""
    rows = OrganizationRole.objects.filter(of(organization), until=None, public=True).select_related("person")
    return list({role.person_id: role for role in rows.order_by("-since", "-pk")}.values())[::-1]


def published_mandates(**conditions: object) -> QuerySet[Mandate]:
    """Mandates in force whose holders agreed that their name is shown."""
    return (
        current_mandates()
        .filter(public=True, **conditions)
        .select_related("person", "pole", "organization__canonical")
    )


def pole_contacts() -> dict[str, list[Mandate]]:
    """Whom to talk to in each pole, by its code. A pole that nobody was named for yet keeps the contacts of what it came from; one
    that closed says those of what it became. At most four queries."""
    named: dict[str, list[Mandate]] = {}
    for mandate in published_mandates(pole__isnull=False):
        assert mandate.pole
        named.setdefault(mandate.pole.code, []).append(mandate)
    today = plan()
    found = {}
    for code in today.names:
        heirs = [code] if code in today.open else [one for one in today.after[code] if one in today.open]
        rows: dict[int, Mandate] = {}
        for one in heirs or [code]:
            rows |= {row.pk: row for row in next((named[c] for c in today.held(one) if c in named), [])}
        found[code] = list(rows.values())
    return found


def links_of(organization: Organization) -> QuerySet[OrganizationLink]:
    """All the links that an organization has or had, those of what was merged into it too. One query."""
    ends = ("origin", "target")
    sides = Q()
    for end in ends:
        sides |= Q(**{end: organization}) | Q(**{f"{end}__canonical": organization})
    return OrganizationLink.objects.filter(sides).select_related("origin__canonical", "target__canonical")


def asked_of(person: Person) -> QuerySet[OrganizationLink]:
    """Declared links that wait for the answer of somebody, who acts for the other side or for its relay. One query."""
    mine = acts_or_relays_for(person)
    return OrganizationLink.objects.filter(
        Q(side=OrganizationLink.ORIGIN, target__in=mine) | Q(side=OrganizationLink.TARGET, origin__in=mine),
        status=OrganizationLink.DECLARED,
    ).select_related("origin__canonical", "target__canonical")


def unanswerable_links() -> QuerySet[OrganizationLink]:
    """Declared links whose other side has nobody to answer: operators may confirm them on evidence."""
    roles = OrganizationRole.objects.filter(until=None)
    one_with = Q(role_rows__in=roles)
    for path in ("canonical", "merged", "canonical__merged"):
        one_with |= Q(**{f"{path}__role_rows__in": roles})
    held = Organization.objects.filter(one_with).order_by().values("pk")
    return OrganizationLink.objects.filter(status=OrganizationLink.DECLARED).exclude(
        Q(side=OrganizationLink.ORIGIN, target__in=held) | Q(side=OrganizationLink.TARGET, origin__in=held)
    )
