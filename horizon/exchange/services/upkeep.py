"""What is done at intervals: listings arrive at their term, their holders are reminded before, asks are looked at again."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from horizon.exchange.indexing import index_again
from horizon.exchange.models import Listing
from horizon.exchange.parties import holder_of
from horizon.exchange.services.listing import close_listing, look_for_answer, propose_door
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to

BEFORE = timedelta(days=14)


def expire_listings() -> str:
    """Closes what is past its day, indexes what another lexicon indexed, and looks again for answers to asks."""
    today = timezone.localdate()
    past = list(Listing.objects.filter(status=Listing.PUBLISHED, expires_on__lt=today))
    for listing in past:
        close_listing(listing, actor="worker", status=Listing.EXPIRED)
    index_again()
    for ask in _asks_of_the_hour():
        look_for_answer(ask)
    _propose_doors()
    return f"{len(past)} annonces arrivées à leur terme"


def _asks_of_the_hour(most: int = 500) -> list[Listing]:
    """The open asks to look at again: all of them, or the next five hundred at each hour."""
    asks = Listing.objects.filter(status=Listing.PUBLISHED, side=Listing.ASK).order_by("pk")
    turns = max(1, -(-asks.count() // most))
    start = int(timezone.now().timestamp() // 3600) % turns * most
    return list(asks.select_related("organization__canonical", "person", "commune")[start : start + most])


def _propose_doors() -> None:
    """Doors follow the rules: what was published before them, or before they changed, gets its door within the hour."""
    rows = Listing.objects.filter(status=Listing.PUBLISHED, door="", door_chosen=False)
    for listing in rows.order_by("-pk")[:500]:
        if propose_door(listing):
            with transaction.atomic():
                Listing.objects.filter(pk=listing.pk, door="", door_chosen=False).update(door=listing.door)
                record_event(
                    "propose_door",
                    "listing",
                    listing.public_id,
                    actor="worker",
                    payload={"door": listing.door},
                )


def remind_holders() -> str:
    """Writes once to the holders of what ends in two weeks; the link opens a page with one prepared button, or what to
    change when it stops at an end that it says itself."""
    today = timezone.localdate()
    soon = Listing.objects.filter(status=Listing.PUBLISHED, expires_on__lte=today + BEFORE, reminded_on=None)
    told = 0
    for listing in soon.select_related("organization__canonical", "person")[:500]:
        with transaction.atomic():
            ends = listing.expires_on == listing.until_on
            page = reverse("exchange:edit" if ends else "exchange:renew", args=[listing.public_id])
            how = "Changez la date de fin pour la garder" if ends else "Pour la garder six mois de plus"
            for person in holder_of(listing).people():
                write_to(
                    person.email, f"Toujours d’actualité ? « {listing.title} »",
                    f"Bonjour,\n\nVotre annonce « {listing.title} » s’arrête le {listing.expires_on:%d/%m/%Y}.\n\n"
                    f"{how} : {settings.ORIGIN}{page}",
                )  # fmt: skip
            Listing.objects.filter(pk=listing.pk).update(reminded_on=today)
            record_event("remind", "listing", listing.public_id, actor="worker")
        told += 1
    return f"{told} rappels"
