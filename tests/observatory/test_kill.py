"""kill -9 anywhere in a run: the last publication stays whole, and the next run succeeds."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from horizon.observatory import pipeline
from horizon.observatory.contracts import MARTS
from horizon.observatory.pipeline import observe
from horizon.observatory.read import Marts
from horizon.observatory.stops import DESCRIPTOR, POINT
from horizon.observatory.synthetic import generate_national
from tests.observatory.registers_kit import association, unit, write_registers

RUN = "import sys; from horizon.observatory.pipeline import observe; observe(sys.argv[1], sys.argv[2])"


def points() -> dict[str, list[str]]:
    """Every point where a run can be held, by phase."""
    found = {phase: [phase] for phase in pipeline.PHASES}
    for layer in ("staging", "marts"):
        found[layer] += [f"{layer}/{path.stem}" for path in sorted((pipeline.HERE / layer).glob("*.sql"))]
    found["write"] += [f"write/{mart.name}" for mart in MARTS] + ["write/manifest"]
    found["publish"] += ["publish/renamed", "publish/swapped"]
    return found


def seeded(count: int) -> list[str]:
    """Points spread over the phases, the last of publication first, drawn by their number."""
    phases = list(reversed(pipeline.PHASES))
    return [random.Random(n).choice(points()[phases[n % len(phases)]]) for n in range(count)]


@pytest.fixture(scope="module")
def registers(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("registers")
    before = write_registers(folder / "before", [unit("552013500", "LES AMIS DU TILLEUL")])
    after = write_registers(
        folder / "after",
        [unit("552013500", "LES AMIS DU TILLEUL"), unit("005520135", "LA FOURMI")],
        associations=[association("W861000001")],
    )
    return before, after


def killed_at(point: str, registers: Path, marts: Path) -> None:
    """Runs the pipeline in a process held at a point, and kills it there."""
    told, tell = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(registers), str(marts)],
        env={**os.environ, POINT: point, DESCRIPTOR: str(tell)},
        pass_fds=[tell],
        stderr=subprocess.PIPE,
    )
    os.close(tell)
    with os.fdopen(told, "rb") as pipe:
        reached = pipe.read(len(point)).decode()
    process.send_signal(signal.SIGKILL)
    _, errors = process.communicate()
    assert reached == point, errors.decode()
    assert process.returncode == -signal.SIGKILL


def whole(marts: Path) -> str:
    """The run id of the current publication, once every file of it was read and counted."""
    with Marts(marts) as read:
        for mart in MARTS:
            counted = read.query(f"SELECT count(*) AS n FROM {mart.name}")[0]["n"]
            assert counted == read.manifest["counts"][mart.name], mart.name
        return read.manifest["run_id"]


def check(point: str, registers: tuple[Path, Path], tmp_path: Path) -> None:
    before, after = registers
    marts = tmp_path / "marts"
    first = observe(before, marts).run_id
    second = observe(after, tmp_path / "expected").run_id
    killed_at(point, after, marts)
    assert whole(marts) == (second if point == "publish/swapped" else first)
    assert observe(after, marts).run_id == second
    assert whole(marts) == second
    left = {path.name for path in marts.iterdir()}
    assert left == {".lock", "current", "publications", "last-run.json"}
    assert {path.name for path in (marts / "publications").iterdir()} == {first, second}


@pytest.mark.parametrize("point", [seeded(20)[0], "write/organizations", "publish/renamed"])
def test_a_killed_run_leaves_the_last_publication_whole(point, registers, tmp_path):
    check(point, registers, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("number", range(20))
def test_twenty_kills_over_every_phase(number, registers, tmp_path):
    check(seeded(20)[number], registers, tmp_path)


TIMED = 8
STARTED = "import sys; from horizon.observatory.pipeline import observe; print('go', flush=True); observe(sys.argv[1], sys.argv[2])"


def started(registers: Path, marts: Path) -> subprocess.Popen:
    """A run in a process, once everything is imported."""
    process = subprocess.Popen(
        [sys.executable, "-c", STARTED, str(registers), str(marts)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"go\n"
    return process


@pytest.fixture(scope="module")
def larger(tmp_path_factory) -> tuple[Path, str, float]:
    """Registers that take a while to read and write, what they give, and the seconds that a whole run takes."""
    folder = tmp_path_factory.mktemp("larger")
    generate_national(folder / "in", scale=0.001, seed=5)
    process = started(folder / "in", folder / "marts")
    began = time.monotonic()
    assert process.wait() == 0, process.stderr.read().decode()
    return folder / "in", whole(folder / "marts"), time.monotonic() - began


@pytest.mark.long
@pytest.mark.parametrize("number", range(TIMED))
def test_kills_at_seeded_delays(number, registers, larger, tmp_path):
    """Wherever the delay falls: inside a model, a COPY, an fsync, a rename. One or the other publication, whole."""
    folder, second, seconds = larger
    marts = tmp_path / "marts"
    first = observe(registers[0], marts).run_id
    process = started(folder, marts)
    try:
        process.wait(timeout=seconds * (number + random.Random(number).random()) / TIMED)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode in {0, -signal.SIGKILL}
    assert whole(marts) in {first, second}
    assert observe(folder, marts).run_id == second
    assert whole(marts) == second
    assert {path.name for path in marts.iterdir()} == {".lock", "current", "publications", "last-run.json"}


def test_the_seeded_points_cover_every_phase():
    assert {point.split("/")[0] for point in seeded(20)} == set(pipeline.PHASES)
    assert len(set(seeded(20))) >= 12


def test_a_kill_of_the_first_run_leaves_nothing_to_read_and_the_next_succeeds(registers, tmp_path):
    killed_at("write/manifest", registers[0], tmp_path / "marts")
    assert not (tmp_path / "marts" / "current").exists()
    observe(registers[0], tmp_path / "marts")
    whole(tmp_path / "marts")


def test_a_reader_keeps_the_publication_it_opened(registers, tmp_path):
    """A publication that arrives meanwhile, and even a third, change nothing for who is reading."""
    observe(registers[0], tmp_path / "marts")
    with Marts(tmp_path / "marts") as reading:
        observe(registers[1], tmp_path / "marts")
        assert reading.query("SELECT count(*) AS n FROM organizations") == [{"n": 1}]


def test_two_runs_at_once_do_not_write_together(registers, tmp_path):
    from horizon.observatory.errors import AlreadyRunning

    marts = tmp_path / "marts"
    marts.mkdir()
    with pipeline._lock(marts), pytest.raises(AlreadyRunning, match="Une autre exécution"):
        observe(registers[0], marts)


def test_an_impossible_model_is_our_fault_and_is_not_said_to_be_the_register_s():
    with pytest.raises(duckdb.CatalogException), pipeline._reading("un modèle"):
        duckdb.connect().execute("SELECT * FROM nowhere")
