"""The offers, asks and deals of the demonstration: invented, made through the services, then spread over five months."""

from __future__ import annotations

import csv
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from django.db import transaction
from django.utils import timezone

from horizon.actors.models import Membership, Organization, OrganizationRole, Person
from horizon.actors.sorts import companies
from horizon.config.demo.people import ACTOR, demo_person
from horizon.directory.models import Entry, Publication
from horizon.exchange.models import Deal, Listing, Message
from horizon.exchange.parties import Party
from horizon.exchange.queries import comes_back
from horizon.exchange.services import dealing, listing
from horizon.exchange.services.listing import LASTS
from horizon.listening.models import Need

PHRASES = Path(__file__).with_name("exchanges.csv")
OFFERS, ASKS, DEALS, HELD, DECLINED = 198, 108, 62, 4, 9
OVER = timedelta(days=150)
# Offers that somebody makes for a need: their title, and words of the need.
FOR_NEEDS = {
    "Réparation de vélos": "réparer les vélos", "Paniers de légumes bio": "paniers de légumes",
    "Transport solidaire": "rendez-vous médicaux", "Comptabilité et paie partagées": "la comptabilité",
    "Salle de réunion": "salle pour nos assemblées", "Bureaux partagés": "travailler avec du réseau",
    "Vêtements d’occasion": "vêtements chauds", "Pain au levain": "Du pain à", "Bénévoles pour fêtes et buvettes": "fête de village",
}  # fmt: skip
WHY_NOT = (
    ("taken", "Déjà promis à ces dates."),
    ("other_way", "Finalement, nous avons trouvé plus près."),
    ("far", "Trop loin pour une seule journée."),
)


