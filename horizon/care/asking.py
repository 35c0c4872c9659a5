"""Asking a structure whether what somebody proposes of it is right (demander à la structure)."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from horizon.actors.models import Organization
from horizon.actors.queries import roles_on
from horizon.directory.models import Statement
from horizon.directory.said.fields import FIELDS
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.kernel.refusal import Refused
from horizon.kernel.templatetags.atlas import day

DAY = timedelta(days=1)


@transaction.atomic
def ask_structure(statement: Statement, *, actor: str) -> int:
    """Writes to those who act for the structure, once for all that was proposed together. Returns to how many people: none
    when nobody holds the page, and nothing is then written down.

    Raises Refused when it was answered meanwhile, or asked less than a day ago.
    """
    organization = Organization.objects.select_for_update().get(pk=statement.organization_id)
    kept = Statement.objects.select_for_update().get(pk=statement.pk)
    if kept.status != Statement.PROPOSED:
        raise Refused("Cette proposition a déjà reçu une réponse.")
    now = timezone.now()
    if kept.asked_at and now - kept.asked_at < DAY:
        raise Refused(
            f"C’est déjà demandé à la structure, le {day(kept.asked_at)} : attendez sa réponse, ou appelez-la."
        )
    people = [role.person for role in roles_on(organization)]
    if not people:
        return 0
    together = [kept]
    if kept.batch:
        same = Statement.objects.filter(
            organization=organization, batch=kept.batch, status=Statement.PROPOSED
        )
        together = [row for row in same.order_by("pk") if row.field in FIELDS]
    lines = "\n\n".join(_line(row) for row in together)
    for person in people:
        write_to(
            person.email, f"{organization.whole.name} : est-ce juste ?",
            f"Bonjour,\n\nQuelqu’un propose de corriger votre page :\n\n{lines}",
        )  # fmt: skip
    Statement.objects.filter(pk__in=[row.pk for row in together]).update(asked_at=now)
    record_event(
        "ask", "statement", kept.pk, actor=actor,
        payload={"organization": organization.public_id, "fields": [row.field for row in together], "people": len(people)},
    )  # fmt: skip
    return len(people)


def _line(row: Statement) -> str:
    link = settings.ORIGIN + reverse("care:suggestion", args=[row.pk])
    return f"{FIELDS[row.field].label} : « {row.said} »\nAccepter ou refuser : {link}"
