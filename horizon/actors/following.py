"""The structures that the collective follows: chosen, with their last note and next date, and the addresses to write to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.http import QueryDict
from django.utils import timezone

from horizon.actors.merged import root
from horizon.actors.models import Contact, ContactNote, Membership, Organization, OrganizationRole
from horizon.actors.reach import Reached, addresses_of
from horizon.kernel.registry import narrowings

BY_CODE = {"membre": Membership.ACTIVE, "demande": Membership.REQUESTED, "partie": Membership.LEFT}
MEMBERSHIPS = [
    ("membre", "membres"),
    ("demande", "demandes en attente"),
    ("partie", "parties"),
    ("non", "ni membres ni demandes"),
]
WHAT = [
    ("rappel", "à reprendre"),
    ("retard", "à reprendre, en retard"),
    ("note", "avec une note"),
    ("orpheline", "que personne ne tient"),
    ("personne", "avec une personne à joindre"),
]
SORTS = [("nom", "par nom"), ("reprendre", "à reprendre d’abord, les plus en retard en tête")]
BY_DATE = {"rappel", "retard"}


@dataclass
class Followed:
    """A structure of the list, with what is known of it."""

    organization: Organization
    memberships: list[Membership] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    roles: list[OrganizationRole] = field(default_factory=list)
    reached: Reached = field(default_factory=Reached)
    last_note: object = None
    next_on: date | None = None
    today: date = field(default_factory=timezone.localdate)

    @property
    def late(self) -> bool:
        """Whether the day to take it up again has passed."""
        return self.next_on is not None and self.next_on < self.today

    @property
    def is_today(self) -> bool:
        """Whether it is to be taken up today."""
        return self.next_on == self.today

    @property
    def membership(self) -> Membership | None:
        """The one in force or asked, else the last."""
        living = [row for row in self.memberships if row.status in Membership.LIVING]
        return next(iter(living or self.memberships), None)


def narrowed(rows: QuerySet, asked: QueryDict, *paths: str) -> tuple[QuerySet, dict[str, str]]:
    """These rows, narrowed by what other rooms know of their structures (commune, porte, pôle), and what was chosen.

    `paths` lead from a row to the organizations by which it may be chosen.
    """
    chosen = {}
    for way in narrowings():
        value = asked.get(way.named, "")
        if value and value in dict(way.choices()):
            chosen[way.named] = value
            ids, either = way.organizations(value), Q()
            for path in paths:
                either |= Q(**{f"{path}__in": ids})
            rows = rows.filter(either)
    return rows, chosen


def fields(chosen: dict[str, str]) -> list[tuple[str, str, list[tuple[str, str]], str]]:
    """The lists to choose from: name, label, choices, the one chosen."""
    return [(way.named, way.label, list(way.choices()), chosen.get(way.named, "")) for way in narrowings()]


def followed(asked: QueryDict) -> tuple[QuerySet[Organization], dict[str, str]]:
    """The structures with a note, somebody to reach, somebody who acts or a membership, as an address asks for them."""
    noted = _roots(ContactNote.objects.all())
    acting = _roots(OrganizationRole.objects.filter(until=None))
    reached = _roots(Contact.objects.all())
    found = Organization.objects.filter(
        Q(pk__in=noted) | Q(pk__in=acting) | Q(pk__in=reached) | Q(pk__in=_roots(Membership.objects.all())),
        canonical=None,
    )
    found, chosen = narrowed(found, asked, "pk", "merged")
    words, status, what = (
        asked.get("q", "").replace("\x00", " ").strip(),
        asked.get("adhesion", ""),
        asked.get("quoi", ""),
    )
    sort = asked.get("tri", "")
    if sort not in dict(SORTS):
        sort = "reprendre" if what in BY_DATE else "nom"
    if words:
        found = found.filter(Q(name__icontains=words) | Q(merged__name__icontains=words))
    if status in BY_CODE:
        found = found.filter(pk__in=_roots(Membership.objects.filter(status=BY_CODE[status])))
    elif status == "non":
        living = Membership.objects.filter(status__in=Membership.LIVING)
        found = found.exclude(pk__in=_roots(living))
    to_take_up = ContactNote.objects.filter(done_at=None, next_on__isnull=False)
    if what == "rappel":
        found = found.filter(pk__in=_roots(to_take_up))
    elif what == "retard":
        found = found.filter(pk__in=_roots(to_take_up.filter(next_on__lt=timezone.localdate())))
    elif what == "note":
        found = found.filter(pk__in=noted)
    elif what == "personne":
        found = found.filter(pk__in=reached)
    elif what == "orpheline":
        found = found.exclude(pk__in=acting)
    chosen |= {
        "q": words,
        "adhesion": status if status in dict(MEMBERSHIPS) else "",
        "quoi": what if what in dict(WHAT) else "",
        "tri": sort,
    }
    found = found.distinct()
    if sort == "nom":
        return found.order_by("name", "pk"), chosen
    of_one = _roots(to_take_up).filter(of_root=OuterRef("pk"))
    dated = found.annotate(take_up=Subquery(of_one.annotate(at=Min("next_on")).values("at")))
    return dated.order_by(F("take_up").asc(nulls_last=True), "name", "pk"), chosen


def told(organizations: Iterable[Organization]) -> list[Followed]:
    """What is known of each, in the same order. Eight queries, whatever the rows."""
    found = {one.pk: Followed(one) for one in organizations}
    ids = list(found)
    for membership in _of(Membership.objects.select_related("college"), ids).order_by("-requested_at", "-pk"):
        found[membership.of_root].memberships.append(membership)  # type: ignore[attr-defined]
    for contact in _of(Contact.objects.all(), ids):
        found[contact.of_root].contacts.append(contact)  # type: ignore[attr-defined]
    for role in _of(OrganizationRole.objects.filter(until=None).select_related("person"), ids).order_by("pk"):
        found[role.of_root].roles.append(role)  # type: ignore[attr-defined]
    notes = _of(ContactNote.objects.order_by(), ids).values("of_root")
    for row in notes.annotate(last=Max("created_at"), next=Min("next_on", filter=Q(done_at=None))):
        found[row["of_root"]].last_note, found[row["of_root"]].next_on = row["last"], row["next"]
    for pk, reached in addresses_of(ids).items():
        found[pk].reached = reached
    return list(found.values())


def _roots(rows: QuerySet) -> QuerySet:
    return rows.order_by().annotate(of_root=root()).values("of_root")


def _of(rows: QuerySet, ids: list[int]) -> QuerySet:
    return rows.annotate(of_root=root()).filter(of_root__in=ids)
