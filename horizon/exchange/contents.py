"""What exchange shows that may be reported: listings."""

from __future__ import annotations

from django.urls import reverse

from horizon.exchange.models import Listing
from horizon.exchange.services.listing import publish_listing, refuse_listing
from horizon.kernel.registry import Content, ContentKind, declare_content


def declare() -> None:
    """Tells the kernel about listings."""
    declare_content("listing", ContentKind(_find, _take_away, _put_back))


def _find(key: str) -> Content | None:
    listing = Listing.objects.filter(
        public_id=key, status=Listing.PUBLISHED, audience=Listing.EVERYBODY
    ).first()
    if listing is None:
        return None
    return Content("L’annonce", f"{listing.title}. {listing.text}", reverse("exchange:listing", args=[key]))


def _take_away(key: str, reason: str, actor: str) -> None:
    refuse_listing(Listing.objects.get(public_id=key), reason, actor=actor)


def _put_back(key: str, actor: str) -> None:
    publish_listing(Listing.objects.get(public_id=key), actor=actor, read=True)
