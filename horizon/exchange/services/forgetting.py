"""What exchanges let go of: listings and messages of people, when they leave and a year after all is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from horizon.exchange.indexing import index_listing
from horizon.exchange.models import Deal, Listing, Message
from horizon.exchange.services.picturing import erase_pictures
from horizon.kernel.journal import record_event, record_events
from horizon.kernel.registry import contestable

YEAR = timedelta(days=365)
TAKEN_BACK = "Annonce reprise"
OVER = (Listing.CLOSED, Listing.EXPIRED, Listing.REFUSED, Listing.DRAFT)


@transaction.atomic
def empty_listing(row: Listing, *, actor: str) -> None:
    """Nothing is left of a person's listing but its place in the counts."""
    row.title, row.text, row.price, row.reason, row.person = TAKEN_BACK, "", "", "", None
    row.heard_from = ""
    row.status = Listing.CLOSED
    row.save(update_fields=["title", "text", "price", "reason", "status", "person", "heard_from"])
    index_listing(row)
    erase_pictures(row)
    record_event("forget", "listing", row.public_id, actor=actor)


def forget_old_listings(now: datetime) -> int:
    """Empties the listings of people that ended a year ago and that no open deal answers."""
    limit = now - YEAR
    ended = Q(expires_on__lt=limit.date()) | Q(expires_on=None, created_at__lt=limit)
    old = Listing.objects.filter(ended, person__isnull=False, status__in=OVER)
    rows = list(old.exclude(deals__status__in=Deal.OPEN).order_by("pk")[:500])
    for row in rows:
        empty_listing(row, actor="worker")
    return len(rows)


@transaction.atomic
def forget_who_told(now: datetime) -> int:
    """Forgets from whom listings typed a year ago were heard; the listings go on."""
    old = Listing.objects.exclude(heard_from="").filter(created_at__lt=now - YEAR)
    ids = list(old.order_by("public_id").values_list("public_id", flat=True))
    record_events("forget_words", "listing", ids, actor="worker")
    return old.update(heard_from="")


@transaction.atomic
def forget_old_messages(now: datetime) -> int:
    """Empties the messages of deals that ended, and of which nobody wrote for a year."""
    limit = now - YEAR
    alive = Deal.objects.filter(
        Q(status__in=Deal.OPEN) | Q(messages__created_at__gte=limit) | Q(concluded_at__gte=limit)
    )
    old = Message.objects.exclude(text="").exclude(deal__in=alive.values("pk")).filter(created_at__lt=limit)
    old = old.exclude(pk__in=[int(key) for key in contestable("message")])
    ids = list(old.values_list("deal__public_id", flat=True).distinct().order_by("deal__public_id"))
    record_events("forget_messages", "deal", ids, actor="worker")
    return old.update(text="", reason="")
