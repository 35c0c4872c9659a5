"""Writing in the journal, inside the transaction of the write it tells."""

from collections.abc import Iterable

from django.db import connection

from horizon.kernel.models import Event


def record_event(
    verb: str, record_type: str, record_id: object, *, actor: str, payload: dict | None = None
) -> Event:
    """Appends one event. Raises RuntimeError outside a transaction: a write and its trace live or die together."""
    _require_transaction()
    return Event.objects.create(
        verb=verb, record_type=record_type, record_id=str(record_id), actor=actor, payload=payload or {}
    )


def record_events(verb: str, record_type: str, record_ids: Iterable[object], *, actor: str) -> int:
    """Appends one event per record id and returns how many; same rule about transactions."""
    _require_transaction()
    events = [
        Event(verb=verb, record_type=record_type, record_id=str(record_id), actor=actor)
        for record_id in record_ids
    ]
    Event.objects.bulk_create(events, batch_size=2000)
    return len(events)


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("the journal is written in the transaction of the write it tells")
