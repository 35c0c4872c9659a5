"""What is forgotten of imports, and when; and the task that works."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from horizon.care.imports import applying
from horizon.care.imports.models import Import, ImportFile, ImportLine
from horizon.kernel.journal import record_event

FILE_DAYS, UNDO_DAYS = 30, 180
FEW = 100
AGAIN = timedelta(minutes=10)
LATELY = timedelta(days=1)  # tasks stay in the queue for ever, with their tracebacks


class ImportFailed(Exception):
    """The work of an import ended in an error: it is tried again, and the desk is told meanwhile."""


@task()
def advance_import(public_id: str) -> str:
    """Does what an import waits for."""
    return applying.advance(public_id)


def go_on(batch: Import) -> None:
    """A few lines are done at once; more go to the worker."""
    if batch.total <= FEW:
        applying.advance(batch.public_id)
    else:
        advance_import.enqueue(batch.public_id)


def resume_imports() -> str:
    """Asks the queue to go on with imports whose worker was killed, or whose task was lost. Raises ImportFailed when the last try failed.

    The work is never done here: seals, letters and lists would wait for it. One that is at work has one task more in the
    queue, which will find nothing to do.
    """
    at_work = list(
        Import.objects.filter(state__in=Import.AT_WORK).order_by("pk").values_list("public_id", flat=True)
    )
    tasks: dict[str, list[DBTaskResult]] = {public_id: [] for public_id in at_work}
    if at_work:
        lately = Q(finished_at=None) | Q(finished_at__gte=timezone.now() - LATELY)
        known = DBTaskResult.objects.filter(lately, task_path=advance_import.module_path)
        for row in known.only("status", "finished_at", "args_kwargs").order_by("finished_at"):
            tasks.get(row.args_kwargs["args"][0], []).append(row)
    asked, failed = 0, 0
    for public_id, rows in tasks.items():
        ended = [row for row in rows if row.finished_at]
        failing = ended[-1:] if ended and ended[-1].status == TaskResultStatus.FAILED else []
        failed += len(failing)
        waits = any(row.status == TaskResultStatus.READY for row in rows)
        if not waits and all(timezone.now() - row.finished_at >= AGAIN for row in failing):
            advance_import.enqueue(public_id)
            asked += 1
    if failed:
        raise ImportFailed(f"{failed} imports")
    return f"{asked} imports" if asked else ""


@transaction.atomic
def forget_old_imports() -> str:
    """Files after thirty days, imports never confirmed with them; values of lines once undo is no longer possible."""
    now = timezone.now()
    old = Import.objects.filter(created_at__lt=now - timedelta(days=FILE_DAYS))
    dropped = [b.public_id for b in old.filter(state__in=[Import.DRAFT, Import.READY, Import.CHECKING])]
    Import.objects.filter(public_id__in=dropped).delete()
    files = ImportFile.objects.filter(batch__in=old).delete()[0]
    done = Q(state=Import.DONE, applied_at__lt=now - timedelta(days=UNDO_DAYS))
    undone = Q(state=Import.UNDONE, undone_at__lt=now - timedelta(days=UNDO_DAYS))
    closing = list(Import.objects.filter(done | undone, closed_at=None))
    ImportLine.objects.filter(batch__in=closing).update(
        values={}, problems={}, notes=[], candidates=[], changes={}
    )
    for batch in closing:
        batch.closed_at = now
        batch.save(update_fields=["closed_at"])
    for public_id in [*dropped, *(batch.public_id for batch in closing)]:
        record_event("forget", "import", public_id, actor="worker")
    if not (files or dropped or closing):
        return ""
    return f"{files} fichiers, {len(dropped)} brouillons, {len(closing)} imports"
