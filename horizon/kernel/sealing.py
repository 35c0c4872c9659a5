"""Sealing the journal: a chain of hashes over the events, in the order in which they were first seen committed.

One formula for everything: hash = SHA-256(previous hash + canonical JSON of the item), both in ASCII. The items are the
events, then the seal that closes them: the `head` of a seal commits to every event and every seal before it. Ids of
events are drawn before their transaction commits, so on PostgreSQL an event may appear after another with a greater id:
nothing here assumes an order of ids. What has no place in the chain is looked for, whatever its id, and gets the next.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

from django.db import connection, transaction
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.utils import timezone

from horizon.kernel.models import Event, Seal, SealedEvent

START = "0" * 64
FORMAT = "horizon-journal-1"
BATCH = 5000
CHUNK = 2000
Row = TypeVar("Row", bound=Model)
ADVISORY_LOCK = int.from_bytes(b"sealing")


class BrokenSeal(Exception):
    """The tables no longer say what was sealed. The message is French and names the first bad place."""


def canonical(value: object) -> str:
    """The one way to write a JSON value: keys sorted, no space, ASCII only (everything else as \\uXXXX)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def chained(previous: str, item: str) -> str:
    """The hash that follows `previous` (64 hexadecimal characters) when the item, in canonical form, is added."""
    return hashlib.sha256((previous + item).encode("ascii")).hexdigest()


def instant(at: datetime) -> str:
    """A moment in UTC with its six decimals: 2026-11-24T10:00:00.000000Z."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def event_form(event: Event) -> str:
    """The canonical form of an event, as the database gives it back."""
    return canonical(
        {
            "actor": event.actor,
            "at": instant(event.at),
            "id": event.pk,
            "payload": event.payload,
            "record_id": event.record_id,
            "record_type": event.record_type,
            "verb": event.verb,
        }
    )


def seal_form(seal: Seal) -> str:
    """The canonical form of a seal: all but its head, which is computed from it."""
    return canonical({"at": instant(seal.at), "first": seal.first, "last": seal.last, "number": seal.number})


def last_seal() -> Seal | None:
    """The seal whose head commits to all the others; None before the first."""
    return Seal.objects.order_by("-number").first()


def unsealed() -> QuerySet[Event]:
    """The committed events that have no place in the chain yet, by id."""
    placed = SealedEvent.objects.filter(event=OuterRef("pk"))
    return Event.objects.filter(~Exists(placed)).order_by("pk")


def seal_committed(stop: Callable[[], bool] = lambda: False, batch: int = BATCH) -> int:
    """Seals what is committed, batch after batch, each in its own transaction; returns how many events.

    `stop` is asked before each batch. Any number of processes may call this at once.
    """
    total = 0
    while not stop() and (seen := _look(batch)):
        total += _close(seen)
    return total


def seal_batch(limit: int = BATCH) -> int:
    """Gives the next places to at most `limit` events and closes them with a seal; returns how many events."""
    seen = _look(limit)
    return _close(seen) if seen else 0


def _look(limit: int) -> list[int]:
    """The ids of at most `limit` events without a place. Reads the whole index, so it is done before any lock."""
    return list(unsealed().values_list("pk", flat=True)[:limit])


def _close(seen: list[int]) -> int:
    """Seals those of `seen` that another sealer has not sealed meanwhile; returns how many.

    One transaction, so a kill leaves the whole batch or none of it. A second sealer waits for the first, then reads its
    result; if the lock failed all the same, the unique position would refuse the fork.
    """
    with transaction.atomic(durable=True):
        _take_lock()
        events = list(unsealed().filter(pk__in=seen))
        if not events:
            return 0
        previous = last_seal()
        number, first, hash_ = (
            (previous.number + 1, previous.last + 1, previous.head) if previous else (1, 1, START)
        )
        places = []
        for position, event in enumerate(events, first):
            hash_ = chained(hash_, event_form(event))
            places.append(SealedEvent(position=position, event=event, hash=hash_))
        SealedEvent.objects.bulk_create(places, batch_size=CHUNK)
        seal = Seal(number=number, first=first, last=first + len(events) - 1, at=timezone.now())
        seal.head = chained(hash_, seal_form(seal))
        seal.save(force_insert=True)
    return len(events)


def export_lines() -> Iterator[bytes]:
    """The sealed journal, line by line (docs/reference/journal.md): a header, then events and seals in their order.

    Computes the chain again on the way, in constant memory. Raises BrokenSeal at the first event or seal that is not
    what was sealed. What is sealed while it runs is left to the next export.
    """
    end = last_seal()
    events, seals, head = (end.last, end.number, end.head) if end else (0, 0, START)
    yield _line({"events": events, "format": FORMAT, "head": head, "seals": seals})
    places = _in_order(SealedEvent.objects.select_related("event"), "position", events)
    hash_, position = START, 0
    for number, seal in enumerate(_in_order(Seal.objects.all(), "number", seals), 1):
        if (seal.number, seal.first) != (number, position + 1):
            raise BrokenSeal(f"le sceau {number} manque ou ne suit pas le précédent")
        while position < seal.last:
            position += 1
            place = next(places, None)
            if place is None or place.position != position:
                raise BrokenSeal(f"l’événement en position {position} manque")
            form = event_form(place.event)
            hash_ = chained(hash_, form)
            if place.hash != hash_:
                raise BrokenSeal(
                    f"l’événement en position {position} (numéro {place.event_id}) n’est plus celui qui a été scellé"
                )
            yield f'{{"event":{form},"hash":"{hash_}","position":{position}}}\n'.encode("ascii")
        form = seal_form(seal)
        hash_ = chained(hash_, form)
        if seal.head != hash_:
            raise BrokenSeal(f"le sceau {number} n’est plus celui qui a été posé")
        yield f'{{"hash":"{hash_}","seal":{form}}}\n'.encode("ascii")
    if position != events:
        raise BrokenSeal(f"le sceau {seals} manque ou ne suit pas le précédent")


def published_line(seal: Seal) -> str:
    """A seal as the public list gives it: number, moment, first and last position, head."""
    return f"{seal.number} {instant(seal.at)} {seal.first} {seal.last} {seal.head}\n"


def published_lines() -> Iterator[str]:
    """The public list of seals: no event, no identifier."""
    end = last_seal()
    for seal in _in_order(Seal.objects.all(), "number", end.number if end else 0):
        yield published_line(seal)


def _line(value: object) -> bytes:
    return canonical(value).encode("ascii") + b"\n"


def _in_order(rows: QuerySet[Row], key: str, last: int) -> Iterator[Row]:
    """Rows 1 to `last` of a numbered table, read in slices: no cursor is held open, and memory stays constant."""
    for start in range(1, last + 1, CHUNK):
        span = (start, min(start + CHUNK - 1, last))
        yield from rows.filter(**{f"{key}__range": span}).order_by(key)


def _take_lock() -> None:
    """One sealer at a time. On SQLite the transaction, begun IMMEDIATE, is already the only writer."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
