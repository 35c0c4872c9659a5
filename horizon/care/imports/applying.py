"""The work of an import, a few lines at a time: read them, write them, take them back. Killed anywhere, it goes on later.

Each step is one transaction that locks the import: two workers never do the same line, and a line is whole or not begun.
"""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from horizon.actors.models import Organization
from horizon.care.imports.judging import Judge
from horizon.care.imports.models import Import, ImportFile, ImportLine
from horizon.directory.models import Entry, Identifier, SourceRecord, Statement
from horizon.directory.said.declared import give_back, identify, take_back
from horizon.directory.said.fields import FIELDS
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import declare_organization, state, undo_statement
from horizon.engine.tables import UnreadableTable, read_table
from horizon.kernel import periodic
from horizon.kernel.journal import record_event
from horizon.kernel.refusal import Refused
from horizon.observatory.stops import stop_point

log = logging.getLogger(__name__)
READ_AT_ONCE, WRITTEN_AT_ONCE = 100, 10
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


def resume_imports() -> str:
    """Goes on with imports whose worker was killed, or whose task was lost."""
    waiting = (
        Import.objects.filter(state__in=Import.AT_WORK).order_by("pk").values_list("public_id", flat=True)
    )
    done = [public_id for public_id in list(waiting) if advance(public_id)]
    return f"{len(done)} imports" if done else ""


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
    if not batch.lines.exists():
        kept = ImportFile.objects.filter(batch=batch).first()
        if kept is None:
            raise Refused("Le fichier d’origine n’est plus gardé : envoyez-le de nouveau.")
        mapping = batch.columns
        try:
            table = read_table(bytes(kept.body), mapping.sheet)
        except UnreadableTable as problem:
            raise Refused(str(problem)) from problem
        ImportLine.objects.bulk_create(
            (
                ImportLine(batch=batch, number=line.number, values=mapping.values(table.headers, line.cells))
                for line in table.lines
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
    judge = Judge.of(batch)
    for line in lines:
        line.batch = batch
        write_line(line, judge, actor=_actor(batch))
    _count(batch, len(lines))


def _take_some_back(batch: Import) -> None:
    written = batch.lines.filter(state=ImportLine.APPLIED).select_related("organization")
    lines = list(written.order_by("-number")[:WRITTEN_AT_ONCE])
    if not lines:
        batch.state, batch.undone_at, batch.done = Import.UNDONE, timezone.now(), batch.total
        batch.save(update_fields=["state", "undone_at", "done"])
        record_event("take_back", "import", batch.public_id, actor=WORKER)
        return
    for line in lines:
        take_line_back(line, actor=_actor(batch))
    _count(batch, len(lines))


def _count(batch: Import, done: int) -> None:
    Import.objects.filter(pk=batch.pk).update(done=F("done") + done)
    batch.done += done


def _actor(batch: Import) -> str:
    return batch.author.actor if batch.author else WORKER


def write_line(line: ImportLine, judge: Judge, *, actor: str) -> None:
    """Writes what a line says, after judging it again: the directory may have changed since the preview."""
    batch = judge.batch
    read = judge.judge([line])[line.pk]
    how = {
        "origin": Statement.TABLE, "actor": actor, "author": batch.author, "licence": batch.licence_name,
        "message": f"{batch.source} (tableau « {batch.name} », ligne {line.number})",
    }  # fmt: skip
    made: list[Statement] = []
    if line.outcome == ImportLine.NEW:
        values = {**read.values, "commune": read.commune}
        keys = [f"{kind}:{key}" for kind, key in _keys(read.identifiers)]
        if line.created and line.organization:
            line.keys = give_back(line.organization, list(line.statements.all()), keys, actor=actor)
            made = state(line.organization, values, publish=True, **how)
        else:
            line.organization = declare_organization(values, kind=Organization.DECLARED, **how)
            line.created = True
            line.keys = identify(line.organization, keys, actor=actor)
            made = list(Statement.objects.filter(organization=line.organization))
    elif line.outcome == ImportLine.COMPLETES:
        organization = Organization.objects.get(pk=line.organization_id)
        made = state(
            organization, {code: then for code, (_, then) in line.changes.items()}, publish=True, **how
        )
    if line.outcome in {ImportLine.NEW, ImportLine.COMPLETES}:
        line.state = ImportLine.APPLIED
    line.save()
    if made:
        line.statements.add(*made)
    if line.state == ImportLine.APPLIED:
        record_event(
            "write", "import_line", line.pk, actor=actor,
            payload={"import": batch.public_id, "line": line.number, "outcome": line.outcome},
        )  # fmt: skip


def _keys(identifiers: dict[str, str]):
    siren = identifiers.get("siren") or identifiers.get("siret", "")[:9]
    if siren:
        yield "siren", siren
    if identifiers.get("rna"):
        yield "rna", identifiers["rna"]


def take_line_back(line: ImportLine, *, actor: str) -> None:
    """Takes back what a line wrote and that nobody changed since; what somebody changed stays, and the line says so."""
    if line.state != ImportLine.APPLIED:
        raise Refused("Cette ligne n’a rien écrit.")
    statements = list(line.statements.select_related("organization").order_by("-pk"))
    kept: list[str] = []
    if line.created:
        assert line.organization
        by_people = changed_by_people(line.organization, statements)
        if by_people:
            kept = by_people
        else:
            take_back(line.organization, statements, line.keys, actor=actor)
    else:
        for statement in statements:
            if statement.status == Statement.PUBLISHED:
                undo_statement(statement, actor=actor)
            elif statement.status == Statement.REPLACED:
                kept.append(FIELDS[statement.field].label)
    if kept:
        line.notes = [*line.notes, f"Changé depuis par des personnes, gardé : {', '.join(kept)}."]
    line.state = ImportLine.KEPT if kept else ImportLine.UNDONE
    line.save(update_fields=["state", "notes"])
    record_event("take_back", "import_line", line.pk, actor=actor, payload={"kept": len(kept)})


def changed_by_people(organization: Organization, statements: list[Statement]) -> list[str]:
    """What people did with an organization that a table brought: words of their own, a team, a deal… in any room."""
    ours = {statement.pk for statement in statements}
    found = []
    others = (
        Statement.objects.filter(organization=organization)
        .exclude(pk__in=ours)
        .exclude(status=Statement.UNDONE)
    )
    if others.exists() or any(
        s.origin != Statement.TABLE or s.status == Statement.REPLACED for s in statements
    ):
        found.append("ce qu’on a dit d’elle")
    followed = {Entry, Identifier, SourceRecord, Statement, ImportLine}
    for relation in Organization._meta.related_objects:
        model = relation.related_model
        if model in followed or model.__name__ == "Touched":
            continue
        if model._base_manager.filter(**{relation.field.name: organization}).exists():
            found.append(str(model._meta.verbose_name))
    return found
