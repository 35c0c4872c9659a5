"""Saying that one is available, changing it, pausing, and taking it back."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from horizon.actors.merged import of
from horizon.actors.models import Organization, Person
from horizon.actors.spoken import record_spoken
from horizon.kernel.refusal import Refused
from horizon.relief.law import ADULTS_ONLY
from horizon.relief.models import KINDS, MOST_PEOPLE, Proposal, UrgentCall, Volunteer
from horizon.relief.services.answering import give_place_back

CHANGED = ("skills", "commune", "km", "days", "parts", "people", "phone")


@transaction.atomic
def be_available(
    values: dict, *, actor: str, organization: Organization | None = None, person: Person | None = None
) -> Volunteer:
    """Keeps what somebody says they can do, where and when; said again, it replaces what they had said.

    Raises Refused without a skill, a day and a part of the day, or for somebody who does not say they are an adult.
    """
    for name, missing in (
        ("skills", "Dites ce que vous pourriez faire."),
        ("days", "Choisissez au moins un jour."),
        ("parts", "Choisissez au moins un moment de la journée."),
    ):
        if not values.get(name):
            raise Refused(missing)
    if set(values["skills"].split()) - {code for code, _ in KINDS}:
        raise Refused("Choisissez dans la liste ce que vous pourriez faire.")
    if person is not None and not values.get("adult"):
        raise Refused(ADULTS_ONLY)
    if not 1 <= values.get("people", 1) <= MOST_PEOPLE:
        raise Refused(f"Entre 1 et {MOST_PEOPLE} personnes.")
    kept = {name: values[name] for name in CHANGED if name in values}
    kept |= {"adult": person is not None, "paused": False, "reminded_on": None}
    if organization is not None:
        organization = organization.whole
        _leave_one_row(organization, actor=actor)
    volunteer, new = Volunteer.objects.update_or_create(
        organization=organization, person=person, defaults={**kept, "confirmed_on": timezone.localdate()}
    )
    volunteer.places.set(values.get("places", []))
    record_spoken(organization, "offer" if new else "change", "volunteer", volunteer.public_id, actor=actor)
    return volunteer


def _leave_one_row(organization: Organization, *, actor: str) -> None:
    """What is said for the whole replaces what each of those merged into it had said; the row kept keeps its answers."""
    rows = list(Volunteer.objects.select_for_update(of=("self",)).filter(of(organization)).order_by("pk"))
    rows.sort(key=lambda row: row.organization_id != organization.pk)
    for row in rows[1:]:
        erase_row(row, actor=actor)
    if rows and rows[0].organization_id != organization.pk:
        rows[0].organization = organization
        rows[0].save(update_fields=["organization"])


def _of_the_whole(volunteer: Volunteer) -> list[Volunteer]:
    """The rows of a person, or of a structure and all that is one with it, locked."""
    same = of(volunteer.organization) if volunteer.organization else Q(pk=volunteer.pk)
    return list(Volunteer.objects.select_for_update(of=("self",)).filter(same).order_by("pk"))


@transaction.atomic
def pause(volunteer: Volunteer, paused: bool, *, actor: str) -> None:
    """Nobody asks them for a while, or they may be asked again; saying so confirms that they are there."""
    for row in _of_the_whole(volunteer):
        row.paused, row.confirmed_on, row.reminded_on = paused, timezone.localdate(), None
        row.save(update_fields=["paused", "confirmed_on", "reminded_on"])
        record_spoken(
            row.organization, "pause" if paused else "resume", "volunteer", row.public_id, actor=actor
        )


@transaction.atomic
def forget_volunteer(volunteer: Volunteer, *, actor: str) -> None:
    """Erases somebody who was available, with all that is one with them."""
    for row in _of_the_whole(volunteer):
        erase_row(row, actor=actor)


@transaction.atomic
def erase_row(volunteer: Volunteer, *, actor: str) -> None:
    """Erases one row; where they were going, their place goes to the next."""
    going = Proposal.objects.filter(
        volunteer=volunteer, status__in=[Proposal.GOING, Proposal.WAITING], call__status=UrgentCall.OPEN
    )
    for proposal in going:
        give_place_back(proposal, actor=actor)
    record_spoken(volunteer.organization, "forget", "volunteer", volunteer.public_id, actor=actor)
    volunteer.delete()
