"""A register says that a structure closed: its people are asked before its page changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from horizon.actors.models import Organization, Person, touch
from horizon.directory.models import Closure, Entry, Statement
from horizon.directory.said.services import state, undo_statement
from horizon.kernel.journal import record_event, record_events
from horizon.kernel.refusal import Refused

PATIENCE = timedelta(days=30)


@transaction.atomic
def follow_registers(
    entries: Iterable[tuple[Entry, str]], open_before: set[int], *, vintage: date, actor: str
) -> int:
    """After new registers, before laying: files a closure where a structure that was open is no longer, and takes back
    those that the register no longer says. `entries` come bare, each with why the register says that it is closed.

    Where people already say whether it exists, their word stays and nothing is filed. Returns how many were filed.
    """
    kept = {
        row.organization_id: row
        for row in Closure.objects.exclude(status=Closure.WITHDRAWN).select_related("organization")
    }
    spoken = set(
        Statement.objects.filter(field="state", status=Statement.PUBLISHED).values_list(
            "organization_id", flat=True
        )
    )
    today = timezone.localdate()
    filed, withdrawn = [], []
    for entry, why in entries:
        pk, known = entry.organization_id, kept.get(entry.organization_id)
        if entry.active and known is not None:
            withdrawn.append(known)
        elif (
            not entry.active
            and known is None
            and pk in open_before
            and pk not in spoken
            and entry.organization.canonical_id is None
        ):
            filed.append(
                Closure(
                    organization=entry.organization, why=why, closed_on=entry.closed_on, vintage=vintage,
                    due_on=today + PATIENCE,
                )
            )  # fmt: skip
    Closure.objects.filter(pk__in=[row.pk for row in withdrawn]).update(status=Closure.WITHDRAWN)
    Closure.objects.bulk_create(filed, batch_size=500)
    record_events("file_closure", "organization", [r.organization.public_id for r in filed], actor=actor)
    record_events(
        "withdraw_closure", "organization", [r.organization.public_id for r in withdrawn], actor=actor
    )
    return len(filed)


@transaction.atomic
def answer_closure(
    closure: Closure, answer: str, *, origin: str, actor: str, author: Person | None = None, note: str = ""
) -> Closure:  # noqa: PLR0913
    """Says whether it is closed, at any time: it is, and its page says so; it is not, and its page stays as it was.

    Raises Refused when somebody answered meanwhile, or the register took it back.
    """
    kept = _locked(closure)
    if kept.status not in {Closure.WAITING, Closure.ELAPSED}:
        raise Refused(
            "Cette question a déjà reçu une réponse. Vous pouvez l’annuler pour en donner une autre."
        )
    if answer not in dict(Closure.ANSWERS):
        raise Refused("Choisissez dans la liste.")
    closed = answer == Closure.YES
    kept.status = Closure.CONFIRMED if closed else Closure.DENIED
    kept.answer, kept.note, kept.origin, kept.author = answer, note.strip()[:300], origin, author
    kept.answered_at = timezone.now()
    if not closed:
        made = state(
            kept.organization, {"state": "open"}, origin=origin, actor=actor, author=author, publish=True,
            message=dict(Closure.ANSWERS)[answer],
        )  # fmt: skip
        kept.statement = made[0] if made else None
    kept.save()
    touch(kept.organization)
    public_id = kept.organization.public_id
    record_event("answer_closure", "organization", public_id, actor=actor, payload={"answer": answer})
    if closed:
        record_event("close", "organization", public_id, actor=actor)
    return kept


@transaction.atomic
def reopen_closure(closure: Closure, *, actor: str) -> Closure:
    """Undoes an answer, or the end of the thirty days: the question waits again, for thirty days at least."""
    kept = _locked(closure)
    if kept.status in {Closure.WAITING, Closure.WITHDRAWN}:
        raise Refused("Il n’y a pas de réponse à annuler.")
    if kept.statement and kept.statement.status == Statement.PUBLISHED:
        undo_statement(kept.statement, actor=actor)
    kept.status, kept.answer, kept.note, kept.origin = Closure.WAITING, "", "", ""
    kept.author, kept.answered_at, kept.statement = None, None, None
    kept.due_on = max(kept.due_on, timezone.localdate() + PATIENCE)
    kept.save()
    touch(kept.organization)
    record_event("reopen_closure", "organization", kept.organization.public_id, actor=actor)
    return kept


def close_after_patience() -> str:
    """What nobody answered in thirty days is shown as closed. Only where somebody could have known."""
    today, closed = timezone.localdate(), 0
    for row in Closure.objects.filter(status=Closure.WAITING, due_on__lt=today).exclude(told_at=None)[:500]:
        with transaction.atomic():
            kept = _locked(row)
            if kept.status != Closure.WAITING or kept.due_on >= today:
                continue
            kept.status = Closure.ELAPSED
            kept.save(update_fields=["status"])
            touch(kept.organization)
            record_event("close", "organization", kept.organization.public_id, actor="worker",
                         payload={"why": "no answer in thirty days"})  # fmt: skip
            closed += 1
    return f"{closed} structures montrées fermées" if closed else ""


def closure_of(organization: Organization) -> Closure | None:
    """What a register says of an organization's end, unless it took it back. One query."""
    return (
        Closure.objects.filter(organization=organization)
        .exclude(status=Closure.WITHDRAWN)
        .select_related("organization__canonical")
        .first()
    )


def _locked(closure: Closure) -> Closure:
    return (
        Closure.objects.select_for_update(of=("self",))
        .select_related("organization__canonical", "statement")
        .get(pk=closure.pk)
    )