@transaction.atomic
def exchanges_of_the_demonstration(publication: Publication) -> dict[str, int]:
    """Offers, asks, meets and concludes; returns how many of each. Run once, after the people."""
    if Listing.objects.exists():
        return {}
    random = Random("exchanges")  # noqa: S311 - a demonstration, the same each time
    with PHRASES.open(encoding="utf-8", newline="") as stream:
        phrases = list(csv.DictReader(stream))
    found = Entry.objects.filter(publication=publication, active=True).select_related(
        "organization", "commune"
    )
    members = Membership.objects.filter(status=Membership.ACTIVE).values("organization")
    inside = list(found.filter(organization__in=members).order_by("pk"))
    entries = [*found.order_by("pk")[:900], *inside * (900 // max(len(inside), 1))]
    made = {"offers": 0, "asks": 0, "deals": 0, "held": 0}
    operator = demo_person(0)
    offers: dict[int, list[Listing]] = {}
    needs = {title: _needs_saying(words) for title, words in FOR_NEEDS.items()}
    with_offer = [n for n, phrase in enumerate(phrases) if phrase["offer"]]
    for number in range(OFFERS):
        which = with_offer[number % len(with_offer)]
        offers.setdefault(which, []).append(
            _write(Listing.OFFER, phrases[which], number, entries, random, publication, needs)
        )
        made["offers"] += 1
    asks: dict[int, list[Listing]] = {}
    traders = companies((one.organization.whole.pk, one.organization.whole.kind) for one in entries)
    helped = [one for one in entries if one.organization.whole.pk not in traders]
    for number in range(ASKS):
        which = number % len(phrases)
        holders = helped if phrases[which]["kind"] == "help" else entries
        asks.setdefault(which, []).append(
            _write(Listing.ASK, phrases[which], number, holders, random, publication)
        )
        made["asks"] += 1
    for number in range(HELD):
        holder = Party(person=demo_person(12 + number))
        phrase = phrases[with_offer[number * 3]]
        listing.publish_listing(
            listing.write_listing(Listing.OFFER, holder, _values(phrase, Listing.OFFER, random.choice(entries), random),
                                  once=f"demo-held-{number}", actor=ACTOR),
            actor=ACTOR,
        )  # fmt: skip
        made["held"] += 1
    pairs = [
        (offer, ask) for which in asks for ask, offer in zip(asks[which], offers.get(which, []), strict=False)
    ]
    random.shuffle(pairs)
    for number, (offer, ask) in enumerate(pairs[: DEALS + DECLINED]):
        made["deals"] += _deal(offer, ask, number, operator, publication, random)
    return made


def _values(phrase: dict[str, str], side: str, entry: Entry, random: Random) -> dict:
    counted = phrase["quantity"] and (side == Listing.OFFER or random.random() < 0.6)
    return {
        "kind": phrase["kind"], "title": phrase[side], "text": phrase[f"{side}_text"], "commune": entry.commune,
        "quantity": Decimal(phrase["quantity"]) if counted else None, "unit": phrase["unit"] if counted else "",
        "terms": phrase["terms"],
    }  # fmt: skip


def _write(
    side: str,
    phrase: dict[str, str],
    number: int,
    entries: list[Entry],
    random: Random,
    publication: Publication,
    needs: dict[str, list[str]] | None = None,
) -> Listing:
    entry = random.choice(entries)
    met = (needs or {}).get(phrase[side], [])
    written = listing.write_listing(
        side,
        Party(_whole(entry.organization)),
        _values(phrase, side, entry, random),
        once=f"demo-{side}-{number}",
        actor=ACTOR,
        need=met[number % len(met)] if met else "",
    )
    published = listing.publish_listing(written, actor=ACTOR, read=True)
    at = _moment(publication) - OVER * random.random()
    Listing.objects.filter(pk=published.pk).update(
        created_at=at, published_at=at, public_at=at, confirmed_on=at.date(), expires_on=at.date() + LASTS
    )
    return published


def _needs_saying(words: str) -> list[str]:
    """The public needs with some words, in the order in which they were said."""
    found = Need.objects.filter(status=Need.PUBLISHED, same_as=None, text__contains=words)
    return list(found.order_by("pk").values_list("public_id", flat=True))


def _whole(organization: Organization) -> Organization:
    return organization.whole


def _moment(publication: Publication) -> datetime:
    return timezone.make_aware(datetime.combine(publication.vintage, time(10)))


def _deal(
    offer: Listing, ask: Listing, number: int, operator: Person, publication: Publication, random: Random
) -> int:
    """The structure that asks answers the offer; the operator types for both, as on the phone."""
    taker = ask.organization
    if taker is None or taker.pk == offer.organization_id:
        return 0
    deal = dealing.propose_deal(
        offer, Party(taker), "Bonjour, cela nous irait bien.", once=f"demo-deal-{number}", author=_speaks(taker, operator),
        other=ask,
    )  # fmt: skip
    if number % 7 == 6:
        why, words = random.choice(WHY_NOT)
        dealing.decline_deal(deal, words, author=operator, why=why)
        return 0
    dealing.accept_deal(deal, author=operator)
    wanted = min(offer.quantity, ask.quantity or offer.quantity) if offer.quantity else None
    value = Decimal(random.choice((40, 80, 120, 350, 900))) if "price" in offer.terms else None
    day = publication.vintage - timedelta(days=random.randrange(3, 70))
    days = {"from_on": day, "until_on": day + timedelta(days=1)} if comes_back(offer.side, offer.kind) else {}
    terms = {"quantity": wanted, "value": value, **days}
    dealing.agree(deal, terms, author=operator, from_holder=False)
    dealing.agree(deal, terms, author=operator, from_holder=True)
    at = _moment(publication) - OVER / 2 * random.random()
    Deal.objects.filter(pk=deal.pk).update(
        created_at=at, accepted_at=at, holder_agreed_at=at, opener_agreed_at=at, concluded_at=at
    )
    Message.objects.filter(deal=deal).update(created_at=at)
    return 1


def _speaks(organization: Organization, otherwise: Person) -> Person:
    role = (
        OrganizationRole.objects.filter(organization=organization, until=None)
        .select_related("person")
        .first()
    )
    return role.person if role else otherwise
