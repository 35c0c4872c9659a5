"""What is left of the tasks that the worker did."""

from __future__ import annotations

from datetime import datetime, timedelta

from django_tasks_db.models import DBTaskResult

DONE_KEPT = timedelta(days=30)


def forget_done_tasks(now: datetime) -> int:
    """Deletes the results of tasks that ended thirty days ago."""
    return DBTaskResult.objects.filter(finished_at__lt=now - DONE_KEPT).delete()[0]
