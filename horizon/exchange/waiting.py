"""What waits in exchange: listings to read, proposals to answer, terms to confirm; and what is kept of a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Q
from django.urls import reverse

from horizon.actors.access import is_operator
from horizon.actors.merged import acts_or_relays_for, held_by_nobody, root
from horizon.actors.models import Person
from horizon.engine.wording import remarks
from horizon.exchange.models import Deal, Listing, ListingPicture, Message
from horizon.exchange.services import listing as listings
from horizon.exchange.services.dealing import give_up_deal
from horizon.exchange.services.forgetting import empty_listing
from horizon.kernel.answered import decisions
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import (
    Aside,
    Waiting,
    contestable,
    declare_beside,
    declare_personal_data,
    declare_waiting,
)
from horizon.territory.queries import is_small

AT_MOST = 300
LEFT = "la personne a quitté le site"
SAID_NO = "Cette annonce ne propose ni ne demande rien qui puisse être échangé ici, ou elle nomme quelqu’un. Vous pouvez la réécrire."


def declare() -> None:
    """Tells the desk and the privacy pages about this room."""
    declare_waiting("listing", held_listings, answer_listing, answered=listings_read)
    declare_waiting("deal", deals_waiting)
    declare_beside("me", mine)
    declare_personal_data(
        "exchange", kept_of, let_go,
        rows=("exchange.Listing", "exchange.ListingPicture", "exchange.Deal", "exchange.Message"),
    )  # fmt: skip


def held_listings(person: Person) -> Iterator[Waiting]:
    """Listings to read before they are public."""
    if not is_operator(person):
        return
    rows = Listing.objects.filter(status=Listing.HELD).select_related("commune").order_by("created_at", "pk")
    rows = rows.annotate(pictured=Count("pictures", filter=Q(pictures__removed_at=None)))
    for row in rows[:AT_MOST]:
        seen = remarks(f"{row.title} {row.text} {row.price}")
        told = " ".join(f"« {remark.excerpt} » : {remark.sentence}" for remark in seen)
        yield Waiting(
            key=row.public_id, room="listing", title=f"{row.get_side_display().capitalize()} : {row.title}", since=row.created_at,
            href=reverse("exchange:listing", args=[row.public_id]),
            detail=f"{row.text} ({row.commune.name}) {_pictured(row.pictured)}{_discreet(row)}{told}".strip(),
            actions={"accept": "Publier", "refuse": "Ne pas publier"}, alike="remarked" if seen else "plain",
        )  # fmt: skip


def listings_read(person: Person, since: datetime) -> Iterator[Waiting]:
    """Listings that somebody who animates published after reading, or refused; what a report took away is undone by its report."""
    if not is_operator(person):
        return
    at_the_desk = Q(verb="refuse") | Q(payload__read=True)
    read = decisions("listing", ("publish", "refuse"), since, at_the_desk)
    rows = Listing.objects.filter(
        public_id__in=read.keys() - contestable("listing"), status__in=[Listing.PUBLISHED, Listing.REFUSED]
    )
    for row in rows:
        yield Waiting(
            key=row.public_id, room="listing", since=read[row.public_id].at, detail=row.reason,
            title=f"{row.get_side_display().capitalize()} {row.get_status_display()} : {row.title}",
            href=reverse("exchange:listing", args=[row.public_id]),
        )  # fmt: skip


def _discreet(row: Listing) -> str:
    small = row.person_id is not None and is_small(row.commune)
    return "Moins de 1 000 habitants : que rien ne désigne qui écrit. " if small else ""


def _pictured(count: int) -> str:
    return f"{count} photo{'s' if count > 1 else ''} à regarder sur sa page. " if count else ""


def mine(_person: Person) -> Aside:
    """The way from one's own space to one's listings and deals."""
    return Aside("Échanges", ((reverse("exchange:mine"), "Mes annonces et mes accords", ""),))


def answer_listing(verb: str, key: str, person: Person) -> str:
    """Publishes or refuses a listing; undone, it waits again."""
    row = Listing.objects.filter(public_id=key).first()
    if row is None or not is_operator(person):
        raise Refused("Cette annonce n’existe plus.")
    if verb == "accept":
        listings.publish_listing(row, actor=person.actor, read=True)
        return f"Publiée : {row}."
    if verb == "refuse":
        listings.refuse_listing(row, SAID_NO, actor=person.actor)
        return f"Non publiée : {row}."
    if key in contestable("listing"):
        raise Refused("Un signalement porte sur cette annonce : c’est sa décision qui s’annule.")
    listings.hold_listing(row, actor=person.actor)
    return f"À lire de nouveau : {row}."


def deals_waiting(person: Person) -> Iterator[Waiting]:
    """Proposals that one's side has not answered, and terms that it has not confirmed; for those who animate, also where
    nobody acts for the structure: on what they noted for it, and on proposals made to it."""
    mine = acts_or_relays_for(person)
    holder = Q(listing__organization__in=mine) | Q(listing__person=person)
    if is_operator(person):
        carried = (Q(listing__noted=True) | Q(carried=True)) & held_by_nobody("held_root")
        holder |= carried & ~Q(organization__in=mine) & ~Q(person=person)
    opener = Q(organization__in=mine) | Q(person=person)
    rows = (
        Deal.objects.annotate(held_root=root("listing__organization"))
        .filter(
            (Q(status=Deal.PROPOSED) & holder)
            | (Q(status=Deal.TALKING, holder_agreed_at=None, opener_agreed_at__isnull=False) & holder)
            | (Q(status=Deal.TALKING, opener_agreed_at=None, holder_agreed_at__isnull=False) & opener)
        )
        .select_related("listing")
    )
    for deal in rows.order_by("created_at", "pk")[:AT_MOST]:
        what = "Une réponse à" if deal.status == Deal.PROPOSED else "Un accord à confirmer :"
        yield Waiting(
            key=deal.public_id, room="deal", title=f"{what} « {deal.listing.title} »", since=deal.created_at,
            href=reverse("exchange:deal", args=[deal.public_id]),
        )  # fmt: skip


def kept_of(person: Person) -> object:
    """The listings, deals and messages of a person."""
    return {
        "listings": [
            {
                "title": row.title,
                "text": row.text,
                "status": row.status,
                "heard_from": row.heard_from,
                "at": row.created_at.isoformat(),
            }
            for row in Listing.objects.filter(person=person)
        ],
        "pictures": [
            {
                "listing": row.listing.public_id,
                "alt": row.alt,
                "author": row.author,
                "licence": row.licence,
                "at": row.created_at.isoformat(),
            }
            for row in ListingPicture.objects.filter(
                Q(added_by=person) | Q(listing__person=person)
            ).select_related("listing")
        ],
        "deals": [
            {
                "listing": deal.listing.title,
                "status": deal.status,
                "why": deal.why,
                "reason": deal.reason,
                "at": deal.created_at.isoformat(),
            }
            for deal in Deal.objects.filter(Q(person=person) | Q(listing__person=person)).select_related(
                "listing"
            )
        ],
        "messages": [
            {"text": message.text, "at": message.created_at.isoformat()}
            for message in Message.objects.filter(author=person)
        ],
    }


def let_go(person: Person) -> None:
    """Own listings are emptied and withdrawn, their photos deleted, open deals given up, messages emptied; concluded deals stay, without a name."""
    for message in Message.objects.filter(author=person):
        message.text, message.reason, message.author = "", "", None
        message.save(update_fields=["text", "reason", "author"])
    ended = Deal.objects.filter(Q(person=person) | Q(listing__person=person)).exclude(status__in=Deal.OPEN)
    ended.update(reason="")
    open_deals = Deal.objects.filter(Q(person=person) | Q(listing__person=person), status__in=Deal.OPEN)
    for deal in open_deals.order_by("pk"):
        give_up_deal(deal, LEFT, author=person)
    for row in Listing.objects.filter(person=person):
        empty_listing(row, actor=person.actor)
    ListingPicture.objects.filter(added_by=person).update(added_by=None)
    Deal.objects.filter(person=person).update(person=None)
