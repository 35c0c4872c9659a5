"""What is done for an organization, written in the journal with the relay (structure relais) that did it for it."""

from __future__ import annotations

from collections.abc import Iterable

from horizon.actors.access import through
from horizon.actors.models import Organization
from horizon.kernel.journal import record_event
from horizon.kernel.models import Event

Sides = Organization | None | tuple[Organization | None, ...]


def record_spoken(
    sides: Sides, verb: str, record_type: str, record_id: object, *, actor: str, payload: dict | None = None
) -> Event:  # noqa: PLR0913
    """Appends one event about what somebody does for an organization, or for one of several; of a person alone, for none."""
    every = sides if isinstance(sides, tuple) else (sides,)
    return record_event(
        verb, record_type, record_id, actor=actor, payload={**(payload or {}), **through(actor, *every)}
    )


def relays_told(record_type: str, record_ids: Iterable[object], *verbs: str) -> dict[str, str]:
    """The name today of the relay through which each record was said, by record id. Two queries.

    Undone, then published again by who animates, it is still what the relay said."""
    events = Event.objects.filter(
        record_type=record_type, record_id__in=[str(one) for one in record_ids], verb__in=verbs
    )
    told = {
        row.record_id: row.payload["through"] for row in events.order_by("pk") if row.payload.get("through")
    }
    relays = Organization.objects.filter(public_id__in=set(told.values())).select_related("canonical")
    names = {row.public_id: row.whole.name for row in relays}
    return {record_id: names[relay] for record_id, relay in told.items() if relay in names}
