"""Taking back what was published together, in one gesture, and publishing it again: each undoes the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction

from horizon.actors.merged import of
from horizon.actors.models import Organization, touch
from horizon.actors.spoken import record_spoken
from horizon.directory.models import Entry, Statement
from horizon.directory.said.fields import FIELDS, MAY_BE_SOMEBODYS
from horizon.directory.said.services import publish_statement, put_in_place, undo_statement
from horizon.directory.said.settling import settle
from horizon.kernel.journal import record_event
from horizon.kernel.refusal import Refused

Check = Callable[[Statement], None]
AGAIN = (Statement.UNDONE, Statement.PROPOSED)


@transaction.atomic
def undo_together(organization: Organization, batch: str, *, actor: str, check: Check) -> list[Statement]:
    """Undoes every line of a correction that is still published; `check` may refuse one, and none is then undone. Raises Refused.

    The lines by which a structure that no register knows came into the directory are not a correction.
    """
    rows = _locked(organization, batch, (Statement.PUBLISHED,))
    if not rows:
        raise Refused("Cette correction est déjà annulée, ou une autre l’a remplacée.")
    if any(founds(row) for row in rows):
        raise Refused(
            "Ces lignes disent que la structure existe : pour la retirer de l’annuaire, annulez l’import ou la proposition qui l’a ajoutée."
        )
    for row in rows:
        check(row)
    made = [undo_statement(row, actor=actor) for row in rows]
    _tell("undo_together", organization, rows, actor)
    return made


@transaction.atomic
def redo_together(organization: Organization, batch: str, *, actor: str, check: Check) -> list[Statement]:
    """Undoes that: publishes again every line of a correction that was undone. Raises Refused."""
    rows = [row for row in _locked(organization, batch, AGAIN) if may_come_back(row)]
    if not rows:
        raise Refused("Il n’y a rien à rétablir : cette correction est publiée, ou elle n’est plus gardée.")
    for row in rows:
        check(row)
    made = [redo_statement(row, actor=actor) for row in rows]
    _tell("redo_together", organization, rows, actor)
    return made


@transaction.atomic
def redo_statement(statement: Statement, *, actor: str) -> Statement:
    """Publishes again what was undone, in place of what is published now. Raises Refused."""
    organization = Organization.objects.select_for_update().get(pk=statement.organization_id)
    kept = Statement.objects.select_for_update().get(pk=statement.pk)
    if kept.status not in AGAIN or not may_come_back(kept):
        raise Refused("Cette information n’a pas été annulée, ou n’est plus gardée.")
    if not Entry.objects.filter(of(organization.whole), publication__current=True).exists():
        raise Refused(
            "Cette structure n’est plus dans l’annuaire : elle y revient par l’import ou la proposition qui l’a ajoutée."
        )
    if kept.status == Statement.PROPOSED:
        return publish_statement(kept, actor=actor)
    put_in_place(kept)
    kept.save(update_fields=["status", "previous", "decided_at"])
    settle(kept, actor=actor)
    touch(organization)
    record_spoken(
        organization, "redo", "statement", kept.pk, actor=actor,
        payload={"organization": organization.public_id, "field": kept.field},
    )  # fmt: skip
    return kept


def may_come_back(statement: Statement) -> bool:
    """Whether what was undone is still there to publish: a contact that was erased with somebody's account is not. A proposal that was
    accepted, then undone, waits again with the day of that answer."""
    if statement.status == Statement.PROPOSED and statement.decided_at is None:
        return False
    erased = statement.field in MAY_BE_SOMEBODYS and not statement.value and statement.base is None
    return statement.field in FIELDS and not erased


def founds(statement: Statement) -> bool:
    """Whether a structure is in the directory by this line: the commune of one that no register knows, under which there is nothing."""
    declared = statement.organization.kind != Organization.REGISTER
    return declared and statement.field in {"name", "commune"} and statement.previous_id is None


def _locked(organization: Organization, batch: str, statuses: Sequence[str]) -> list[Statement]:
    """The lines of a correction under these states, by field; the structure is locked first, as everywhere."""
    list(Organization.objects.select_for_update().filter(pk=organization.pk))
    rows = Statement.objects.select_for_update(of=("self",)).select_related("organization").filter(
        of(organization), batch=batch, status__in=statuses
    )  # fmt: skip
    return [row for row in rows.order_by("pk") if row.field in FIELDS] if batch else []


def _tell(verb: str, organization: Organization, rows: Sequence[Statement], actor: str) -> None:
    record_event(
        verb, "organization", organization.public_id, actor=actor,
        payload={"batch": rows[0].batch, "fields": [row.field for row in rows]},
    )  # fmt: skip
