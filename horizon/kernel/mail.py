"""Writing to people: short messages in plain words, kept with the write that they tell, and sent once it is kept.

A message is a row of the same transaction: what is rolled back tells nobody, and a mail server that is away for an hour makes
nobody untold. The row goes once the message has left.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from horizon.kernel.journal import record_event
from horizon.kernel.models import OutgoingMail
from horizon.kernel.periodic import stopping

log = logging.getLogger(__name__)
AT_ONCE = timedelta(minutes=2)  # the process that wrote it sends it; then the worker may
LONGEST = timedelta(hours=6)
GIVE_UP = timedelta(days=4)
KEPT = timedelta(days=30)
A_RUN, A_RUN_SECONDS, IN_A_ROW = 200, 30, 3
SIGNED = "\n\n—\nHorizon Commun, {}\n"
_together: ContextVar[list[int] | None] = ContextVar("mail_together", default=None)


def contact_address() -> str:
    """The address that answers may go to, when the operator's contact is an e-mail address."""
    wanted = settings.CONTACT.strip()
    try:
        validate_email(wanted)
    except ValidationError:
        return ""
    return wanted


def write_to(email: str, subject: str, body: str, *, by_worker: bool = False) -> None:
    """Writes a message, which leaves once the transaction commits; one that cannot leave is tried again by the worker.

    Whoever answers it writes to the operator's contact, when that is an address. `by_worker` leaves all the sending to the worker:
    a request that writes to eighty people does not wait for the mail server.
    """
    if not email:
        return
    row = OutgoingMail.objects.create(
        to=email, subject=" ".join(subject.split())[:150], body=body.strip(),
        next_at=timezone.now() + (timedelta(0) if by_worker else AT_ONCE),
    )  # fmt: skip
    if by_worker:
        return
    together = _together.get()
    if together is None:
        transaction.on_commit(partial(_send_now, [row.pk]))
    else:
        together.append(row.pk)


@contextmanager
def one_mail_each() -> Iterator[None]:
    """What is written meanwhile to the same person is one message: many answers given at once are read at once."""
    written: list[int] = []
    token = _together.set(written)
    try:
        yield
    finally:
        _together.reset(token)
        with transaction.atomic():
            kept = [_joined(rows) for rows in _by_person(written)]
            transaction.on_commit(partial(_send_now, kept))


def _by_person(pks: Sequence[int]) -> Iterable[list[OutgoingMail]]:
    """What was not rolled back, by person, in the order of writing."""
    people: dict[str, list[OutgoingMail]] = {}
    for row in OutgoingMail.objects.filter(pk__in=pks).order_by("pk") if pks else ():
        people.setdefault(row.to, []).append(row)
    return people.values()


def _joined(rows: list[OutgoingMail]) -> int:
    first, *others = rows
    if others:
        hello = "Bonjour,\n\n"
        said = [f"{row.subject}\n\n{row.body.removeprefix(hello)}" for row in rows]
        first.subject = f"{len(rows)} messages : {first.subject}"[:150]
        first.body = hello + "\n\n\n".join(said)
        first.save(update_fields=["subject", "body"])
        OutgoingMail.objects.filter(pk__in=[row.pk for row in others]).delete()
    return first.pk


def _send_now(pks: Sequence[int]) -> None:
    """One that cannot leave leaves the others to the worker: whoever answered fifty things does not wait for a dead server."""
    for row in OutgoingMail.objects.filter(pk__in=pks).order_by("pk"):
        now = timezone.now()
        if _leased(row, now) and not _send(row, now):
            break


def _leased(row: OutgoingMail, now: datetime) -> bool:
    """Whether this process, and no other, sends it now."""
    return bool(OutgoingMail.objects.filter(pk=row.pk, next_at=row.next_at).update(next_at=now + AT_ONCE))


def send_waiting(now: datetime) -> str:
    """Tries again what could not leave, for half a minute: seals do not wait for letters. Stops when the server seems away.

    Says how many left.
    """
    left = failed = 0
    until = monotonic() + A_RUN_SECONDS
    waiting = OutgoingMail.objects.filter(given_up_at=None, next_at__lte=now).order_by("next_at", "pk")
    for row in waiting[:A_RUN]:
        if stopping() or failed >= IN_A_ROW or monotonic() > until:
            break
        if not _leased(row, now):  # another worker took it
            continue
        if _send(row, now):
            left, failed = left + 1, 0
        else:
            failed += 1
    return f"{left} messages sent" if left else ""


def _send(row: OutgoingMail, now: datetime) -> bool:
    contact = contact_address()
    message = EmailMessage(
        subject=row.subject, body=row.body + SIGNED.format(settings.ORIGIN), to=[row.to],
        reply_to=[contact] if contact else None,
    )  # fmt: skip
    try:
        message.send()
    except (OSError, ValueError) as problem:
        log.error("a message could not be sent: %s", problem)
        row.tries += 1
        row.next_at = now + min(timedelta(minutes=2 ** min(row.tries, 10)), LONGEST)
        row.given_up_at = now if row.written_at < now - GIVE_UP else None
        OutgoingMail.objects.filter(pk=row.pk).update(
            tries=row.tries, next_at=row.next_at, given_up_at=row.given_up_at
        )
        return False
    row.delete()
    return True


@transaction.atomic
def try_again(pk: int, *, actor: str) -> bool:
    """Has the worker try for four days more what was given up. Whether it still waited."""
    now = timezone.now()
    rows = OutgoingMail.objects.filter(pk=pk).exclude(given_up_at=None)
    return _told("try_again", rows.update(given_up_at=None, next_at=now, written_at=now), pk, actor)


@transaction.atomic
def put_by(pk: int, *, actor: str) -> bool:
    """Undoes that, unless it has left."""
    rows = OutgoingMail.objects.filter(pk=pk, given_up_at=None)
    return _told("put_by", rows.update(given_up_at=timezone.now()), pk, actor)


def _told(verb: str, count: int, pk: int, actor: str) -> bool:
    if count:
        record_event(verb, "outgoing_mail", pk, actor=actor)
    return bool(count)


def forget_given_up(now: datetime) -> int:
    """Deletes what nobody tried again within thirty days."""
    return OutgoingMail.objects.filter(given_up_at__lt=now - KEPT).delete()[0]


def kept_of(person: object) -> list[dict]:
    """The messages that wait to leave for a person."""
    rows = OutgoingMail.objects.filter(to__iexact=getattr(person, "email", ""))
    return [
        {"subject": row.subject, "body": row.body, "at": row.written_at.isoformat()}
        for row in rows.order_by("pk")
    ]


def let_go(person: object) -> None:
    """Messages to a person no longer leave; those to others leave without their name, as every declared text."""
    OutgoingMail.objects.filter(to__iexact=getattr(person, "email", "")).delete()
