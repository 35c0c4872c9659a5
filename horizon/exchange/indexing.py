"""What is kept of a published listing to be found again: its terms, and its meaning as vectors."""

from __future__ import annotations

from functools import partial

import numpy as np
from django.db import transaction

from horizon.engine.pairing.meaning import pack
from horizon.engine.pairing.reading import index_terms, read_offer
from horizon.exchange.models import Listing, ListingMeaning, ListingTerm
from horizon.exchange.shipped import judge, lexicon, version


def index_listing(listing: Listing) -> None:
    """Keeps the terms of a published listing and, once that is committed, its meaning; forgets those of any other.

    The encoder takes a second to load: not while a transaction holds the only writer of SQLite.
    """
    ListingTerm.objects.filter(listing=listing).delete()
    ListingMeaning.objects.filter(listing=listing).delete()
    if listing.status == Listing.PUBLISHED:
        found = index_terms(read_offer(lexicon(), listing.title, listing.text))
        ListingTerm.objects.bulk_create(
            ListingTerm(listing=listing, side=listing.side, term=term[:40]) for term in sorted(found)
        )
        transaction.on_commit(partial(_keep_meaning, listing.pk))


def _keep_meaning(pk: int) -> None:
    listing = Listing.objects.filter(pk=pk, status=Listing.PUBLISHED).first()
    if listing is None:
        return
    vectors = meaning_of(listing)
    if not vectors:
        return
    with transaction.atomic():
        same = Listing.objects.filter(pk=pk, title=listing.title, text=listing.text, status=Listing.PUBLISHED)
        if same.select_for_update().first():
            ListingMeaning.objects.update_or_create(
                listing_id=pk, defaults={"vectors": vectors, "version": version()}
            )


def meaning_of(listing: Listing) -> bytes:
    """The vectors of a listing, as they are kept; nothing without an encoder."""
    weigh = judge()
    if weigh is None:
        return b""
    meant = weigh.meant(listing.title, listing.text)
    return pack(np.vstack([meant.title, meant.whole]))


def index_again(most: int = 300) -> int:
    """Reads again listings that another version of the lexicon indexed, or none did. How many.

    Without an encoder no version is ever kept: nothing is read again, else the same ones would be at each hour.
    """
    if judge() is None:
        return 0
    stale = Listing.objects.filter(status=Listing.PUBLISHED).exclude(meaning__version=version())
    rows = list(stale.order_by("-pk")[:most])
    for listing in rows:
        with transaction.atomic():
            index_listing(Listing.objects.select_for_update().get(pk=listing.pk))
    return len(rows)
