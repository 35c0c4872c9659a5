"""Handing one message to the mail server, and saying what is known of it afterwards."""

from __future__ import annotations

import logging
import smtplib
from enum import StrEnum
from types import TracebackType
from typing import Protocol

from django.core.mail import EmailMessage, get_connection

log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 30
PERMANENT = 500


class Outcome(StrEnum):
    """What became of a message: taken by the server; surely not taken, to try later; refused for good; nobody knows."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    UNSURE = "unsure"


class Carrier(Protocol):
    """Whatever carries messages: `ready` before a message is taken from the outbox, then `hand_over`."""

    def ready(self) -> bool:
        """Whether the server answers now."""

    def hand_over(self, message: EmailMessage) -> tuple[Outcome, str]:
        """Gives one message; returns what is known, and why."""


class Postman:
    """The site's mail server, one connection for many messages.

    Over SMTP, a server that refuses in words has not taken the message. One that says nothing once it was given the text
    may have: only then does nobody know, and the outcome is `UNSURE`.
    """

    def __init__(self) -> None:
        self._connection = get_connection(timeout=TIMEOUT_SECONDS)
        self._given = False
        self._opened = False

    def __enter__(self) -> Postman:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def ready(self) -> bool:
        """Whether the server answers now; connects when needed."""
        if self._opened:
            return True
        try:
            self._connection.open()
        except (OSError, smtplib.SMTPException) as problem:
            log.warning("the mail server did not answer: %s", problem)
            return False
        server = getattr(self._connection, "connection", None)
        if isinstance(server, smtplib.SMTP):
            self._watch(server)
        self._opened = True
        return True

    def hand_over(self, message: EmailMessage) -> tuple[Outcome, str]:
        """Gives one message; returns what is known, and why."""
        self._given = False
        message.connection = self._connection
        try:
            message.send()
        except smtplib.SMTPRecipientsRefused as problem:
            self._leave()
            codes = [code for code, _ in problem.recipients.values()]
            return (Outcome.REFUSED if min(codes) >= PERMANENT else Outcome.LATER), f"recipient: {codes}"
        except smtplib.SMTPSenderRefused as problem:
            self._leave()
            return Outcome.LATER, f"sender: {problem.smtp_code}"
        except (smtplib.SMTPResponseException, smtplib.SMTPNotSupportedError) as problem:
            self._leave()
            code = getattr(problem, "smtp_code", PERMANENT)
            return (Outcome.REFUSED if code >= PERMANENT else Outcome.LATER), f"answer: {code}"
        except (OSError, smtplib.SMTPException) as problem:
            self._leave()
            return (Outcome.UNSURE if self._given else Outcome.LATER), type(problem).__name__
        return Outcome.SENT, ""

    def _watch(self, server: smtplib.SMTP) -> None:
        """Notes the moment when the text of a message starts to leave: smtplib sends commands as str, the text as bytes."""
        send = server.send

        def watched(given: object) -> None:
            self._given = self._given or isinstance(given, bytes)
            send(given)  # type: ignore[arg-type]

        server.send = watched  # type: ignore[method-assign, assignment]

    def _leave(self) -> None:
        self._opened = False
        try:
            self._connection.close()
        except (OSError, smtplib.SMTPException) as problem:
            log.info("the mail server went away: %s", problem)
