"""Writes of care: reports of errors, and structures that are missing."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from horizon.actors.models import Organization, Person
from horizon.care.models import Missing, Report
from horizon.directory.models import Statement
from horizon.directory.said.services import declare_again, declare_organization, withdraw_declared
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.kernel.publicid import random_id
from horizon.kernel.refusal import Refused


@transaction.atomic
def receive_report(organization: Organization, *, subject: str, message: str, email: str = "") -> Report:
    """Keeps a report and journals it, without its message or its sender."""
    report = Report.objects.create(
        public_id=random_id(),
        organization=organization,
        subject=subject,
        message=message,
        email=email,
    )
    record_event(
        "receive", "report", report.public_id, actor="visitor",
        payload={"organization": organization.public_id, "subject": subject},
    )  # fmt: skip
    return report


@transaction.atomic
def close_report(report: Report, *, status: str, answer: str, actor: str) -> Report:
    """Closes a report as corrected or refused, with an answer, and erases the e-mail. Raises ValueError otherwise,
    Refused when it was answered meanwhile."""
    if status not in {Report.DONE, Report.REFUSED}:
        raise ValueError(f"a report closes as {Report.DONE} or {Report.REFUSED}, not {status}")
    locked = Report.objects.select_for_update().get(pk=report.pk)
    if locked.status != Report.OPEN:
        raise Refused("Ce signalement a déjà reçu une réponse.")
    locked.status, locked.answer, locked.email, locked.closed_at = status, answer, "", timezone.now()
    locked.save()
    record_event("close", "report", locked.public_id, actor=actor, payload={"status": status})
    return locked


@transaction.atomic
def reopen_report(report: Report, *, actor: str) -> Report:
    """Undoes the closing of a report; the address, erased with it, is gone."""
    locked = Report.objects.select_for_update().get(pk=report.pk)
    if locked.status == Report.OPEN:
        raise Refused("Ce signalement attend déjà.")
    locked.status, locked.answer, locked.closed_at = Report.OPEN, "", None
    locked.save()
    record_event("reopen", "report", locked.public_id, actor=actor)
    return locked


@transaction.atomic
def suggest_missing(values: dict, *, email: str = "", author: Person | None = None) -> Missing:
    """Keeps a structure that somebody says is missing."""
    row = Missing.objects.create(values=values, email=email.strip().lower(), author=author)
    record_event("suggest", "missing", row.public_id, actor=author.actor if author else "visitor")
    return row


@transaction.atomic
def add_missing(row: Missing, *, actor: str, kind: str = Organization.DECLARED) -> Organization:
    """Adds the structure to the directory, under the page that it had if it was withdrawn, and tells who proposed it.

    Raises Refused when it was answered meanwhile.
    """
    locked = _locked(row)
    if locked.organization:
        organization = declare_again(
            locked.organization,
            locked.values,
            kind=kind,
            origin=Statement.VISITOR,
            actor=actor,
            author=locked.author,
        )
    else:
        organization = declare_organization(
            locked.values, kind=kind, origin=Statement.VISITOR, actor=actor, author=locked.author
        )
    write_to(
        locked.email or (locked.author.email if locked.author else ""),
        f"{organization.name} est dans l’annuaire",
        f"Bonjour,\n\nVotre proposition est publiée, merci.\n\n{settings.ORIGIN}/structures/{organization.public_id}/",
    )
    locked.status, locked.organization, locked.email, locked.decided_at = (
        Missing.ADDED,
        organization,
        "",
        timezone.now(),
    )
    locked.save()
    record_event(
        "add", "missing", locked.public_id, actor=actor, payload={"organization": organization.public_id}
    )
    return organization


@transaction.atomic
def refuse_missing(row: Missing, reason: str, *, actor: str) -> Missing:
    """Refuses, and tells who proposed it why."""
    locked = _locked(row)
    name = locked.values.get("name", "")
    write_to(
        locked.email or (locked.author.email if locked.author else ""),
        f"Votre proposition : {name}",
        f"Bonjour,\n\n{name} : {reason}",
    )
    locked.status, locked.reason, locked.email, locked.decided_at = (
        Missing.REFUSED,
        reason.strip()[:500],
        "",
        timezone.now(),
    )
    locked.save()
    record_event("refuse", "missing", locked.public_id, actor=actor)
    return locked


@transaction.atomic
def reopen_missing(row: Missing, *, actor: str) -> Missing:
    """Undoes an answer. An added structure leaves the lists and its page says so; added again, it has the same page."""
    locked = _held(row)
    if locked.status == Missing.OPEN:
        raise Refused("Cette proposition attend déjà.")
    if locked.status == Missing.ADDED and locked.organization:
        withdraw_declared(locked.organization, actor=actor)
    locked.status, locked.reason, locked.decided_at = Missing.OPEN, "", None
    locked.save()
    record_event("reopen", "missing", locked.public_id, actor=actor)
    return locked


def _held(row: Missing) -> Missing:
    rows = Missing.objects.select_for_update(of=("self",)).select_related("author", "organization")
    return rows.get(pk=row.pk)


def _locked(row: Missing) -> Missing:
    locked = _held(row)
    if locked.status != Missing.OPEN:
        raise Refused("Cette proposition a déjà reçu une réponse.")
    return locked
