"""verify.py reads 100,000 events in less than three seconds: a benchmark, run with `make bench`, `make figures` or `-m bench`."""

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from horizon.kernel import sealing, verify

pytestmark = pytest.mark.bench
EVENTS, EACH = 100_000, 2000


def an_export() -> bytes:
    """An export as the site writes it, without a database."""
    chain, lines, number = "0" * 64, [], 0
    for position in range(1, EVENTS + 1):
        event = {
            "actor": f"person:{position % 997:010d}", "at": "2026-11-24T10:00:00.000000Z", "id": position,
            "payload": {"organization": f"o{position % 8000}", "field": "hours", "said": "équipe"},
            "record_id": f"r{position}", "record_type": "organization", "verb": "state",
        }  # fmt: skip
        chain = sealing.chained(chain, sealing.canonical(event))
        lines.append({"event": event, "hash": chain, "position": position})
        if position % EACH == 0:
            number += 1
            seal = {
                "at": "2026-11-24T10:00:00.000000Z",
                "first": position - EACH + 1,
                "last": position,
                "number": number,
            }
            chain = sealing.chained(chain, sealing.canonical(seal))
            lines.append({"hash": chain, "seal": seal})
    header = {"events": EVENTS, "format": sealing.FORMAT, "head": chain, "seals": number}
    return b"".join(sealing.canonical(line).encode() + b"\n" for line in [header, *lines])


def test_a_hundred_thousand_events_are_verified_in_three_seconds(tmp_path):
    export = tmp_path / "journal.jsonl"
    export.write_bytes(an_export())
    head = json.loads(export.read_bytes().split(b"\n", 1)[0])["head"]
    assert len(hashlib.sha256(b"").hexdigest()) == len(head)
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-I", "-S", Path(verify.__file__), export, "--head", head],
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.perf_counter() - began
    assert done.returncode == 0 and "Intact : 100" in done.stdout, done.stdout
    assert took <= 3, f"{took:.1f} s"
