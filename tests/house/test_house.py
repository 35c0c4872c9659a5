"""The rules of the house that a machine can check."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

ROOT = Path(__file__).resolve().parent.parent.parent
FLOORS = [
    "kernel",
    "territory",
    "actors",
    "directory",
    "listening",
    "exchange",
    "relief",
    "pages",
    "subscriptions",
    "values",
    "care",
    "crossings",
    "portal",
    "opendata",
]
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
).stdout.splitlines()


def test_modules_import_only_floors_below():
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_foreign_key_points_down():
    """A foreign key written as a string is invisible to the import check."""
    for label in FLOORS:
        for model in apps.get_app_config(label).get_models():
            for field in model._meta.get_fields():
                if isinstance(field, models.ForeignKey):
                    target = field.related_model._meta.app_label
                    if target in FLOORS:
                        assert FLOORS.index(target) <= FLOORS.index(label), f"{model.__name__}.{field.name}"


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_no_catch_all_module_and_no_signal():
    modules = [path for path in TRACKED if path.startswith("horizon/") and path.endswith(".py")]
    assert modules
    for path in modules:
        assert Path(path).name not in {"utils.py", "helpers.py", "common.py"}, path
        assert "django.db.models.signals" not in (ROOT / path).read_text(), path


def test_every_table_that_people_download_is_guarded_by_one_function():
    """The pipeline writes what registers say, for programs; what people wrote is given to spreadsheets."""
    rooms = [
        path
        for path in (ROOT / "horizon").rglob("*.py")
        if "observatory" not in path.parts and path.name != "spreadsheets.py"
    ]
    writers = [path for path in rooms if "csv.writer(" in path.read_text(encoding="utf-8")]
    assert [str(path.relative_to(ROOT)) for path in writers] == ["horizon/opendata/formats/tabular.py"]
    guarded = (*writers, ROOT / "horizon/kernel/spreadsheets.py")
    assert [path.name for path in guarded if "harmless(" not in path.read_text(encoding="utf-8")] == []
    assert [path.name for path in rooms if '"=", "+"' in path.read_text(encoding="utf-8")] == []


def test_files_fit_in_the_head():
    for path in TRACKED:
        if path.endswith(".py") and "/migrations/" not in path and (ROOT / path).exists():
            length = len((ROOT / path).read_text().splitlines())
            assert length <= 500, f"{path}: {length} lines"


def test_no_committed_file_names_a_registry_or_a_machine():
    hosts = re.compile(
        "|".join(["pypi" + r"\.org", "python" + "hosted", "registry" + r"\.npm", "npmjs" + r"\.(org|com)"])
    )
    machine = re.compile(r"(?<![\w.])/(home|Users)/\w+/")
    for path in TRACKED:
        full = ROOT / path
        if not full.is_file() or full.suffix in {".woff2", ".png", ".gz", ".parquet", ".svg"}:
            continue
        text = full.read_text(encoding="utf-8", errors="replace")
        assert not hosts.search(text), path
        assert not machine.search(text), path


def test_every_setting_from_the_environment_is_documented():
    used = set()
    for path in (ROOT / "horizon").rglob("*.py"):
        used |= set(re.findall(r"environ(?:\.get\(|\[)\s*\"(HORIZON_\w+)\"", path.read_text()))
    text = (ROOT / "docs/reference/settings.md").read_text()
    assert used
    assert {name for name in used if name not in text} == set()


def test_files_of_others_are_those_recorded():
    """Each vendored file has the sha256 written beside it, and its gzip says the same."""
    assert subprocess.run([ROOT / "scripts/vendor", "--check"], capture_output=True, text=True).stderr == ""
