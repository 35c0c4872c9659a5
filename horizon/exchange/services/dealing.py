"""From a match to a deal: proposing, introducing, talking, agreeing on the same terms, concluding once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from horizon.actors.merged import of
from horizon.actors.models import Organization, Person
from horizon.actors.spoken import record_spoken
from horizon.engine.distance import distance_km
from horizon.engine.labels import number
from horizon.engine.pairing.stock import last_day, left
from horizon.exchange.indexing import index_listing
from horizon.exchange.law import NEVER_TO_A_COMPANY, ONLY_ORGANIZATIONS
from horizon.exchange.models import Deal, Listing, Message
from horizon.exchange.parties import Party, holder_in, holder_of, on_holder_side, opener_of
from horizon.exchange.queries import comes_back, nothing_left, taken_from
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.kernel.publicid import fresh_once
from horizon.kernel.refusal import Refused
from horizon.territory.models import Commune

TERMS = ("quantity", "value", "from_on", "until_on", "km")
FOR_WHICH_DAYS = "Dites pour quels jours : ce qui se prête revient, et d’autres le demanderont."
UNTIL_ACCEPTED = 3
AFTER_A_REFUSAL = timedelta(days=30)
WAIT = "Vous avez déjà écrit trois fois : l’autre répondra s’il le souhaite. Vous pourrez vous écrire une fois mis en relation."
DECLINED_LATELY = "Votre proposition pour cette annonce a été déclinée il y a moins de trente jours. Répondez à une autre annonce, ou demandez."
ANSWERED_WITH = "On répondait avec elle à votre annonce"
AWAITED = "la proposition attend toujours votre oui ou votre non."
ALREADY = "Une proposition est déjà en cours entre vous."


@transaction.atomic
def propose_deal(
    listing: Listing, opener: Party, text: str, *, once: str, author: Person, other: Listing | None = None,
    commune: Commune | None = None, quantity: Decimal | None = None,
) -> Deal:  # fmt: skip
    """Somebody answers a listing, with an open one of theirs (`other`) or from a commune. Its holder accepts or declines; until
    then nobody's address is shown.

    Raises Refused when it is no longer open, one's own, already under way, or against the law of its kind; and when `other` is
    not theirs, not open, of the same side or not counted alike.
    """
    known = Deal.objects.filter(once=once).first()
    if known is not None:
        return known
    locked = locked_listing(listing)
    if locked.status != Listing.PUBLISHED:
        raise Refused("Cette annonce n’est plus ouverte.")
    holder = holder_of(locked)
    if holder.key == opener.key:
        raise Refused("C’est votre propre annonce.")
    taker = opener if locked.side == Listing.OFFER else holder
    if "help" in {locked.kind, other.kind if other else ""} and taker.who == "company":
        raise Refused(NEVER_TO_A_COMPANY)
    if locked.kind == "staff" and opener.organization is None:
        raise Refused(ONLY_ORGANIZATIONS)
    if quantity is not None and quantity <= 0:
        raise Refused("La quantité doit être plus grande que zéro.")
    if _declined_lately(locked, opener):
        raise Refused(DECLINED_LATELY)
    if other is not None:
        # Read anew, not locked: two who answer each other at once would wait for one another. Agreeing locks and counts both.
        other = whole_listings().get(pk=other.pk)
        _check_other(locked, other, opener)
    place = other.commune if other else commune
    try:
        with transaction.atomic():
            deal = Deal.objects.create(
                listing=locked, other=other, organization=opener.organization, person=opener.person, once=once,
                between_organizations=bool(opener.organization and locked.organization_id), quantity=quantity,
                km=_km(locked.commune, place), carried=holder.unattended,
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
    record_spoken(
        opener.organization, "propose", "deal", deal.public_id, actor=author.actor,
        payload={"listing": locked.public_id},
    )  # fmt: skip
    write_about(deal, holder_in(deal), f"Une réponse à « {locked.title} »",
           f"{opener.name[:1].upper()}{opener.name[1:]} répond à votre annonce « {locked.title} ».")  # fmt: skip
    return deal


def _declined_lately(listing: Listing, opener: Party) -> bool:
    theirs = of(opener.organization) if opener.organization else Q(person=opener.person)
    since = timezone.now() - AFTER_A_REFUSAL
    return Deal.objects.filter(theirs, listing=listing, status=Deal.DECLINED, ended_at__gte=since).exists()


def _check_other(listing: Listing, other: Listing, opener: Party) -> None:
    if holder_of(other).key != opener.key:
        raise Refused("Cette annonce n’est pas à vous : on répond avec une des siennes.")
    if other.status != Listing.PUBLISHED:
        raise Refused(f"« {other.title} » n’est plus ouverte : répondez sans elle, ou remettez-la d’abord.")
    if other.side == listing.side:
        raise Refused("On répond à une offre avec une demande, à une demande avec une offre.")
    if not counted_alike(listing, other):
        raise Refused(f"« {other.title} » ne se compte pas dans la même unité : répondez sans elle.")


def counted_alike(listing: Listing, other: Listing) -> bool:
    """Whether one quantity may be said of both: same unit, or one of them is not counted."""
    return None in (listing.quantity, other.quantity) or listing.unit == other.unit


def _km(here: Commune, there: Commune | None) -> Decimal | None:
    if there is None or None in (here.lat, here.lon, there.lat, there.lon):
        return None
    return Decimal(f"{distance_km(here.lat, here.lon, there.lat, there.lon):.1f}")  # type: ignore[arg-type]


@transaction.atomic
def accept_deal(deal: Deal, *, author: Person) -> Deal:
    """The holder accepts to be introduced: both sides now see each other and may write."""
    locked = locked_deal(deal)
    if locked.status == Deal.TALKING:
        return locked
    if locked.status != Deal.PROPOSED:
        raise Refused(f"Cet accord est {locked.get_status_display()}.")
    locked.status, locked.accepted_at = Deal.TALKING, timezone.now()
    locked.save(update_fields=["status", "accepted_at"])
    record_spoken(locked.listing.organization, "accept", "deal", locked.public_id, actor=author.actor)
    write_about(locked, opener_of(locked), f"On vous répond : « {locked.listing.title} »",
           "Votre proposition intéresse. Vous pouvez maintenant vous écrire et convenir des détails.")  # fmt: skip
    return locked


@transaction.atomic
def decline_deal(deal: Deal, reason: str = "", *, author: Person, why: str = "else") -> Deal:
    """The holder declines, or either side gives up: `why` is counted, `reason` is read by the other alone. Raises Refused without
    one or the other."""
    locked = locked_deal(deal)
    if locked.status not in Deal.OPEN:
        raise Refused(f"Cet accord est {locked.get_status_display()}.")
    if why == "else" and not reason.strip():
        raise Refused("Dites pourquoi en quelques mots : l’autre lira cette raison.")
    declined = locked.status == Deal.PROPOSED and not opener_of(locked).includes(author)
    return _end(locked, Deal.DECLINED if declined else Deal.CANCELLED, why, reason, author)


@transaction.atomic
def give_up_deal(deal: Deal, reason: str, *, author: Person) -> Deal:
    """One side leaves an open deal, whichever it is, for a reason that the other reads. What has ended, or was concluded meanwhile, stays so."""
    locked = locked_deal(deal)
    if locked.status not in Deal.OPEN:
        return locked
    # Whoever leaves takes the words of their own listings away: a letter does not keep them.
    theirs = locked.listing.person_id == author.pk
    return _end(locked, Deal.CANCELLED, "else", reason, author, "Un échange" if theirs else "")


def _end(locked: Deal, status: str, why: str, reason: str, author: Person, about: str = "") -> Deal:  # noqa: PLR0913
    locked.status, locked.why, locked.reason = status, why, reason.strip()[:500]
    locked.ended_at = timezone.now()
    locked.save(update_fields=["status", "reason", "why", "ended_at"])
    verb = "decline" if status == Deal.DECLINED else "cancel"
    record_spoken(_both_of(locked), verb, "deal", locked.public_id, actor=author.actor)
    write_about(locked, _across(locked, author), f"{about or f'« {locked.listing.title} »'} : sans suite",
           f"Il n’y a pas de suite : {locked.said_why}.")  # fmt: skip
    return locked


@transaction.atomic
def write_message(deal: Deal, text: str, *, once: str, author: Person, from_holder: bool) -> Message:
    """One message to the other side, told by e-mail. The same `once` again gives the same message.

    Raises Refused once whoever proposes wrote three times and the other has not accepted to be introduced.
    """
    known = Message.objects.filter(once=once).first()
    if known is not None:
        return known
    locked = locked_deal(deal)
    if locked.status == Deal.PROPOSED and from_holder:
        raise Refused("Acceptez d’abord d’être mis en relation.")
    if locked.status == Deal.PROPOSED and locked.messages.count() >= UNTIL_ACCEPTED:
        raise Refused(WAIT)
    if locked.status not in {*Deal.OPEN, Deal.CONCLUDED}:
        raise Refused("Cet échange est terminé.")
    if not text.strip():
        raise Refused("Écrivez votre message.")
    message = Message.objects.create(
        deal=locked, author=author, from_holder=from_holder, text=text.strip()[:3000], once=once
    )
    record_spoken(_side_of(locked, from_holder), "write", "deal", locked.public_id, actor=author.actor)
    write_about(locked, opener_of(locked) if from_holder else holder_in(locked), f"Un message : « {locked.listing.title} »",
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
    """One side confirms terms (quantity, value in euros, from_on, until_on, km). Other terms than those the other side
    confirmed ask it again; the same terms conclude the deal, once.

    Raises Refused when there is not enough left, when what is counted and comes back is promised without a day, or when a value
    is given and one side is a person.
    """
    locked = locked_deal(deal)
    if locked.status == Deal.CONCLUDED:
        return locked
    if locked.status != Deal.TALKING:
        raise Refused("Il faut d’abord être mis en relation.")
    both = _lock_both(locked)
    terms = {"km": locked.km, **terms}
    _check_terms(locked, terms)
    dated = terms.get("from_on") or terms.get("until_on")
    if not dated and any(one.quantity is not None and comes_back(one.side, one.kind) for one in both):
        raise Refused(FOR_WHICH_DAYS)
    changed = any(getattr(locked, name) != terms.get(name) for name in TERMS)
    for name in TERMS:
        setattr(locked, name, terms.get(name))
    now = timezone.now()
    if changed:
        locked.holder_agreed_at = locked.opener_agreed_at = None
    if from_holder:
        locked.holder_agreed_at = locked.holder_agreed_at or now
    else:
        locked.opener_agreed_at = locked.opener_agreed_at or now
    concluded = bool(locked.holder_agreed_at and locked.opener_agreed_at)
    for one in both:
        left = left_of(one, locked.from_on, locked.until_on)
        if left is not None and (locked.quantity or Decimal(1)) > left:
            raise Refused(f"Il n’en reste que {number(left)} pour « {one.title} » à ces dates." if left > 0
                          else f"Il n’en reste plus pour « {one.title} » à ces dates.")  # fmt: skip
    if concluded:
        locked.status, locked.concluded_at = Deal.CONCLUDED, now
    locked.save()
    mine = _side_of(locked, from_holder)
    record_spoken(mine, "conclude" if concluded else "agree", "deal", locked.public_id, actor=author.actor)
    to = opener_of(locked) if from_holder else holder_in(locked)
    if concluded:
        for one in both:
            _close_when_nothing_is_left(one, author.actor, mine)
        for party in (holder_in(locked), opener_of(locked)):
            write_about(
                locked,
                party,
                f"Accord conclu : « {locked.listing.title} »",
                "Vous avez tous les deux confirmé. C’est noté.",
            )
    else:
        write_about(
            locked,
            to,
            f"À confirmer : « {locked.listing.title} »",
            "L’autre partie confirme les termes de l’accord. À vous.",
        )
    return locked


@transaction.atomic
def reopen_deal(deal: Deal, reason: str, *, author: Person) -> Deal:
    """A concluded deal that did not happen is talked over again; what it took is free, the other reads why.

    A listing that closed because nothing was left stays so, for its holder to renew. Raises Refused without a reason, or when
    another deal of the same two is under way.
    """
    locked = locked_deal(deal)
    if locked.status != Deal.CONCLUDED:
        raise Refused(f"Cet accord est {locked.get_status_display()} : il n’y a rien à défaire.")
    if not reason.strip():
        raise Refused("Dites pourquoi en quelques mots : l’autre lira cette raison.")
    if holder_in(locked).nobody or opener_of(locked).nobody:
        raise Refused("L’autre partie a quitté le site : il n’y a plus personne avec qui en reparler.")
    locked.status, locked.concluded_at = Deal.TALKING, None
    locked.holder_agreed_at = locked.opener_agreed_at = None
    try:
        with transaction.atomic():
            locked.save(update_fields=["status", "concluded_at", "holder_agreed_at", "opener_agreed_at"])
    except IntegrityError:
        raise Refused("Un autre accord est déjà en cours.") from None
    said = reason.strip()[:500]
    Message.objects.create(
        deal=locked, author=author, from_holder=on_holder_side(locked, author), once=fresh_once(),
        text=f"Finalement, cela ne s’est pas fait : {said}",
    )  # fmt: skip
    record_spoken(_both_of(locked), "reopen", "deal", locked.public_id, actor=author.actor)
    write_about(locked, _across(locked, author), f"Finalement non : « {locked.listing.title} »",
           f"L’autre partie dit que cela ne s’est pas fait : {said}\n\nL’accord revient en discussion.")  # fmt: skip
    return locked


def may_be_returned(deal: Deal) -> bool:
    """Whether what a concluded deal lent may be said to be back: it has left, comes back, and no day of return has come."""
    listings = [one for one in (deal.listing, deal.other) if one is not None]
    last = last_day(deal.from_on, deal.until_on)
    lent = any(comes_back(one.side, one.kind) for one in listings)
    today = timezone.localdate()
    out = deal.from_on is None or deal.from_on <= today
    return deal.status == Deal.CONCLUDED and lent and out and (last is None or last > today)


@transaction.atomic
def note_return(deal: Deal, *, author: Person) -> Deal:
    """Either side says that what was lent is back (rendu): it is free again from tomorrow. The other is told."""
    locked = locked_deal(deal)
    if not may_be_returned(locked):
        raise Refused("Il n’y a pas de retour à noter : rien n’est prêté ici, ou c’est rendu.")
    today = timezone.localdate()
    locked.until_on = today
    locked.save(update_fields=["until_on"])
    record_spoken(_both_of(locked), "return", "deal", locked.public_id, actor=author.actor)
    write_about(locked, _across(locked, author), f"Rendu : « {locked.listing.title} »",
           "L’autre partie note que c’est rendu aujourd’hui. Si ce n’est pas le cas, écrivez-lui.")  # fmt: skip
    return locked


def _both_of(deal: Deal) -> tuple[Organization | None, Organization | None]:
    return deal.listing.organization, deal.organization


def _side_of(deal: Deal, holder: bool) -> Organization | None:
    return deal.listing.organization if holder else deal.organization


def _across(deal: Deal, author: Person) -> Party:
    """The other side than the author's."""
    return opener_of(deal) if on_holder_side(deal, author) else holder_in(deal)


