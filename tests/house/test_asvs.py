"""The self-assessment (docs/reference/asvs.md) names files that exist, counts itself right, and skips no requirement."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs/reference/asvs.md").read_text()
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (yes|partly|no|n/a) \| (.+) \|$", PAGE, re.M)
NAMED = re.compile(
    r"`((?:[\w./-]+/[\w.-]+|pyproject|requirements)\.\w+|deploy/Dockerfile|deploy/Caddyfile|scripts/\w+)`"
)
# ASVS 5.0.0: how many requirements of level 1 and of level 2 each chapter has.
LEVELS = {
    1: (8, 19), 2: (4, 7), 3: (8, 11), 4: (2, 8), 5: (4, 5), 6: (13, 22), 7: (6, 12), 8: (4, 3),
    9: (4, 3), 10: (5, 24), 11: (3, 11), 12: (3, 6), 13: (1, 12), 14: (2, 7), 15: (3, 10), 16: (0, 16), 17: (0, 7),
}  # fmt: skip


def test_each_requirement_is_said_once():
    assert len(ROWS) == len({row[0] for row in ROWS})
    found: dict[int, list[int]] = {}
    for number, level, *_ in ROWS:
        found.setdefault(int(number.split(".")[0]), [0, 0])[int(level) - 1] += 1
    assert {chapter: tuple(count) for chapter, count in found.items()} == LEVELS


def test_the_files_named_as_evidence_exist():
    for number, _, _, evidence in ROWS:
        for name in NAMED.findall(evidence):
            assert (ROOT / name).exists(), f"{number}: {name}"


def test_each_verdict_names_a_file():
    """What applies is said on a file, whatever the verdict: there it is, or there it is lacking."""
    silent = [number for number, _, said, evidence in ROWS if said != "n/a" and not NAMED.search(evidence)]
    assert not silent, silent


def test_the_sum_is_the_sum():
    counted = Counter(row[2] for row in ROWS)
    said = re.search(
        r"Of (\d+) requirements: (\d+) yes, (\d+) partly, (\d+) no, (\d+) that do not apply", PAGE
    )
    assert [int(n) for n in said.groups()] == [
        len(ROWS),
        counted["yes"],
        counted["partly"],
        counted["no"],
        counted["n/a"],
    ]
    assert all(evidence.strip() for *_, evidence in ROWS)
