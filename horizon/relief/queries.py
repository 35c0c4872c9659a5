"""Reads of relief: open calls, who comes, whom to call."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from horizon.actors.merged import acted_for
from horizon.actors.models import Organization, OrganizationRole, Person
from horizon.engine.folding import fold
from horizon.relief.matching import to_ask
from horizon.relief.models import Proposal, UrgentCall, Volunteer

SHOWN = 60
OTHERS = 20


def open_calls() -> QuerySet[UrgentCall]:
    """Calls that are open now, the most pressing first."""
    return (
        UrgentCall.objects.filter(status=UrgentCall.OPEN, until_at__gt=timezone.now())
        .select_related("commune")
        .order_by("until_at", "pk")
    )


def answers_to(call: UrgentCall) -> dict[str, list[Proposal]]:
    """What was said for a call, by status, in the order of answers. One query."""
    found: dict[str, list[Proposal]] = {status: [] for status, _ in Proposal.STATUSES}
    rows = call.proposals.select_related("volunteer__person", "volunteer__organization", "volunteer__commune")
    for row in rows.order_by("answered_at", "pk"):
        found[row.status].append(row)
    return found


class ToCall(NamedTuple):
    """Somebody to call, how far, how often they were asked lately, and what was tried for this call."""

    volunteer: Volunteer
    km: float | None
    asked: int
    proposal: Proposal | None


def whom_to_call(call: UrgentCall, words: str = "") -> tuple[list[ToCall], int, list[Volunteer]]:
    """Those who could go and have not answered, best first: (shown, how many more, others found by name or number).

    Five queries whatever the number of people.
    """
    known = {row.volunteer_id: row for row in call.proposals.exclude(volunteer=None)}
    settled = {Proposal.GOING, Proposal.WAITING, Proposal.DECLINED, Proposal.CANCELLED}
    wanted = fold(words).split()
    ranked = to_ask(call)
    left = [one for one in ranked if one.pk not in known or known[one.pk].status not in settled]
    if wanted:
        left = [one for one in left if _says(fold(one.told), wanted)]
    people = Volunteer.objects.select_related("person", "organization", "commune")
    by_pk = people.in_bulk([one.pk for one in left[:SHOWN]])
    rows = [
        ToCall(by_pk[one.pk], one.km, one.asked, known.get(one.pk)) for one in left[:SHOWN] if one.pk in by_pk
    ]
    others: list[Volunteer] = []
    if words.strip():
        named = Q(person__name__icontains=words.strip()) | Q(organization__name__icontains=words.strip())
        found = people.filter(named | Q(phone__icontains=words.strip()))
        # whoever offered to go though nobody asked them is in no rank, and may be asked again
        found = found.exclude(pk__in=[pk for pk, row in known.items() if row.status in settled])
        seen = {one.pk for one in ranked}
        others = [row for row in found.order_by("pk")[: OTHERS * 5] if row.pk not in seen][:OTHERS]
    return rows, max(0, len(left) - SHOWN), others


def _says(told: str, words: list[str]) -> bool:
    return all(word in told for word in words)


def holders_of(person: Person) -> list[tuple[str, str, Organization | None]]:
    """As whom one may be available: oneself, then one's structures. One query."""
    roles = OrganizationRole.objects.filter(person=person, until=None).select_related(
        "organization__canonical"
    )
    wholes = dict.fromkeys(role.organization.whole for role in roles.order_by("pk"))
    return [("moi", "moi", None), *((one.public_id, one.name, one) for one in wholes)]


def volunteers_of(person: Person) -> list[Volunteer]:
    """What a person and their structures said of their availability. One query."""
    rows = Volunteer.objects.filter(Q(person=person) | Q(organization__in=acted_for(person)))
    return list(
        rows.select_related("person", "organization__canonical", "commune").order_by("organization", "pk")
    )
