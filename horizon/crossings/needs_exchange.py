"""Needs and exchange: offers that may answer a need, and the need that a listing answers or comes from."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from horizon.engine.pairing.scoring import ALMOST, Side
from horizon.exchange.finding import meets_side
from horizon.exchange.models import Listing
from horizon.kernel.registry import Aside, declare_beside
from horizon.listening.models import Need

SHOWN = 4


def declare() -> None:
    """Shows offers beside a need, and the need beside a listing."""
    declare_beside("need", offers_for)
    declare_beside("listing", need_of)


def offers_for(need: Need) -> Aside:
    """What was offered for this need, then open offers with its words. Five queries at most."""
    said = Listing.objects.filter(
        need=need.public_id, status=Listing.PUBLISHED, audience=Listing.EVERYBODY
    ).select_related("organization", "commune")
    rows = {
        listing.public_id: (_page(listing), listing.title, f"{listing.get_side_display()}, pour ce besoin, {listing.commune.name}")
        for listing in said[:SHOWN]
    }  # fmt: skip
    place = need.commune
    side = Side(
        key=need.public_id, title=need.text, place=place.code if place else "", lat=place.lat if place else None,
        lon=place.lon if place else None,
    )  # fmt: skip
    for met in meets_side(side, Listing.ASK, members=False, limit=SHOWN):
        if met.match.level > ALMOST:
            rows.setdefault(
                met.listing.public_id, (_page(met.listing), met.listing.title, " · ".join(met.match.reasons))
            )
    start = {"besoin": need.public_id, "commune": need.commune_id or ""}
    links = (
        (f"{reverse('exchange:write', args=['offre'])}?{urlencode(start)}", "Proposer quelque chose pour y répondre", ""),
        (
            f"{reverse('exchange:write', args=['demande'])}?{urlencode({**start, 'quoi': need.text[:120]})}",
            "En faire une demande précise", "",
        ),
    )  # fmt: skip
    return Aside(
        title="Ce qui est proposé", rows=(*rows.values(), *links),
        source="D’après les mots du besoin et ceux des offres ouvertes." if rows else "Aucune offre ouverte n’a ces mots aujourd’hui.",
    )  # fmt: skip


def _page(listing: Listing) -> str:
    return reverse("exchange:listing", args=[listing.public_id])


def need_of(listing: Listing) -> Aside | None:
    """The need that a listing answers, or from which it was made. One query, none without one."""
    if not listing.need:
        return None
    need = Need.objects.filter(public_id=listing.need, status=Need.PUBLISHED).first()
    if need is None:
        return None
    return Aside(
        title="Pour ce besoin",
        rows=((reverse("listening:need", args=[need.public_id]), need.text[:160], need.get_state_display()),),
    )
