"""The directory and exchange: on the page of a structure, what it offers and asks, and with whom it made deals."""

from __future__ import annotations

from django.urls import reverse

from horizon.directory.models import Entry
from horizon.exchange.models import Listing
from horizon.exchange.queries import life_of
from horizon.kernel.registry import Aside, declare_beside

SHOWN = 6
SIDES = dict(Listing.SIDES)


def declare() -> None:
    """Shows it beside an entry."""
    declare_beside("entry", exchanges_of)


def exchanges_of(entry: Entry) -> Aside | None:
    """Open offers and asks, then those with whom deals were concluded; None without any. One query."""
    listings, partners = life_of(entry.organization)
    rows = [
        (reverse("exchange:listing", args=[public_id]), title, SIDES[side].capitalize())
        for public_id, title, side in listings[:SHOWN]
    ]
    rows += [
        (
            reverse("directory:entry", args=[public_id]),
            name,
            "A échangé avec elle" + (f", {n} fois" if n > 1 else ""),
        )
        for public_id, name, n in partners[:SHOWN]
    ]
    if not rows:
        return None
    more = len(listings) + len(partners) - len(rows)
    return Aside(
        title="Ses échanges", rows=tuple(rows),
        source="Annonces ouvertes, et accords confirmés par les deux" + (f" ; {more} autres." if more else "."),
    )  # fmt: skip
