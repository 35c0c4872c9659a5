"""Writes of care: receiving and closing reports."""

import secrets

from django.db import transaction
from django.utils import timezone

from horizon.actors.models import Organization
from horizon.care.models import Report
from horizon.kernel.journal import record_event
from horizon.kernel.publicid import ALPHABET


@transaction.atomic
def receive_report(organization: Organization, *, subject: str, message: str, email: str = "") -> Report:
    """Keeps a report and journals it, without its message or its sender."""
    report = Report.objects.create(
        public_id="".join(secrets.choice(ALPHABET) for _ in range(10)),
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
    """Closes a report as corrected or refused, with an answer, and erases the e-mail. Raises ValueError otherwise."""
    if status not in {Report.DONE, Report.REFUSED}:
        raise ValueError(f"a report closes as {Report.DONE} or {Report.REFUSED}, not {status}")
    report.status, report.answer, report.email, report.closed_at = status, answer, "", timezone.now()
    report.save()
    record_event("close", "report", report.public_id, actor=actor, payload={"status": status})
    return report
