"""Needs and exchange: offers that may answer a need, and the need that a listing answers or comes from."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from horizon.actors.models import Organization
from horizon.engine.pairing.scoring import ALMOST, Side
from horizon.exchange.finding import meets_side
from horizon.exchange.models import Deal, Listing
from horizon.kernel.registry import Aside, declare_beside
from horizon.kernel.templatetags.atlas import day
from horizon.listening.models import Need

SHOWN = 4


def declare() -> None:
    """Shows offers beside a need, and the need beside a listing."""
    declare_beside("need", offers_for)
    declare_beside("listing", need_of)


def offers_for(need: Need) -> Aside:
    """What was agreed and offered for this need, then open offers with its words. Seven queries at most."""
    group = [need.public_id, *need.grouped.filter(status=Need.PUBLISHED).values_list("public_id", flat=True)]
    agreed = list(concluded_for(group).order_by("-concluded_at")[:SHOWN])
    said = Listing.objects.filter(
        need__in=group, status=Listing.PUBLISHED, audience=Listing.EVERYBODY
    ).select_related("organization", "commune")
    rows = {named.public_id: _concluded(deal, named) for deal in agreed if (named := said_for(deal, group))}
    rows |= {
        listing.public_id: (_page(listing), listing.title, f"{listing.get_side_display()}, pour ce besoin, {listing.commune.name}")
        for listing in said[:SHOWN] if listing.public_id not in rows
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
        title="Ce qui est conclu et proposé" if agreed else "Ce qui est proposé", rows=(*rows.values(), *links),
        source="D’après les mots du besoin, leur sens et les offres ouvertes." if rows else "Aucune offre ouverte n’y répond aujourd’hui.",
    )  # fmt: skip


def concluded_for(group: Collection[str] | QuerySet) -> QuerySet[Deal]:
    """The deals concluded for these needs that everybody may read, whichever of the two listings was made for one."""
    made = Q()
    for path in ("listing__", "other__"):
        made |= Listing.public(path) & Q(**{f"{path}need__in": group, f"{path}audience": Listing.EVERYBODY})
    return Deal.objects.filter(made, status=Deal.CONCLUDED).select_related(
        "listing__organization__canonical", "other", "organization__canonical"
    )


def said_for(deal: Deal, group: Collection[str]) -> Listing | None:
    """The listing of a deal that was made for one of these needs and that everybody may read."""
    made = (one for one in (deal.listing, deal.other) if one and one.need in group)
    return next((one for one in made if one.is_public and one.audience == Listing.EVERYBODY), None)


def holder_in(deal: Deal, named: Listing) -> Organization | None:
    """The structure that holds this listing of a deal: the one that is named beside the need, the other side never."""
    holder = deal.listing.organization if named == deal.listing else deal.organization
    return holder.whole if holder else None


def _concluded(deal: Deal, named: Listing) -> tuple[str, str, str]:
    """What became of it: both sides confirmed. A structure is named, a person never."""
    holder = holder_in(deal, named)
    who = f" avec {holder.name}" if holder else ""
    on = deal.concluded_at and timezone.localdate(deal.concluded_at)
    return _page(named), named.title, f"Accord conclu pour ce besoin{who}, le {day(on)}"


def _page(listing: Listing) -> str:
    return reverse("exchange:listing", args=[listing.public_id])


def need_of(listing: Listing) -> Aside | None:
    """The need that a listing answers, or from which it was made. One query, none without one."""
    if not listing.need:
        return None
    said = Need.objects.select_related("same_as").filter(public_id=listing.need).first()
    need = (said.same_as or said) if said else None
    if need is None or need.status != Need.PUBLISHED:
        return None
    return Aside(
        title="Pour ce besoin",
        rows=((reverse("listening:need", args=[need.public_id]), need.text[:160], need.get_state_display()),),
    )
