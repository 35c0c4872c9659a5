"""The example of docs/reference/journal.md is true: its hashes are computed again, and its commands run."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

from horizon.kernel import sealing
from horizon.kernel.journal import commitment
from horizon.kernel.verify import verify

DOC = (Path(__file__).resolve().parent.parent.parent / "docs/reference/journal.md").read_text(
    encoding="utf-8"
)


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", DOC, re.DOTALL)


def test_the_example_is_a_whole_export_and_its_public_line_agrees():
    (export,), (listing,) = blocks("jsonl"), blocks("text")
    found = verify(
        export.encode().splitlines(keepends=True), published=[listing], heads=[listing.split()[-1]]
    )
    assert (found.events, found.seals) == (2, 1)


def test_the_formula_in_words_gives_the_hashes_of_the_example():
    """As the page says it, without the code of the house: only the canonical form is borrowed from json."""
    hash_ = "0" * 64
    for line in blocks("jsonl")[0].splitlines()[1:]:
        parsed = json.loads(line)
        item = json.dumps(parsed.get("event") or parsed["seal"], sort_keys=True, separators=(",", ":"))
        hash_ = hashlib.sha256((hash_ + item).encode()).hexdigest()
        assert parsed["hash"] == hash_
        assert sealing.canonical(parsed) == line


COMMANDS = [
    pair for block in blocks("sh") for pair in re.findall(r"^(printf .*)\n# (.*)$", block, re.MULTILINE)
]


@pytest.mark.parametrize(("command", "printed"), COMMANDS)
def test_the_commands_print_what_the_page_says(command, printed):
    done = subprocess.run(["/bin/bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == printed


def test_there_are_three_commands_and_a_commitment():
    assert len(COMMANDS) == 3
    salt, value = COMMANDS[-1][0].split("|")[0].split()[2:]
    assert COMMANDS[-1][1].split()[0] == commitment(salt, value)


def test_the_options_of_the_page_exist():
    from typer.testing import CliRunner

    from horizon.config.journal_cli import app

    for command in re.findall(r"`horizon journal ([a-z]+)", DOC):
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0
