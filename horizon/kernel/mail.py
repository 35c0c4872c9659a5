"""Writing to people: short messages in plain words, sent once the write they tell is kept."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction

log = logging.getLogger(__name__)


def contact_address() -> str:
    """The address that answers may go to, when the operator's contact is an e-mail address."""
    wanted = settings.CONTACT.strip()
    try:
        validate_email(wanted)
    except ValidationError:
        return ""
    return wanted


def write_to(email: str, subject: str, body: str, *, reply: bool = False) -> None:
    """Sends a message after the transaction commits; a mail server that fails is logged and changes nothing else.

    `reply`: the message asks for an answer, which goes to the operator's contact when that is an address.
    """
    if not email:
        return
    message = EmailMessage(
        subject=" ".join(subject.split())[:150],
        body=f"{body.strip()}\n\n—\nHorizon Commun, {settings.ORIGIN}\n",
        to=[email],
        reply_to=[contact_address()] if reply and contact_address() else None,
    )
    transaction.on_commit(lambda: _send(message))


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except OSError as problem:
        log.error("a message could not be sent: %s", problem)
