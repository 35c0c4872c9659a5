"""From a match to a deal: proposing, introducing, talking, agreeing on the same terms, concluding once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from horizon.actors.models import Person
from horizon.engine.distance import distance_km
from horizon.engine.pairing.stock import last_day, left
from horizon.exchange.indexing import index_listing
from horizon.exchange.law import NEVER_TO_A_COMPANY, ONLY_ORGANIZATIONS
from horizon.exchange.models import Deal, Listing, Message
from horizon.exchange.parties import Party, holder_of, opener_of
from horizon.exchange.queries import comes_back, taken_from
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.kernel.refusal import Refused
from horizon.territory.models import Commune

ALREADY = "Une proposition est déjà en cours entre vous."


@transaction.atomic
def propose_deal(
    listing: Listing, opener: Party, text: str, *, once: str, author: Person, other: Listing | None = None,
    commune: Commune | None = None, quantity: Decimal | None = None,
) -> Deal:  # fmt: skip
    """Somebody answers a listing. Its holder accepts or declines; until then nobody's address is shown.

    Raises Refused when it is no longer open, one's own, already under way, or against the law of its kind.
    """
    known = Deal.objects.filter(once=once).first()
    if known is not None:
        return known
    locked = _lock(listing)
    if locked.status != Listing.PUBLISHED:
        raise Refused("Cette annonce n’est plus ouverte.")
    if holder_of(locked).key == opener.key:
        raise Refused("C’est votre propre annonce.")
    taker = opener if locked.side == Listing.OFFER else holder_of(locked)
    if locked.kind == "help" and taker.who == "company":
        raise Refused(NEVER_TO_A_COMPANY)
    if locked.kind == "staff" and opener.organization is None:
        raise Refused(ONLY_ORGANIZATIONS)
    if quantity is not None and quantity <= 0:
        raise Refused("La quantité doit être plus grande que zéro.")
    place = other.commune if other else commune
    try:
        with transaction.atomic():
            deal = Deal.objects.create(
                listing=locked, other=other, organization=opener.organization, person=opener.person, once=once,
                between_organizations=bool(opener.organization and locked.organization_id), quantity=quantity,
                km=_km(locked.commune, place),
            )  # fmt: skip
    except IntegrityError:
        again = Deal.objects.filter(once=once).first()
        if again is None:
            raise Refused(ALREADY) from None
        return again
    if text.strip():
        Message.objects.create(
            deal=deal, author=author, from_holder=False, text=text.strip()[:3000], once=once
        )
    record_event("propose", "deal", deal.public_id, actor=author.actor, payload={"listing": locked.public_id})
    _write(deal, holder_of(locked), f"Une réponse à « {locked.title} »",
           f"{opener.name[:1].upper()}{opener.name[1:]} répond à votre annonce « {locked.title} ».")  # fmt: skip
    return deal


def _km(here: Commune, there: Commune | None) -> Decimal | None:
    if there is None or None in (here.lat, here.lon, there.lat, there.lon):
        return None
    return Decimal(f"{distance_km(here.lat, here.lon, there.lat, there.lon):.1f}")  # type: ignore[arg-type]


@transaction.atomic
def accept_deal(deal: Deal, *, author: Person) -> Deal:
    """The holder accepts to be introduced: both sides now see each other and may write."""
    locked = _locked(deal)
    if locked.status == Deal.TALKING:
        return locked
    if locked.status != Deal.PROPOSED:
        raise Refused(f"Cet accord est {locked.get_status_display()}.")
    locked.status, locked.accepted_at = Deal.TALKING, timezone.now()
    locked.save(update_fields=["status", "accepted_at"])
    record_event("accept", "deal", locked.public_id, actor=author.actor)
    _write(locked, opener_of(locked), f"On vous répond : « {locked.listing.title} »",
           "Votre proposition intéresse. Vous pouvez maintenant vous écrire et convenir des détails.")  # fmt: skip
    return locked


@transaction.atomic
def decline_deal(deal: Deal, reason: str, *, author: Person) -> Deal:
    """The holder declines, or either side gives up, with a reason that the other reads. Raises Refused without one."""
    locked = _locked(deal)
    if locked.status not in Deal.OPEN:
        raise Refused(f"Cet accord est {locked.get_status_display()}.")
    if not reason.strip():
        raise Refused("Dites pourquoi en quelques mots : l’autre lira cette raison.")
    declined = locked.status == Deal.PROPOSED
    locked.status, locked.reason = Deal.DECLINED if declined else Deal.CANCELLED, reason.strip()[:500]
    locked.save(update_fields=["status", "reason"])
    record_event("decline" if declined else "cancel", "deal", locked.public_id, actor=author.actor)
    by_holder = holder_of(locked.listing).includes(author)
    _write(locked, opener_of(locked) if by_holder else holder_of(locked.listing), f"« {locked.listing.title} » : sans suite",
           f"Il n’y a pas de suite : {locked.reason}")  # fmt: skip
    return locked


@transaction.atomic
def write_message(deal: Deal, text: str, *, once: str, author: Person, from_holder: bool) -> Message:
    """One message to the other side, told by e-mail. The same `once` again gives the same message."""
    known = Message.objects.filter(once=once).first()
    if known is not None:
        return known
    locked = _locked(deal)
    if locked.status == Deal.PROPOSED and from_holder:
        raise Refused("Acceptez d’abord d’être mis en relation.")
    if locked.status in {Deal.DECLINED, Deal.CANCELLED}:
        raise Refused("Cet échange est terminé.")
    if not text.strip():
        raise Refused("Écrivez votre message.")
    message = Message.objects.create(
        deal=locked, author=author, from_holder=from_holder, text=text.strip()[:3000], once=once
    )
    record_event("write", "deal", locked.public_id, actor=author.actor)
    _write(locked, opener_of(locked) if from_holder else holder_of(locked.listing), f"Un message : « {locked.listing.title} »",
           f"On vous écrit :\n\n{message.text}")  # fmt: skip
    return message


@transaction.atomic
def take_message_away(message: Message, reason: str, *, actor: str) -> None:
    """Hides a message from its reader behind a reason, after a report. Raises Refused for one that is emptied or hidden."""
    locked = Message.objects.select_for_update(of=("self",)).select_related("deal").get(pk=message.pk)
    if not locked.text or locked.reason:
        raise Refused("Ce message n’est plus lisible.")
    locked.reason = reason.strip()[:500] or "Retiré."
    locked.save(update_fields=["reason"])
    record_event("take_away", "message", locked.pk, actor=actor, payload={"deal": locked.deal.public_id})


@transaction.atomic
def put_message_back(message: Message, *, actor: str) -> None:
    """Undoes that. Raises Refused for one that is not hidden."""
    locked = Message.objects.select_for_update(of=("self",)).select_related("deal").get(pk=message.pk)
    if not locked.reason:
        raise Refused("Ce message n’est pas retiré.")
    locked.reason = ""
    locked.save(update_fields=["reason"])
    record_event("put_back", "message", locked.pk, actor=actor, payload={"deal": locked.deal.public_id})


@transaction.atomic
def agree(deal: Deal, terms: dict, *, author: Person, from_holder: bool) -> Deal:
    """One side confirms terms (quantity, value in euros, from_on, until_on). Other terms than those the other side
    confirmed ask it again; the same terms conclude the deal, once.

    Raises Refused when there is not enough left, or a value is given and one side is a person.
    """
    locked = _locked(deal)
    if locked.status == Deal.CONCLUDED:
        return locked
    if locked.status != Deal.TALKING:
        raise Refused("Il faut d’abord être mis en relation.")
    listing = _lock(locked.listing)
    other = _lock(locked.other) if locked.other_id and locked.other else None
    _check_terms(locked, terms)
    changed = any(
        getattr(locked, name) != terms.get(name) for name in ("quantity", "value", "from_on", "until_on")
    )
    for name in ("quantity", "value", "from_on", "until_on"):
        setattr(locked, name, terms.get(name))
    now = timezone.now()
    if changed:
        locked.holder_agreed_at = locked.opener_agreed_at = None
    if from_holder:
        locked.holder_agreed_at = locked.holder_agreed_at or now
    else:
        locked.opener_agreed_at = locked.opener_agreed_at or now
    concluded = bool(locked.holder_agreed_at and locked.opener_agreed_at)
    for one in filter(None, (listing, other)):
        left = left_of(one, locked.from_on, locked.until_on)
        if left is not None and (locked.quantity or Decimal(1)) > left:
            raise Refused(f"Il n’en reste que {left.normalize():f} pour « {one.title} » à ces dates." if left > 0
                          else f"Il n’en reste plus pour « {one.title} » à ces dates.")  # fmt: skip
    if concluded:
        locked.status, locked.concluded_at = Deal.CONCLUDED, now
    locked.save()
    record_event("conclude" if concluded else "agree", "deal", locked.public_id, actor=author.actor)
    to = opener_of(locked) if from_holder else holder_of(locked.listing)
    if concluded:
        for one in filter(None, (listing, other)):
            _close_when_nothing_is_left(one, author.actor)
        for party in (holder_of(locked.listing), opener_of(locked)):
            _write(
                locked,
                party,
                f"Accord conclu : « {locked.listing.title} »",
                "Vous avez tous les deux confirmé. C’est noté.",
            )
    else:
        _write(
            locked,
            to,
            f"À confirmer : « {locked.listing.title} »",
            "L’autre partie confirme les termes de l’accord. À vous.",
        )
    return locked


def _check_terms(deal: Deal, terms: dict) -> None:
    quantity, value = terms.get("quantity"), terms.get("value")
    if quantity is not None and quantity <= 0:
        raise Refused("La quantité doit être plus grande que zéro.")
    if value is not None and not deal.between_organizations:
        raise Refused("Une valeur ne se note qu’entre structures : laissez ce champ vide.")
    if value is not None and value < 0:
        raise Refused("La valeur ne peut pas être négative.")
    start, end = terms.get("from_on"), terms.get("until_on")
    if start and end and end < start:
        raise Refused("La fin vient avant le début.")


def left_of(listing: Listing, start: date | None = None, end: date | None = None) -> Decimal | None:
    """What is left of a listing: of what is lent, what is free on every day from `start` to `end`.

    Without an end, on `start` alone; without any day, today and after. None: not counted. One query.
    """
    if listing.quantity is None:
        return None
    returned = comes_back(listing.side, listing.kind)
    since = start or (timezone.localdate() if returned else None)
    return left(
        listing.quantity,
        taken_from([listing.pk]).get(listing.pk, []),
        returned=returned,
        since=since,
        until=last_day(start, end),
    )


def promised_of(listing: Listing) -> Decimal:
    """How much of a listing is promised: of what is lent, on the busiest day from today. One query."""
    taken = taken_from([listing.pk]).get(listing.pk, [])
    every = sum((one.quantity for one in taken), Decimal(0))
    returned = comes_back(listing.side, listing.kind)
    return every - left(
        every, taken, returned=returned, since=timezone.localdate() if returned else None, until=None
    )


def _close_when_nothing_is_left(listing: Listing, actor: str) -> None:
    met = listing.side == Listing.ASK and listing.quantity is None
    gone = (listing.side == Listing.ASK or not comes_back(listing.side, listing.kind)) and left_of(
        listing
    ) == 0
    if (met or gone) and listing.status == Listing.PUBLISHED:
        listing.status = Listing.CLOSED
        listing.save(update_fields=["status"])
        index_listing(listing)
        record_event("close", "listing", listing.public_id, actor=actor, payload={"why": "nothing left"})


def deal_link(deal: Deal) -> str:
    """The address of the page of a deal."""
    return settings.ORIGIN.rstrip("/") + reverse("exchange:deal", args=[deal.public_id])


def _write(deal: Deal, to: Party, subject: str, said: str) -> None:
    for person in to.people():
        write_to(person.email, subject, f"Bonjour,\n\n{said}\n\nPour voir et répondre : {deal_link(deal)}")


def _lock(listing: Listing) -> Listing:
    return (
        Listing.objects.select_for_update(of=("self",))
        .select_related("organization__canonical", "person", "commune")
        .get(pk=listing.pk)
    )


def _locked(deal: Deal) -> Deal:
    return (
        Deal.objects.select_for_update(of=("self",))
        .select_related(
            "listing__organization__canonical",
            "listing__person",
            "listing__commune",
            "organization__canonical",
            "person",
            "other",
        )
        .get(pk=deal.pk)
    )
