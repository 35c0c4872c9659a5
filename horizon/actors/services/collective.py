"""Writes about the collective: joining, leaving, colleges, contact notes."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify

from horizon.actors import queries
from horizon.actors.access import animators, through
from horizon.actors.merged import of
from horizon.actors.models import College, ContactNote, Membership, Organization, Person, touch
from horizon.actors.services import dues
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.kernel.refusal import Refused
from horizon.kernel.templatetags.atlas import day

NEWER = "Une demande plus récente attend déjà."


@transaction.atomic
def request_membership(
    organization: Organization,
    college: College,
    *,
    by: Person | None,
    actor: str,
    motive: str = "",
    heard_from: str = "",
) -> Membership:
    """Asks to join; `heard_from`: typed by somebody who animates, for who told them.

    Raises Refused when the organization is already a member or already asked.
    """
    organization = organization.whole
    if Membership.objects.filter(of(organization), status__in=Membership.LIVING).exists():
        raise Refused("Cette structure est déjà membre, ou sa demande attend une réponse.")
    try:
        with transaction.atomic():
            membership = Membership.objects.create(
                organization=organization,
                college=college,
                requested_by=by,
                motive=motive.strip()[:1000],
                heard_from=heard_from.strip()[:200],
            )
    except IntegrityError as problem:
        raise Refused("Cette structure est déjà membre, ou sa demande attend une réponse.") from problem
    told = {"entered_for_somebody": True} if membership.heard_from else {}
    _tell("request", membership, actor, {"college": college.code, **told, **through(by, organization)})
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
    if since and since > timezone.localdate():
        raise Refused("Ce jour n’est pas encore venu.")
    locked.status = Membership.ACTIVE if accept else Membership.REFUSED
    locked.since = (since or timezone.localdate()) if accept else None
    locked.reason = reason.strip()[:500]
    locked.decided_at = timezone.now()
    locked.save()
    _tell("accept" if accept else "refuse", locked, actor, {})
    year, cents = timezone.localdate().year, locked.college.due_cents
    owed = accept and cents and locked.organization.root_id not in dues.already_asked([locked], year)
    in_the_letter = owed and _somebody_acts(locked)
    if owed:
        dues.ask_due(locked, year, cents, actor=actor, tell_it=not in_the_letter)
    _write_decision(locked, dues.amount_said(year, cents) if in_the_letter else "")
    return locked


def _somebody_acts(membership: Membership) -> bool:
    """Whether what is written of a membership reaches the structure, and not only who typed its request."""
    return any(role.person.is_active for role in queries.roles_on(membership.organization))


def _write_decision(membership: Membership, due: str) -> None:
    name = membership.organization.whole.name
    if membership.status == Membership.ACTIVE:
        kind = "partenaire" if membership.college.partner else "membre"
        subject = f"{name} rejoint le collectif"
        said = (
            f"{name} est {kind} du collectif depuis le {day(membership.since)} ({membership.college.name})."
        )
        said = f"{said}\n\n{due}" if due else said
    else:
        subject = f"La demande de {name} au collectif"
        said = f"La demande de {name} n’a pas été retenue.\n\n« {membership.reason} »"
    _write(membership, subject, said)


def _write(membership: Membership, subject: str, said: str, but: str = "") -> None:
    """To who asked, and to those who act for the structure today; not to the one who is doing it."""
    people = [role.person for role in queries.roles_on(membership.organization)]
    if membership.requested_by:
        people.append(membership.requested_by)
    for email in dict.fromkeys(person.email for person in people if person.is_active and person.actor != but):
        write_to(email, subject, f"Bonjour,\n\n{said}")


@transaction.atomic
def reopen_membership(membership: Membership, *, actor: str) -> Membership:
    """Undoes a decision: the request waits again, and dues asked meanwhile and not received are withdrawn. Undoes leaving: the
    structure is a member again since the same day, or its request waits again.

    Raises Refused when there is nothing to undo, a due was received, or a later request took its place.
    """
    locked = Membership.objects.select_for_update().get(pk=membership.pk)
    taken_back, owed = locked.status, ""
    if taken_back == Membership.REQUESTED:
        raise Refused("Il n’y a pas de décision à annuler.")
    living = Membership.objects.filter(of(locked.organization), status__in=Membership.LIVING)
    if living.exclude(pk=locked.pk).exists():
        raise Refused(NEWER)
    if taken_back == Membership.LEFT and locked.since:
        locked.status, locked.left_on, locked.reason = Membership.ACTIVE, None, ""
    else:
        if locked.dues.filter(received_on__isnull=False).exists():
            raise Refused("Une cotisation a été reçue : faites plutôt partir la structure.")
        owed = _withdraw_dues(locked, actor)
        locked.status, locked.since, locked.decided_at, locked.reason = Membership.REQUESTED, None, None, ""
        locked.left_on = None
    try:
        with transaction.atomic():
            locked.save()
    except IntegrityError as problem:
        raise Refused(NEWER) from problem
    _tell("reopen", locked, actor, {})
    name = locked.organization.whole.name
    said = {
        Membership.ACTIVE: "L’acceptation de la demande est reprise : elle attend de nouveau une réponse de l’équipe d’animation.",
        Membership.REFUSED: "Le refus de la demande est repris : elle attend de nouveau une réponse de l’équipe d’animation.",
        Membership.LEFT: f"{name} n’a finalement pas quitté le collectif." if locked.status == Membership.ACTIVE else
        "La demande, qui avait été retirée, attend de nouveau une réponse de l’équipe d’animation.",
    }  # fmt: skip
    _write(locked, f"{name} et le collectif", said[taken_back] + owed, but=actor)
    return locked


def _withdraw_dues(membership: Membership, actor: str) -> str:
    """Withdraws what was asked; what to add to the letter of who acts. Where nobody does, each is told to who heard of it."""
    asked, acts = list(membership.dues.order_by("year")), _somebody_acts(membership)
    for due in asked:
        dues.withdraw_due(due, actor=actor, tell_it=not acts)
    told = acts and any(due.amount_cents for due in asked)
    return " Aucune cotisation n’est plus demandée." if told else ""


@transaction.atomic
def leave_collective(
    membership: Membership, *, actor: str, reason: str = "", by: Person | None = None
) -> Membership:
    """Leaves the collective today; the row stays as history. A request is simply withdrawn."""
    locked = Membership.objects.select_for_update().get(pk=membership.pk)
    if locked.status not in Membership.LIVING:
        raise Refused("Cette structure n’est pas membre.")
    asked_only = locked.status == Membership.REQUESTED
    locked.status, locked.left_on, locked.reason = Membership.LEFT, timezone.localdate(), reason.strip()[:500]
    locked.save()
    _tell("leave", locked, actor, through(by, locked.organization))
    name = locked.organization.whole.name
    said = (
        f"La demande de {name} est retirée."
        if asked_only
        else f"{name} quitte le collectif à partir d’aujourd’hui."
    )
    _write(
        locked,
        f"{name} et le collectif",
        f"{said}\n\n« {locked.reason} »" if locked.reason else said,
        but=actor,
    )
    if not asked_only:
        _tell_operators(locked, said, but=actor)
    return locked


def _tell_operators(membership: Membership, said: str, but: str) -> None:
    """What the desk would otherwise learn by chance."""
    page = f"{settings.ORIGIN}/bureau/structures/{membership.organization.whole.public_id}/"
    reason = f"\n\n« {membership.reason} »" if membership.reason else ""
    people = animators()
    if any(person.actor == but for person in people):
        return
    for person in people:
        write_to(
            person.email, f"{membership.organization.whole.name} quitte le collectif",
            f"Bonjour,\n\n{said}{reason}\n\nSon suivi : {page}",
        )  # fmt: skip


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
def finish_note(note: ContactNote, done: bool = True, *, actor: str) -> ContactNote:
    """The next date of a note was kept, or waits again; said twice, it is said once."""
    locked = _locked_note(note)
    if done != (locked.done_at is not None):
        locked.done_at = timezone.now() if done else None
        locked.save(update_fields=["done_at"])
        verb = "finish_note" if done else "reopen_note"
        record_event(verb, "organization", locked.organization.public_id, actor=actor)
    return locked


def _tell(verb: str, membership: Membership, actor: str, payload: dict) -> None:
    if verb in {"accept", "reopen", "leave"}:
        touch(membership.organization)
    dues.tell(verb, membership, actor, payload)


@transaction.atomic
def correct_note(note: ContactNote, text: str, *, actor: str, kind: str, next_on: date | None) -> ContactNote:
    """Changes the words of a note, how it was, or its next date; a date that moves waits again. The journal knows what kind of thing
    changed, not the words."""
    locked = _locked_note(note)
    new = {"text": text.strip(), "kind": kind, "next_on": next_on}
    changed = [name for name, value in new.items() if getattr(locked, name) != value]
    if not changed:
        return locked
    for name in changed:
        setattr(locked, name, new[name])
    if "next_on" in changed and locked.done_at:
        locked.done_at = None
        changed.append("done_at")
    locked.save(update_fields=changed)
    record_event(
        "correct_note",
        "organization",
        locked.organization.public_id,
        actor=actor,
        payload={"changed": sorted(changed)},
    )
    return locked


@transaction.atomic
def delete_note(note: ContactNote, *, actor: str) -> None:
    """Deletes a note: a wrong structure, a wrong name. The journal says that a note was deleted, not what it said."""
    locked = _locked_note(note)
    locked.delete()
    record_event("delete_note", "organization", locked.organization.public_id, actor=actor)


def _locked_note(note: ContactNote) -> ContactNote:
    """Raises Refused for one that was deleted meanwhile."""
    rows = ContactNote.objects.select_for_update(of=("self",)).select_related("organization")
    locked = rows.filter(pk=note.pk).first()
    if locked is None:
        raise Refused("Cette note est effacée.")
    return locked


@transaction.atomic
def keep_college(college: College | None, name: str, due_cents: int, partner: bool, *, actor: str) -> College:
    """Opens a college, or changes its name and due. Raises Refused when another one has that name."""
    name = name.strip()[:120]
    code = college.code if college else slugify(name)[:30]
    others = College.objects.exclude(pk=college.pk) if college else College.objects.all()
    if not code or others.filter(Q(name__iexact=name) | Q(code=code)).exists():
        raise Refused("Un collège porte déjà ce nom : ouvrez-le dans la liste pour le changer.")
    said = {"name": name, "due_cents": due_cents, "partner": partner}
    try:
        with transaction.atomic():
            if college:
                College.objects.filter(pk=college.pk).update(**said)
                kept = College.objects.get(pk=college.pk)
            else:
                kept = College.objects.create(code=code, rank=College.objects.count(), **said)
    except IntegrityError as problem:
        raise Refused("Un collège porte déjà ce nom : ouvrez-le dans la liste pour le changer.") from problem
    record_event("change" if college else "create", "college", code, actor=actor, payload={"name": name})
    return kept
