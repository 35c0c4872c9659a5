"""What is forgotten of imports, and when; and the task that works."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import task

from horizon.care.imports import applying
from horizon.care.imports.models import Import, ImportFile, ImportLine
from horizon.kernel.journal import record_event

FILE_DAYS, UNDO_DAYS = 30, 180
FEW = 100


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
