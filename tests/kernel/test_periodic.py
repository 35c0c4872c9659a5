"""Periodic jobs: when one is due, that it runs once, that its failure stops no other; and the worker for real."""

import logging
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, OperationalError, transaction
from django.utils import timezone

from horizon.config.worker import keep_working
from horizon.kernel import periodic
from horizon.kernel.journal import record_event
from horizon.kernel.models import PeriodicRun
from horizon.kernel.periodic import Job, due, every, run_due
from tests.databases import own_database

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _own_jobs(monkeypatch):
    """Each test declares its own jobs."""
    monkeypatch.setattr(periodic, "_jobs", {})


def ago(**parts):
    return NOW - timedelta(**parts)


@pytest.mark.parametrize(
    ("started", "finished", "expected"),
    [
        (None, None, True),
        (NOW, NOW, False),
        (ago(minutes=9), ago(minutes=8), False),
        (ago(minutes=9, seconds=57), ago(minutes=9), False),
        (ago(minutes=9, seconds=58), ago(minutes=9), True),  # the next look would come after ten minutes
        (ago(minutes=10), ago(minutes=1), True),
        (ago(days=3), ago(days=3), True),
        (ago(minutes=10), None, False),  # still running
        (ago(minutes=29), None, False),
        (ago(minutes=30), None, True),  # its worker was killed
        (NOW + MINUTE, NOW + MINUTE, False),  # a clock put back
    ],
)
def test_when_a_job_is_due(started, finished, expected):
    """Every ten minutes, believed to run for half an hour at most."""
    job = Job("j", timedelta(minutes=10), str, patience=timedelta(minutes=30))
    assert due(job, started, finished, NOW) is expected


def test_a_run_is_never_taken_again_before_its_interval_even_without_patience():
    job = Job("j", timedelta(minutes=10), str, patience=timedelta())
    assert due(job, ago(minutes=5), None, NOW) is False
    assert due(job, ago(minutes=10), None, NOW) is True


@pytest.mark.django_db
def test_each_job_runs_at_its_interval():
    ran = []
    every(1, "often", lambda: ran.append("often"))
    every(60, "seldom", lambda: ran.append("seldom"))
    for minute in range(121):
        run_due(NOW + minute * MINUTE)
    assert (ran.count("often"), ran.count("seldom")) == (121, 3)


@pytest.mark.django_db
def test_a_job_that_runs_is_not_taken_by_another_worker():
    seen = []

    @every(1, "slow")
    def slow():
        seen.append(run_due(NOW + 59 * MINUTE))
        return "done"

    assert run_due(NOW) == ["slow"]
    assert seen == [[]]
    row = PeriodicRun.objects.get(name="slow")
    assert (row.started_at, row.outcome) == (NOW, "done") and row.finished_at is not None


@pytest.mark.django_db
def test_a_worker_that_saw_a_job_due_too_late_does_not_take_it():
    """Between the look and the taking, another worker ran it."""
    ran = []
    job = Job("j", MINUTE, lambda: ran.append(1))
    every(1, "j", job.run)
    seen = list(periodic.due_jobs(NOW))
    assert [job.name for job in seen] == ["j"] and run_due(NOW) == ["j"]
    assert periodic._take(seen[0], NOW) is False
    assert ran == [1]


@pytest.mark.django_db
def test_a_failure_is_noted_and_stops_no_other(caplog):
    ran = []

    @every(1, "a bad one")
    def bad():
        raise RuntimeError("no such table " * 40)

    every(1, "b good one", lambda: ran.append(1) or "2 done")
    with caplog.at_level(logging.INFO, logger="horizon.kernel.periodic"):
        assert run_due(NOW) == ["a bad one", "b good one"]
    assert ran == [1]
    bad_row, good_row = PeriodicRun.objects.order_by("name")
    assert bad_row.outcome.startswith("failed: RuntimeError: no such table") and len(bad_row.outcome) == 200
    assert bad_row.finished_at is not None and good_row.outcome == "2 done"
    messages = [record.getMessage() for record in caplog.records]
    assert messages == ["a bad one: failed", "b good one: 2 done"] and caplog.records[0].exc_info
    assert run_due(NOW + MINUTE) == ["a bad one", "b good one"], "it is tried again"


@pytest.mark.django_db
def test_a_database_error_in_a_job_leaves_the_connection_usable():
    from django.db import connection

    def bad():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM nowhere")

    every(1, "bad", bad)
    assert run_due(NOW) == ["bad"]
    assert "nowhere" in PeriodicRun.objects.get().outcome


@pytest.mark.django_db
def test_a_stop_is_heard_between_two_jobs(monkeypatch):
    monkeypatch.setattr(periodic, "_stop", threading.Event())
    every(1, "a", periodic.stop)
    every(1, "b", str)
    assert run_due(NOW) == ["a"]
    assert periodic.stopping()
    periodic.run_until_stopped()
    assert run_due(NOW + MINUTE) == []