def _check_terms(deal: Deal, terms: dict) -> None:
    quantity, value = terms.get("quantity"), terms.get("value")
    if quantity is not None and quantity <= 0:
        raise Refused("La quantité doit être plus grande que zéro.")
    if value is not None and not deal.between_organizations:
        raise Refused("Une valeur ne se note qu’entre structures : laissez ce champ vide.")
    if value is not None and value < 0:
        raise Refused("La valeur ne peut pas être négative.")
    if terms.get("km") is not None and terms["km"] < 0:
        raise Refused("La distance ne peut pas être négative.")
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


def _close_when_nothing_is_left(listing: Listing, actor: str, by: Organization | None) -> None:
    met = listing.side == Listing.ASK and listing.quantity is None
    gone = (listing.side == Listing.ASK or not comes_back(listing.side, listing.kind)) and left_of(
        listing
    ) == 0
    if (met or gone) and listing.status == Listing.PUBLISHED:
        listing.status = Listing.CLOSED
        listing.save(update_fields=["status"])
        index_listing(listing)
        record_spoken(by, "close", "listing", listing.public_id, actor=actor, payload={"why": "nothing left"})
        found = nothing_left(listing.side)
        tell_open_deals(
            listing, f"{found[:1].upper()}{found[1:]} : « {listing.title} »",
            f"Un autre accord vient d’être conclu pour « {listing.title} » : {found}.",
            "Vous pouvez renoncer, ou attendre : un accord se défait parfois.",
        )  # fmt: skip


