"""What the site does by itself, at intervals: each room declares its jobs, the worker's loop runs those that are due."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import close_old_connections, transaction

from horizon.kernel.models import PeriodicRun

log = logging.getLogger(__name__)
STUCK = timedelta(hours=1)


@dataclass(frozen=True)
class Job:
    """A job and its interval."""

    name: str
    every: timedelta
    run: Callable[[], object]


_jobs: dict[str, Job] = {}


def every(minutes: int, name: str, run: Callable[[], object]) -> None:
    """A room declares a job; declared again under the same name, it replaces itself."""
    _jobs[name] = Job(name, timedelta(minutes=minutes), run)


def jobs() -> list[Job]:
    """All declared jobs, by name."""
    return [_jobs[name] for name in sorted(_jobs)]


def due(job: Job, started: datetime | None, finished: datetime | None, now: datetime) -> bool:
    """Whether a job should start: never run, or its interval passed; one that runs is left alone for an hour."""
    if started is None:
        return True
    if finished is None or finished < started:
        return now - started >= max(STUCK, job.every)
    return now - started >= job.every


def run_due(now: datetime) -> list[str]:
    """Runs what is due, one after the other, and returns the names. A job that fails is noted and stops no other."""
    ran = []
    for job in jobs():
        if not _take(job, now):
            continue
        ran.append(job.name)
        try:
            outcome = str(job.run() or "")[:200]
        except Exception as problem:  # noqa: BLE001 - one room's failure must not stop the others
            log.exception("periodic job %s failed", job.name)
            outcome = f"failed: {type(problem).__name__}: {problem}"[:200]
        PeriodicRun.objects.filter(name=job.name).update(finished_at=now, outcome=outcome)
    close_old_connections()
    return ran


@transaction.atomic
def _take(job: Job, now: datetime) -> bool:
    """Takes a job for this process; two workers never take the same one."""
    PeriodicRun.objects.get_or_create(name=job.name)
    row = PeriodicRun.objects.select_for_update().get(name=job.name)
    if not due(job, row.started_at, row.finished_at, now):
        return False
    row.started_at, row.finished_at = now, None
    row.save(update_fields=["started_at", "finished_at"])
    return True
