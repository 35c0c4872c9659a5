"""Photos of what is offered or asked: adding, ordering, removing, putting back."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from horizon.actors.models import Person
from horizon.actors.spoken import record_spoken
from horizon.exchange.models import Listing, ListingPicture
from horizon.exchange.services.dealing import locked_listing
from horizon.exchange.services.listing import hold_if_to_read
from horizon.kernel import pictures
from horizon.kernel.refusal import Refused

FULL = f"Il y a déjà {ListingPicture.MOST} photos : retirez-en une d’abord."


@transaction.atomic
def add_picture(
    listing: Listing, upload: UploadedFile, *, alt: str, author: str, licence: str, by: Person
) -> ListingPicture:
    """Keeps a photo, last in order; the listing of a person is read again before it is public. Raises Refused."""
    locked = locked_listing(listing)
    rank = _free_rank(locked)
    picture = ListingPicture(listing=locked, rank=rank, added_by=by)
    picture.draw(upload, alt=alt, author=author, licence=licence)
    picture.save()
    hold_if_to_read(locked)
    _note("add_picture", picture, by.actor)
    return picture


@transaction.atomic
def move_picture(picture: ListingPicture, *, actor: str) -> None:
    """Puts a photo one place before; the first stays first."""
    locked_listing(picture.listing)
    shown = list(ListingPicture.objects.filter(listing=picture.listing_id, removed_at=None).order_by("rank"))
    place = next((n for n, one in enumerate(shown) if one.pk == picture.pk), 0)
    if place == 0:
        return
    before, moved = shown[place - 1], shown[place]
    theirs, mine = before.rank, moved.rank
    for one, rank in ((moved, 0), (before, mine), (moved, theirs)):
        one.rank = rank
        one.save(update_fields=["rank"])
    _note("move_picture", moved, actor)


@transaction.atomic
def remove_picture(picture: ListingPicture, *, actor: str, reason: str = "") -> ListingPicture:
    """Takes a photo off the listing; with a `reason`, its holder cannot put it back."""
    locked_listing(picture.listing)
    picture = ListingPicture.objects.select_related("listing").get(pk=picture.pk)
    if picture.removed_at is None or reason:
        picture.removed_at, picture.rank = picture.removed_at or timezone.now(), None
        picture.reason, picture.comes_back = reason[:500], False
        picture.save(update_fields=["removed_at", "rank", "reason", "comes_back"])
        _close_the_ranks(picture.listing)
        _note("take_away_picture" if reason else "remove_picture", picture, actor)
        _let_come_back(picture.listing, actor)
    return picture


@transaction.atomic
def restore_picture(picture: ListingPicture, *, actor: str, read: bool = False) -> ListingPicture:
    """Puts a photo back, last in order (`read`: by somebody who animates, who had taken it away). Raises Refused.

    Put back by somebody who animates while three others are shown, it comes back as soon as one of them is removed.
    """
    locked = locked_listing(picture.listing)
    picture = ListingPicture.objects.select_related("listing").get(pk=picture.pk)
    if picture.removed_at is None:
        return picture
    if picture.reason and not read:
        raise Refused(f"L’équipe d’animation a retiré cette photo. {picture.reason}")
    if read and _shown(locked) >= ListingPicture.MOST:
        picture.reason, picture.comes_back = "", True
        picture.save(update_fields=["reason", "comes_back"])
        _note("let_picture_come_back", picture, actor)
        return picture
    _show(picture, locked)
    if not read:
        hold_if_to_read(locked)
    _note("restore_picture", picture, actor)
    return picture


def _let_come_back(listing: Listing, actor: str) -> None:
    """The first of those that wait for a place takes the one that is free."""
    waiting = (
        ListingPicture.objects.filter(listing=listing, comes_back=True).order_by("removed_at", "pk").first()
    )
    if waiting is not None and _shown(listing) < ListingPicture.MOST:
        _show(waiting, listing)
        _note("restore_picture", waiting, actor)


def _show(picture: ListingPicture, listing: Listing) -> None:
    picture.rank, picture.removed_at, picture.reason, picture.comes_back = (
        _free_rank(listing),
        None,
        "",
        False,
    )
    picture.save(update_fields=["rank", "removed_at", "reason", "comes_back"])


def _shown(listing: Listing) -> int:
    return ListingPicture.objects.filter(listing=listing, removed_at=None).count()


def forget_removed_pictures() -> int:
    """Deletes the photos removed thirty days ago; one that comes back waits as long as its listing."""
    return pictures.forget_removed(ListingPicture, reported_as="listing_picture", keep=Q(comes_back=True))


def erase_pictures(listing: Listing) -> None:
    """Deletes the photos of a listing and their files, for good."""
    for picture in ListingPicture.objects.filter(listing=listing):
        pictures.delete_picture(picture)


def _free_rank(listing: Listing) -> int:
    shown = _shown(listing)
    if shown >= ListingPicture.MOST:
        raise Refused(FULL)
    return shown + 1


def _close_the_ranks(listing: Listing) -> None:
    shown = ListingPicture.objects.filter(listing=listing, removed_at=None).order_by("rank")
    for rank, one in enumerate(shown, 1):
        if one.rank != rank:
            one.rank = rank
            one.save(update_fields=["rank"])


def _note(verb: str, picture: ListingPicture, actor: str) -> None:
    record_spoken(
        picture.listing.organization, verb, "listing", picture.listing.public_id, actor=actor,
        payload={"picture": picture.public_id},
    )  # fmt: skip
