"""The directory and exchange: on the page of a structure, what it offers and asks. With whom it dealt is in its links."""

from __future__ import annotations

from django.urls import reverse

from horizon.directory.models import Entry
from horizon.exchange.queries import open_listings_of
from horizon.kernel.registry import Aside, declare_beside
from horizon.kernel.templatetags.atlas import plural

SHOWN = 6


def declare() -> None:
    """Shows it beside an entry."""
    declare_beside("entry", exchanges_of)


def exchanges_of(entry: Entry) -> Aside | None:
    """Open offers and asks; None without any. One query."""
    listings = open_listings_of(entry.organization)
    if not listings:
        return None
    rows = [
        (reverse("exchange:listing", args=[one.public_id]), one.title, one.get_side_display().capitalize())
        for one in listings[:SHOWN]
    ]
    more = len(listings) - len(rows)
    return Aside(
        title="Ses échanges",
        rows=tuple(rows),
        source="Annonces ouvertes" + (f" ; {plural(more, 'autre', 'autres')}." if more else "."),
    )
