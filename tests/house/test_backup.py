"""Back up, wipe, restore, upgrade from the previous version: everything is there. On the database of the tests."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.databases import MIGRATED, Template, own_database
from tests.published import TERRITORY
from tests.servers import running_site

# The state of each room in the version before people came in.
FORMER = {
    "pages": None, "mfa": None, "usersessions": None, "subscriptions": None, "relief": None, "exchange": None, "listening": None, "account": None,
    "territory": "0001", "care": "0001", "directory": "0001", "kernel": "0002", "actors": "0001",
}  # fmt: skip
# The last one, where people had come to every room.
LAST = {
    "actors": "0007", "directory": "0006", "exchange": "0004", "kernel": "0004", "listening": "0002", "relief": "0001",
}  # fmt: skip
CONTENT = """
import django; django.setup()
import hashlib, json
from django.apps import apps
from django.core import serializers
found = {}
for model in apps.get_models():
    label = model._meta.label
    if label.startswith(("sessions", "contenttypes", "auth.")) or model._meta.proxy:
        continue
    kept = model._default_manager.order_by("pk")
    if label == "kernel.Event":
        kept = kept.exclude(verb="restore")
    rows = serializers.serialize("json", kept)
    found[label] = [len(kept), hashlib.sha256(rows.encode()).hexdigest()]
print(json.dumps(found))
"""
KEPT = """
import django; django.setup()
from django.db import connection
import json
with connection.cursor() as cursor:
    counts = {}
    for table in ("directory_entry", "directory_identifier", "actors_organization", "kernel_event", "directory_searchterm", "care_report"):
        cursor.execute(f"SELECT count(*) FROM {table}" + " WHERE verb <> 'restore'" * (table == "kernel_event"))
        counts[table] = cursor.fetchone()[0]
print(json.dumps(counts))
"""
EVERYWHERE = """
import django; django.setup()
from tests.privacy.everywhere_kit import live_everywhere
live_everywhere()
"""
TABLES = """
import django; django.setup()
from django.db import connection
import json, sys
asked = json.loads(sys.argv[1]) if len(sys.argv) > 1 else None
found = {}
with connection.cursor() as cursor:
    for table in sorted(asked or connection.introspection.table_names(cursor)):
        if not table.startswith(("django_", "auth_")):
            now = [c.name for c in connection.introspection.get_table_description(cursor, table)]
            columns = [column for column in (asked[table] if asked else sorted(now)) if column in now]
            cursor.execute("SELECT " + ", ".join(f'"{c}"' for c in columns) + f' FROM "{table}"')
            rows = sorted(repr(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)) for row in cursor.fetchall())
            found[table] = {"columns": columns, "rows": rows}
print(json.dumps(found))
"""
REPORT = """
import django; django.setup()
from horizon.actors.models import Organization
from horizon.care.services import receive_report
receive_report(Organization.objects.first(), subject="address", message="Le local a changé", email="lea@example.org")
"""
RESTORED = """
import django; django.setup()
import json
from horizon.kernel.models import Event
print(json.dumps([[e.record_type, e.record_id, e.actor, e.payload] for e in Event.objects.filter(verb="restore").order_by("pk")]))
"""
AS_BEFORE = """
import django; django.setup()
import json, sys
from pathlib import Path
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

former = json.loads(sys.argv[1])
with connection.cursor() as cursor:
    kept = {}
    for table in connection.introspection.table_names(cursor):
        if not table.startswith(("django_", "auth_")):
            cursor.execute(f'SELECT * FROM "{table}"')
            kept[table] = [column[0] for column in cursor.description], cursor.fetchall()
    if connection.vendor == "postgresql":
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
if connection.vendor == "sqlite":
    name = str(connection.settings_dict["NAME"])
    connection.close()
    for end in ("", "-wal", "-shm"):
        Path(name + end).unlink(missing_ok=True)
executor = MigrationExecutor(connection)
graph = executor.loader.graph


def later(key):
    app, name = key
    return app in former and (former[app] is None or name[:4] > former[app])