def tell_open_deals(
    listing: Listing, subject: str, what: str, then: str, *, statuses: tuple[str, ...] = Deal.OPEN
) -> None:
    """Writes once to the other side of each open deal of a listing: who answered it, or whom its holder answered with it.

    `what` has become of it, and what they may do `then`; whose own answer is awaited reads that instead.
    """
    rows = Deal.objects.filter(Q(listing=listing) | Q(other=listing), status__in=statuses)
    rows = rows.select_related(
        "listing__organization__canonical", "listing__person", "organization__canonical", "person"
    )
    for deal in rows.order_by("pk"):
        answered = deal.listing_id == listing.pk
        awaited = not answered and deal.status == Deal.PROPOSED
        write_about(
            deal, opener_of(deal) if answered else holder_in(deal), subject,
            f"{what} {f'{ANSWERED_WITH} « {deal.listing.title} » ; {AWAITED}' if awaited else then}",
        )  # fmt: skip


def deal_link(deal: Deal) -> str:
    """The address of the page of a deal."""
    return settings.ORIGIN + reverse("exchange:deal", args=[deal.public_id])


def write_about(deal: Deal, to: Party, subject: str, said: str) -> None:
    """Writes to one side of a deal, with its address."""
    for person in to.people():
        write_to(person.email, subject, f"Bonjour,\n\n{said}\n\nPour voir et répondre : {deal_link(deal)}")


def locked_listing(listing: Listing) -> Listing:
    """The listing, locked until the end of the transaction, with its holder and commune."""
    return locking(whole_listings()).get(pk=listing.pk)


def locking(rows: QuerySet[Listing]) -> QuerySet[Listing]:
    """The same listings, locked. Not by their key: PostgreSQL checks it when a deal that names the other listing is committed, and two
    who answer each other at once would wait for one another."""
    return rows.select_for_update(of=("self",), no_key=True)


def whole_listings() -> QuerySet[Listing]:
    return Listing.objects.select_related("organization__canonical", "person", "commune")


def _lock_both(deal: Deal) -> list[Listing]:
    """The listing and the one that answers it, locked in one order whichever was answered: two deals never wait for each other."""
    found = [one for one in (deal.listing, deal.other) if one is not None]
    return [locked_listing(one) for one in sorted(found, key=lambda one: one.pk)]


def locked_deal(deal: Deal) -> Deal:
    """The deal, locked until the end of the transaction, with its listing and both sides."""
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
