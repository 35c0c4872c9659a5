"""Reads of exchange: open listings under filters, somebody's own, the funnel."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Count, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from horizon.actors.merged import acted_for, of, root
from horizon.actors.models import Membership, Organization, Person
from horizon.engine.search.analysis import content_words, term
from horizon.exchange.models import Deal, Listing, ListingTerm


def open_listings(
    *, members: bool, side: str = "", kind: str = "", commune: str = "", terms: str = "", words: str = "", nobody: bool = False,
) -> QuerySet[Listing]:  # fmt: skip
    """The listings that a reader may see, most recent first."""
    rows = Listing.objects.filter(status=Listing.PUBLISHED).select_related(
        "organization__canonical", "commune"
    )
    if not members:
        rows = rows.filter(audience=Listing.EVERYBODY)
    for name, value in (("side", side), ("kind", kind), ("commune", commune)):
        if value:
            rows = rows.filter(**{name: value})
    if terms:
        rows = rows.filter(terms__contains=terms)
    if nobody:
        rows = rows.filter(side=Listing.ASK, answered=False)
    for word in list(dict.fromkeys(map(term, content_words(words))))[:6]:
        rows = rows.filter(pk__in=ListingTerm.objects.filter(term=word).values("listing"))
    return rows


def of_person(person: Person) -> tuple[QuerySet[Listing], QuerySet[Deal]]:
    """The listings and the deals of a person and of the structures they act for."""
    mine = acted_for(person)
    listings = Listing.objects.filter(Q(person=person) | Q(organization__in=mine))
    deals = Deal.objects.filter(
        Q(person=person)
        | Q(organization__in=mine)
        | Q(listing__person=person)
        | Q(listing__organization__in=mine)
    )
    return (
        listings.select_related("organization__canonical", "commune").order_by("-created_at", "-pk"),
        deals.select_related("listing__organization__canonical", "organization__canonical").order_by(
            "-created_at", "-pk"
        ),
    )


def figures() -> dict[str, int]:
    """How many offers and asks are open, and how many of these find nobody. One query."""
    return Listing.objects.filter(status=Listing.PUBLISHED).aggregate(
        offers=Count("pk", filter=Q(side=Listing.OFFER)), asks=Count("pk", filter=Q(side=Listing.ASK)),
        nobody=Count("pk", filter=Q(side=Listing.ASK, answered=False)),
    )  # fmt: skip


class Funnel(NamedTuple):
    """What became of the proposals: how many were made, accepted, concluded, for which value in euros."""

    proposed: int
    accepted: int
    concluded: int
    declined: int
    value: float
    inside: int
    inside_value: float
    reasons: list[tuple[str, int]]


def funnel() -> Funnel:
    """The funnel over all deals. `inside`: concluded between two structures that are in the collective today. Four queries."""
    told = Deal.objects.aggregate(
        proposed=Count("pk"), accepted=Count("pk", filter=Q(accepted_at__isnull=False)),
        concluded=Count("pk", filter=Q(status=Deal.CONCLUDED)), declined=Count("pk", filter=Q(status__in=[Deal.DECLINED, Deal.CANCELLED])),
        value=Sum("value", filter=Q(status=Deal.CONCLUDED)),
    )  # fmt: skip
    members = Membership.objects.filter(status=Membership.ACTIVE).annotate(of_root=root()).values("of_root")
    within = (
        Deal.objects.filter(status=Deal.CONCLUDED)
        .annotate(opens=root(), holds=root("listing__organization"))
        .filter(opens__in=members, holds__in=members)
        .aggregate(n=Count("pk"), value=Sum("value"))
    )
    reasons = (
        Deal.objects.exclude(reason="")
        .values_list("reason")
        .annotate(n=Count("pk"))
        .order_by("-n", "reason")[:8]
    )
    return Funnel(
        told["proposed"], told["accepted"], told["concluded"], told["declined"], float(told["value"] or 0), within["n"],
        float(within["value"] or 0), list(reasons),
    )  # fmt: skip


def life_of(organization: Organization) -> tuple[list[tuple[str, str, str]], list[tuple[str, str, int]]]:
    """The open listings of a structure (public id, title, side), and those with whom it concluded deals (public id, name,
    how many), most often first. One query."""
    listed = (
        Listing.objects.filter(of(organization), status=Listing.PUBLISHED, audience=Listing.EVERYBODY)
        .order_by().values_list(Value("listing"), "public_id", "title", "side", Value(1))
    )  # fmt: skip
    deals = Deal.objects.filter(status=Deal.CONCLUDED, between_organizations=True).order_by()

    def between(mine: str, theirs: str) -> QuerySet:
        names = (
            Coalesce(f"{theirs}__canonical__{name}", f"{theirs}__{name}") for name in ("public_id", "name")
        )
        shown = deals.filter(of(organization, mine)).exclude(of(organization, theirs))
        return shown.values_list(Value("deal"), *names, Value("")).annotate(n=Count("pk"))

    held, opened = (
        between("listing__organization", "organization"),
        between("organization", "listing__organization"),
    )
    listings: list[tuple[str, str, str]] = []
    counts: dict[tuple[str, str], int] = {}
    for kind, public_id, name, side, n in listed.union(held, opened, all=True):
        if kind == "listing":
            listings.append((public_id, name, side))
        else:
            counts[public_id, name] = counts.get((public_id, name), 0) + n
    partners = sorted(((*who, n) for who, n in counts.items()), key=lambda row: (-row[2], row[1]))
    return sorted(listings, key=lambda row: row[1]), partners
