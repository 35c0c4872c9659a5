"""`horizon generate-registers` refused, without room or interrupted: a French sentence, an exit code, nothing half-written."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from horizon.observatory.synthetic import filling, generate_national, national
from tests.observatory.test_cli import run

SMALL = ("--scale", "0.00001")
COMMAND = [sys.executable, "-m", "horizon.config.cli", "generate-registers"]


def held(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def filled(tmp_path) -> Path:
    """A folder that already holds made-up registers: what stops the next ones must leave these."""
    generate_national(tmp_path / "out", scale=0.00001)
    return tmp_path / "out"


def test_an_output_that_cannot_be_a_folder_exits_3(tmp_path):
    (tmp_path / "notes.txt").write_text("à garder")
    said = run("generate-registers", *SMALL, "--out", tmp_path / "notes.txt")
    assert said.exit_code == 3 and "c’est un fichier, pas un dossier" in said.stderr
    said = run("generate-registers", "--demo", "--out", tmp_path / "notes.txt" / "in", "--json")
    assert said.exit_code == 3 and "un fichier est sur le chemin" in json.loads(said.stdout)["error"]
    said = run("generate-registers", *SMALL, "--out", "/proc/registres")
    assert said.exit_code == 3 and "ne peut pas être créé" in said.stderr and "--out" in said.stderr
    said = run("generate-registers", *SMALL, "--out", tmp_path / ("x" * 300))
    assert said.exit_code == 3 and "trop long" in said.stderr
    assert held(tmp_path) == {"notes.txt": "à garder".encode()}


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "inf", "12", "0,000001", "beaucoup", ""])
def test_a_scale_that_is_none_exits_2(tmp_path, scale):
    said = run("generate-registers", "--out", tmp_path / "out", "--scale", scale)
    assert said.exit_code == 2 and "L’échelle est un nombre" in said.stderr
    assert not (tmp_path / "out").exists()


def test_a_seed_that_is_no_number_exits_2(tmp_path):
    said = run("generate-registers", "--out", tmp_path / "out", "--seed", "graine")
    assert said.exit_code == 2 and "La graine est un nombre entier" in said.stderr
    assert not (tmp_path / "out").exists()


def test_a_comma_is_a_point_and_what_was_written_is_told(tmp_path):
    said = run("generate-registers", "--out", tmp_path / "out", "--scale", "0,00002")
    assert said.exit_code == 0 and "StockUniteLegale_utf8.parquet  580 lignes" in said.stdout
    assert json.loads((tmp_path / "out" / "SYNTHETIC.json").read_text())["scale"] == 0.00002


def test_real_registers_are_never_covered(tmp_path):
    (tmp_path / "StockUniteLegale_utf8.csv").write_text("siren\n552013500\n")
    before = held(tmp_path)
    said = run("generate-registers", *SMALL, "--out", tmp_path)
    assert said.exit_code == 3 and "n’est pas marqué comme fictif" in said.stderr
    assert held(tmp_path) == before


@pytest.mark.parametrize("options", [[*SMALL], ["--demo"], ["--scale", "0.001", "--format", "csv"]])
def test_a_full_disk_exits_6_and_leaves_the_folder_as_it_was(filled, options):
    """The kernel stops the writes, by a limit on the size of files: at once, or after some files."""
    before, limit = held(filled), 8 * 1024 if options == [*SMALL] else 600 * 1024
    said = subprocess.run(
        [*COMMAND, *options, "--seed", "2", "--out", str(filled), "--json"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert said.returncode == 6, said.stdout + said.stderr
    assert "Plus de place" in json.loads(said.stdout)["error"]
    assert held(filled) == before


def test_ctrl_c_exits_130_and_leaves_the_folder_as_it_was(filled):
    """Pressed while the files of a large draw are being written."""
    before = held(filled)
    process = subprocess.Popen(
        [*COMMAND, "--scale", "0.1", "--seed", "2", "--out", str(filled)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    while not list(filled.glob(".generating-*/Stock*")) and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Interrompu : rien n’a été écrit" in said[1] and "Traceback" not in said[1]
    assert held(filled) == before


def test_ctrl_c_within_a_query_of_the_preparation(tmp_path, monkeypatch):
    def interrupted(*_):
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr(national, "_prepare", interrupted)
    with pytest.raises(KeyboardInterrupt):
        generate_national(tmp_path / "out", scale=0.00001)
    assert not (tmp_path / "out").exists()


def test_the_marker_takes_its_place_first(tmp_path, monkeypatch):
    """A kill between two moves cannot leave made-up registers without it."""
    moved, really = [], Path.replace
    monkeypatch.setattr(
        filling.Path, "replace", lambda path, to: (moved.append(to.name), really(path, to))[1]
    )
    generate_national(tmp_path, scale=0.00001)
    assert moved[0] == "SYNTHETIC.json" and len(moved) == 5
    assert set(held(tmp_path)) == set(moved)
