"""The documentation's commands exist, its links lead somewhere, and its tables are true."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from horizon.config.cli import app
from tests.databases import own_database

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
COMMANDS = sorted(
    {
        command
        for page in PAGES
        for command in re.findall(
            r"(?:^|`|bin/)horizon ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
)
TARGETS = sorted(
    {
        t
        for page in PAGES
        for t in re.findall(
            r"(?:^|`)make (?:-C \S+ )?([a-z][a-z-]*)", page.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_of_the_docs_has_help_with_an_example_or_a_sentence(command):
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0, result.output
    assert len(result.output) > 100


@pytest.mark.parametrize("target", TARGETS)
def test_each_make_target_of_the_docs_exists(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if "://" not in link:
            assert (page.parent / link).exists(), link


def test_the_table_of_floors_is_that_which_the_imports_obey():
    """From the top down; the rooms of one floor in any order."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    rows = re.findall(r"^\| (\d) \| (`[^|]+`) \|", (ROOT / "docs/architecture.md").read_text(), re.MULTILINE)
    assert [set(layer.split(" | ")) for layer in contract["layers"]] == [
        set(re.findall(r"`(\w+)`", row)) for _, row in rows
    ]
    assert [int(number) for number, _ in rows] == list(range(len(rows)))[::-1]


FIGURES = re.findall(
    r"^\|(.+)\|$", (ROOT / "docs/reference/figures.md").read_text(encoding="utf-8"), re.MULTILINE
)[2:]
MARKS = {"bench", "long", "browser"}


def test_each_figure_has_a_command_that_exists_and_that_make_runs():
    """A day and a database, or « to be measured »; the command's files are there, with tests of the mark that it asks."""
    target = (ROOT / "Makefile").read_text().split("figures: ")[1].split("\n\n")[0]
    assert len(FIGURES) >= 20
    for row in FIGURES:
        figure, reach, command, value, day, _ = (cell.strip() for cell in row.split("|"))
        assert figure and reach and value, row
        assert "to be measured" in f"{value} {day}" or re.search(r"20\d\d-\d\d-\d\d|\.ci/run", day), row
        words = command.strip("`").split()
        if words[0] == "horizon":
            assert CliRunner().invoke(app, [*words[1:-1], "--help"]).exit_code == 0
            assert words[-1] == "--json" and f"$(BIN)/{' '.join(words)}" in target, row
            continue
        assert words[0] == "pytest" and words[-1] in target, row
        mark = words[words.index("-m") + 1] if "-m" in words else None
        written = (ROOT / words[-1]).read_text(encoding="utf-8")
        assert mark is None or mark in MARKS and f"pytest.mark.{mark}" in written, row
        assert mark or "\npytestmark = pytest.mark.bench" not in written, row


def test_every_french_guide_is_in_their_index():
    fr = ROOT / "docs/fr"
    listed = re.findall(r"\]\(([a-z-]+\.md)\)", (fr / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(page.name for page in fr.glob("*.md") if page.name != "README.md")


def test_no_page_is_listed_twice_and_no_line_said_twice():
    """What a merge leaves behind: the same link in a list, the same line in a page."""
    links = re.findall(r"\]\((docs/[^)]+)\)", (ROOT / "README.md").read_text())
    assert sorted(links) == sorted(set(links))
    for page in PAGES:
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        long = [line for line in text.splitlines() if len(line) > 60 and not line.startswith("|")]
        assert len(long) == len(set(long)), (
            f"{page.name}: {[line for line in long if long.count(line) > 1][0]}"
        )


def test_commands_and_targets_were_found():
    assert {"observe", "publish", "serve", "reports"} <= set(COMMANDS)
    assert {"demo", "test"} <= set(TARGETS)


SETUP = [
    "setup", "--operator", "Le collectif", "--contact", "contact@example.org", "--origin", "http://localhost:8000",
    "--territory", "200069854", "--smtp", "aucun", "--database", "embarquée", "--animator", "ade@example.org",
]  # fmt: skip


def test_the_quick_start_commands_run_on_a_small_territory(tmp_path, small_marts):
    """setup, observe, publish and report as the README writes them, each in its own process."""
    import os

    environment = {**os.environ, "HORIZON_VAR": str(tmp_path)}
    environment.pop("HORIZON_DATABASE_URL", None)
    for command in (
        SETUP,
        ["observe", "--from", str(small_marts.parent / "in")],
        ["publish", "--json"],
        ["report"],
        ["reports"],
        ["territory", "200069854"],
    ):
        result = subprocess.run(
            [sys.executable, "-m", "horizon.config.cli", *command],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, (command, result.stdout, result.stderr)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["publish", "--territory", "200035459"], 3, "n’existe plus"),
        (["publish", "--territory", "1"], 3, "Aucune intercommunalité"),
        (["territory", "200035459"], 3, "CA de l'Agglomération d'Agen|n’existe plus"),
        (["observe", "--from", "/nowhere"], 3, "n’existe pas"),
        (["observe", "--vintage", "hier"], 2, "AAAA-MM-JJ"),
    ],
)
def test_exit_codes_and_messages(tmp_path, small_marts, arguments, code, words):
    import os

    environment = {
        **os.environ, "HORIZON_VAR": str(tmp_path), "HORIZON_MARTS": str(small_marts), "COLUMNS": "200"
    }  # fmt: skip
    if arguments[0] == "observe":
        environment["HORIZON_MARTS"] = str(tmp_path / "other")
    with own_database(tmp_path, environment, migrated=True):
        result = subprocess.run(
            [sys.executable, "-m", "horizon.config.cli", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode == code, result.stderr
    assert re.search(words, result.stdout + result.stderr)
