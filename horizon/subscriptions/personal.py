"""What subscriptions keep of a person who signs in, and how they let go."""

from __future__ import annotations

from horizon.actors.models import Person
from horizon.kernel.registry import declare_personal_data
from horizon.subscriptions.models import Subscriber


def declare() -> None:
    """Tells the privacy pages about this room."""
    declare_personal_data("subscriptions", kept_of, let_go, rows=("subscriptions.Subscriber",))


def kept_of(person: Person) -> object:
    """What a person follows, how often they are written to, and which events they were told of lately.

    What the same address followed without an account is there too, under `without_account`.
    """
    mine = Subscriber.objects.filter(person=person).first()
    other = Subscriber.objects.filter(email=person.email).first()
    found = _kept(mine) if mine else {}
    return {**found, "without_account": _kept(other)} if other else found


def _kept(row: Subscriber) -> dict:
    return {
        "every_days": row.every_days,
        "reminders": row.reminders,
        "paused_until": row.paused_until.isoformat() if row.paused_until else None,
        "follows": [
            {"kind": one.kind, "value": one.value, "title": one.title, "since": one.created_at.isoformat()}
            for one in row.subscriptions.all()
        ],
        "told": [
            {"event": event, "at": at.isoformat()}
            for event, at in row.told.order_by("at", "pk").values_list("event", "at")
        ],
        "messages": [
            {"kind": one.kind, "status": one.status, "at": one.created_at.isoformat()}
            for one in row.messages.all()
        ],
    }


def let_go(person: Person) -> None:
    """Everything goes, also what the same address followed without an account."""
    Subscriber.objects.filter(person=person).delete()
    Subscriber.objects.filter(email=person.email).delete()
