"""What exchange shows that may be reported: listings and their photos, to their readers; messages, to the two sides of a deal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.urls import reverse

from horizon.exchange.models import Listing, ListingPicture, Message
from horizon.exchange.parties import holder_of, is_member, opener_of
from horizon.exchange.services.dealing import put_message_back, take_message_away
from horizon.exchange.services.listing import bar_listing, put_listing_back, refuse_listing
from horizon.exchange.services.picturing import remove_picture, restore_picture
from horizon.kernel.registry import Content, ContentKind, declare_content


def declare() -> None:
    """Tells the kernel about listings, photos and messages."""
    declare_content(
        "message",
        ContentKind(_find_message, _take_message_away, _put_message_back, partial(_find_message, shown=False), _message_authors),
    )  # fmt: skip
    declare_content(
        "listing", ContentKind(_find, _take_away, _put_back, partial(_find, public=False), _authors, _bar)
    )
    declare_content(
        "listing_picture",
        ContentKind(
            _find_picture, _take_picture_away, _put_picture_back, partial(_find_picture, public=False), _picture_authors,
            _take_picture_away,
        ),
    )  # fmt: skip


def _find(key: str, public: bool = True) -> Content | None:
    listing = Listing.objects.filter(public_id=key).first()
    held = listing is not None and (listing.organization_id or listing.person_id)
    if listing is None or public and not (listing.is_public and held):
        return None
    said = f"{listing.title}. {listing.text}"
    return Content("L’annonce", said, reverse("exchange:listing", args=[key]), _readers(listing))


def _readers(listing: Listing) -> Callable[[Any], bool] | None:
    return is_member if listing.audience == Listing.MEMBERS else None


def _take_away(key: str, reason: str, actor: str) -> None:
    """One that is over leaves the site all the same, and stays its holder's to bring back once this is undone."""
    listing = Listing.objects.get(public_id=key)
    (refuse_listing if listing.is_open else bar_listing)(listing, reason, actor=actor)


def _put_back(key: str, actor: str) -> None:
    put_listing_back(Listing.objects.get(public_id=key), actor=actor)


def _bar(key: str, reason: str, actor: str) -> None:
    bar_listing(Listing.objects.get(public_id=key), reason, actor=actor)


def _find_picture(key: str, public: bool = True) -> Content | None:
    picture = ListingPicture.objects.select_related("listing").filter(public_id=key).first()
    if picture is None:
        return None
    listing = picture.listing
    if public and (picture.removed_at or not listing.is_public):
        return None
    shown = f"{picture.alt} (photo de l’annonce « {listing.title} », par {picture.author})"
    return Content(
        "La photo", shown, reverse("exchange:listing", args=[listing.public_id]), _readers(listing)
    )


def _authors(key: str) -> list[str]:
    listing = (
        Listing.objects.select_related("organization__canonical", "person").filter(public_id=key).first()
    )
    return [person.email for person in holder_of(listing).people()] if listing else []


def _picture_authors(key: str) -> list[str]:
    picture = ListingPicture.objects.select_related("listing").filter(public_id=key).first()
    return _authors(picture.listing.public_id) if picture else []


def _take_picture_away(key: str, reason: str, actor: str) -> None:
    remove_picture(
        ListingPicture.objects.select_related("listing").get(public_id=key), actor=actor, reason=reason
    )


def _put_picture_back(key: str, actor: str) -> None:
    restore_picture(
        ListingPicture.objects.select_related("listing").get(public_id=key), actor=actor, read=True
    )


def _message(key: str) -> Message | None:
    rows = Message.objects.select_related(
        "author",
        "deal__listing__organization__canonical",
        "deal__listing__person",
        "deal__organization__canonical",
        "deal__person",
    )
    return rows.filter(pk=int(key)).first() if key.isdigit() and len(key) < 10 else None


def _find_message(key: str, shown: bool = True) -> Content | None:
    """A message that is not emptied; nobody but the two sides reaches its report, those who animate read what was reported."""
    message = _message(key)
    if message is None or not message.text or shown and message.reason:
        return None
    deal = message.deal

    def either_side(person: object) -> bool:
        return holder_of(deal.listing).includes(person) or opener_of(deal).includes(person)

    return Content("Vos messages", message.text, reverse("exchange:deal", args=[deal.public_id]), either_side)


def _take_message_away(key: str, reason: str, actor: str) -> None:
    take_message_away(Message.objects.get(pk=int(key)), reason, actor=actor)


def _put_message_back(key: str, actor: str) -> None:
    put_message_back(Message.objects.get(pk=int(key)), actor=actor)


def _message_authors(key: str) -> list[str]:
    message = _message(key)
    return [message.author.email] if message and message.author else []
