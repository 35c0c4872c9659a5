"""kill -9 in the middle of an import: what was written is whole, and the next worker finishes. And the command line."""

import json
import os
import signal
import subprocess
import sys

import pytest

from horizon.observatory.stops import DESCRIPTOR, POINT
from tests.care.imports import kit
from tests.databases import own_database
from tests.published import TERRITORY

MAPPING = 'source = "Ville de Lusignan, liste 2026"\nlicence = "lo"\n[columns]\n' + "".join(
    f"{code} = {json.dumps(said[0], ensure_ascii=False)}\n" for code, said in kit.COLUMNS.items()
)
COUNT = """
import django; django.setup()
import json
from collections import Counter
from horizon.actors.models import Organization
from horizon.care.imports.applying import advance
from horizon.care.models import Import, ImportLine
from horizon.directory.models import Entry, Statement
def resume():
    for public_id in list(Import.objects.values_list("public_id", flat=True)):
        advance(public_id)
resume()
names = Organization.objects.filter(kind="declared").values_list("name", flat=True)
print(json.dumps({
    "states": list(Import.objects.values_list("state", flat=True)),
    "lines": dict(Counter(ImportLine.objects.values_list("outcome", flat=True))),
    "applied": ImportLine.objects.filter(state="applied").count(),
    "declared": len(names), "names": len(set(names)), "entries": Entry.objects.count(),
    "said": Statement.objects.filter(origin="table", status="published").count(),
}))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory, known_marts):
    """A database of its own with the sixty structures, and a table with its mapping."""
    folder = tmp_path_factory.mktemp("kill")
    rows = [row for row in kit.lines() if "Lusignan" in row[4] or row[4] in {"LUSIGNAN", "POITIERS"}][:120]
    (folder / "liste.csv").write_bytes(kit.table(rows))
    (folder / "liste.mapping.toml").write_text(MAPPING, encoding="utf-8")
    environment = {
        **os.environ,
        "HORIZON_VAR": str(folder),
        "DJANGO_SETTINGS_MODULE": "horizon.config.settings",
    }

    def run(*arguments, code=0):
        done = subprocess.run(
            [sys.executable, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            cwd=folder,
            check=False,
        )
        assert done.returncode == code, (done.stdout, done.stderr)
        return done.stdout

    with own_database(folder, environment, migrated=True):
        run("-m", "horizon.config.cli", "publish", "--territory", TERRITORY, "--marts", str(known_marts))
        yield folder, environment, run


def test_killed_in_the_middle_it_goes_on(site):
    folder, environment, run = site
    command = ["-m", "horizon.config.cli", "import", "liste.csv", "--mapping", "liste.mapping.toml", "--json"]
    for point in ("import/checking/100", "import/applying/50"):
        told, tell = os.pipe()
        if point.startswith("import/checking"):
            arguments = command
        else:
            arguments = ["-c", COUNT.replace("resume()\nnames", START + "names", 1)]
        process = subprocess.Popen(
            [sys.executable, *arguments], env={**environment, POINT: point, DESCRIPTOR: str(tell)}, pass_fds=[tell],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        os.close(tell)
        with os.fdopen(told, "rb") as pipe:
            reached = pipe.read(len(point)).decode()
        process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        assert reached == point, errors.decode()
    last = json.loads(run("-c", COUNT))
    counts = last["lines"]
    assert last["states"] == ["done"] and sum(counts.values()) == 120
    assert last["applied"] == counts["new"] + counts["completes"]
    assert last["declared"] == last["names"] == counts["new"], "no structure twice"
    assert last["entries"] == kit.KNOWN + counts["new"]
    again = json.loads(run(*command, "--dry-run"))
    assert again["same_as"] and again["dry_run"] and again["counts"].get("new", 0) == 0
    run(
        "-c",
        "import django; django.setup()\nfrom horizon.care.models import Import\nassert Import.objects.count() == 1",
    )


START = """resume()
from horizon.care.imports import services
services.confirm_import(Import.objects.get(), actor="test")
resume()
"""


def test_what_cannot_be_read_exits_3(site):
    folder, _, run = site
    (folder / "vide.csv").write_bytes(b"")
    command = ["-m", "horizon.config.cli", "import", "vide.csv", "--mapping", "liste.mapping.toml", "--json"]
    assert "vide" in json.loads(run(*command, code=3))["error"]
    run("-m", "horizon.config.cli", "import", "absent.csv", "--mapping", "liste.mapping.toml", code=3)
