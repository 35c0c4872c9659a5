"""Writes of imports that a person asks for: bring a table, say what its columns are, decide about lines, start the work."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as Dictionary

from django.db import transaction
from django.db.models import Q, QuerySet

from horizon.actors.models import Organization, Person
from horizon.care.imports import applying
from horizon.care.imports.judging import Judge
from horizon.care.imports.models import Import, ImportFile, ImportLine, ImportMapping
from horizon.engine.tables import Table, read_table
from horizon.engine.tables.mapping import Mapping, check_mapping, fits, refused_personal
from horizon.engine.tables.meaning import propose
from horizon.engine.tables.shape import UnreadableTable, headers_key
from horizon.kernel.journal import record_event
from horizon.kernel.refusal import Refused
from horizon.kernel.templatetags.atlas import plural

READY_TO_WRITE = (ImportLine.NEW, ImportLine.COMPLETES)


@transaction.atomic
def receive_table(data: bytes, name: str, *, author: Person | None, actor: str) -> Import:
    """Keeps a table to import. Raises Refused, with what to do, when it cannot be read."""
    try:
        table = read_table(data)
    except UnreadableTable as problem:
        raise Refused(str(problem)) from problem
    batch = Import.objects.create(
        name=name[:200] or "tableau collé", digest=table.digest(), author=author,
        headers=list(table.headers), notes=list(table.notes), total=len(table.lines),
    )  # fmt: skip
    ImportFile.objects.create(batch=batch, body=data)
    record_event("receive", "import", batch.public_id, actor=actor, payload={"lines": batch.total})
    return batch


def same_file(batch: Import) -> Import | None:
    """Another import of the very same file, the last one that was not undone."""
    return (
        Import.objects.filter(digest=batch.digest)
        .exclude(pk=batch.pk)
        .exclude(state=Import.UNDONE)
        .order_by("-created_at")
        .first()
    )


def table_of(batch: Import, sheet: str | None = None) -> Table:
    """The table of an import, read again from its file. Raises Refused when the file is no longer kept."""
    kept = ImportFile.objects.filter(batch=batch).first()
    if kept is None:
        raise Refused("Le fichier d’origine n’est plus gardé : envoyez-le de nouveau.")
    wanted = batch.columns.sheet if sheet is None else sheet
    try:
        return read_table(bytes(kept.body), wanted)
    except UnreadableTable as problem:
        raise Refused(str(problem)) from problem


def remembered(table: Table) -> tuple[Mapping | None, ImportMapping | None]:
    """How a table with these headers was read the last time."""
    row = ImportMapping.objects.filter(key=_key(table.headers)).first()
    if row is None:
        return None, None
    kept = row.mapping
    columns = fits(table, {code: tuple(said) for code, said in kept.get("columns", {}).items()})
    return (
        Mapping(
            columns=columns, functional=frozenset(kept.get("functional", [])), places=bool(kept.get("places")),
            replace=bool(kept.get("replace")), source=row.source, licence=row.licence,
        ),
        row,
    )  # fmt: skip


def _key(headers) -> str:
    return hashlib.sha256(headers_key(headers).encode()).hexdigest()


def decided_lines(batch: Import) -> QuerySet[ImportLine]:
    """The lines that somebody corrected, answered or left aside."""
    return batch.lines.filter(Q(corrected=True) | ~Q(answer="") | Q(state=ImportLine.ASIDE))


@transaction.atomic
def map_columns(batch: Import, mapping: Mapping, *, actor: str, drop: bool = False) -> Import:
    """Says what the columns are, remembers it, and asks for the reading of the lines. Raises Refused.

    What somebody corrected, answered or left aside is kept; of another sheet no line is the same, and `drop` says that all of
    it may go.
    """
    locked = lock(batch)
    if locked.state not in {Import.DRAFT, Import.READY, Import.CHECKING}:
        raise Refused("Cet import est déjà confirmé : annulez-le d’abord.")
    table = table_of(locked, mapping.sheet)
    try:
        check_mapping(mapping, table.headers)
    except UnreadableTable as problem:
        raise Refused(str(problem)) from problem
    personal = {column.header: column.personal for column in propose(table) if column.personal}
    told = refused_personal(mapping, personal)
    if told:
        raise Refused(
            f"Ces colonnes semblent parler de personnes : {', '.join(f'« {header} »' for header in told)}. "
            "Ne les importez pas, ou dites qu’elles sont celles des structures."
        )
    kept = {
        "columns": {code: list(said) for code, said in mapping.columns.items()},
        "functional": sorted(mapping.functional), "places": mapping.places, "replace": mapping.replace,
        "sheet": mapping.sheet, "constants": mapping.constants,
    }  # fmt: skip
    if mapping.sheet == locked.columns.sheet:
        _lay_back(locked, mapping, table)
    elif not drop and (count := decided_lines(locked).count()):
        raise Refused(
            f"Vous changez de feuille : {plural(count, 'ligne corrigée ou décidée serait perdue', 'lignes corrigées ou décidées seraient perdues')}. "
            "Cochez « Oublier ce qui a été décidé », ou revenez à la première feuille."
        )
    else:
        locked.lines.all().delete()
    locked.mapping, locked.source, locked.licence = kept, mapping.source[:200], mapping.licence
    locked.headers, locked.notes, locked.total = list(table.headers), list(table.notes), len(table.lines)
    locked.state, locked.done, locked.problem = Import.CHECKING, 0, ""
    locked.save()
    ImportMapping.objects.update_or_create(
        key=_key(table.headers),
        defaults={"mapping": kept, "source": locked.source, "licence": locked.licence},
    )
    record_event("map", "import", locked.public_id, actor=actor, payload={"fields": sorted(mapping.columns)})
    return locked


def _lay_back(batch: Import, mapping: Mapping, table: Table) -> None:
    """Keeps the lines that somebody decided about, their cells read by the new columns but for those that were corrected."""
    before, cells = batch.columns, {line.number: line.cells for line in table.lines}
    kept = [line for line in decided_lines(batch) if line.number in cells]
    for line in kept:
        was = before.values(table.headers, cells[line.number])
        corrected = {code: text for code, text in line.values.items() if text != was.get(code, "")}
        line.values = {**mapping.values(table.headers, cells[line.number]), **corrected}
        line.outcome = ""
    batch.lines.exclude(pk__in=[line.pk for line in kept]).delete()
    ImportLine.objects.bulk_update(kept, ["values", "outcome"], batch_size=200)


@transaction.atomic
def confirm_import(batch: Import, *, actor: str) -> Import:
    """Starts the writing of what was previewed. Raises Refused."""
    return _start(batch, {Import.READY}, Import.APPLYING, "confirm", actor)


@transaction.atomic
def undo_import(batch: Import, *, actor: str) -> Import:
    """Starts taking back everything that this import brought and that nobody changed since. Raises Refused."""
    if batch.closed_at:
        raise Refused("Cet import est trop ancien : ce qu’il a écrit se corrige désormais fiche par fiche.")
    return _start(batch, {Import.DONE, Import.APPLYING}, Import.UNDOING, "undo", actor)


def _start(batch: Import, before: set[str], after: str, verb: str, actor: str) -> Import:
    locked = lock(batch)
    if locked.state not in before:
        raise Refused(f"Cet import est {locked.get_state_display()} : rien de nouveau n’est fait.")
    locked.state, locked.done, locked.problem = after, 0, ""
    locked.save(update_fields=["state", "done", "problem"])
    record_event(verb, "import", locked.public_id, actor=actor)
    return locked


@transaction.atomic
def forget_import(batch: Import, *, actor: str) -> None:
    """Drops an import that was never confirmed, its file and its lines with it. Raises Refused."""
    locked = lock(batch)
    if locked.state not in {Import.DRAFT, Import.READY, Import.CHECKING}:
        raise Refused("Cet import est confirmé : annulez-le plutôt.")
    record_event("forget", "import", locked.public_id, actor=actor)
    locked.delete()


@transaction.atomic
def answer_line(line: ImportLine, answer: str, chosen: str = "", *, actor: str) -> ImportLine:
    """Says whether a line is a structure of the directory (`chosen`, a public id), another one, or waits.

    Once the import was confirmed, what follows is written at once. Raises Refused.
    """
    locked = lock_line(line)
    _waits(locked)
    if answer not in dict(ImportLine.ANSWERS):
        raise Refused("Choisissez : la même, une autre, ou plus tard.")
    locked.answer, locked.organization = answer, None
    if answer == ImportLine.ANSWER_SAME:
        wanted = chosen or (locked.candidates[0]["id"] if locked.candidates else "")
        organization = Organization.objects.select_related("canonical").filter(public_id=wanted).first()
        if organization is None:
            raise Refused("Dites laquelle des structures de l’annuaire c’est.")
        locked.organization = organization.canonical or organization
    record_event("answer", "import_line", locked.pk, actor=actor, payload={"answer": answer})
    return _judge_again(locked, actor)


@transaction.atomic
def correct_line(line: ImportLine, values: Dictionary[str, str], *, actor: str) -> ImportLine:
    """Corrects the cells of a line and reads it again; once the import was confirmed, writes what it says. Raises Refused."""
    locked = lock_line(line)
    if locked.state not in {ImportLine.WAITING, ImportLine.UNDONE, ImportLine.ASIDE}:
        raise Refused("Cette ligne est déjà importée : annulez-la d’abord, ou corrigez la fiche.")
    locked.values = {**locked.values, **{code: str(text)[:10_000] for code, text in values.items()}}
    locked.corrected, locked.answer, locked.state = True, "", ImportLine.WAITING
    if not locked.created:
        locked.organization = None
    record_event("correct", "import_line", locked.pk, actor=actor)
    return _judge_again(locked, actor)


@transaction.atomic
def set_aside(line: ImportLine, aside: bool, *, actor: str) -> ImportLine:
    """Leaves a line aside for good, or takes it up again. Raises Refused."""
    locked = lock_line(line)
    if locked.state not in {ImportLine.WAITING, ImportLine.ASIDE}:
        raise Refused("Cette ligne a déjà une suite.")
    locked.state = ImportLine.ASIDE if aside else ImportLine.WAITING
    locked.save(update_fields=["state"])
    record_event("set_aside" if aside else "take_up", "import_line", locked.pk, actor=actor)
    return locked


@transaction.atomic
def undo_line(line: ImportLine, *, actor: str) -> ImportLine:
    """Takes back what one line wrote. Raises Refused."""
    locked = lock_line(line)
    applying.take_lines_back([locked], actor=actor)
    return locked


@transaction.atomic
def redo_line(line: ImportLine, *, actor: str) -> ImportLine:
    """Writes again a line that was taken back. Raises Refused."""
    locked = lock_line(line)
    if locked.state != ImportLine.UNDONE:
        raise Refused("Cette ligne n’est pas annulée.")
    locked.state = ImportLine.WAITING
    applying.write_lines([locked], Judge.of(locked.batch), actor=actor)
    return locked


@transaction.atomic
def reopen_line(line: ImportLine, *, actor: str) -> ImportLine:
    """Undoes the answer given to a line: what it wrote is taken back, and it waits again."""
    locked = lock_line(line)
    if locked.state == ImportLine.APPLIED:
        applying.take_lines_back([locked], actor=actor)
    if locked.state == ImportLine.KEPT:
        raise Refused("Des personnes ont changé cette fiche depuis : corrigez-la directement.")
    locked.answer, locked.state = "", ImportLine.WAITING
    if not locked.created:
        locked.organization = None
    Judge.of(locked.batch).judge([locked])
    locked.save()
    record_event("reopen", "import_line", locked.pk, actor=actor)
    return locked


def _judge_again(line: ImportLine, actor: str) -> ImportLine:
    judge = Judge.of(line.batch)
    if line.batch.state == Import.DONE and line.answer != ImportLine.ANSWER_LATER:
        applying.write_lines([line], judge, actor=actor)
    else:
        judge.judge([line])
        line.save()
    return line


def _waits(line: ImportLine) -> None:
    if line.state != ImportLine.WAITING or line.outcome not in {
        ImportLine.LIKELY, ImportLine.TWICE, ImportLine.NEW, ImportLine.COMPLETES, ImportLine.SAME,
    }:  # fmt: skip
        raise Refused("Cette ligne n’attend pas de réponse.")


def lock(batch: Import) -> Import:
    """The import, locked until the end of the transaction."""
    return Import.objects.select_for_update().get(pk=batch.pk)


def lock_line(line: ImportLine) -> ImportLine:
    """A line, its import locked with it: one writer at a time for one import."""
    batch = Import.objects.select_for_update().get(pk=line.batch_id)
    if batch.at_work:
        raise Refused("L’import est en cours : attendez la fin, puis recommencez.")
    if batch.state == Import.UNDONE and line.state != ImportLine.UNDONE:
        raise Refused("Cet import est annulé.")
    if batch.closed_at:
        raise Refused("Cet import est trop ancien : ses lignes ne sont plus gardées.")
    locked = ImportLine.objects.select_for_update(of=("self",)).select_related("organization").get(pk=line.pk)
    locked.batch = batch
    return locked
