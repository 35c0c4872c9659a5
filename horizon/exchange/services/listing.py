"""Writing, publishing, renewing and withdrawing what is offered or asked."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from horizon.actors.access import animators
from horizon.actors.models import Person
from horizon.actors.spoken import record_spoken
from horizon.engine.labels import number
from horizon.engine.pairing.scoring import ALMOST
from horizon.engine.wording import remarks, says_something
from horizon.exchange.finding import Met, meets
from horizon.exchange.indexing import index_listing
from horizon.exchange.law import problem_of
from horizon.exchange.models import Deal, Listing
from horizon.exchange.parties import Party, holder_of, in_the_collective
from horizon.exchange.queries import comes_back
from horizon.exchange.services.dealing import left_of, locked_listing, promised_of, tell_open_deals
from horizon.exchange.shipped import with_lexicon
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.kernel.refusal import Refused
from horizon.observatory.themes import door_of

log = logging.getLogger(__name__)
LASTS = timedelta(days=180)
NOT_ALONE = "L’équipe d’animation a retiré cette annonce : changez-la, puis publiez-la, elle sera relue."
OVER = {Listing.CLOSED, Listing.EXPIRED}
NOT_SHOWN = {Listing.DRAFT, Listing.HELD, *OVER}
EDITABLE = (
    "kind", "title", "text", "quantity", "unit", "commune", "from_on", "until_on", "terms", "price", "audience", "door",
)  # fmt: skip


@transaction.atomic
def write_listing(
    side: str, holder: Party, values: dict, *, once: str, actor: str, need: str = "", heard_from: str = ""
) -> Listing:
    """Keeps a draft; `heard_from`: typed by somebody who animates, for who told them. The same `once` again gives the same listing.

    Raises Refused for what may not be offered or asked.
    """
    known = Listing.objects.filter(once=once).first()
    if known is not None:
        return known
    listing = Listing(
        side=side, organization=holder.organization, person=holder.person, once=once, need=need,
        noted=bool(heard_from.strip()), heard_from=heard_from.strip()[:200],
    )  # fmt: skip
    _fill(listing, values)
    listing.save()
    record_spoken(
        holder.organization, "write", "listing", listing.public_id, actor=actor,
        payload={"side": side, "kind": listing.kind, **({"entered_for_somebody": True} if listing.noted else {})},
    )  # fmt: skip
    return listing


@with_lexicon()
def edit_listing(listing: Listing, values: dict, *, actor: str) -> Listing:
    """Changes a listing; a published one stays so, unless its new words name somebody. One that is over and changes so that
    somebody must read it is a draft again: nobody reads it before it is sent."""
    locked = locked_listing(listing)
    before = {name: str(getattr(locked, name) or "") for name in EDITABLE}
    counted = locked.quantity
    _fill(locked, values)
    if locked.quantity is not None and locked.quantity != counted:
        promised = promised_of(locked)
        if locked.quantity < promised:
            raise Refused(
                f"Des accords conclus portent déjà sur {number(promised)} : mettez au moins cette quantité."
            )
    if locked.is_open:
        _follow_its_end(locked)
    _hide_what_is_to_read(locked)
    _note_public(locked)
    locked.save()
    index_listing(locked)
    _look_later(locked)
    changed = sorted(name for name in EDITABLE if str(getattr(locked, name) or "") != before[name])
    record_spoken(
        locked.organization, "edit", "listing", locked.public_id, actor=actor, payload={"fields": changed}
    )
    return locked


def _follow_its_end(listing: Listing) -> None:
    """An open listing stops at the end that it says, six months after it was confirmed at most; moved, it is reminded anew."""
    ends = lasts_until(listing, listing.confirmed_on or timezone.localdate())
    if ends != listing.expires_on:
        listing.expires_on, listing.reminded_on = ends, None


def _fill(listing: Listing, values: dict) -> None:
    ended = listing.until_on
    for name in EDITABLE:
        if name in values:
            setattr(listing, name, values[name])
    if "door" in values:
        listing.door_chosen = bool(values["door"])
    propose_door(listing)
    if not says_something(listing.title):
        raise Refused("Dites en quelques mots ce que c’est.")
    if listing.from_on and listing.until_on and listing.until_on < listing.from_on:
        raise Refused("La fin vient avant le début.")
    if listing.until_on and listing.until_on != ended and listing.until_on < timezone.localdate():
        raise Refused("La date de fin est passée : mettez-en une à venir, ou laissez-la vide.")
    if listing.quantity is not None and listing.quantity <= 0:
        raise Refused("La quantité doit être plus grande que zéro ; laissez vide si elle ne se compte pas.")
    problem = problem_of(listing.side, listing.kind, holder_of(listing).who, set(listing.terms.split()))
    if problem:
        raise Refused(problem)


def _to_read(listing: Listing) -> bool:
    """Whether somebody reads it first: what a person holds, and words that could name somebody or hurt."""
    seen = remarks(f"{listing.title} {listing.text} {listing.price}")
    return listing.person_id is not None or any(
        r.personal or r.code in {"spam", "insult", "markup"} for r in seen
    )


@with_lexicon()
def publish_listing(listing: Listing, *, actor: str, read: bool = False) -> Listing:
    """Makes a listing public, or keeps it to be read first (`read`: somebody who animates has read it).

    What was refused or taken away keeps its reason, and is read again before it is public.

    It lasts until its end, six months at most, then asks to be confirmed. Raises Refused when its end is past or all is taken.
    """
    locked = locked_listing(listing)
    if locked.status == Listing.PUBLISHED:
        return locked
    _refuse_over(locked)
    if not read and (locked.status == Listing.REFUSED or locked.reason or _to_read(locked)):
        locked.status = Listing.HELD
        locked.save(update_fields=["status"])
        record_spoken(locked.organization, "submit", "listing", locked.public_id, actor=actor)
        return locked
    locked.status, locked.reason = Listing.PUBLISHED, ""
    locked.published_at = locked.published_at or timezone.now()
    _note_public(locked)
    _confirm(locked)
    locked.save()
    index_listing(locked)
    _look_later(locked)
    record_spoken(
        locked.organization,
        "publish",
        "listing",
        locked.public_id,
        actor=actor,
        payload={"read": True} if read else {},
    )
    if read:
        tell_published(locked)
    return locked


def _refuse_over(listing: Listing) -> None:
    """What is past, or given to the last piece, does not come back as it is."""
    if listing.until_on and listing.until_on < timezone.localdate():
        raise Refused("La date de fin est passée : changez-la d’abord.")
    if not comes_back(listing.side, listing.kind) and left_of(listing) == 0:
        raise Refused("Tout est déjà pris : changez d’abord la quantité.")


def _look_later(listing: Listing) -> None:
    """Pairing takes up to a second: once all is committed, so that nobody waits to write; failing, it is done within the hour."""
    transaction.on_commit(partial(_look_once_public, listing.pk))


def _look_once_public(pk: int) -> None:
    ask = Listing.objects.filter(pk=pk, status=Listing.PUBLISHED, side=Listing.ASK)
    for listing in ask.select_related("organization__canonical", "person", "commune"):
        try:
            look_for_answer(listing)
        except Exception:
            log.exception("%s: published, but not paired yet", listing.public_id)


def look_for_answer(listing: Listing) -> None:
    """Notes whether an ask has an answer today, so that the territory learns what nobody offers.

    When nobody answered before and somebody does now, its holder is told, once. Of an ask for which all was found, nothing is
    looked for nor noted.
    """
    if listing.side != Listing.ASK or left_of(listing) == 0:
        return
    members = bool(listing.organization and in_the_collective({listing.organization.root_id}))
    found = [one for one in meets(listing, members=members, limit=3) if one.match.level > ALMOST]
    if bool(found) == listing.answered:
        return
    with transaction.atomic():
        _note_answer(listing, found)


def _note_answer(listing: Listing, found: Sequence[Met]) -> None:
    before, listing.answered = listing.answered, bool(found)
    same = Listing.objects.filter(pk=listing.pk, status=Listing.PUBLISHED, answered=before)
    if same.update(answered=listing.answered) and before is False and found:
        record_event("find_answer", "listing", listing.public_id, actor="worker")
        link = settings.ORIGIN + reverse("exchange:listing", args=[listing.public_id])
        _tell_holder(
            listing, f"Quelqu’un le propose : « {listing.title} »",
            f"Vous demandiez « {listing.title} ». « {found[0].listing.title} » peut y répondre : {link}",
        )  # fmt: skip


def lasts_until(listing: Listing, confirmed_on: date | None = None) -> date:
    """The last day of a listing confirmed that day (today when none is given): its end, or six months later."""
    longest = (confirmed_on or timezone.localdate()) + LASTS
    return min(longest, listing.until_on or longest)


def _note_public(listing: Listing) -> None:
    """Keeps the first day on which everybody may read it: news are told from it."""
    if listing.status == Listing.PUBLISHED and listing.audience == Listing.EVERYBODY:
        listing.public_at = listing.public_at or timezone.now()


def _confirm(listing: Listing) -> None:
    listing.confirmed_on, listing.reminded_on = timezone.localdate(), None
    listing.expires_on = lasts_until(listing)


@with_lexicon()
def renew_listing(listing: Listing, *, actor: str) -> Listing:
    """"Toujours d’actualité": six months more, or until its end. An expired or withdrawn one comes back, read first when it would be."""  # fmt: skip
    locked = locked_listing(listing)
    if locked.status == Listing.REFUSED or locked.reason:
        raise Refused(f"{NOT_ALONE} {locked.reason}".strip())
    _refuse_over(locked)
    if locked.status not in {Listing.PUBLISHED, Listing.EXPIRED, Listing.CLOSED}:
        raise Refused("Cette annonce n’a pas encore été publiée.")
    if locked.published_at is None:
        raise Refused("Cette annonce n’a pas encore été publiée.")
    if locked.status != Listing.PUBLISHED and _to_read(locked):
        locked.status = Listing.HELD
        locked.save(update_fields=["status"])
        record_spoken(locked.organization, "submit", "listing", locked.public_id, actor=actor)
        return locked
    locked.status = Listing.PUBLISHED
    _note_public(locked)
    _confirm(locked)
    locked.save()
    index_listing(locked)
    _look_later(locked)
    record_spoken(locked.organization, "renew", "listing", locked.public_id, actor=actor)
    return locked


@with_lexicon()
def close_listing(listing: Listing, *, actor: str, status: str = Listing.CLOSED) -> Listing:
    """Takes a listing away: withdrawn by its holder, or arrived at its term. Open deals go on.

    What nobody has read yet is a draft again, that its holder alone sees.
    """
    locked = locked_listing(listing)
    if locked.status in {Listing.DRAFT, Listing.CLOSED, status}:
        return locked
    if locked.status == Listing.REFUSED:
        raise Refused("Cette annonce n’est plus publiée : il n’y a rien à retirer.")
    verb = {Listing.HELD: "unsubmit"}.get(locked.status, "close" if status == Listing.CLOSED else "expire")
    locked.status = Listing.DRAFT if locked.status == Listing.HELD else status
    locked.save(update_fields=["status"])
    index_listing(locked)
    record_spoken(locked.organization, verb, "listing", locked.public_id, actor=actor)
    if verb != "unsubmit" or locked.published_at is not None:
        _tell_who_proposed(locked, "arrivée à son terme" if verb == "expire" else "retirée")
    return locked


def _tell_who_proposed(listing: Listing, ended: str) -> None:
    tell_open_deals(
        listing, f"Annonce {ended} : « {listing.title} »", f"« {listing.title} » est {ended}.",
        "La proposition en cours reste : on peut encore y répondre, et vous pouvez y renoncer.", statuses=(Deal.PROPOSED,),
    )  # fmt: skip


@with_lexicon()
def refuse_listing(listing: Listing, reason: str, *, actor: str) -> Listing:
    """Keeps a listing from the public, with a reason that its holder reads. Raises Refused without one."""
    locked = locked_listing(listing)
    if not reason.strip():
        raise Refused("Dites pourquoi : la personne lira cette raison.")
    was_open = locked.published_at is not None and locked.status in {Listing.PUBLISHED, Listing.HELD}
    locked.status, locked.reason = Listing.REFUSED, reason.strip()[:500]
    locked.save(update_fields=["status", "reason"])
    index_listing(locked)
    record_event("refuse", "listing", locked.public_id, actor=actor)
    _tell_holder(
        locked, "Votre annonce n’est pas publiée", f"« {locked.title} » n’est pas publiée : {locked.reason}"
    )
    if was_open:
        _tell_who_proposed(locked, "retirée")
    return locked


@transaction.atomic
def bar_listing(listing: Listing, reason: str, *, actor: str) -> None:
    """Keeps from coming back unread a listing that is withdrawn or ended, for a reason."""
    locked = locked_listing(listing)
    if locked.status not in NOT_SHOWN or not (locked.organization_id or locked.person_id):
        return
    locked.reason = reason.strip()[:500]
    locked.save(update_fields=["reason"])
    record_event("bar", "listing", locked.public_id, actor=actor)


@with_lexicon()
def put_listing_back(listing: Listing, *, actor: str) -> None:
    """Undoes a refusal. What its holder withdrew meanwhile stays so, for its holder to renew. Raises Refused when nobody holds it."""
    locked = locked_listing(listing)
    if locked.organization_id is None and locked.person_id is None:
        raise Refused("La personne qui l’avait écrite l’a effacée.")
    if locked.status == Listing.REFUSED:
        publish_listing(locked, actor=actor, read=True)
        return
    if locked.status not in NOT_SHOWN:
        raise Refused(f"L’annonce est {locked.get_status_display()}.")
    locked.reason = ""
    locked.save(update_fields=["reason"])
    record_event("unbar", "listing", locked.public_id, actor=actor)


@with_lexicon()
def hold_listing(listing: Listing, *, actor: str) -> Listing:
    """Undoes a publication or a refusal: it waits to be read again. Raises Refused for what its holder withdrew, or that changed since."""
    locked = locked_listing(listing)
    if locked.status not in {Listing.PUBLISHED, Listing.REFUSED}:
        raise Refused("Cette annonce a changé depuis : il n’y a rien à annuler.")
    locked.status, locked.reason = Listing.HELD, ""
    locked.save(update_fields=["status", "reason"])
    index_listing(locked)
    record_event("hold", "listing", locked.public_id, actor=actor)
    return locked


def tell_published(listing: Listing) -> None:
    """Tells its holder that a listing that somebody read is public; typed for them, also by whom and what to do if it is wrong.

    Those who animate typed it: when they carry it, there is nothing to tell them."""
    if not listing.noted:
        _tell_holder(listing, "Votre annonce est publiée", f"« {listing.title} » est publiée.")
        return
    page = settings.ORIGIN + reverse("exchange:listing", args=[listing.public_id])
    typing = {person.pk for person in animators()}
    people = [person for person in holder_of(listing).people() if person.pk not in typing]
    _write(
        people, f"Une annonce notée pour vous : « {listing.title} »",
        f"L’équipe d’animation a noté cette annonce d’après ce qui lui a été dit, et l’a publiée : {page}\n\n"
        "Pour la changer, répondre à qui vous écrit ou la retirer, entrez avec l’adresse qui reçoit ce message : un code suffit. "
        "Vous n’avez rien demandé ? Retirez-la depuis cette page, ou répondez à l’équipe d’animation.",
    )  # fmt: skip


def _tell_holder(listing: Listing, subject: str, said: str) -> None:
    _write(holder_of(listing).people(), subject, said)


def _write(people: Sequence[Person], subject: str, said: str) -> None:
    for person in people:
        write_to(person.email, subject, f"Bonjour,\n\n{said}")


def propose_door(listing: Listing) -> bool:
    """Gives a listing the door that its words say, unless its holder chose one; whether that changed something."""
    if listing.door_chosen:
        return False
    before = listing.door
    listing.door = door_of(listing.title)[0] or door_of(f"{listing.title} {listing.text}")[0]
    return listing.door != before


def hold_if_to_read(listing: Listing) -> None:
    """A public listing that changed waits to be read again when its holder is a person or its words call for it."""
    if _hide_what_is_to_read(listing):
        listing.save(update_fields=["status"])
        index_listing(listing)


def _hide_what_is_to_read(listing: Listing) -> bool:
    """What changed and must be read leaves the site: open, it waits to be read; over, it is a draft. Whether it did."""
    if listing.status not in {Listing.PUBLISHED, *OVER} or not _to_read(listing):
        return False
    listing.status = Listing.HELD if listing.status == Listing.PUBLISHED else Listing.DRAFT
    return True
