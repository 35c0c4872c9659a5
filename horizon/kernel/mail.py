"""Writing to people: short messages in plain words, sent once the write they tell is kept."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

log = logging.getLogger(__name__)


def write_to(email: str, subject: str, body: str) -> None:
    """Sends a message after the transaction commits; a mail server that fails is logged and changes nothing else."""
    if not email:
        return
    message = EmailMessage(
        subject=" ".join(subject.split())[:150],
        body=f"{body.strip()}\n\n—\nHorizon Commun, {settings.ORIGIN}\n",
        to=[email],
    )
    transaction.on_commit(lambda: _send(message))


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except OSError as problem:
        log.error("a message could not be sent: %s", problem)