@pytest.mark.django_db
def test_a_look_at_jobs_that_are_not_due_is_one_query(django_assert_num_queries):
    for name in "abcde":
        every(5, name, str)
    assert len(run_due(NOW)) == 5
    with django_assert_num_queries(1):
        assert run_due(NOW + MINUTE) == []


@pytest.mark.django_db
def test_three_loops_share_the_jobs():
    for minutes, name in ((0.25, "a"), (1, "b"), (1, periodic.SEAL), (5, "c"), (1440, "d")):
        every(minutes, name, str)
    assert [run_due(NOW, chosen) for chosen in periodic.LOOPS] == [[periodic.SEAL], ["a", "b"], ["c", "d"]]


@pytest.mark.django_db
def test_a_loop_outlives_any_failure_of_its_own(monkeypatch, caplog):
    """Not that of a job, which is noted: that of the looking itself."""
    looks = iter([RuntimeError("unforeseen"), DatabaseError("away"), None])

    def look(now, chosen):
        problem = next(looks)
        if problem is None:
            return periodic.stop()
        raise problem

    monkeypatch.setattr(periodic, "_stop", threading.Event())
    monkeypatch.setattr(periodic, "LOOK", timedelta())
    monkeypatch.setattr(periodic, "run_due", look)
    periodic.run_until_stopped()
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert "unforeseen" in caplog.text


@pytest.mark.django_db
def test_it_is_known_when_nothing_runs_any_more_and_what_fails():
    assert periodic.troubles(timezone.now())[0] is None, "a new site"
    with transaction.atomic():
        at = record_event("create", "organization", "abc", actor="test").at
    assert periodic.troubles(at + 5 * MINUTE)[0] is None
    assert periodic.troubles(at + 6 * MINUTE)[0] == at, "its worker never ran"
    every(1, periodic.SEAL, str)
    every(1, "bad", lambda: [][0])
    run_due(NOW)
    assert periodic.troubles(NOW + 5 * MINUTE)[0] is None and periodic.troubles(NOW + 6 * MINUTE)[0] == NOW
    assert periodic.troubles(NOW)[1] == [("bad", NOW, "IndexError")]
    every(1, "bad", str)
    run_due(NOW + MINUTE)
    assert periodic.troubles(NOW)[1] == []


BLOCKED = """
import django; django.setup()
from horizon.kernel import periodic
from horizon.config.worker import main
periodic.every(60, "a letter to a server that is away", lambda: periodic._stop.wait(120))
main()
"""
WRITE = """
import django; django.setup()
from django.db import transaction
from horizon.kernel.journal import record_event
with transaction.atomic():
    record_event("create", "organization", "abc", actor="test")
"""
LASTS = """
import django; django.setup()
from horizon.kernel.models import PeriodicRun
print(PeriodicRun.objects.filter(name="a letter to a server that is away", started_at__isnull=False, finished_at=None).exists())
"""
READ = """
import django; django.setup()
from horizon.kernel.models import PeriodicRun, Seal
run = PeriodicRun.objects.get(name="seal the journal")
print(Seal.objects.get().count, run.outcome, run.finished_at is not None)
"""


def test_the_worker_seals_beside_a_job_that_lasts_and_stops_when_told(tmp_path):
    """The process that runs beside the site, on a database of its own: it seals though another job, the first by its name,
    waits for somebody; then SIGTERM ends all cleanly."""
    environment = {
        **os.environ,
        "HORIZON_VAR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "horizon.config.settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }

    def python(*arguments):
        done = subprocess.run(
            [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    with own_database(tmp_path, environment, migrated=True):
        python("-c", WRITE)
        worker = subprocess.Popen(
            [sys.executable, "-c", BLOCKED],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        said = []
        for line in worker.stderr:
            said.append(line)
            if "seal the journal: 1 events sealed" in line:
                break
        else:
            raise AssertionError("the worker ended without sealing: " + "".join(said))
        assert python("-c", LASTS) == "True\n"
        worker.send_signal(signal.SIGTERM)
        _, rest = worker.communicate()
        assert worker.returncode == 0, "".join(said) + rest
        assert "Traceback" not in "".join(said) + rest
        assert python("-c", READ) == "1 1 events sealed True\n"


def test_the_queue_outlives_a_database_that_is_busy_for_long(caplog):
    answers = [OperationalError("database is locked"), OperationalError("the server is starting"), None]

    def run():
        said = answers.pop(0)
        if said:
            raise said

    keep_working(run, pause=0)
    assert answers == [] and caplog.text.count("asked again") == 2
    with pytest.raises(ZeroDivisionError):
        keep_working(lambda: 1 // 0, pause=0)
