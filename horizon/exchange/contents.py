"""What exchange shows that may be reported: listings and their photos, to their readers; messages, to the two sides of a deal."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from django.urls import reverse

from horizon.exchange.models import Deal, Listing, ListingPicture, Message
from horizon.exchange.parties import holder_in, holder_of, is_member, opener_of
from horizon.exchange.services.dealing import put_message_back, take_message_away
from horizon.exchange.services.listing import bar_listing, put_listing_back, refuse_listing
from horizon.exchange.services.picturing import remove_picture, restore_picture
from horizon.kernel.registry import Content, ContentKind, declare_content


def declare() -> None:
    """Tells the kernel about listings, photos and messages."""
    declare_content(
        "message",
        ContentKind(_messages, _take_message_away, _put_message_back, _message_authors),
    )  # fmt: skip
    declare_content("listing", ContentKind(_listings, _take_away, _put_back, _authors, _bar))
    declare_content(
        "listing_picture",
        ContentKind(
            _pictures, _take_picture_away, _put_picture_back, _picture_authors, _take_picture_away,
        ),
    )  # fmt: skip


def _listings(keys: Collection[str], public: bool) -> dict[str, Content]:
    return {
        one.public_id: Content("L’annonce", f"{one.title}. {one.text}", _page(one), _readers(one))
        for one in Listing.objects.filter(public_id__in=keys)
        if not public or one.is_public and (one.organization_id or one.person_id)
    }


def _page(listing: Listing) -> str:
    return reverse("exchange:listing", args=[listing.public_id])


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


def _pictures(keys: Collection[str], public: bool) -> dict[str, Content]:
    found = {}
    for picture in ListingPicture.objects.select_related("listing").filter(public_id__in=keys):
        listing = picture.listing
        if not public or listing.is_public and not picture.removed_at:
            shown = f"{picture.alt} (photo de l’annonce « {listing.title} », par {picture.author})"
            found[picture.public_id] = Content("La photo", shown, _page(listing), _readers(listing))
    return found


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


def _messages_of(keys: Collection[str]) -> list[Message]:
    rows = Message.objects.select_related(
        "author",
        "deal__listing__organization__canonical",
        "deal__listing__person",
        "deal__organization__canonical",
        "deal__person",
    )
    return list(rows.filter(pk__in=[int(key) for key in keys if key.isdigit() and len(key) < 10]))


def _messages(keys: Collection[str], shown: bool) -> dict[str, Content]:
    """Messages that are not emptied; nobody but the two sides reaches their report, those who animate read what was reported."""
    return {
        str(one.pk): Content(
            "Vos messages",
            one.text,
            reverse("exchange:deal", args=[one.deal.public_id]),
            partial(_either_side, one.deal),
        )
        for one in _messages_of(keys)
        if one.text and not (shown and one.reason)
    }


def _either_side(deal: Deal, person: object) -> bool:
    return holder_in(deal).includes(person) or opener_of(deal).includes(person)


def _take_message_away(key: str, reason: str, actor: str) -> None:
    take_message_away(Message.objects.get(pk=int(key)), reason, actor=actor)


def _put_message_back(key: str, actor: str) -> None:
    put_message_back(Message.objects.get(pk=int(key)), actor=actor)


def _message_authors(key: str) -> list[str]:
    return [one.author.email for one in _messages_of([key]) if one.author]
