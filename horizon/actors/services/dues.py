"""Writes about dues (cotisations): asked, withdrawn, received, reminded, for one structure or for a selection.

No payment is handled here: a due is received when somebody who animates says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from horizon.actors import queries
from horizon.actors.merged import root
from horizon.actors.models import College, Due, Membership, Organization
from horizon.actors.reach import Reached, addresses_of
from horizon.kernel.journal import record_event
from horizon.kernel.mail import contact_address, write_to
from horizon.kernel.refusal import Refused
from horizon.kernel.templatetags.atlas import euros

AT_MOST = 300  # structures in one request; what is left is said, and asked for again


@dataclass
class Done:
    """What was done for a selection: how many structures, how many were left as they were, whom no letter reaches, how many remain."""

    done: int = 0
    already: int = 0
    nothing: int = 0
    unreachable: list[Organization] = field(default_factory=list)
    left: int = 0


def tell(verb: str, membership: Membership, actor: str, payload: dict) -> None:
    """The event of a write about a membership."""
    record_event(
        verb, "membership", membership.pk, actor=actor,
        payload={"organization": membership.organization.public_id, **payload},
    )  # fmt: skip


def _how_to_answer() -> str:
    return "répondez simplement à ce message" if contact_address() else "dites-le à l’équipe d’animation"


def amount_said(year: int, cents: int) -> str:
    """How much is due for a year, and how to say that it is paid."""
    return f"La cotisation {year} est de {euros(cents)}. Quand vous l’aurez réglée, {_how_to_answer()} : elle sera notée comme reçue."


def _write(reached: Reached, subject: str, said: str, *, by_worker: bool) -> int:
    for email in reached.letter:
        write_to(email, subject, f"Bonjour,\n\n{said}", by_worker=by_worker)
    return len(reached.letter)


def _write_asked(due: Due, reached: Reached, *, by_worker: bool = False) -> int:
    if not due.amount_cents:
        return 0
    name = due.membership.organization.whole.name
    said = f"{name} est dans le collectif ({due.membership.college.name}).\n\n{amount_said(due.year, due.amount_cents)}"
    return _write(reached, f"Cotisation {due.year} de {name}", said, by_worker=by_worker)


def reached_by(membership: Membership) -> Reached:
    """To whom one writes for a member."""
    pk = membership.organization.root_id
    return addresses_of([pk])[pk]


@transaction.atomic
def ask_due(
    membership: Membership, year: int, amount_cents: int, *, actor: str, tell_it: bool = True
) -> tuple[Due, int]:
    """Asks the due of a year, and tells the structure: the due, and to how many addresses. Asked again, an amount that was not received
    changes; the same amount is told once.

    Raises Refused once it was received, or for a structure that is not a member.
    """
    if not _still_members([membership]):
        raise Refused("Cette structure n’est pas membre.")
    due, created = Due.objects.select_for_update().get_or_create(
        membership=membership, year=year, defaults={"amount_cents": amount_cents}
    )
    if not created and due.amount_cents == amount_cents:
        return due, 0
    if created:
        tell("ask_due", membership, actor, {"year": year, "cents": amount_cents})
    else:
        if due.received_on:
            raise Refused(
                f"La cotisation {year} est déjà reçue ({euros(due.amount_cents)}) : annulez d’abord sa réception."
            )
        due.amount_cents = amount_cents
        due.save(update_fields=["amount_cents"])
        tell("change_due", membership, actor, {"year": year, "cents": amount_cents})
    return due, _write_asked(due, reached_by(membership)) if tell_it else 0


def _still_members(memberships: Sequence[Membership]) -> set[int]:
    """Those of these memberships that are active, locked: a structure that leaves meanwhile waits, or is left out."""
    rows = Membership.objects.select_for_update().filter(
        pk__in=[row.pk for row in memberships], status=Membership.ACTIVE
    )
    return set(rows.order_by("pk").values_list("pk", flat=True))


def already_asked(memberships: Iterable[Membership], year: int) -> set[int]:
    """The whole organizations, among those of memberships, of which the due of a year was asked, as any of the rows that are one; what
    a structure had not paid when it left is no longer asked of it."""
    roots = {row.organization.root_id for row in memberships}
    counts = Q(received_on__isnull=False) | Q(membership__status__in=Membership.LIVING)
    asked = Due.objects.filter(counts, year=year).annotate(of_root=root("membership__organization"))
    return set(asked.filter(of_root__in=roots).values_list("of_root", flat=True))


@transaction.atomic
def ask_dues(memberships: Sequence[Membership], year: int, cents: Mapping[str, int], *, actor: str) -> Done:
    """Asks the due of a year of each member, by the amount of its college, and tells each; those already asked, and those of a college
    without an amount, are left as they are. Amounts are kept as those of the colleges. Letters are left to the worker.

    At most `AT_MOST` structures at once. Raises Refused when nobody is to be asked.
    """
    members = _still_members(memberships)
    living = [row for row in memberships if row.pk in members]
    already = already_asked(living, year)
    to_ask = [row for row in living if row.organization.root_id not in already]
    done = Done(already=len(living) - len(to_ask))
    paying = [row for row in to_ask if cents.get(row.college.code)]
    done.nothing, done.left = len(to_ask) - len(paying), max(0, len(paying) - AT_MOST)
    if not paying:
        raise Refused(f"Personne à qui demander la cotisation {year} : {_why_none(done)}.")
    paying = paying[:AT_MOST]
    for college in {row.college for row in paying}:
        if college.due_cents != cents[college.code]:
            College.objects.filter(pk=college.pk).update(due_cents=cents[college.code])
            record_event(
                "change", "college", college.code, actor=actor, payload={"due_cents": cents[college.code]}
            )
    found = addresses_of({row.organization.root_id for row in paying})
    for row in paying:
        due, created = Due.objects.get_or_create(
            membership=row, year=year, defaults={"amount_cents": cents[row.college.code]}
        )
        if not created:  # somebody else asked meanwhile
            done.already += 1
            continue
        done.done += 1
        tell("ask_due", row, actor, {"year": year, "cents": due.amount_cents})
        due.membership = row
        if not _write_asked(due, found[row.organization.root_id], by_worker=True):
            done.unreachable.append(row.organization.whole)
    return done


def _why_none(done: Done) -> str:
    if done.already and not done.nothing:
        return "elle est déjà demandée à toute la sélection"
    return "écrivez le montant d’au moins un collège" if done.nothing else "aucun membre dans cette sélection"


@transaction.atomic
def remind_dues(memberships: Sequence[Membership], year: int, *, actor: str) -> Done:
    """Reminds each of these members whose due of a year is expected; those reminded today are left. Letters are left to the worker.

    At most `AT_MOST` structures at once. Raises Refused when nobody is to be reminded.
    """
    today = timezone.localdate()
    expected = [one for one in _expected(memberships, year) if one.amount_cents]
    waiting = [one for one in expected if not one.reminded_at or timezone.localdate(one.reminded_at) < today]
    done = Done(already=len(expected) - len(waiting), left=max(0, len(waiting) - AT_MOST))
    if not waiting:
        why = (
            "un rappel est déjà parti aujourd’hui"
            if expected
            else "aucune n’est attendue dans cette sélection"
        )
        raise Refused(f"Aucun rappel pour {year} : {why}.")
    waiting = waiting[:AT_MOST]
    found = addresses_of({one.membership.organization.root_id for one in waiting})
    reminded = []
    for due in waiting:
        if _write_reminder(due, found[due.membership.organization.root_id], by_worker=True):
            reminded.append(due.pk)
            tell("remind_due", due.membership, actor, {"year": year})
        else:
            done.unreachable.append(due.membership.organization.whole)
    Due.objects.filter(pk__in=reminded).update(reminded_at=timezone.now())
    done.done = len(reminded)
    return done


@transaction.atomic
def withdraw_dues(memberships: Sequence[Membership], year: int, *, actor: str) -> Done:
    """Takes back what was asked of these members for a year and was not received, and tells each. Letters are left to the worker; whom
    no letter reaches is said.

    Raises Refused when there is nothing to take back.
    """
    expected = _expected(memberships, year)
    if not expected:
        raise Refused(
            f"Aucune cotisation {year} n’est attendue dans cette sélection : il n’y a rien à retirer."
        )
    done = Done(left=max(0, len(expected) - AT_MOST))
    expected = expected[:AT_MOST]
    found = addresses_of({one.membership.organization.root_id for one in expected})
    for due in expected:
        whole = due.membership.organization.whole
        if not _withdraw(due, found[whole.pk], actor, by_worker=True) and due.amount_cents:
            done.unreachable.append(whole)
    done.done = len(expected)
    return done


def _expected(memberships: Sequence[Membership], year: int) -> list[Due]:
    """The dues of a year that these members still owe, locked, in the order of their keys."""
    rows = Due.objects.select_for_update(of=("self",)).select_related(
        "membership__organization__canonical", "membership__college"
    )
    return list(rows.filter(queries.dues_of(memberships), year=year, received_on=None).order_by("pk"))


@transaction.atomic
def withdraw_due(due: Due, *, actor: str, tell_it: bool = True) -> int:
    """Takes back a due that was asked, and tells the structure: how many addresses. Raises Refused once it was received."""
    locked = _locked(due)
    if locked.received_on:
        raise Refused("Cette cotisation est déjà reçue : annulez d’abord sa réception.")
    return _withdraw(locked, reached_by(locked.membership) if tell_it else Reached(), actor)


def _withdraw(due: Due, reached: Reached, actor: str, *, by_worker: bool = False) -> int:
    name = due.membership.organization.whole.name
    tell("withdraw_due", due.membership, actor, {"year": due.year, "cents": due.amount_cents})
    sent = 0
    if due.amount_cents:
        sent = _write(
            reached, f"Cotisation {due.year} de {name}",
            f"La cotisation {due.year} de {name} ({euros(due.amount_cents)}) n’est plus demandée : vous n’avez rien à régler.",
            by_worker=by_worker,
        )  # fmt: skip
    due.delete()
    return sent


@transaction.atomic
def receive_due(due: Due, *, actor: str, on: date | None = None) -> Due:
    """Notes that a due was received, and when; noted twice, the first day stays. Raises Refused for a day to come."""
    locked = _locked(due)
    if locked.received_on:
        return locked
    if on and on > timezone.localdate():
        raise Refused("Ce jour n’est pas encore venu.")
    locked.received_on = on or timezone.localdate()
    locked.save(update_fields=["received_on"])
    tell("receive_due", locked.membership, actor, {"year": locked.year})
    return locked


@transaction.atomic
def unreceive_due(due: Due, *, actor: str) -> Due:
    """Undoes that: the due is expected again."""
    locked = _locked(due)
    if locked.received_on:
        locked.received_on = None
        locked.save(update_fields=["received_on"])
        tell("unreceive_due", locked.membership, actor, {"year": locked.year})
    return locked


@transaction.atomic
def remind_due(due: Due, *, actor: str) -> int:
    """Reminds of a due, by e-mail: how many addresses. Raises Refused when it was received, when it was reminded today, or when there
    is nobody to write to.
    """
    locked = _locked(due)
    if locked.received_on:
        raise Refused("Cette cotisation est déjà reçue.")
    if locked.reminded_at and timezone.localdate(locked.reminded_at) == timezone.localdate():
        raise Refused("Un rappel est déjà parti aujourd’hui.")
    sent = _write_reminder(locked, reached_by(locked.membership))
    if not sent:
        name = locked.membership.organization.whole.name
        raise Refused(
            f"Personne ne tient la page de {name}, et aucune adresse n’est notée ni publiée : appelez-la."
        )
    locked.reminded_at = timezone.now()
    locked.save(update_fields=["reminded_at"])
    tell("remind_due", locked.membership, actor, {"year": locked.year})
    return sent


def _write_reminder(due: Due, reached: Reached, *, by_worker: bool = False) -> int:
    name = due.membership.organization.whole.name
    said = (
        f"La cotisation {due.year} de {name} ({euros(due.amount_cents)}) n’est pas encore notée comme reçue. "
        f"Si vous l’avez réglée, {_how_to_answer()}."
    )
    return _write(reached, f"Cotisation {due.year} de {name}", said, by_worker=by_worker)


def _locked(due: Due) -> Due:
    """Raises Refused for one that was withdrawn meanwhile."""
    rows = Due.objects.select_for_update(of=("self",)).select_related(
        "membership__organization__canonical", "membership__college"
    )
    locked = rows.filter(pk=due.pk).first()
    if locked is None:
        raise Refused("Cette cotisation n’est plus demandée.")
    return locked
