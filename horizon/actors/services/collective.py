"""Writes about the collective: joining, leaving, dues, contact notes."""

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
from horizon.actors.models import College, ContactNote, Due, Membership, Organization, Person, touch
from horizon.kernel.journal import record_event
from horizon.kernel.mail import contact_address, write_to
from horizon.kernel.refusal import Refused
from horizon.kernel.templatetags.atlas import day, euros

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
    _write_decision(locked)
    if locked.since and locked.college.due_cents:
        ask_due(locked, timezone.localdate().year, locked.college.due_cents, actor=actor)
    return locked


def _write_decision(membership: Membership) -> None:
    name = membership.organization.whole.name
    if membership.status == Membership.ACTIVE:
        kind = "partenaire" if membership.college.partner else "membre"
        subject = f"{name} rejoint le collectif"
        said = (
            f"{name} est {kind} du collectif depuis le {day(membership.since)} ({membership.college.name})."
        )
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
    taken_back = locked.status
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
        locked.dues.all().delete()
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
    _write(locked, f"{name} et le collectif", said[taken_back], but=actor)
    return locked


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
def ask_due(membership: Membership, year: int, amount_cents: int, *, actor: str) -> Due:
    """Asks the due of a year; asked again, an amount that was not received changes. Raises Refused once it was received."""
    due, created = Due.objects.select_for_update().get_or_create(
        membership=membership, year=year, defaults={"amount_cents": amount_cents}
    )
    if created:
        _tell("ask_due", membership, actor, {"year": year, "cents": amount_cents})
    elif due.amount_cents != amount_cents:
        if due.received_on:
            raise Refused(
                f"La cotisation {year} est déjà reçue ({euros(due.amount_cents)}) : annulez d’abord sa réception."
            )
        due.amount_cents = amount_cents
        due.save(update_fields=["amount_cents"])
        _tell("change_due", membership, actor, {"year": year, "cents": amount_cents})
    return due


@transaction.atomic
def receive_due(due: Due, *, actor: str, on: date | None = None) -> Due:
    """Notes that a due was received, and when; noted twice, the first day stays. Raises Refused for a day to come."""
    locked = _locked_due(due)
    if locked.received_on:
        return locked
    if on and on > timezone.localdate():
        raise Refused("Ce jour n’est pas encore venu.")
    locked.received_on = on or timezone.localdate()
    locked.save(update_fields=["received_on"])
    _tell("receive_due", locked.membership, actor, {"year": locked.year})
    return locked


@transaction.atomic
def unreceive_due(due: Due, *, actor: str) -> Due:
    """Undoes that: the due is expected again."""
    locked = _locked_due(due)
    if locked.received_on:
        locked.received_on = None
        locked.save(update_fields=["received_on"])
        _tell("unreceive_due", locked.membership, actor, {"year": locked.year})
    return locked


@transaction.atomic
def remind_due(due: Due, *, actor: str) -> int:
    """Reminds of a due, by e-mail, those who act for the structure: how many. Raises Refused when it was received, when they were
    reminded today, or when there is nobody to write to.
    """
    locked = _locked_due(due)
    if locked.received_on:
        raise Refused("Cette cotisation est déjà reçue.")
    if locked.reminded_at and timezone.localdate(locked.reminded_at) == timezone.localdate():
        raise Refused("Un rappel est déjà parti aujourd’hui.")
    name = locked.membership.organization.whole.name
    people = [
        role.person for role in queries.roles_on(locked.membership.organization) if role.person.is_active
    ]
    if not people:
        raise Refused(f"Personne ne tient la page de {name} : appelez-la, aucun courriel ne peut partir.")
    locked.reminded_at = timezone.now()
    locked.save(update_fields=["reminded_at"])
    _tell("remind_due", locked.membership, actor, {"year": locked.year})
    answer = "répondez simplement à ce message" if contact_address() else "dites-le à l’équipe d’animation"
    for person in people:
        write_to(
            person.email, f"Cotisation {locked.year} de {name}",
            f"Bonjour,\n\nLa cotisation {locked.year} de {name} ({euros(locked.amount_cents)}) n’est pas encore notée "
            f"comme reçue. Si vous l’avez réglée, {answer}.",
        )  # fmt: skip
    return len(people)


def _locked_due(due: Due) -> Due:
    return (
        Due.objects.select_for_update(of=("self",))
        .select_related("membership__organization__canonical")
        .get(pk=due.pk)
    )


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
    locked = (
        ContactNote.objects.select_for_update(of=("self",)).select_related("organization").get(pk=note.pk)
    )
    if done != (locked.done_at is not None):
        locked.done_at = timezone.now() if done else None
        locked.save(update_fields=["done_at"])
        verb = "finish_note" if done else "reopen_note"
        record_event(verb, "organization", locked.organization.public_id, actor=actor)
    return locked


def _tell(verb: str, membership: Membership, actor: str, payload: dict) -> None:
    if verb in {"accept", "reopen", "leave"}:
        touch(membership.organization)
    record_event(
        verb, "membership", membership.pk, actor=actor,
        payload={"organization": membership.organization.public_id, **payload},
    )  # fmt: skip


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
