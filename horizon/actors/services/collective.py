"""Writes about the collective: joining, leaving, dues, contact notes."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from horizon.actors.access import through
from horizon.actors.merged import of
from horizon.actors.models import College, ContactNote, Due, Membership, Organization, Person, touch
from horizon.kernel.journal import record_event
from horizon.kernel.refusal import Refused


@transaction.atomic
def request_membership(
    organization: Organization, college: College, *, by: Person | None, actor: str, motive: str = ""
) -> Membership:
    """Asks to join. Raises Refused when the organization is already a member or already asked."""
    organization = organization.whole
    living = [Membership.REQUESTED, Membership.ACTIVE]
    if Membership.objects.filter(of(organization), status__in=living).exists():
        raise Refused("Cette structure est déjà membre, ou sa demande attend une réponse.")
    try:
        with transaction.atomic():
            membership = Membership.objects.create(
                organization=organization, college=college, requested_by=by, motive=motive.strip()[:1000]
            )
    except IntegrityError as problem:
        raise Refused("Cette structure est déjà membre, ou sa demande attend une réponse.") from problem
    _tell("request", membership, actor, {"college": college.code, **through(by, organization)})
    return membership


@transaction.atomic
def decide_membership(
    membership: Membership, accept: bool, *, actor: str, since: date | None = None, reason: str = ""
) -> Membership:
    """Accepts or refuses a request. Raises Refused when it was answered meanwhile, or refused without a reason."""
    locked = Membership.objects.select_for_update().get(pk=membership.pk)
    if locked.status != Membership.REQUESTED:
        raise Refused("Cette demande a déjà reçu une réponse.")
    if not accept and not reason.strip():
        raise Refused("Dites pourquoi : la structure lira cette raison.")
    locked.status = Membership.ACTIVE if accept else Membership.REFUSED
    locked.since = (since or timezone.localdate()) if accept else None
    locked.reason = reason.strip()[:500]
    locked.decided_at = timezone.now()
    locked.save()
    _tell("accept" if accept else "refuse", locked, actor, {})
    if locked.since and locked.college.due_cents:
        ask_due(locked, locked.since.year, locked.college.due_cents, actor=actor)
    return locked


@transaction.atomic
def reopen_membership(membership: Membership, *, actor: str) -> Membership:
    """Undoes a decision: the request waits again. Dues asked meanwhile and not received are withdrawn."""
    locked = Membership.objects.select_for_update().get(pk=membership.pk)
    if locked.status not in {Membership.ACTIVE, Membership.REFUSED}:
        raise Refused("Il n’y a pas de décision à annuler.")
    if locked.dues.filter(received_on__isnull=False).exists():
        raise Refused("Une cotisation a été reçue : faites plutôt partir la structure.")
    locked.dues.all().delete()
    locked.status, locked.since, locked.decided_at, locked.reason = Membership.REQUESTED, None, None, ""
    locked.save()
    _tell("reopen", locked, actor, {})
    return locked


@transaction.atomic
def leave_collective(
    membership: Membership, *, actor: str, reason: str = "", by: Person | None = None
) -> Membership:
    """Leaves the collective today; the row stays as history. A request is simply withdrawn."""
    locked = Membership.objects.select_for_update().get(pk=membership.pk)
    if locked.status not in {Membership.ACTIVE, Membership.REQUESTED}:
        raise Refused("Cette structure n’est pas membre.")
    locked.status, locked.left_on, locked.reason = Membership.LEFT, timezone.localdate(), reason.strip()[:500]
    locked.save()
    _tell("leave", locked, actor, through(by, locked.organization))
    return locked


@transaction.atomic
def ask_due(membership: Membership, year: int, amount_cents: int, *, actor: str) -> Due:
    """Asks the due of a year, once."""
    due, created = Due.objects.get_or_create(
        membership=membership, year=year, defaults={"amount_cents": amount_cents}
    )
    if created:
        _tell("ask_due", membership, actor, {"year": year, "cents": amount_cents})
    return due


@transaction.atomic
def receive_due(due: Due, *, actor: str, on: date | None = None) -> Due:
    """Notes that a due was received; noted again, it is taken back (undo)."""
    due.received_on = None if due.received_on else (on or timezone.localdate())
    due.save(update_fields=["received_on"])
    _tell("receive_due" if due.received_on else "unreceive_due", due.membership, actor, {"year": due.year})
    return due


@transaction.atomic
def note_contact(
    organization: Organization, text: str, *, by: Person, kind: str = "call", next_on: date | None = None
) -> ContactNote:
    """Keeps what was said with a structure; the journal knows that a note exists, not what it says."""
    note = ContactNote.objects.create(
        organization=organization, author=by, kind=kind, text=text.strip(), next_on=next_on
    )
    record_event(
        "note_contact", "organization", organization.public_id, actor=by.actor, payload={"kind": kind}
    )
    return note


@transaction.atomic
def finish_note(note: ContactNote, *, actor: str) -> ContactNote:
    """The next date of a note was kept; finished again, it waits again (undo)."""
    note.done_at = None if note.done_at else timezone.now()
    note.save(update_fields=["done_at"])
    record_event(
        "finish_note" if note.done_at else "reopen_note",
        "organization",
        note.organization.public_id,
        actor=actor,
    )
    return note


def _tell(verb: str, membership: Membership, actor: str, payload: dict) -> None:
    if verb in {"accept", "reopen", "leave"}:
        touch(membership.organization)
    record_event(
        verb, "membership", membership.pk, actor=actor,
        payload={"organization": membership.organization.public_id, **payload},
    )  # fmt: skip


@transaction.atomic
def remind_due(due: Due, *, actor: str) -> Due:
    """Notes that a reminder was sent. Raises Refused when the due was received."""
    if due.received_on:
        raise Refused("Cette cotisation est déjà reçue.")
    due.reminded_at = timezone.now()
    due.save(update_fields=["reminded_at"])
    _tell("remind_due", due.membership, actor, {"year": due.year})
    return due


@transaction.atomic
def keep_college(college: College | None, name: str, due_cents: int, partner: bool, *, actor: str) -> College:
    """Opens a college, or changes its name and due. Raises Refused when another one has that name."""
    name = name.strip()[:120]
    code = college.code if college else slugify(name)[:30]
    if not code or College.objects.filter(name__iexact=name).exclude(code=code).exists():
        raise Refused("Un collège porte déjà ce nom.")
    kept, created = College.objects.update_or_create(
        code=code, defaults={"name": name, "due_cents": due_cents, "partner": partner},
        create_defaults={"name": name, "due_cents": due_cents, "partner": partner, "rank": College.objects.count()},
    )  # fmt: skip
    record_event("create" if created else "change", "college", code, actor=actor, payload={"name": name})
    return kept
