"""What the site does by itself, at intervals: each room declares its jobs, the worker's loop runs those that are due.

Three loops run them, each one after the other: the seals alone, those of every minute, and the rest, so that nothing holds
back the seals, and what lasts holds back neither letters nor lists. A job that may last gives its work to the queue of tasks,
or asks `stopping` between steps.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import Q
from django.utils import timezone

from horizon.kernel.models import Event, PeriodicRun

log = logging.getLogger(__name__)
LOOK = timedelta(seconds=2)
PATIENCE = 60
QUICK = timedelta(minutes=1)
SILENT = timedelta(minutes=5)
SEAL = "seal the journal"
FAILED = "failed: "
Work = Callable[[], object]


@dataclass(frozen=True)
class Job:
    """A job, its interval, and how long a run that never said it finished is believed to be still running."""

    name: str
    every: timedelta
    run: Work
    patience: timedelta = timedelta(minutes=PATIENCE)


def sealing(job: Job) -> bool:
    """Whether a job lays the seals: they wait for no other."""
    return job.name == SEAL


def quick(job: Job) -> bool:
    """Whether a job is of the others of every minute."""
    return job.every <= QUICK and not sealing(job)


def lasting(job: Job) -> bool:
    """Whether a job is of the rest."""
    return job.every > QUICK


Choice = Callable[[Job], bool]
LOOPS: tuple[Choice, ...] = (sealing, quick, lasting)


_jobs: dict[str, Job] = {}
_stop = threading.Event()


def every(
    minutes: float, name: str, run: Work | None = None, *, patience: float = PATIENCE
) -> Callable[[Work], Work]:
    """A room declares a job: `every(60, "forget strangers", forget)`, or as a decorator of the function.

    Declared again under the same name, a job replaces itself. `patience`, in minutes, is how long to wait for a run
    whose worker was killed before taking the job again: short for a job that two workers may do at once without harm.
    """

    def declare(work: Work) -> Work:
        _jobs[name] = Job(name, timedelta(minutes=minutes), work, timedelta(minutes=patience))
        return work

    if run is not None:
        declare(run)
    return declare


def jobs() -> list[Job]:
    """All declared jobs, by name."""
    return [_jobs[name] for name in sorted(_jobs)]


def due(job: Job, started: datetime | None, finished: datetime | None, now: datetime) -> bool:
    """Whether a job should start, from the times of its last run alone.

    Yes when it never ran, or when its interval will have passed at the next look: a job never waits longer than its
    interval. One that has not finished is left alone as long as its patience lasts.
    """
    if started is None:
        return True
    wait = job.every if finished is not None else max(job.patience, job.every)
    return now - started >= wait - LOOK


def run_due(now: datetime, chosen: Choice = lambda job: True) -> list[str]:
    """Runs what is due among the `chosen`, one after the other, and returns the names. A job that fails is noted and
    stops no other."""
    ran = []
    for job in filter(chosen, due_jobs(now)):
        if stopping():
            break
        if not _take(job, now):
            continue
        ran.append(job.name)
        try:
            outcome = str(job.run() or "")
        except Exception as problem:  # noqa: BLE001 - one room's failure must not stop the others
            log.exception("%s: failed", job.name)
            outcome = f"{FAILED}{type(problem).__name__}: {problem}"
        else:
            if outcome:
                log.info("%s: %s", job.name, outcome)
        PeriodicRun.objects.filter(name=job.name).update(finished_at=timezone.now(), outcome=outcome[:200])
    return ran


def due_jobs(now: datetime) -> Iterable[Job]:
    """The jobs that seem due, from one query that locks nothing; `run_due` takes each before it runs."""
    last = {row.name: row for row in PeriodicRun.objects.all()}
    for job in jobs():
        row = last.get(job.name)
        if row is None or due(job, row.started_at, row.finished_at, now):
            yield job


def troubles(now: datetime) -> tuple[datetime | None, list[tuple[str, datetime, str]]]:
    """Since when nothing runs by itself, when the journal has not been sealed for five minutes (None: all is well); and the jobs
    whose last run failed: name, when it started, the kind of failure (never its words, which may name somebody).

    A site whose worker never ran is silent since its first event. One query, two where it never ran.
    """
    rows = PeriodicRun.objects.filter(
        Q(name=SEAL) | Q(outcome__startswith=FAILED), started_at__isnull=False
    ).order_by("name")
    known = [(row.name, row.started_at, row.outcome) for row in rows if row.started_at]
    last = next((at for name, at, _ in known if name == SEAL), None)
    if last is None:
        last = Event.objects.order_by("pk").values_list("at", flat=True).first()
    failing = [
        (name, at, said.removeprefix(FAILED).split(":")[0])
        for name, at, said in known
        if said.startswith(FAILED)
    ]
    return (last if last and now - last > SILENT else None), failing


def run_until_stopped(chosen: Choice = lambda job: True) -> None:
    """A loop of the worker: looks for due jobs until `stop`. Whatever happens, it looks again: a loop that died would go
    unseen, for the rest of the worker goes on."""
    while not stopping():
        try:
            run_due(timezone.now(), chosen)
            close_old_connections()
        except DatabaseError as problem:
            log.warning("the database did not answer the periodic jobs: %s", problem)
            close_old_connections()
        except Exception:  # noqa: BLE001
            log.exception("the loop of the periodic jobs failed, and goes on")
        _stop.wait(LOOK.total_seconds())


def stop() -> None:
    """Asks the loop, and a long job that looks at `stopping`, to end."""
    _stop.set()


def stopping() -> bool:
    """Whether the worker was told to stop."""
    return _stop.is_set()


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
