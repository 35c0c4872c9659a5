"""The commands of the observatory: what they say, and their exit codes."""

import json
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from horizon.observatory import contracts
from horizon.observatory.cli import app
from horizon.observatory.read import Marts
from tests.observatory.registers_kit import unit, write_registers


def run(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_version_is_the_one_installed():
    assert run("--version").stdout == f"horizon {metadata.version('horizon-commun')}\n"


@pytest.fixture
def registers(tmp_path) -> Path:
    return write_registers(tmp_path / "in", [unit("552013500", "LES AMIS DU TILLEUL")])


def test_observe_reports_as_json(registers, tmp_path):
    result = run("observe", "--from", registers, "--marts", tmp_path / "marts", "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["read"]["sirene_units"] == 1 and answer["kept"]["organizations"] == 1
    assert set(answer["phases"]) >= {"sources", "staging", "marts", "contract", "write"}
    again = json.loads(run("report", "--marts", tmp_path / "marts", "--json").stdout)
    assert again["run_id"] == answer["run_id"]


def test_observe_reports_to_a_person(registers, tmp_path):
    run("observe", "--from", registers, "--marts", tmp_path / "marts")
    result = run("observe", "--from", registers, "--marts", tmp_path / "marts")
    assert result.exit_code == 0
    assert "gardé : organizations" in result.stdout and "Rien n’a changé" in result.stdout


def test_a_register_that_was_not_read_is_told(registers, tmp_path):
    """The two stocks alone make a publication; what it cannot say is in the report and in what rooms read. An empty list is none."""
    marts = tmp_path / "marts"
    said = run("observe", "--from", registers, "--marts", marts)
    assert said.exit_code == 0
    told = " ".join(said.stdout.split())
    assert "Attention, Liste ESS France (liste-ess-france*) : rien de lu" in told
    assert "les associations sans SIREN manquent" in told
    (registers / "liste-ess-france-2026.csv").write_text("SIREN\n")
    answer = json.loads(run("observe", "--from", registers, "--marts", marts, "--json").stdout)
    assert set(answer["missing"]) == {"rna", "ess_france_list"}
    with Marts(marts) as read:
        assert read.missing == answer["missing"]
    (registers / "liste-ess-france-2026.csv").write_text("SIREN\n552013500\n")
    answer = json.loads(run("observe", "--from", registers, "--marts", marts, "--json").stdout)
    with Marts(marts) as read:
        assert set(read.missing) == set(answer["missing"]) == {"rna"}


def test_observe_twice_gives_the_same_run(registers, tmp_path):
    runs = [
        json.loads(run("observe", "--from", registers, "--marts", tmp_path / "marts", "--json").stdout)
        for _ in range(2)
    ]
    assert runs[0]["run_id"] == runs[1]["run_id"] and runs[1]["unchanged"]


def test_a_command_written_wrong_exits_2(registers, tmp_path):
    assert run("observe", "--form", registers).exit_code == 2
    assert run("observe", "--from", registers, "--marts", tmp_path, "--vintage", "hier").exit_code == 2
    assert run("territory").exit_code == 2


def test_an_unreadable_register_exits_3(registers, tmp_path):
    (registers / "StockUniteLegale_utf8.csv").write_bytes(b"")
    result = run("observe", "--from", registers, "--marts", tmp_path / "marts", "--json")
    assert result.exit_code == 3
    assert "vide" in json.loads(result.stdout)["error"]
    result = run("observe", "--from", tmp_path / "nowhere", "--marts", tmp_path / "marts")
    assert result.exit_code == 3 and "n’existe pas" in result.stderr


def test_a_broken_contract_exits_4_and_publishes_nothing(registers, tmp_path, monkeypatch):
    strict = replace(contracts.MARTS[0], rules=(("un nom court", "length(name) > 3"),))
    monkeypatch.setattr(contracts, "MARTS", (strict, *contracts.MARTS[1:]))
    result = run("observe", "--from", registers, "--marts", tmp_path / "marts")
    assert result.exit_code == 4 and "un nom court (1 lignes)" in result.stderr
    assert not (tmp_path / "marts" / "current").exists()


def test_a_territory_says_its_communes():
    result = run("territory", "200069854", "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert len(answer["communes"]) == 40 and "86194" in answer["communes"]


def test_a_vanished_territory_says_what_replaced_it():
    result = run("territory", "200035459")
    assert result.exit_code == 3
    assert "Agen" in result.stderr and "n’existe plus" in result.stderr and "200096956" in result.stderr


def test_an_unknown_territory_is_said():
    result = run("territory", "123456789")
    assert result.exit_code == 3 and "Aucune intercommunalité" in result.stderr


@pytest.mark.parametrize(("name", "found"), [
    ("poitiers", "200069854"), ("Grand Poitiers", "200069854"), ("grand poit", "200069854"), ("CU du Grand Poitiers", "200069854"),
])  # fmt: skip
def test_a_territory_is_found_by_its_name(name, found):
    assert json.loads(run("territory", name, "--json").stdout)["code"] == found


def test_a_name_of_several_territories_gives_their_codes():
    several = run("territory", "Pays de Gex Val")
    assert several.exit_code == 3 and "ne s’appelle" in several.stderr
    several = run("territory", "vallées")
    assert several.exit_code == 3 and "donnez le code :" in several.stderr and "200043628" in several.stderr


def test_report_before_any_run_exits_3(tmp_path):
    assert run("report", "--marts", tmp_path).exit_code == 3


@pytest.mark.parametrize("command", ["observe", "territory", "report", "generate-registers"])
def test_help_gives_an_example(command):
    assert f"horizon {command}" in run(command, "--help").stdout


def test_generated_registers_are_marked(tmp_path):
    result = run("generate-registers", "--scale", "0.00001", "--out", tmp_path, "--format", "csv", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "SYNTHETIC.json").read_text())["synthetic"] is True
    assert run("generate-registers", "--out", tmp_path, "--format", "xlsx").exit_code == 2