executor.migrate([
    key for key in graph.nodes
    if not any(later(one) for one in graph.forwards_plan(key)) and not any(
        child.key in graph.nodes and child.key[0] == key[0] and not later(child.key) for child in graph.node_map[key].children
    )
])
with transaction.atomic(), connection.cursor() as cursor:
    there = set(connection.introspection.table_names(cursor))
    for table, (columns, rows) in kept.items():
        if table not in there or not rows:
            continue
        now = [c.name for c in connection.introspection.get_table_description(cursor, table)]
        common = [column for column in columns if column in now]
        names, marks = ", ".join(f'"{c}"' for c in common), ", ".join(["%s"] * len(common))
        cursor.executemany(
            f'INSERT INTO "{table}" ({names}) VALUES ({marks})',
            [[value for column, value in zip(columns, row) if column in now] for row in rows],
        )
        if connection.vendor == "postgresql" and "id" in common:
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
            if (sequence := cursor.fetchone()[0]):
                cursor.execute(f'SELECT setval(%s, max(id)) FROM "{table}"', [sequence])
"""


class Site:
    """A site of its own, driven by its command."""

    def __init__(self, folder, marts):
        self.folder = folder
        self.environment = {
            **os.environ, "HORIZON_VAR": str(folder / "var"), "HORIZON_MARTS": str(marts),
            "DJANGO_SETTINGS_MODULE": "horizon.config.settings",
        }  # fmt: skip

    def horizon(self, *arguments, code=0):
        done = self.python("-m", "horizon.config.cli", *map(str, arguments))
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def python(self, *arguments):
        return subprocess.run(
            [sys.executable, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )

    def read(self, program, *arguments):
        done = self.python("-c", program, *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def lived_in(small_marts, tmp_path):
    """A site with entries, people, statements, pictures, seals; its marts are its own copy. Made once a run, then copied."""

    def live(url, folder):
        shutil.copytree(small_marts, folder / "marts", symlinks=True)
        made = Site(folder, folder / "marts")
        made.environment["HORIZON_DATABASE_URL"] = url
        made.horizon("publish", "--territory", TERRITORY)
        done = made.python("-m", "tests.browser.people_kit")
        assert done.returncode == 0, done.stderr
        made.horizon("journal", "seal")

    template = Template("lived_in", live, upon=MIGRATED)
    site = Site(tmp_path, tmp_path / "marts")
    with own_database(tmp_path, site.environment, lived=template):
        shutil.copytree(template.folder / "var", tmp_path / "var", symlinks=True)
        shutil.copytree(template.folder / "marts", tmp_path / "marts", symlinks=True)
        yield site


def test_backed_up_wiped_and_restored_everything_is_there(lived_in, tmp_path, small_marts):
    before = lived_in.read(CONTENT)
    assert before["directory.Photo"][0] == 2 and before["kernel.Seal"][0] == 1
    file = tmp_path / "saved.tar.gz"
    told = json.loads(lived_in.horizon("backup", "--out", file, "--json"))
    assert told["bytes"] == file.stat().st_size and file.stat().st_mode & 0o077 == 0
    assert "existe déjà" in lived_in.horizon("backup", "--out", file, code=3)
    said = lived_in.horizon("backup", "--out", file / "inside.tar.gz", code=3)
    assert "n’a pas pu être écrite" in said and "Traceback" not in said
    (tmp_path / "elsewhere").mkdir()
    fresh = Site(tmp_path / "elsewhere", tmp_path / "elsewhere" / "marts")
    with own_database(tmp_path / "elsewhere", fresh.environment):
        fresh.horizon("restore", file)
        assert fresh.read(CONTENT) == before
        assert fresh.read(RESTORED) == [["site", told["made_at"], "horizon restore", {}]]
        pictures = {p.name: p.read_bytes() for p in (lived_in.folder / "var/media").rglob("*.webp")}
        assert {
            p.name: p.read_bytes() for p in (fresh.folder / "var/media").rglob("*.webp")
        } == pictures and len(pictures) == 2
        fresh.horizon("publish", "--territory", TERRITORY)
        fresh.horizon("journal", "seal")
        fresh.horizon("journal", "export", "--out", tmp_path / "journal.jsonl")
        verifier = Path(__file__).parents[2] / "horizon/kernel/verify.py"
        checked = fresh.python(str(verifier), str(tmp_path / "journal.jsonl"))
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert "déjà à jour" in fresh.horizon("upgrade")


def test_what_is_there_is_kept_aside_when_replaced(lived_in, tmp_path):
    file = tmp_path / "saved.tar.gz"
    lived_in.horizon("backup", "--out", file)
    before = lived_in.read(CONTENT)
    lived_in.horizon("operator", "nouvelle@example.org")
    changed = lived_in.read(CONTENT)
    assert "contient déjà des données" in lived_in.horizon("restore", file, code=3)
    lived_in.horizon("journal", "seal")
    changed = lived_in.read(CONTENT)
    head = json.loads(lived_in.horizon("journal", "head", "--json"))
    said = lived_in.horizon("restore", file, "--replace")
    assert lived_in.read(CONTENT) == before
    [[_, _, _, payload]] = lived_in.read(RESTORED)
    assert payload == {"replaced": {"seal": head["number"], "head": head["head"]}}
    former = next(tmp_path.glob("avant-restauration-*.tar.gz"))
    assert former.name in said
    pictures = sorted(p.name for p in (lived_in.folder / "var/media").rglob("*.webp"))
    assert len(pictures) == 2 and not list((lived_in.folder / "var").glob(".media.*"))
    (lived_in.folder / "var/media").rename(
        lived_in.folder / "var/.media.former"
    )  # killed between the two renames
    lived_in.horizon("restore", former, "--replace")
    assert lived_in.read(CONTENT) == changed
    assert sorted(p.name for p in (lived_in.folder / "var/media").rglob("*.webp")) == pictures
    aside = max(tmp_path.glob("avant-restauration-*.tar.gz"))
    with tarfile.open(aside) as kept:
        assert sorted(Path(n).name for n in kept.getnames() if n.endswith(".webp")) == pictures, (
            "what was put aside by the one that was killed is not lost"
        )


def test_nothing_is_restored_under_a_site_that_runs(lived_in, tmp_path):
    """However it was started: no command of ours wrote down which process this is. The other commands go on."""
    file = tmp_path / "saved.tar.gz"
    lived_in.horizon("backup", "--out", file)
    lived_in.horizon("operator", "nouvelle@example.org")
    before = lived_in.read(CONTENT)
    with running_site(lived_in.environment, tmp_path / "server.log"):
        said = lived_in.horizon("restore", file, "--replace", code=3)
        assert "systemctl stop horizon-web horizon-worker" in said
        lived_in.horizon("journal", "head")
        assert lived_in.read(CONTENT) == before and not list(tmp_path.glob("avant-restauration-*"))
    worker = subprocess.Popen(
        [sys.executable, "-m", "horizon.config.worker"],
        env={**lived_in.environment, "HORIZON_WARM": "0"}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert any("events sealed" in line for line in worker.stderr)
    assert "le site tourne" in lived_in.horizon("restore", file, "--replace", code=3)
    worker.kill()
    worker.communicate()
    lived_in.horizon("restore", file, "--replace")


def test_a_damaged_or_foreign_backup_changes_nothing(lived_in, tmp_path):
    file = tmp_path / "saved.tar.gz"
    lived_in.horizon("backup", "--out", file)
    before = lived_in.read(CONTENT)
    (tmp_path / "text.tar.gz").write_text("bonjour")
    assert "pas une sauvegarde" in lived_in.horizon("restore", tmp_path / "text.tar.gz", "--replace", code=3)
    assert "pas une sauvegarde" in lived_in.horizon(
        "restore", tmp_path / "absent.tar.gz", "--replace", code=3
    )
    changes = {
        "database": lambda m: m.update(database="oracle"),
        "plus récente": lambda m: m["migrations"].append("care.9999_later"),
        "abîmée": lambda m: next(iter(m["files"].values())).update(sha256="0" * 64),
    }
    for words, change in changes.items():
        altered = _altered(file, tmp_path / "altered.tar.gz", change)
        said = lived_in.horizon("restore", altered, "--replace", code=3)
        assert words in said or (words == "database" and "vient de oracle" in said)
    whole = file.read_bytes()
    for part in (0.3, 0.9):
        (tmp_path / "cut.tar.gz").write_bytes(whole[: int(len(whole) * part)])
        said = lived_in.horizon("restore", tmp_path / "cut.tar.gz", "--replace", code=3)
        assert "abîmée ou incomplète" in said and "Traceback" not in said
    assert not list(tmp_path.glob("avant-restauration-*")), (
        "what is there is copied only for a backup that is whole"
    )
    assert lived_in.read(CONTENT) == before


def _altered(source, target, change):
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for member in old:
            if member.name == "manifest.json":
                import io

                manifest = json.load(old.extractfile(member))
                change(manifest)
                body = json.dumps(manifest).encode()
                member.size = len(body)
                new.addfile(member, io.BytesIO(body))
            else:
                new.addfile(member, old.extractfile(member) if member.isreg() else None)
    return target


@pytest.mark.long
def test_upgraded_from_the_first_version_with_its_data(small_marts, tmp_path):
    """A database of the former shape that holds what a publication wrote, made without undoing each migration; then back to
    it from the newer shape, by the command that a failed upgrade writes, and up again."""
    site = Site(tmp_path, small_marts)
    with own_database(tmp_path, site.environment, migrated=True):
        site.horizon("publish", "--territory", TERRITORY)
        assert site.python("-c", REPORT).returncode == 0
        there = site.read(KEPT)
        done = site.python("-c", AS_BEFORE, json.dumps(FORMER))
        assert done.returncode == 0, done.stderr
        before = site.read(KEPT)
        assert before["directory_entry"] == 9 and before["care_report"] == 1 and before == there
        said = site.horizon("upgrade", "--backup", tmp_path / "before.tar.gz")
        assert "actors.0002_people_collective_poles" in said and (tmp_path / "before.tar.gz").exists()
        assert site.read(KEPT) == before
        upgraded = site.read(CONTENT)
        assert site.python("-m", "tests.browser.people_kit").returncode == 0
        site.horizon("publish", "--territory", TERRITORY)
        site.horizon("restore", tmp_path / "before.tar.gz", "--replace")
        assert site.read(KEPT) == before
        assert "actors.0002_people_collective_poles" in site.horizon("upgrade", "--no-backup")
        assert site.read(CONTENT) == upgraded


def test_upgraded_from_the_last_version_where_people_had_come_everywhere(small_marts, tmp_path):
    """Every row of every table: what the former shape could hold is the same after the upgrade, column by column."""
    site = Site(tmp_path, small_marts)
    with own_database(tmp_path, site.environment, migrated=True):
        site.horizon("publish", "--territory", TERRITORY)
        for program, *arguments in ((EVERYWHERE,), (AS_BEFORE, json.dumps(LAST))):
            done = site.python("-c", program, *arguments)
            assert done.returncode == 0, done.stderr
        before = site.read(TABLES)
        assert sum(bool(table["rows"]) for table in before.values()) > 50
        assert "exchange_listing" in before and "kernel_outgoingmail" not in before
        assert "actors.0008" in site.horizon("upgrade", "--backup", tmp_path / "before.tar.gz")
        after = site.read(TABLES, json.dumps({name: table["columns"] for name, table in before.items()}))
        assert [name for name, table in before.items() if after[name] != table] == []


def test_the_units_name_what_exists():
    """Each unit starts what `horizon serve` starts; the sandbox lets it write where its data are."""
    from horizon.config.processes import commands

    known = commands("127.0.0.1", 8000)
    for unit, name in (("horizon-web", "server"), ("horizon-worker", "worker")):
        text = (Path(__file__).parents[2] / f"deploy/{unit}.service").read_text()
        started = next(line for line in text.splitlines() if line.startswith("ExecStart=")).split()[1:]
        assert started == known[name][1:]
        assert (
            "Environment=HORIZON_VAR=/var/lib/horizon" in text and "ReadWritePaths=/var/lib/horizon" in text
        )
