"""A statement of existence answers the closure that waits, and undone, asks it again: one question, wherever it is answered."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from horizon.actors.spoken import record_spoken
from horizon.directory.models import Closure, Statement
from horizon.directory.said.fields import CLOSED

PATIENCE = timedelta(days=30)


def settle(statement: Statement, *, actor: str) -> None:
    """Answers the closure of an organization by what was just published of its existence. Inside the caller's transaction."""
    if statement.field != "state":
        return
    rows = Closure.objects.select_for_update().filter(
        organization_id=statement.organization_id, status__in=[Closure.WAITING, Closure.ELAPSED]
    )
    for row in rows:
        closed = statement.value == CLOSED
        row.status = Closure.CONFIRMED if closed else Closure.DENIED
        row.answer = Closure.YES if closed else Closure.MISTAKE
        row.origin, row.author, row.statement = statement.origin, statement.author, statement
        row.answered_at = timezone.now()
        row.save()
        _tell("answer_closure", statement, actor, answer=row.answer)


def ask_again(statement: Statement, *, actor: str) -> None:
    """The closure that a statement answered waits again, for thirty days at least, once the statement is no longer published."""
    rows = Closure.objects.select_for_update().filter(
        statement=statement, status__in=[Closure.CONFIRMED, Closure.DENIED]
    )
    for row in rows:
        unanswered(row).save()
        _tell("reopen_closure", statement, actor)


def unanswered(row: Closure) -> Closure:
    """The closure as it waits, its answer forgotten; not saved."""
    row.status, row.answer, row.note, row.origin = Closure.WAITING, "", "", ""
    row.author, row.answered_at, row.statement = None, None, None
    row.due_on = max(row.due_on, timezone.localdate() + PATIENCE)
    return row


def _tell(verb: str, statement: Statement, actor: str, **payload: str) -> None:
    record_spoken(
        statement.organization,
        verb,
        "organization",
        statement.organization.public_id,
        actor=actor,
        payload=payload,
    )
