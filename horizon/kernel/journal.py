"""Writing in the journal, inside the transaction of the write it tells.

An event is never changed, so it holds nothing that somebody may ask to have erased. Two forms are allowed:

- `person:<public id>`, in `actor` or in the payload, stays in clear. That id is drawn at random for the journal and the
  addresses; nothing is computed from the person. What links it to a name or an e-mail is the person's row, which erasure
  empties: what is left in the journal is that *somebody* did this and that, and the chain of seals is untouched.
- Anything else about a person goes in `private`: the event keeps a salted commitment, a row beside it keeps what opens
  the commitment, and erasing that row erases the value.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping

from django.db import connection

from horizon.kernel.models import Event, PrivateReference

PRIVATE = "private"


def record_event(
    verb: str, record_type: str, record_id: object, *, actor: str, payload: dict | None = None,
    private: Mapping[str, str] | None = None,
) -> Event:  # fmt: skip
    """Appends one event. Raises RuntimeError outside a transaction: a write and its trace live or die together.

    `private` maps names to values that must be erasable: the event keeps a commitment to each, under
    `payload["private"]`, and `private_values` reads them until `erase_private` forgets them. Raises ValueError when the
    payload already has that key.
    """
    _require_transaction()
    kept = dict(payload or {})
    if PRIVATE in kept:
        raise ValueError(f"the key {PRIVATE!r} of a payload is for commitments: pass private=")
    salts = {name: secrets.token_hex(16) for name in private or {}}
    if private:
        kept[PRIVATE] = {name: commitment(salts[name], value) for name, value in private.items()}
    event = Event.objects.create(
        verb=verb, record_type=record_type, record_id=str(record_id), actor=actor, payload=kept
    )
    PrivateReference.objects.bulk_create(
        PrivateReference(event=event, name=name, salt=salts[name], value=value)
        for name, value in (private or {}).items()
    )
    return event


def record_events(verb: str, record_type: str, record_ids: Iterable[object], *, actor: str) -> int:
    """Appends one event per record id and returns how many; same rule about transactions."""
    _require_transaction()
    events = [
        Event(verb=verb, record_type=record_type, record_id=str(record_id), actor=actor)
        for record_id in record_ids
    ]
    Event.objects.bulk_create(events, batch_size=2000)
    return len(events)


def commitment(salt: str, value: str) -> str:
    """SHA-256, in hexadecimal, of a salt of 32 characters followed by a value, in UTF-8.

    Without the salt (128 random bits), a value cannot be guessed from it, however few values are possible.
    """
    return hashlib.sha256((salt + value).encode()).hexdigest()


def private_values(event: Event) -> dict[str, str]:
    """The private values of an event that were not erased and that open its commitments, by name."""
    committed = event.payload.get(PRIVATE, {})
    return {
        row.name: row.value
        for row in event.private_references.all()
        if hmac.compare_digest(commitment(row.salt, row.value), committed.get(row.name, ""))
    }


def erase_private(value: str) -> int:
    """Forgets a value wherever an event refers to it, salts included; returns in how many events.

    Raises RuntimeError outside a transaction: the room that erases somebody erases everything or nothing.
    """
    _require_transaction()
    return PrivateReference.objects.filter(value=value).delete()[0]


def erase_private_of(record_type: str, record_ids: Iterable[object]) -> int:
    """Forgets every private value of the events about these records, salts included; returns how many.

    Raises RuntimeError outside a transaction.
    """
    _require_transaction()
    ids = sorted({str(record_id) for record_id in record_ids})
    if not ids:
        return 0
    about = PrivateReference.objects.filter(event__record_type=record_type, event__record_id__in=ids)
    return about.delete()[0]


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("the journal is written in the transaction of the write it tells")
