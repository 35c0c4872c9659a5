"""What the actors let go of by themselves, and when."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.http import int_to_base36

from horizon.actors.access import current_mandates
from horizon.actors.models import (
    Contact,
    ContactNote,
    Invitation,
    Mandate,
    Membership,
    OrganizationRole,
    Person,
    SeenAgent,
)
from horizon.actors.services.people import erase_person
from horizon.actors.sessions import forget_closed_sessions
from horizon.kernel.journal import record_event, record_events
from horizon.kernel.mail import write_to

log = logging.getLogger(__name__)
SILENT, BEFORE = timedelta(days=3 * 365), timedelta(days=30)
ROLES, NOTES, INVITATIONS = timedelta(days=3 * 365), timedelta(days=3 * 365), timedelta(days=90)
AT_ONCE = 500


def forget_silent_people(now: datetime) -> int:
    """Erases who did not enter for three years and was written to a month before; writes to those who come near.

    Who acts for a structure or holds a mandate stays: others count on them. Somebody who cannot be erased stops nobody's
    term: raises RuntimeError once the others are done.
    """
    needed = Exists(OrganizationRole.objects.filter(person=OuterRef("pk"), until=None)) | Exists(
        current_mandates().filter(person=OuterRef("pk"))
    )
    quiet = Person.objects.filter(demo=False, last_login__lt=now - SILENT + BEFORE).exclude(needed)
    told = quiet.filter(
        asked_to_stay_at__lt=now - BEFORE, asked_to_stay_at__gt=F("last_login"), last_login__lt=now - SILENT
    )
    gone = failed = 0
    for person in told.order_by("pk")[:AT_ONCE]:
        try:
            erase_person(person)
            gone += 1
        except Exception:
            failed += 1
            log.exception("person %s could not be erased after their silence", person.public_id)
    never_asked = Q(asked_to_stay_at=None) | Q(asked_to_stay_at__lte=F("last_login"))
    for person in quiet.filter(never_asked).order_by("pk")[:AT_ONCE]:
        ask_to_stay(person, now)
    if failed:
        raise RuntimeError(f"{failed} of {gone + failed} people could not be erased")
    return gone


@transaction.atomic
def ask_to_stay(person: Person, now: datetime) -> None:
    """Writes to somebody who did not enter for nearly three years: to stay, entering is enough."""
    Person.objects.filter(pk=person.pk).update(asked_to_stay_at=now)
    write_to(
        person.email, "Gardons-nous votre compte ?",
        "Bonjour,\n\nVotre compte ne sert plus depuis presque trois ans."
        f" Pour le garder, entrez : {settings.ORIGIN}/entrer/\n\n"
        "Sans cela, nous effaçons dans un mois ce que nous gardons de vous.",
    )  # fmt: skip
    record_event("ask_to_stay", "person", person.public_id, actor="worker")


@transaction.atomic
def forget_old_roles(now: datetime) -> int:
    """Forgets who acted for a structure, three years after they stopped."""
    old = OrganizationRole.objects.filter(until__lt=now - ROLES).select_related("organization")
    for role in old:
        record_event("forget_role", "organization", role.organization.public_id, actor="worker")
    return old.delete()[0]


@transaction.atomic
def forget_old_invitations(now: datetime) -> int:
    """Forgets invitations and requests three months after they were made, or answered."""
    limit = now - INVITATIONS
    old = Invitation.objects.filter(Q(decided_at__lt=limit) | Q(decided_at=None, created_at__lt=limit))
    for row in old.select_related("organization"):
        record_event("forget_invitation", "organization", row.organization.public_id, actor="worker")
    return old.delete()[0]


@transaction.atomic
def forget_old_notes(now: datetime) -> int:
    """Forgets notes of calls three years later, unless somebody still has to call back."""
    old = ContactNote.objects.filter(created_at__lt=now - NOTES).filter(Q(next_on=None) | ~Q(done_at=None))
    for row in old.select_related("organization"):
        record_event("forget_note", "organization", row.organization.public_id, actor="worker")
    return old.delete()[0]


@transaction.atomic
def forget_old_contacts(now: datetime) -> int:
    """Forgets people to reach three years after what is kept of them last changed."""
    old = Contact.objects.filter(changed_at__lt=now - NOTES)
    for row in old.select_related("organization"):
        record_event("forget_contact", "organization", row.organization.public_id, actor="worker")
    return old.delete()[0]


@transaction.atomic
def forget_shown_contacts(now: datetime) -> int:
    """Forgets how to reach those whose mandate is over: they chose to show it for that mandate."""
    over = Mandate.objects.filter(ends_on__lt=timezone.localdate(now)).exclude(shown_email="", shown_phone="")
    keys = list(over.order_by("pk").values_list("pk", flat=True))
    record_events("forget_contacts", "mandate", keys, actor="worker")
    return over.update(shown_email="", shown_phone="")


@transaction.atomic
def forget_old_agents(now: datetime) -> int:
    """Forgets the SIRET of those about whom the desk answered a year ago; a mandate stays."""
    old = SeenAgent.objects.filter(answered_at__lt=now - timedelta(days=365)).select_related("person")
    for row in old:
        record_event("forget_agent", "person", row.person.public_id, actor="worker")
    return old.delete()[0]


@transaction.atomic
def forget_who_asked(now: datetime) -> int:
    """Forgets who told the desk of a membership asked for a year ago."""
    old = Membership.objects.exclude(heard_from="").filter(requested_at__lt=now - timedelta(days=365))
    record_events(
        "forget_words", "membership", list(old.order_by("pk").values_list("pk", flat=True)), actor="worker"
    )
    return old.update(heard_from="")


def forget_sessions(now: datetime) -> int:
    """Deletes the sessions that are over, and what was kept of their devices."""
    return Session.objects.filter(expire_date__lt=now).delete()[0] + forget_closed_sessions()


def close_sessions_of(person: Person) -> None:
    """Deletes, once all is written, every session that somebody has open, and those where their address waits for its code."""
    pk, email = person.pk, person.email
    transaction.on_commit(lambda: _close_sessions(pk, email))


def _close_sessions(pk: int, email: str) -> None:
    for row in Session.objects.filter(expire_date__gte=timezone.now()).iterator(chunk_size=500):
        if _is_session_of(row.get_decoded(), pk, email):
            row.delete()


def _is_session_of(kept: dict, pk: int, email: str) -> bool:
    from horizon.actors.proconnect import KNOWN

    if kept.get("_auth_user_id"):
        return kept["_auth_user_id"] == str(pk)
    waiting, known = kept.get(LOGIN_SESSION_KEY) or {}, kept.get(KNOWN) or {}
    waits_for = (waiting.get("email"), (waiting.get("state") or {}).get("email"), known.get("email"))
    return waiting.get("user_pk") == int_to_base36(pk) or email in waits_for
