"""Reads of values that pages share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, Q, QuerySet

from horizon.actors.merged import acted_for, of, root
from horizon.actors.models import Membership, Organization, Person
from horizon.engine.folding import fold
from horizon.values.criteria import Criterion, criteria
from horizon.values.models import Answer, Assessment, Visit

_SIDES = ("organization__canonical", "visitor__canonical", "assessment")


def versions(organization: Organization) -> QuerySet[Assessment]:
    """The published versions of an organization and of what is one with it, the last first."""
    return Assessment.objects.filter(of(organization), status=Assessment.PUBLISHED).order_by(
        "-published_at", "-pk"
    )


def current(organization: Organization) -> Assessment | None:
    """The version that is shown, or None. One query."""
    return versions(organization).first()


def version_on(organization: Organization, on: date) -> Assessment | None:
    """The version that was shown at the end of a day, of those that may still be read, or None. One query."""
    return versions(organization).filter(published_at__date__lte=on).first()


def draft_of(organization: Organization) -> Assessment | None:
    """The draft of an organization, else of what is one with it, or None. One query."""
    rows = Assessment.objects.filter(of(organization), status=Assessment.DRAFT)
    return min(rows, key=lambda row: row.organization_id != organization.root_id, default=None)


def answers_of(assessment: Assessment | None) -> dict[str, Answer]:
    """The answers of a version by criterion. One query at most."""
    return {row.criterion: row for row in assessment.answers.all()} if assessment else {}


def visits_of(organization: Organization) -> list[Visit]:
    """The visits that are public, the last first, with what they saw. Two queries."""
    return list(
        Visit.objects.filter(of(organization), status=Visit.DONE, assessment__status=Assessment.PUBLISHED)
        .select_related(*_SIDES)
        .prefetch_related("seen")
        .order_by("-on", "-pk")
    )


def visit_of(public_id: str) -> Visit | None:
    """A visit with its two sides. Two queries."""
    return Visit.objects.select_related(*_SIDES).prefetch_related("seen").filter(public_id=public_id).first()


@dataclass(frozen=True)
class Witness:
    """What one visit says of one criterion."""

    visit: Visit
    verdict: str
    label: str
    note: str


@dataclass(frozen=True)
class Line:
    """One criterion of a version: what is answered, what was answered before, and what visits saw."""

    criterion: Criterion
    answer: Answer | None
    before: Answer | None
    changed: bool
    witnesses: tuple[Witness, ...]


def lines(
    assessment: Assessment, previous: Assessment | None = None, visits: list[Visit] | None = None
) -> list[Line]:
    """A version criterion by criterion, in the order of the criteria: the only order there is. Two queries at most."""
    now, before = answers_of(assessment), answers_of(previous)
    nothing = ("", "", "")
    found = []
    for one in criteria(assessment.edition):
        here, there = now.get(one.code), before.get(one.code)
        changed = previous is not None and (here.said if here else nothing) != (
            there.said if there else nothing
        )
        witnesses = tuple(
            Witness(visit, row.verdict, row.get_verdict_display(), row.note)
            for visit in visits or ()
            for row in visit.seen.all()
            if row.criterion == one.code and row.verdict
        )
        found.append(Line(one, here, there, changed, witnesses))
    return found


def published_by_name() -> list[Assessment]:
    """The current version of each organization that published one, by name, the same on both databases. One query."""
    rows = Assessment.objects.filter(status=Assessment.PUBLISHED).select_related("organization__canonical")
    last = {row.organization.root_id: row for row in rows.order_by("published_at", "pk")}
    return sorted(last.values(), key=lambda row: (fold(row.organization.whole.name), row.pk))


def in_collective() -> QuerySet[Organization]:
    """The organizations of the collective, members and partners."""
    inside = Membership.objects.filter(status=Membership.ACTIVE).annotate(of_root=root()).values("of_root")
    return Organization.objects.filter(pk__in=inside, canonical=None)


def by_name(organizations: QuerySet[Organization]) -> list[Organization]:
    """Organizations in the order of the alphabet. One query."""
    return sorted(organizations, key=lambda one: (fold(one.name), one.pk))


def mine_in_collective(person: Person) -> list[Organization]:
    """Those that somebody acts for. One query."""
    mine = acted_for(person)
    return by_name(in_collective().filter(pk__in=mine))


def my_visits(person: Person) -> QuerySet[Visit]:
    """The visits, open or done, of the organizations that somebody acts for."""
    mine = acted_for(person)
    return Visit.objects.filter(Q(organization__in=mine) | Q(visitor__in=mine)).select_related(*_SIDES)


def with_answers(rows: QuerySet[Assessment]) -> QuerySet[Assessment]:
    """Versions with their answers. One more query for any number."""
    return rows.prefetch_related(Prefetch("answers", Answer.objects.order_by("pk")))
