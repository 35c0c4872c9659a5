"""A disk that fills up while a run writes: exit code 6, a sentence, and the last publication whole."""

import errno
import json
import os
import resource
import subprocess
import sys

import pytest

from horizon.observatory import pipeline
from horizon.observatory.errors import DiskFull
from horizon.observatory.pipeline import observe
from tests.observatory.registers_kit import unit, write_registers
from tests.observatory.test_kill import whole


@pytest.fixture
def registers(tmp_path):
    before = write_registers(tmp_path / "before", [unit("552013500", "LES AMIS DU TILLEUL")])
    after = write_registers(tmp_path / "after", [unit("005520135", "LA FOURMI")])
    return before, after


def no_room(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("where", ["_sync", "_sha256"])
def test_no_space_left_while_writing(registers, tmp_path, monkeypatch, where):
    marts = tmp_path / "marts"
    first = observe(registers[0], marts).run_id
    monkeypatch.setattr(pipeline, where, no_room)
    with pytest.raises(DiskFull, match="Plus de place.*la publication précédente est intacte"):
        observe(registers[1], marts)
    monkeypatch.undo()
    assert whole(marts) == first
    assert not (marts / ".work").exists()
    observe(registers[1], marts)


@pytest.mark.parametrize("kilobytes", [8, 200])
def test_the_system_refuses_the_bytes(registers, tmp_path, kilobytes):
    """The kernel itself stops the writes of DuckDB, by a limit on the size of files: at once, then later on."""
    marts = tmp_path / "marts"
    first = observe(registers[0], marts).run_id
    limit = kilobytes * 1024
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "horizon.config.cli",
            "observe",
            "--from",
            str(registers[1]),
            "--marts",
            str(marts),
            "--json",
        ],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert result.returncode == 6, result.stdout + result.stderr
    assert "Plus de place" in json.loads(result.stdout)["error"]
    assert whole(marts) == first
    assert observe(registers[1], marts).previous == first
