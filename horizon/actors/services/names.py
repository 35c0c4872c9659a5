"""Names that an erasure left in the texts of others: filed, taken out or left by somebody who read them, then forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from horizon.actors.models import LeftName
from horizon.kernel.journal import record_event
from horizon.kernel.naming import Taken, names_from, take_out_of, texts_naming
from horizon.kernel.refusal import Refused

WAITED, KEPT_AFTER = timedelta(days=30), timedelta(days=1)


def file_left_names(taken: Taken) -> list[LeftName]:
    """Asks the desk about each name that was left. In the transaction of the erasure."""
    filed = [
        LeftName.objects.create(word=word, rows=[[model, pk] for model, pk in rows], texts=len(rows))
        for word, rows in sorted(taken.where.items())
    ]
    for row in filed:
        record_event("file", "left_name", row.public_id, actor="erasure", payload={"rows": row.texts})
    return filed


def where_left(row: LeftName) -> list[tuple[str, Any, str]]:
    """(model, key, excerpt) of the texts that still say it. As many queries as kinds of text."""
    return texts_naming(names_from(row.word), _keys(row)) if row.word else []


@transaction.atomic
def take_left_name(row: LeftName, *, actor: str) -> int:
    """Takes the name out of the texts that were filed, and forgets it. Returns how many changed. It cannot be undone."""
    locked = _waiting(row)
    changed = take_out_of(names_from(locked.word), _keys(locked))
    _forget(locked, LeftName.TAKEN)
    record_event("take_out", "left_name", locked.public_id, actor=actor, payload={"rows": changed})
    return changed


@transaction.atomic
def leave_left_name(row: LeftName, *, actor: str) -> None:
    """It means something else: it stays. One may come back on it for a day."""
    locked = _waiting(row)
    locked.status, locked.answered_at = LeftName.LEFT, timezone.now()
    locked.save(update_fields=["status", "answered_at"])
    record_event("leave", "left_name", locked.public_id, actor=actor)


@transaction.atomic
def reopen_left_name(row: LeftName, *, actor: str) -> None:
    """Undoes « laisser » within a day. Raises Refused for what was taken out: erasing is not undone."""
    locked = LeftName.objects.select_for_update().get(pk=row.pk)
    if locked.status != LeftName.LEFT or not locked.word:
        raise Refused("Un nom retiré ou oublié ne revient pas : c’était un effacement.")
    locked.status, locked.answered_at = LeftName.WAITING, None
    locked.save(update_fields=["status", "answered_at"])
    record_event("reopen", "left_name", locked.public_id, actor=actor)


@transaction.atomic
def forget_left_names(now: datetime) -> int:
    """Forgets names left a day ago, and those that nobody read in thirty days."""
    over = LeftName.objects.filter(status=LeftName.LEFT, answered_at__lt=now - KEPT_AFTER).exclude(word="")
    unread = LeftName.objects.filter(status=LeftName.WAITING, filed_at__lt=now - WAITED)
    rows = [*over, *unread]
    for row in rows:
        _forget(row, LeftName.PAST if row.status == LeftName.WAITING else LeftName.LEFT)
        record_event("forget", "left_name", row.public_id, actor="worker")
    return len(rows)


def _forget(row: LeftName, status: str) -> None:
    row.word, row.rows, row.status = "", [], status
    row.answered_at = row.answered_at or timezone.now()
    row.save(update_fields=["word", "rows", "status", "answered_at"])


def _waiting(row: LeftName) -> LeftName:
    locked = LeftName.objects.select_for_update().get(pk=row.pk)
    if locked.status != LeftName.WAITING:
        raise Refused("Quelqu’un a déjà répondu.")
    return locked


def _keys(row: LeftName) -> dict[str, set[Any]]:
    found: dict[str, set[Any]] = {}
    for model, pk in row.rows:
        found.setdefault(model, set()).add(pk)
    return found
