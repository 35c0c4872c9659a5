"""Reads of exchange: open listings under filters, somebody's own, the funnel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from horizon.actors.merged import acts_or_relays_for, of, root
from horizon.actors.models import Membership, Organization, Person
from horizon.engine.pairing.stock import Taken, last_day, left
from horizon.engine.search.analysis import content_words, term
from horizon.exchange.models import Deal, Listing, ListingPicture, ListingTerm
from horizon.exchange.parties import Party
from horizon.kernel.doors import UNDECIDED


def open_listings(
    *, members: bool, side: str = "", kind: str = "", commune: str = "", terms: str = "", words: str = "", nobody: bool = False,
    door: str = "",
) -> QuerySet[Listing]:  # fmt: skip
    """The listings that a reader may see, most recent first."""
    rows = Listing.objects.filter(status=Listing.PUBLISHED).select_related(
        "organization__canonical", "commune"
    )
    rows = rows.annotate(
        cover=Subquery(ListingPicture.objects.filter(listing=OuterRef("pk"), rank=1).values("public_id")[:1])
    )
    if not members:
        rows = rows.filter(audience=Listing.EVERYBODY)
    for name, value in (("side", side), ("kind", kind), ("commune", commune)):
        if value:
            rows = rows.filter(**{name: value})
    if door:
        rows = rows.filter(door="" if door == UNDECIDED else door)
    if terms:
        rows = rows.filter(terms__contains=terms)
    if nobody:
        rows = rows.filter(side=Listing.ASK, answered=False)
    for word in list(dict.fromkeys(map(term, content_words(words))))[:6]:
        rows = rows.filter(pk__in=ListingTerm.objects.filter(term=word).values("listing"))
    return rows


RETURNED = {"equipment", "space", "staff"}


def comes_back(side: str, kind: str) -> bool:
    """Whether what is taken of a listing comes back: what is lent, not what is given nor what somebody asks."""
    return side == Listing.OFFER and kind in RETURNED


def taken_from(listings: Sequence[int]) -> dict[int, list[Taken]]:
    """What concluded deals take of listings, by listing; those of which nothing is taken are left out. One query."""
    deals = Deal.objects.filter(status=Deal.CONCLUDED).filter(
        Q(listing_id__one_of=listings) | Q(other_id__one_of=listings)
    )
    found: dict[int, list[Taken]] = {}
    asked = set(listings)
    rows = deals.order_by("pk").values_list("listing_id", "other_id", "quantity", "from_on", "until_on")
    for listing, other, quantity, since, until in rows:
        for one in {listing, other} & asked:
            found.setdefault(one, []).append(Taken(quantity or Decimal(1), since, last_day(since, until)))
    return found


def note_left(listings: Iterable[Listing]) -> list[Listing]:
    """Writes on each listing of a page what is left of it today (`left`, None when it is not counted). One query.

    Where nothing is, `gone` says it.
    """
    rows = list(listings)
    counted = [row.pk for row in rows if row.quantity is not None]
    taken, today = taken_from(counted) if counted else {}, timezone.localdate()
    for row in rows:
        row.left, row.gone = row.quantity, ""  # type: ignore[attr-defined]
        if row.quantity is not None and row.pk in taken:
            back = comes_back(row.side, row.kind)
            row.left = left(row.quantity, taken[row.pk], returned=back, since=today, until=today)  # type: ignore[attr-defined]
            row.gone = "" if row.left else _gone(row)  # type: ignore[attr-defined]
    return rows


def _gone(row: Listing) -> str:
    """What is said of a listing of which nothing is left today."""
    return "tout est réservé aujourd’hui" if comes_back(row.side, row.kind) else nothing_left(row.side)


def nothing_left(side: str) -> str:
    """What is said of an ask or of an offer of which nothing is left for good."""
    return "tout est trouvé" if side == Listing.ASK else "il n’en reste plus"


def ended_of(deal: Deal, left: Decimal | None) -> str:
    """What is said on an open deal of a listing that is no longer open; `left`: what is left of it. One query at most.

    Nothing is said while it is only read again after a change.
    """
    listing = deal.listing
    if deal.status not in Deal.OPEN or listing.is_open or listing.status == Listing.HELD:
        return ""
    if listing.status == Listing.CLOSED and (left == 0 or _met(listing)):
        return nothing_left(listing.side)
    return (
        "l’annonce est arrivée à son terme" if listing.status == Listing.EXPIRED else "l’annonce est retirée"
    )


def _met(listing: Listing) -> bool:
    """Whether an ask that is not counted has its deal."""
    concluded = Deal.objects.filter(Q(listing=listing) | Q(other=listing), status=Deal.CONCLUDED)
    return listing.side == Listing.ASK and listing.quantity is None and concluded.exists()


def of_person(person: Person) -> tuple[QuerySet[Listing], QuerySet[Deal]]:
    """The listings and the deals of a person and of the structures they act for."""
    mine = acts_or_relays_for(person)
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


def answering(listing: Listing, parties: Sequence[Party]) -> list[Listing]:
    """The open listings with which these parties may answer one: of the other side, counted alike. One query."""
    side = Listing.ASK if listing.side == Listing.OFFER else Listing.OFFER
    held = Q(person__in=[one.person.pk for one in parties if one.person])
    wholes = [one.organization.root_id for one in parties if one.organization]
    held |= Q(organization__in=wholes) | Q(organization__canonical__in=wholes)
    rows = Listing.objects.filter(held, status=Listing.PUBLISHED, side=side)
    if listing.quantity is not None:
        rows = rows.filter(Q(quantity=None) | Q(unit=listing.unit))
    return list(
        rows.select_related("organization__canonical", "person", "commune").order_by("title", "pk")[:100]
    )


def figures(*, members: bool) -> dict[str, int]:
    """How many offers and asks a reader may see are open, and how many of these find nobody. One query."""
    seen = Listing.objects.filter(status=Listing.PUBLISHED)
    if not members:
        seen = seen.filter(audience=Listing.EVERYBODY)
    return seen.aggregate(
        offers=Count("pk", filter=Q(side=Listing.OFFER)), asks=Count("pk", filter=Q(side=Listing.ASK)),
        nobody=Count("pk", filter=Q(side=Listing.ASK, answered=False)),
    )  # fmt: skip


class Funnel(NamedTuple):
    """What became of the proposals: how many were made, accepted, concluded, left without an answer, for which value in euros."""

    proposed: int
    accepted: int
    concluded: int
    declined: int
    lapsed: int
    value: float
    inside: int
    inside_value: float
    reasons: list[tuple[str, int]]


def funnel() -> Funnel:
    """The funnel over all deals. `inside`: concluded between two structures that are in the collective today. Four queries."""
    told = Deal.objects.aggregate(
        proposed=Count("pk"), accepted=Count("pk", filter=Q(accepted_at__isnull=False)),
        concluded=Count("pk", filter=Q(status=Deal.CONCLUDED)), declined=Count("pk", filter=Q(status__in=[Deal.DECLINED, Deal.CANCELLED])),
        lapsed=Count("pk", filter=Q(status=Deal.LAPSED)), value=Sum("value", filter=Q(status=Deal.CONCLUDED)),
    )  # fmt: skip
    members = Membership.objects.filter(status=Membership.ACTIVE).annotate(of_root=root()).values("of_root")
    within = (
        Deal.objects.filter(status=Deal.CONCLUDED)
        .annotate(opens=root(), holds=root("listing__organization"))
        .filter(opens__in=members, holds__in=members)
        .aggregate(n=Count("pk"), value=Sum("value"))
    )
    ended = Deal.objects.filter(status__in=[Deal.DECLINED, Deal.CANCELLED])
    reasons = ended.values_list("why").annotate(n=Count("pk")).order_by("-n", "why")
    labels = dict(Deal.WHY)
    return Funnel(
        told["proposed"], told["accepted"], told["concluded"], told["declined"], told["lapsed"], float(told["value"] or 0), within["n"],
        float(within["value"] or 0), [(labels.get(why, "Sans raison choisie"), n) for why, n in reasons],
    )  # fmt: skip


def open_listings_of(organization: Organization) -> list[Listing]:
    """The open listings of a structure (with what was merged into it) that everybody sees, by title. One query."""
    rows = Listing.objects.filter(of(organization), status=Listing.PUBLISHED, audience=Listing.EVERYBODY)
    return list(rows.order_by("title", "pk"))


class Exchanged(NamedTuple):
    """Two structures that concluded deals with one another: how many, the first and the last day."""

    holder: int
    opener: int
    times: int
    first: datetime
    last: datetime


def exchanges_between(organization_id: int | None = None) -> list[Exchanged]:
    """Who concluded deals with whom, of one structure (with what was merged into it) or of all. One query.

    Structures only: a deal with a person is nobody's business. A pair may come twice, once each way.
    """
    deals = Deal.objects.filter(status=Deal.CONCLUDED, between_organizations=True)
    if organization_id is not None:
        deals = deals.filter(
            Q(organization=organization_id) | Q(organization__canonical=organization_id)
            | Q(listing__organization=organization_id) | Q(listing__organization__canonical=organization_id)
        )  # fmt: skip
    rows = (
        deals.order_by().values_list("listing__organization", "organization")
        .annotate(n=Count("pk"), first=Min("concluded_at"), last=Max("concluded_at"))
    )  # fmt: skip
    return [Exchanged(*row) for row in rows]


def exchanges_stamp() -> tuple[int, datetime | None]:
    """Changes whenever a deal between structures is concluded. One query."""
    found = Deal.objects.filter(status=Deal.CONCLUDED, between_organizations=True).aggregate(
        n=Count("pk"), last=Max("concluded_at")
    )
    return found["n"], found["last"]
