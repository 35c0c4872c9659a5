"""Needs and exchange: who said a need is told of the offers published and of the deals concluded for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from horizon.crossings.needs_exchange import concluded_for, holder_in, said_for
from horizon.exchange.models import Listing
from horizon.exchange.parties import giver_and_taker, holder_of
from horizon.kernel.periodic import every
from horizon.kernel.templatetags.atlas import day
from horizon.listening.models import Need, Sequel
from horizon.listening.services.sequels import Heard, forget_undone, note_sequels

LATELY = timedelta(days=7)


def declare() -> None:
    """Looks every ten minutes: several offers made together are told together."""
    every(10, "tell what needs became", tell_sequels)


def tell_sequels() -> str:
    """Tells what was offered and agreed these seven days for public needs, once, and forgets what was undone."""
    undone = _forget_reopened()
    told = note_sequels([*_offers(), *_deals()])
    said = [f"{told} told" if told else "", f"{undone} undone" if undone else ""]
    return ", ".join(filter(None, said))


def _forget_reopened() -> int:
    """Talked over again, or no longer to be read: a listing taken away takes the claim with it."""
    standing = concluded_for(Need.objects.order_by().values("public_id")).order_by().values("public_id")
    return forget_undone(standing)


def _offers() -> Iterator[Heard]:
    since = timezone.now() - 2 * LATELY
    known = set(Sequel.objects.filter(kind=Sequel.OFFERED, at__gte=since).values_list("key", flat=True))
    rows = Listing.objects.filter(
        side=Listing.OFFER, status=Listing.PUBLISHED, audience=Listing.EVERYBODY, public_at__gte=timezone.now() - LATELY
    ).exclude(need="").select_related("organization__canonical", "person", "commune")  # fmt: skip
    for listing in rows.order_by("public_at", "pk"):
        if listing.public_id in known or listing.public_at is None:
            continue
        holder = holder_of(listing)
        who = holder.name if listing.organization else "Une personne du territoire"
        said = f"{who} propose : « {listing.title} », à {listing.commune.name}.\n\nL’annonce : {_address(listing)}"
        yield Heard(
            listing.need, Sequel.OFFERED, listing.public_id, listing.public_at, said,
            holder.organization and holder.organization.whole, [person.email for person in holder.people()],
        )  # fmt: skip


def _deals() -> Iterator[Heard]:
    since = timezone.now() - 2 * LATELY
    known = set(
        Sequel.objects.filter(kind=Sequel.AGREED, at__gte=since).values_list("need__public_id", "key")
    )
    public = Need.objects.order_by().filter(status=Need.PUBLISHED).values("public_id")
    rows = concluded_for(public).filter(concluded_at__gte=timezone.now() - LATELY)
    for deal in rows.select_related("listing__person", "person").order_by("concluded_at", "pk"):
        made_for = {one.need for one in (deal.listing, deal.other) if one} - {""}
        new = {need for need in made_for if (need, deal.public_id) not in known}
        if not new or deal.concluded_at is None:
            continue
        parties = giver_and_taker(deal)
        giver = parties[0].organization and parties[0].organization.whole
        for need in public.filter(public_id__in=new).values_list("public_id", flat=True):
            named = said_for(deal, [need])
            if named is None:
                continue
            holder = holder_in(deal, named)
            by = f" avec {holder.name}" if holder else ""
            said = (
                f"Un accord est conclu{by}, le {day(timezone.localdate(deal.concluded_at))} : « {named.title} ».\n\n"
                f"L’annonce : {_address(named)}"
            )
            theirs = [person.email for party in parties for person in party.people()]
            yield Heard(need, Sequel.AGREED, deal.public_id, deal.concluded_at, said, giver, theirs)


def _address(listing: Listing) -> str:
    return settings.ORIGIN + reverse("exchange:listing", args=[listing.public_id])
