"""`horizon duplicates find` and `evaluate`, as an operator runs them."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from horizon.care.models import DuplicateSuggestion
from horizon.config.duplicates_cli import app, real_units
from tests.care.merged_kit import twins

LABELLED = Path(__file__).parents[1] / "labelled"


@pytest.fixture
def readable(tmp_path):
    """The half that may be read, alone: a test never prints figures of the other."""
    shutil.copy(LABELLED / "pairs_dev.csv", tmp_path)
    return tmp_path


def test_evaluate_prints_the_figures_that_are_promised(readable, monkeypatch):
    monkeypatch.delenv("HORIZON_REAL_DATA", raising=False)
    answer = CliRunner().invoke(app, ["evaluate", "--set", str(readable), "--planted", "150", "--json"])
    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.output)
    names = (
        "pairs",
        "positives",
        "auto_merges",
        "auto_false",
        "suggest_recall",
        "suggest_recall_low",
        "blocking_recall",
    )
    assert all(name in found for name in names) and set(found["halves"]) == {"dev"}
    assert (found["pairs"], found["positives"], found["auto_false"]) == (383, 162, 0)
    planted = found["registers"]["demonstration"]
    assert planted["auto_merges"] > 50 and "real" not in found["registers"]
    assert planted["by_parts"] == {"auto_merges": planted["auto_merges"], "auto_false": 0}
    plain = CliRunner().invoke(app, ["evaluate", "--set", str(readable), "--planted", "30"])
    assert "383 paires dont 162 à réunir" in plain.output


def test_evaluate_without_a_set_says_what_is_missing(tmp_path):
    answer = CliRunner().invoke(app, ["evaluate", "--set", str(tmp_path)])
    assert answer.exit_code == 3 and "pairs_dev.csv" in answer.output


def test_no_real_unit_is_merged_with_another(real_data, monkeypatch):
    """Their own numbers, and duplicates planted among them."""
    from random import Random

    from horizon.config.duplicates_cli import ground_of
    from horizon.engine.identity.evaluate import count_merges
    from horizon.engine.identity.planting import plant, truly_same

    units, ground = real_units(), ground_of(["86"])
    assert len(units) == 340
    alone = count_merges(units, ground, lambda one, other: one == other)
    planted = count_merges(plant(units, Random("planted")), ground, truly_same)
    assert (alone["auto_merges"], alone["auto_false"], planted["auto_false"]) == (0, 0, 0)
    assert planted["auto_merges"] > 150


@pytest.mark.django_db
def test_find_looks_now(published):
    twins()
    answer = CliRunner().invoke(app, ["find", "--json"])
    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.output)
    assert (
        found["compared"] > 5
        and found["suggested"] == DuplicateSuggestion.objects.filter(status="open").count() >= 1
    )
    assert "structures comparées" in CliRunner().invoke(app, ["find"]).output
