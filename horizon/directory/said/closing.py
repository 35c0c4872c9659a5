"""A register says that a structure closed: its people are asked before its page changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from horizon.actors.models import Organization, Person, touch
from horizon.actors.spoken import record_spoken
from horizon.directory.models import Closure, Confirmation, Entry, Statement
from horizon.directory.said.fields import OPEN
from horizon.directory.said.services import state, undo_statement
from horizon.directory.said.settling import PATIENCE, unanswered
from horizon.kernel.journal import record_event, record_events
from horizon.kernel.refusal import Refused


@transaction.atomic
def follow_registers(
    entries: Iterable[tuple[Entry, str]], open_before: set[int], *, vintage: date, actor: str
) -> int:
    """After new registers, before laying: files a closure where a structure that was open is no longer, and takes back
    those that the register no longer says, with the « it is open » that answered them: a later end is asked about too.
    `entries` come bare, each with why the register says that it is closed.

    Where people already say whether it exists, their word stays and nothing is filed. Returns how many were filed.
    """
    kept = {
        row.organization_id: row
        for row in Closure.objects.exclude(status=Closure.WITHDRAWN).select_related(
            "organization", "statement"
        )
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
    answered = [row.organization_id for row in withdrawn if row.statement_id]
    list(
        Organization.objects.select_for_update().filter(pk__in=answered).order_by("pk")
    )  # locked first, as everywhere
    Closure.objects.filter(pk__in=[row.pk for row in withdrawn]).update(status=Closure.WITHDRAWN)
    for row in withdrawn:
        _forget_answer(row, actor)
    Closure.objects.bulk_create(filed, batch_size=500)
    record_events("file_closure", "organization", [r.organization.public_id for r in filed], actor=actor)
    record_events(
        "withdraw_closure", "organization", [r.organization.public_id for r in withdrawn], actor=actor
    )
    return len(filed)


def _forget_answer(row: Closure, actor: str) -> None:
    """The register says again what people answered: their word ends, and asks nothing of the desk."""
    said = row.statement
    if said is None or said.status != Statement.PUBLISHED or said.value != OPEN:
        return
    undone = undo_statement(said, actor=actor)
    undone.status = Statement.UNDONE
    undone.save(update_fields=["status"])


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
    kept.save()
    if not closed:
        made = state(
            kept.organization, {"state": "open"}, origin=origin, actor=actor, author=author, publish=True,
            message=dict(Closure.ANSWERS)[answer],
        )  # fmt: skip
        kept.statement = made[0] if made else None
        kept.save(update_fields=["statement"])
    touch(kept.organization)
    public_id = kept.organization.public_id
    record_spoken(
        kept.organization,
        "answer_closure",
        "organization",
        public_id,
        actor=actor,
        payload={"answer": answer},
    )
    if closed:
        record_spoken(kept.organization, "close", "organization", public_id, actor=actor)
    return kept


@transaction.atomic
def reopen_closure(closure: Closure, *, actor: str) -> Closure:
    """Undoes an answer, or the end of the thirty days: the question waits again, for thirty days at least."""
    kept = _locked(closure)
    if kept.status in {Closure.WAITING, Closure.WITHDRAWN}:
        raise Refused("Il n’y a pas de réponse à annuler.")
    said = kept.statement
    unanswered(kept).save()
    if said and said.status == Statement.PUBLISHED:
        undo_statement(said, actor=actor)
    touch(kept.organization)
    record_spoken(
        kept.organization, "reopen_closure", "organization", kept.organization.public_id, actor=actor
    )
    return kept


def close_after_patience() -> str:
    """What nobody answered in thirty days is shown as closed. Only where somebody could have known."""
    today, closed = timezone.localdate(), 0
    for row in _unanswered(today)[:500]:
        with transaction.atomic():
            kept = _locked(row)
            if not _unanswered(today).filter(pk=kept.pk).exists():
                continue
            kept.status = Closure.ELAPSED
            kept.save(update_fields=["status"])
            touch(kept.organization)
            record_event("close", "organization", kept.organization.public_id, actor="worker",
                         payload={"why": "no answer in thirty days"})  # fmt: skip
            closed += 1
    return f"{closed} structures montrées fermées" if closed else ""


def waiting_closures() -> QuerySet[Closure]:
    """Closures that wait for an answer. That of a structure since merged into another is no question about the other."""
    return Closure.objects.filter(status=Closure.WAITING, organization__canonical=None)


def _unanswered(today: date) -> QuerySet[Closure]:
    """Those whose days are over, where nobody said since that the page is right, or that the structure exists."""
    confirmed = Confirmation.objects.filter(
        Q(organization=OuterRef("organization")) | Q(organization__canonical=OuterRef("organization")),
        undone_at=None,
        at__gt=OuterRef("filed_at"),
    )
    spoken = Statement.objects.filter(
        organization=OuterRef("organization"), field="state", status=Statement.PUBLISHED
    )
    return waiting_closures().filter(
        ~Exists(confirmed), ~Exists(spoken), due_on__lt=today, told_at__isnull=False
    )


def closure_of(organization: Organization) -> Closure | None:
    """What a register says of an organization's end, unless it took it back. One query."""
    return (
        Closure.objects.filter(organization=organization)
        .exclude(status=Closure.WITHDRAWN)
        .select_related("organization__canonical")
        .first()
    )


def _locked(closure: Closure) -> Closure:
    """The closure, its organization locked before it: the order of whoever publishes a statement of existence."""
    Organization.objects.select_for_update().get(pk=closure.organization_id)
    return (
        Closure.objects.select_for_update(of=("self",))
        .select_related("organization__canonical", "statement")
        .get(pk=closure.pk)
    )
