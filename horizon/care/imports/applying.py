"""The work of an import, a few lines at a time: read them, write them, take them back. Killed anywhere, it goes on later.

Each step is one transaction that locks the import: two workers never do the same line, and a line is whole or not begun.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from horizon.actors.models import Organization
from horizon.care.imports.judging import Judge
from horizon.care.imports.likely import register_keys
from horizon.care.imports.models import Import, ImportFile, ImportLine
from horizon.directory.models import Statement
from horizon.directory.said.declared import (
    Declared,
    Draft,
    changed_by_people,
    declare_many,
    give_back,
    take_back,
    tie_numbers,
    untie_numbers,
)
from horizon.directory.said.fields import FIELDS
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import state, undo_statement
from horizon.engine.tables import UnreadableTable, read_table
from horizon.kernel import periodic
from horizon.kernel.journal import record_event, record_events
from horizon.kernel.refusal import Refused
from horizon.observatory.stops import stop_point

log = logging.getLogger(__name__)
READ_AT_ONCE, WRITTEN_AT_ONCE = 100, 25
WORKER = "worker"


def advance(public_id: str) -> str:
    """Does what an import waits for, until it waits for somebody, or the worker is told to stop. Returns its state."""
    refreshed = False
    while not periodic.stopping():
        batch = Import.objects.filter(public_id=public_id).first()
        if batch is None or not batch.at_work:
            break
        if not refreshed:  # what was said a moment ago is in the lists that lines are compared with
            refresh_directory()
            refreshed = True
        try:
            _step(batch.pk)
        except Refused as problem:
            _stop(batch.pk, str(problem))
    else:
        return ""
    if batch is not None and batch.state in {Import.DONE, Import.UNDONE}:
        refresh_directory()
    return batch.state if batch else ""


@transaction.atomic
def _step(pk: int) -> None:
    batch = Import.objects.select_for_update().get(pk=pk)
    if batch.state == Import.CHECKING:
        _read_some(batch)
    elif batch.state == Import.APPLYING:
        _write_some(batch)
    elif batch.state == Import.UNDOING:
        _take_some_back(batch)
    stop_point(f"import/{batch.state}/{batch.done}")


@transaction.atomic
def _stop(pk: int, why: str) -> None:
    """The work cannot go on: the import goes back to where a person can do something about it."""
    batch = Import.objects.select_for_update().get(pk=pk)
    batch.state = {Import.CHECKING: Import.DRAFT, Import.APPLYING: Import.READY}.get(batch.state, batch.state)
    batch.problem = why[:500]
    batch.save(update_fields=["state", "problem"])
    record_event("stop", "import", batch.public_id, actor=WORKER)


def _read_some(batch: Import) -> None:
    if batch.lines.count() < batch.total:
        kept = ImportFile.objects.filter(batch=batch).first()
        if kept is None:
            raise Refused("Le fichier d’origine n’est plus gardé : envoyez-le de nouveau.")
        mapping = batch.columns
        try:
            table = read_table(bytes(kept.body), mapping.sheet)
        except UnreadableTable as problem:
            raise Refused(str(problem)) from problem
        there = set(batch.lines.values_list("number", flat=True))  # those that somebody decided about
        ImportLine.objects.bulk_create(
            (
                ImportLine(batch=batch, number=line.number, values=mapping.values(table.headers, line.cells))
                for line in table.lines
                if line.number not in there
            ),
            batch_size=500,
        )
    lines = list(batch.lines.filter(outcome="").order_by("number")[:READ_AT_ONCE])
    if not lines:
        batch.state, batch.done = Import.READY, batch.total
        batch.save(update_fields=["state", "done"])
        record_event("read", "import", batch.public_id, actor=WORKER)
        return
    Judge.of(batch).judge(lines)
    ImportLine.objects.bulk_update(
        lines,
        ["outcome", "problems", "notes", "candidates", "changes", "organization", "key_id", "key_name"],
        batch_size=100,
    )
    _count(batch, len(lines))


def _write_some(batch: Import) -> None:
    waiting = batch.lines.filter(
        state=ImportLine.WAITING, outcome__in=[ImportLine.NEW, ImportLine.COMPLETES]
    ).select_related("organization")
    lines = list(waiting.order_by("number")[:WRITTEN_AT_ONCE])
    if not lines:
        batch.state, batch.applied_at, batch.done = Import.DONE, timezone.now(), batch.total
        batch.save(update_fields=["state", "applied_at", "done"])
        record_event("apply", "import", batch.public_id, actor=WORKER)
        return
    for line in lines:
        line.batch = batch
    write_lines(lines, Judge.of(batch), actor=_actor(batch))
    _count(batch, len(lines))


def _take_some_back(batch: Import) -> None:
    written = batch.lines.filter(state=ImportLine.APPLIED).select_related("organization")
    latest = written.annotate(last=Max("statements")).order_by(F("last").desc(nulls_last=True), "-number")
    lines = list(latest[:WRITTEN_AT_ONCE])
    if not lines:
        batch.state, batch.undone_at, batch.done = Import.UNDONE, timezone.now(), batch.total
        batch.save(update_fields=["state", "undone_at", "done"])
        record_event("take_back", "import", batch.public_id, actor=WORKER)
        return
    take_lines_back(lines, actor=_actor(batch))
    _count(batch, len(lines))


def _count(batch: Import, done: int) -> None:
    Import.objects.filter(pk=batch.pk).update(done=F("done") + done)
    batch.done += done


def _actor(batch: Import) -> str:
    return batch.author.actor if batch.author else WORKER


def write_lines(lines: list[ImportLine], judge: Judge, *, actor: str) -> None:
    """Writes what lines say, after judging them again: the directory may have changed since the preview."""
    batch = judge.batch
    reads = judge.judge(lines)
    made: dict[int, list[Statement]] = {}
    again = [line for line in lines if line.outcome == ImportLine.NEW and line.created and line.organization]
    fresh = [line for line in lines if line.outcome == ImportLine.NEW and line not in again]
    how: dict[str, Any] = {"actor": actor, "author": batch.author, "licence": batch.licence_name}
    drafts = [
        Draft(
            {**reads[line.pk].values, "commune": reads[line.pk].commune},
            register_keys(reads[line.pk].identifiers),
            _message(batch, line),
        )
        for line in fresh
    ]
    for line, one in zip(fresh, declare_many(drafts, **how) if drafts else [], strict=True):
        line.organization, line.created, line.keys, made[line.pk] = (
            one.organization,
            True,
            one.keys,
            one.statements,
        )
    for line in again:
        assert line.organization
        one = Declared(
            line.organization, list(line.statements.all()), register_keys(reads[line.pk].identifiers)
        )
        give_back([one], actor=actor)
        line.keys = one.keys
        values = {**reads[line.pk].values, "commune": reads[line.pk].commune}
        made[line.pk] = _state(line, values, how)
    for line in lines:
        if line.outcome == ImportLine.COMPLETES:
            assert line.organization
            line.keys = tie_numbers(line.organization.whole, judge.free.get(line.pk, []), actor=actor)
            made[line.pk] = _state(line, {code: then for code, (_, then) in line.changes.items()}, how)
        if line.outcome in {ImportLine.NEW, ImportLine.COMPLETES}:
            line.state = ImportLine.APPLIED
        line.save()
    through = ImportLine.statements.through
    through.objects.bulk_create(
        (
            through(importline_id=pk, statement_id=said.pk)
            for pk, statements in made.items()
            for said in statements
        ),
        batch_size=500,
        ignore_conflicts=True,
    )
    record_events("write", "import_line", list(made), actor=actor)


def _message(batch: Import, line: ImportLine) -> str:
    return f"{batch.source} (tableau « {batch.name} », ligne {line.number})"


def _state(line: ImportLine, values: dict[str, object], how: dict[str, Any]) -> list[Statement]:
    assert line.organization_id
    organization = Organization.objects.select_related("canonical").get(pk=line.organization_id).whole
    return state(
        organization, values, origin=Statement.TABLE, publish=True, message=_message(line.batch, line), **how
    )


def take_lines_back(lines: Sequence[ImportLine], *, actor: str) -> None:
    """Takes back what lines wrote and that nobody changed since; what somebody changed stays, and the line says so.

    The last word goes first, so that what it had replaced is back before its own turn; structures that came with the table go
    once nothing that this import said later stands on them.
    """
    if any(line.state != ImportLine.APPLIED for line in lines):
        raise Refused("Cette ligne n’a rien écrit.")
    spoken: dict[int, list[Statement]] = {line.pk: [] for line in lines}
    through = ImportLine.statements.through
    rows = through.objects.filter(importline__in=lines).select_related("statement__organization")
    for row in rows.order_by("-statement"):
        spoken[row.importline_id].append(row.statement)
    created = [line for line in lines if line.created and line.organization]
    kept = _unsay(
        [(statement.pk, line) for line in lines if line not in created for statement in spoken[line.pk]],
        actor=actor,
    )
    for line in lines:
        if line not in created and line.organization and line.keys:
            untie_numbers(line.organization.whole, line.keys, actor=actor)
    whole = {
        line.pk: Declared(line.organization, spoken[line.pk], line.keys)
        for line in created
        if line.organization
    }
    changed = changed_by_people(list(whole.values()))
    take_back([one for one in whole.values() if one.organization.pk not in changed], actor=actor)
    for line in lines:
        left = changed.get(line.organization_id or 0, []) if line in created else kept.get(line.pk, [])
        if left:
            line.notes = [*line.notes, f"Changé depuis par des personnes, gardé : {', '.join(left)}."]
        line.state = ImportLine.KEPT if left else ImportLine.UNDONE
        line.save(update_fields=["state", "notes"])
    record_events("take_back", "import_line", [line.pk for line in lines], actor=actor)


def _unsay(said: list[tuple[int, ImportLine]], *, actor: str) -> dict[int, list[str]]:
    """Undoes what lines said of structures that were there, the latest first; returns the fields that people hold, by line."""
    kept: dict[int, list[str]] = {}
    for pk, line in sorted(said, key=lambda one: -one[0]):
        statement = Statement.objects.get(pk=pk)
        if statement.status == Statement.PUBLISHED and statement.origin == Statement.TABLE:
            undo_statement(statement, actor=actor)
        elif statement.status != Statement.UNDONE:
            kept.setdefault(line.pk, []).append(FIELDS[statement.field].label)
    return kept
