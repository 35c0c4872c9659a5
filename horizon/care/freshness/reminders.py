"""The yearly letter: who is due, and sending it once."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from horizon.actors.merged import root
from horizon.actors.models import Organization
from horizon.care.freshness.letters import AT_MOST, ask_whether_right, may_write
from horizon.care.freshness.models import Reminder
from horizon.care.freshness.queries import held_since, last_said
from horizon.directory.models import Entry
from horizon.engine.freshness import FIRST, letter_due
from horizon.kernel.journal import record_event


def remind_pages() -> str:
    """Writes to those who hold a page that was last confirmed or changed more than a year ago. Run again, it writes nothing."""
    today, sent = timezone.localdate(), 0
    for organization_id in pages_due(today)[:AT_MOST]:
        if not may_write():
            break
        sent += remind(organization_id, today)
    return f"{sent} rappels annuels" if sent else ""


def pages_due(today: date) -> list[int]:
    """The organizations of shown pages for which a letter is due, the longest silent first. Six queries."""
    held = held_since()
    shown = Entry.objects.filter(
        publication__current=True, active=True, folded=False, organization__in=list(held)
    )
    said, letters = last_said(held), _last_letters(held)
    due = []
    for pk in shown.values_list("organization_id", flat=True):
        last = max(held[pk], said.get(pk, held[pk]))
        asked = letters.get(pk)
        if letter_due(last, asked.first_on if asked else None, asked.second_on if asked else None, today):
            due.append((last, pk))
    return [pk for _, pk in sorted(due)]


def _last_letters(organization_ids) -> dict[int, Reminder]:
    """The last letter about each (canonical) organization, whichever of its pages it was about."""
    rows = Reminder.objects.annotate(of_root=root()).filter(of_root__in=list(organization_ids))
    return {row.of_root: row for row in rows.order_by("first_on", "pk")}


@transaction.atomic
def remind(organization_id: int, today: date) -> bool:
    """Sends the letter that is due for one page, if it still is: read again under a lock, so that two workers send one."""
    organization = Organization.objects.select_for_update().get(pk=organization_id)
    held, said = held_since([organization_id]), last_said([organization_id])
    if organization_id not in held:
        return False
    last = max(held[organization_id], said.get(organization_id, held[organization_id]))
    asked = _last_letters([organization_id]).get(organization_id)
    due = letter_due(last, asked.first_on if asked else None, asked.second_on if asked else None, today)
    if not due:
        return False
    if due == FIRST:
        Reminder.objects.create(organization=organization, year=today.year, first_on=today)
    else:
        assert asked
        asked.second_on = today
        asked.save(update_fields=["second_on"])
    people = ask_whether_right(
        organization, said.get(organization_id), held[organization_id], again=due != FIRST
    )
    record_event(
        "remind",
        "organization",
        organization.public_id,
        actor="worker",
        payload={"letter": due, "people": people},
    )
    return True
