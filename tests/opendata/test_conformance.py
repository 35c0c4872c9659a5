"""Schemathesis against the running site: nothing undocumented, whatever is asked."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

EXAMPLES = 4


def conforms(address, folder, phases, examples):
    """Runs every check of Schemathesis over every operation; what it found is in the output."""
    command = [
        Path(sys.executable).with_name("st"), "--no-color", "run", f"{address}/api/v1/openapi.json", "--url", address,
        "--phases", phases, "--max-examples", str(examples), "--checks", "all", "--continue-on-failure", "-w", "2",
        "--seed", "20261126", "--warnings", "off",
    ]  # fmt: skip
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Tested: 12" in told.stdout and "No issues found" in told.stdout, told.stdout


def test_nothing_undocumented_is_found(open_site, tmp_path):
    conforms(open_site, tmp_path, "coverage,fuzzing", EXAMPLES)


@pytest.mark.long
def test_nothing_undocumented_is_found_in_a_long_search(open_site, tmp_path):
    conforms(open_site, tmp_path, "examples,coverage,fuzzing,stateful", 150)


def test_the_running_site_gives_and_revalidates(open_site):
    """Over the wire: HEAD, compression, a file, a 304."""

    def ask(path, method="GET", **headers):
        request = urllib.request.Request(open_site + path, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as problem:
            return problem.code, dict(problem.headers), problem.read()

    status, headers, body = ask("/api/v1/structures")
    assert status == 200 and json.loads(body)["total"] == 5
    head = {name.lower(): value for name, value in headers.items()}
    assert ask("/api/v1/structures", **{"If-None-Match": head["etag"]})[::2] == (304, b"")
    zipped = ask("/api/v1/structures", **{"Accept-Encoding": "gzip"})
    weak = {name.lower(): value for name, value in zipped[1].items()}["etag"]
    assert weak.startswith('W/"') and ask("/api/v1/structures", **{"If-None-Match": weak})[0] == 304
    assert ask("/api/v1/structures", "HEAD")[::2] == (200, b"")
    assert ask("/api/v1/structures", "DELETE")[0] == 405
    assert ask("/donnees/structures.geojson")[2].startswith(b'{"type": "FeatureCollection"')
    assert ask("/donnees/structures.csv", "HEAD")[::2] == (200, b"")
