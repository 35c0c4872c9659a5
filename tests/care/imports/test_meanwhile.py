"""A long import, and what must not wait for it: seals, letters, lists. The worker for real."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from horizon.care.imports import services, upkeep
from horizon.care.imports.models import Import
from tests.care.imports import kit
from tests.databases import own_database
from tests.published import TERRITORY

PREPARE = """
import django; django.setup()
from pathlib import Path
from horizon.care.imports import services
from horizon.care.imports.applying import advance
from horizon.care.imports.upkeep import FEW
from tests.care.imports import kit
batch = services.receive_table(Path("liste.csv").read_bytes(), "liste.csv", author=None, actor="test")
services.map_columns(batch, kit.MAPPING, actor="test", drop=True)
assert advance(batch.public_id) == "ready" and batch.total > FEW
services.confirm_import(batch, actor="test")
"""
SLOW = """
import django; django.setup()
import sys
from dataclasses import replace
from datetime import timedelta
from horizon.care.imports import applying
from horizon.config.worker import main
from horizon.kernel import periodic
step = applying._step
def slow(pk):
    step(pk)
    print("twenty-five lines written", file=sys.stderr, flush=True)
    periodic._stop.wait(300)  # the other thousands of lines
applying._step = slow
for name, job in list(periodic._jobs.items()):
    if job.every <= periodic.QUICK:  # each minute, hurried
        periodic._jobs[name] = replace(job, every=timedelta(seconds=3))
main()
"""
WRITE = """
import django; django.setup()
from django.db import transaction
from horizon.kernel.journal import record_event
with transaction.atomic():
    print(record_event("create", "organization", "meanwhile", actor="test").pk)
"""
READ = """
import django; django.setup()
import json
from django_tasks_db.models import DBTaskResult
from horizon.care.imports.models import Import, ImportLine
from horizon.kernel import periodic
from horizon.kernel.models import Event, PeriodicRun, SealedEvent
written = Event.objects.get(record_id="meanwhile")
print(json.dumps({
    "sealed": SealedEvent.objects.filter(event=written).exists(),
    "import": list(Import.objects.values_list("state", flat=True)),
    "applied": ImportLine.objects.filter(state="applied").count(),
    "at work": DBTaskResult.objects.filter(status="RUNNING").count(),
    "waiting": sorted(job.name for job in periodic.jobs() if job.every <= periodic.QUICK and not
                      PeriodicRun.objects.filter(name=job.name, finished_at__gt=written.at, started_at__gt=written.at).exists()),
}))
"""

READ_AT_MOST = 120


def test_seals_letters_and_lists_go_on_while_an_import_lasts(tmp_path, known_marts):
    """An import whose first task was lost: the worker takes it up, and what comes every minute comes meanwhile."""
    fresh = [row for row in kit.lines() if row[4] == "POITIERS"][:150]
    (tmp_path / "liste.csv").write_bytes(kit.table(fresh))
    environment = {
        **os.environ, "HORIZON_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "horizon.config.settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }  # fmt: skip

    def python(*arguments):
        done = subprocess.run(
            [sys.executable, *arguments],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    with own_database(tmp_path, environment, migrated=True):
        python("-m", "horizon.config.cli", "publish", "--territory", TERRITORY, "--marts", str(known_marts))
        python("-c", PREPARE)
        worker = subprocess.Popen(
            [sys.executable, "-c", SLOW], env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True
        )
        try:
            said = []
            for line in worker.stderr:
                said.append(line)
                if "twenty-five lines written" in line:
                    break
            else:
                raise AssertionError("the worker took no import up: " + "".join(said))
            python("-c", WRITE)
            # A job that finds nothing to do says nothing: what came is read in the database, once a second or so.
            for _ in range(READ_AT_MOST):
                found = json.loads(python("-c", READ))
                if found["sealed"] and not found["waiting"]:
                    break
            else:
                raise AssertionError(found)
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.communicate()
    assert (found["import"], found["applied"], found["at work"]) == (["applying"], 25, 1)


@pytest.fixture
def at_work(known):
    """An import that somebody confirmed and whose task never came."""
    batch = services.receive_table(kit.table(), "liste.csv", author=None, actor="test")
    return services.map_columns(batch, kit.MAPPING, actor="test")


def queue():
    return list(DBTaskResult.objects.order_by("enqueued_at").values_list("status", flat=True))


def test_an_import_is_asked_for_once_and_worked_on_elsewhere(at_work):
    assert upkeep.resume_imports() == "1 imports" and queue() == ["READY"]
    assert upkeep.resume_imports() == "" and queue() == ["READY"], "it waits its turn"
    assert Import.objects.get().state == Import.CHECKING and not Import.objects.get().done
    DBTaskResult.objects.update(status="RUNNING", started_at=timezone.now())
    assert upkeep.resume_imports() == "1 imports", "its worker may have been killed"
    assert upkeep.resume_imports() == "" and queue() == ["RUNNING", "READY"]
    DBTaskResult.objects.update(
        status="FAILED", started_at=timezone.now(), finished_at=timezone.now() - timedelta(days=2)
    )
    assert upkeep.resume_imports() == "1 imports", "what failed days ago is not read again"
    Import.objects.update(state=Import.DRAFT)
    DBTaskResult.objects.all().delete()
    assert upkeep.resume_imports() == "" and queue() == []


def test_an_import_that_fails_is_said_and_tried_again_later(at_work):
    upkeep.resume_imports()
    DBTaskResult.objects.update(status="FAILED", started_at=timezone.now(), finished_at=timezone.now())
    with pytest.raises(upkeep.ImportFailed):
        upkeep.resume_imports()
    assert queue() == ["FAILED"], "not at once"
    DBTaskResult.objects.update(finished_at=timezone.now() - timedelta(minutes=10))
    with pytest.raises(upkeep.ImportFailed):
        upkeep.resume_imports()
    assert queue() == ["FAILED", "READY"]
