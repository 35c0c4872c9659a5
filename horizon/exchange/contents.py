"""What exchange shows that may be reported: listings and their photos."""

from __future__ import annotations

from django.urls import reverse

from horizon.exchange.models import Listing, ListingPicture
from horizon.exchange.services.listing import publish_listing, refuse_listing
from horizon.exchange.services.picturing import remove_picture, restore_picture
from horizon.kernel.registry import Content, ContentKind, declare_content


def declare() -> None:
    """Tells the kernel about listings and photos."""
    declare_content("listing", ContentKind(_find, _take_away, _put_back))
    declare_content("listing_picture", ContentKind(_find_picture, _take_picture_away, _put_picture_back))


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


def _find_picture(key: str) -> Content | None:
    picture = ListingPicture.objects.select_related("listing").filter(
        public_id=key, removed_at=None, listing__status=Listing.PUBLISHED, listing__audience=Listing.EVERYBODY
    ).first()  # fmt: skip
    if picture is None:
        return None
    shown = f"{picture.alt} (photo de l’annonce « {picture.listing.title} », par {picture.author})"
    return Content("La photo", shown, reverse("exchange:listing", args=[picture.listing.public_id]))


def _take_picture_away(key: str, reason: str, actor: str) -> None:
    remove_picture(
        ListingPicture.objects.select_related("listing").get(public_id=key), actor=actor, reason=reason
    )


def _put_picture_back(key: str, actor: str) -> None:
    restore_picture(
        ListingPicture.objects.select_related("listing").get(public_id=key), actor=actor, read=True
    )
