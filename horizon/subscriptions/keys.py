"""The links that letters carry: what opens them is computed from the site's secret and kept nowhere."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from horizon.kernel.keyed import fits, keyed
from horizon.subscriptions.models import Message, Subscriber, Subscription

NEWS, REMINDERS = "nouvelles", "rappels"
MANAGE, CONFIRM, STOP = "manage", "confirm", "stop"


def key_of(use: str, public_id: str, what: str = "") -> str:
    """What opens one use of one record; a key of one use opens no other."""
    return keyed(f"horizon.subscriptions.{use}", f"{public_id}.{what}", 32)


def opens(use: str, public_id: str, key: str, what: str = "") -> bool:
    """Whether a key opens it, also after the record is gone."""
    return fits(f"horizon.subscriptions.{use}", f"{public_id}.{what}", key, 32)


def manage_path(subscriber: Subscriber) -> str:
    """Where somebody changes what they receive, without an account."""
    return reverse("subscriptions:manage", args=[subscriber.public_id, key_of(MANAGE, subscriber.public_id)])


def confirm_path(subscription: Subscription) -> str:
    """Where an address says that it wants this."""
    return reverse(
        "subscriptions:confirm", args=[subscription.public_id, key_of(CONFIRM, subscription.public_id)]
    )


def stop_path(subscriber: Subscriber, what: str) -> str:
    """Where one click stops the letters of a kind (RFC 8058)."""
    key = key_of(STOP, subscriber.public_id, what)
    return reverse("subscriptions:stop", args=[subscriber.public_id, what, key])


def stop_of(message: Message) -> str:
    """What one click stops, for a message; empty for one that is not a letter."""
    return {Message.DIGEST: NEWS, Message.REMINDER: REMINDERS}.get(message.kind, "")


def whole(path: str) -> str:
    """A path as an address to write in a message."""
    return settings.ORIGIN + path
