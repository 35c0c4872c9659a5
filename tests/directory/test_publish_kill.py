"""kill -9 while publishing: the last publication stays whole, and the next one succeeds. On both databases."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from horizon.directory.services import PHASES
from horizon.observatory.pipeline import observe
from horizon.observatory.stops import DESCRIPTOR, POINT
from tests.databases import own_database
from tests.observatory.registers_kit import unit, write_registers
from tests.published import TERRITORY

COUNT = """
import django; django.setup()
import json
from horizon.directory.models import Entry, EntryReason, Publication, SearchTerm
from horizon.directory.search import find
from horizon.kernel.models import Event
current = Publication.objects.get(current=True)
print(json.dumps({
    "run": current.marts_run,
    "entries": sorted(Entry.objects.filter(publication=current).values_list("name", flat=True)),
    "strays": Entry.objects.exclude(publication=current).count() + SearchTerm.objects.exclude(publication=current).count(),
    "reasons": EntryReason.objects.count(),
    "found": len(find(current, "tilleul").ordinals),
    "published": Event.objects.filter(verb="publish").count(),
}))
"""


@pytest.fixture(scope="module")
def two_marts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kill")
    before = write_registers(folder / "in1", [unit("552013500", "LES AMIS DU TILLEUL")])
    after = write_registers(
        folder / "in2", [unit("552013500", "LES AMIS DU TILLEUL"), unit("005520135", "LE TILLEUL VERT")]
    )
    observe(before, folder / "before")
    observe(after, folder / "after")
    return folder / "before", folder / "after"


def horizon(environment, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "horizon.config.cli", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def state(environment):
    """What a reader of the site would see."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def kill_at(phase, environment, marts):
    """Publishes in a process held at a phase, and kills it there."""
    told, tell = os.pipe()
    point = f"directory/{phase}"
    process = subprocess.Popen(
        [sys.executable, "-m", "horizon.config.cli", "publish", "--territory", TERRITORY, "--marts", str(marts)],
        env={**environment, POINT: point, DESCRIPTOR: str(tell)}, pass_fds=[tell], stderr=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    os.close(tell)
    with os.fdopen(told, "rb") as pipe:
        reached = pipe.read(len(point)).decode()
    process.send_signal(signal.SIGKILL)
    _, errors = process.communicate()
    assert reached == point, errors.decode()


def check(phases, tmp_path, two_marts):
    before, after = two_marts
    environment = {
        **os.environ,
        "HORIZON_VAR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "horizon.config.settings",
    }
    with own_database(tmp_path, environment, migrated=True):
        horizon(environment, "publish", "--territory", TERRITORY, "--marts", str(before))
        whole = state(environment)
        assert (whole["entries"], whole["strays"], whole["found"]) == (["LES AMIS DU TILLEUL"], 0, 1)
        for phase in phases:
            kill_at(phase, environment, after)
            assert state(environment) == whole, phase
        horizon(environment, "publish", "--territory", TERRITORY, "--marts", str(after))
        last = state(environment)
        assert (len(last["entries"]), last["strays"], last["found"]) == (2, 0, 2)


def test_three_kills(tmp_path, two_marts):
    check(random.Random(3).sample(PHASES[2:], 3), tmp_path, two_marts)


@pytest.mark.long
def test_twenty_kills_over_every_phase(tmp_path, two_marts):
    check([PHASES[number % len(PHASES)] for number in range(20)], tmp_path, two_marts)


TIMED = 4


@pytest.fixture(scope="module")
def larger(tmp_path_factory):
    """Marts of some hundred structures: a publication that is seen while it writes."""
    folder = tmp_path_factory.mktemp("larger")
    units = [unit(f"{552013500 + number}", f"TILLEUL {number}") for number in range(600)]
    observe(write_registers(folder / "in", units), folder / "marts")
    return folder / "marts"


def begun(environment, marts):
    """A publication in a process, once it has said its first phase."""
    process = subprocess.Popen(
        [sys.executable, "-m", "horizon.config.cli", "publish", "--territory", TERRITORY, "--marts", str(marts)],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr.readline()
    return process


@pytest.mark.long
def test_kills_at_seeded_delays(tmp_path, two_marts, larger):
    """Wherever the delay falls: inside a bulk insert, the commit. A reader sees the directory before or after, whole."""
    environment = {
        **os.environ,
        "HORIZON_VAR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "horizon.config.settings",
    }

    def seen():
        return {key: value for key, value in state(environment).items() if key != "published"}

    with own_database(tmp_path, environment, migrated=True):
        process = begun(environment, larger)
        began = time.monotonic()
        process.communicate()
        seconds, after = time.monotonic() - began, seen()
        assert len(after["entries"]) == 600 and after["strays"] == 0
        horizon(environment, "publish", "--territory", TERRITORY, "--marts", str(two_marts[0]))
        before = seen()
        assert before["entries"] == ["LES AMIS DU TILLEUL"]
        for number in range(TIMED):
            process = begun(environment, larger)
            delay = seconds * (number + random.Random(number).random()) / TIMED
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            assert seen() in (before, after), delay
            horizon(environment, "publish", "--territory", TERRITORY, "--marts", str(two_marts[0]))
            assert seen() == before, delay
