"""Backing up and restoring a site: its database, its pictures and its marts, in one file that says what it holds."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, connections, transaction
from django.db.migrations.recorder import MigrationRecorder

from horizon.kernel.journal import record_event
from horizon.kernel.sealing import last_seal

FORMAT = "horizon-backup-1"
MANIFEST = "manifest.json"
DUMP = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
BLOCK = 1 << 20
# What a newer version added depends on what the dump knows: dropping only what the dump knows fails on its foreign keys.
EMPTY = """
SET client_min_messages = warning;
DO $$
DECLARE
  command text;
BEGIN
  FOR command IN
    SELECT format(
      'DROP %s IF EXISTS %I.%I CASCADE',
      CASE kind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, schema, name
    )
    FROM (
      SELECT c.relkind AS kind, current_schema() AS schema, c.relname AS name FROM pg_class c
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
        AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('e', 'i'))
    ) AS relations
    UNION ALL
    SELECT format('DROP ROUTINE IF EXISTS %I.%I(%s) CASCADE', current_schema(), p.proname, pg_get_function_identity_arguments(p.oid))
    FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP
    EXECUTE command;
  END LOOP;
END
$$;
"""


class BadBackup(RuntimeError):
    """A backup that cannot be made, read or put back; the message is French and says what to do."""


def back_up(out: Path, force: bool = False) -> dict:
    """Writes a consistent copy of the site in `out` (tar.gz) and returns its manifest.

    The database is copied as it is at one moment while the site goes on; the file appears whole or not at all.
    Raises BadBackup when `out` exists (without `force`) or cannot be written, or PostgreSQL's own tools are missing.
    """
    if out.exists() and not force:
        raise BadBackup(f"{out} existe déjà : choisissez un autre nom, ou --force.")
    try:
        return _written(out)
    except (OSError, sqlite3.Error) as problem:
        raise BadBackup(
            f"La sauvegarde n’a pas pu être écrite dans {out.parent} ({problem}) : choisissez un dossier qui existe, où vous "
            "avez le droit d’écrire et qui a de la place."
        ) from problem


def _written(out: Path) -> dict:
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        work = Path(folder)
        dump = work / DUMP[connection.vendor]
        _dump(dump)
        files = [
            (dump.name, dump),
            *_files("media", Path(settings.MEDIA_ROOT)),
            *_files("marts", Path(settings.MARTS)),
        ]
        manifest = {
            "format": FORMAT,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "database": connection.vendor,
            "migrations": _migrations(),
            "rows": _rows_of_dump(dump) if connection.vendor == "sqlite" else {},
            "files": {name: {"bytes": path.stat().st_size, "sha256": _digest(path)} for name, path in files},
        }
        partial = work / "partial"
        with tarfile.open(partial, "w:gz", compresslevel=6) as archive:
            body = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
            info = tarfile.TarInfo(MANIFEST)
            info.size, info.mode = len(body), 0o600
            archive.addfile(info, io.BytesIO(body))
            for name, path in files:
                archive.add(path, name, recursive=False)
            for link in _links(Path(settings.MARTS)):
                archive.add(link, f"marts/{link.name}", recursive=False)
        partial.chmod(0o600)
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        partial.replace(out)
    return manifest


def read_manifest(path: Path) -> dict:
    """What a backup says it holds. Raises BadBackup when it is none."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            first = archive.next()
            body = archive.extractfile(first) if first and first.name == MANIFEST else None
            manifest = json.load(body) if body else {}
    except (OSError, zlib.error, tarfile.TarError, ValueError, EOFError) as problem:
        raise BadBackup(f"{path} n’est pas une sauvegarde lisible ({problem}).") from problem
    if manifest.get("format") != FORMAT:
        raise BadBackup(f"{path} n’est pas une sauvegarde d’Horizon Commun.")
    return manifest


def restore(path: Path, replace: bool = False) -> dict:
    """Puts a backup back and returns its manifest; what was there is first backed up beside it when it is replaced. The
    journal that comes back says so: with the last head of the one that it replaces, in its next seal.

    Everything is unpacked and checked against its digests before anything changes. Raises BadBackup: another kind of
    database, made by a newer version, damaged, or a site that already holds something (without `replace`).
    """
    manifest = read_manifest(path)
    if manifest["database"] != connection.vendor:
        raise BadBackup(
            f"Cette sauvegarde vient de {manifest['database']}, ce site utilise {connection.vendor} : réglez HORIZON_DATABASE_URL."
        )
    newer = sorted(set(manifest["migrations"]) - _known_migrations())
    if newer:
        raise BadBackup(
            f"Cette sauvegarde vient d’une version plus récente ({newer[0]}) : mettez d’abord le logiciel à jour."
        )
    holds = _holds_something()
    if holds and not replace:
        raise BadBackup(
            "Ce site contient déjà des données : ajoutez --replace (elles seront d’abord sauvegardées)."
        )
    settings.VAR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.VAR) as folder:
        work = Path(folder)
        _unpack(path, manifest, work)
        folders = {"media": Path(settings.MEDIA_ROOT), "marts": Path(settings.MARTS)}
        for target in folders.values():
            _mend(target)
        if holds:
            stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
            manifest["former"] = str(path.with_name(f"avant-restauration-{stamp}.tar.gz"))
            back_up(Path(manifest["former"]))
        for name, target in folders.items():
            _bring(work / name, target)
        replaced = _head()
        _load(work / DUMP[connection.vendor])
        for target in folders.values():
            _swap(target)
    with transaction.atomic():
        _put_mail_by()
        record_event(
            "restore", "site", manifest["made_at"], actor="horizon restore", payload={"replaced": replaced} if replaced else {}
        )  # fmt: skip
    return manifest


def _put_mail_by() -> None:
    """What waited to leave when the backup was made has left since, or is out of date: somebody looks before it leaves again."""
    from django.utils import timezone

    from horizon.kernel.models import OutgoingMail

    if OutgoingMail._meta.db_table in connection.introspection.table_names():
        OutgoingMail.objects.filter(given_up_at=None).update(given_up_at=timezone.now())


def upgrade(backup_to: Path | None) -> dict:
    """Backs the site up (unless None), then applies the migrations that wait; says which. Nothing waits: does nothing.

    Raises BadBackup as `back_up` does; a migration that fails leaves the backup to restore.
    """
    from django.core.management import call_command
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = [
        f"{m.app_label}.{m.name}" for m, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())
    ]
    done = {"migrations": waiting, "backup": ""}
    if not waiting:
        return done
    if backup_to is not None and _holds_something():
        back_up(backup_to)
        done["backup"] = str(backup_to)
    call_command("migrate", verbosity=0, interactive=False)
    return done


def _dump(path: Path) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with sqlite3.connect(path) as copy:
            connection.connection.backup(copy)
        copy.close()
        return
    _postgres("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")


def _load(dump: Path) -> None:
    if connection.vendor == "sqlite":
        connections.close_all()
        target = Path(settings.DATABASES["default"]["NAME"])
        for leftover in (Path(f"{target}-wal"), Path(f"{target}-shm")):
            leftover.unlink(missing_ok=True)
        fresh = target.with_name(f".{target.name}.new")
        shutil.copy(dump, fresh)
        fresh.replace(target)
        return
    connections.close_all()
    script, empty = dump.with_suffix(".sql"), dump.with_suffix(".empty.sql")
    empty.write_text(EMPTY)
    plain = ("--no-owner", "--no-privileges", "--no-comments")
    _postgres("pg_restore", *plain, f"--file={script}", str(dump), database=False)
    _postgres(
        "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction",
        f"--file={empty}", f"--file={script}",
    )  # fmt: skip


def _postgres(tool: str, *arguments: str, database: bool = True) -> None:
    found = shutil.which(tool) or next(
        iter(sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{tool}")), reverse=True)), None
    )
    if found is None:
        raise BadBackup(f"{tool} n’est pas installé : installez le paquet postgresql-client.")
    said = settings.DATABASES["default"]
    keys = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    environment = {**os.environ, **{name: str(said[key]) for name, key in keys.items() if said[key]}}
    name = [f"--dbname={connection.settings_dict['NAME']}"] if database else []
    command = [found, *name, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadBackup(f"{tool} a échoué : {done.stderr.strip()[-500:]}")


def _files(name: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of a folder that count, each once: links are kept apart."""
    if not folder.exists():
        return
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not path.is_symlink() and not any(part.startswith(".work") for part in parts):
            yield "/".join((name, *parts)), path


def _links(folder: Path) -> list[Path]:
    """The link that says which marts are current."""
    return sorted(path for path in folder.iterdir() if path.is_symlink()) if folder.exists() else []


def _mend(target: Path) -> None:
    """After a restoration that was killed: a folder that was put aside for one that never came is the only one there is."""
    former = target.with_name(f".{target.name}.former")
    if former.exists() and not target.exists():
        former.rename(target)


def _bring(fresh: Path, target: Path) -> None:
    """Puts the unpacked folder beside the one that it will replace: what takes time, and may fail, is done before."""
    coming = target.with_name(f".{target.name}.new")
    shutil.rmtree(coming, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    if fresh.exists():
        shutil.move(fresh, coming)
    else:
        coming.mkdir()


def _swap(target: Path) -> None:
    """Two renames: at any moment the folder is the former, the new one, or put aside and found again by `_mend`."""
    former, coming = (target.with_name(f".{target.name}.{end}") for end in ("former", "new"))
    shutil.rmtree(former, ignore_errors=True)
    if target.exists():
        target.rename(former)
    coming.rename(target)
    shutil.rmtree(former, ignore_errors=True)


def _unpack(path: Path, manifest: dict, work: Path) -> None:
    try:
        with tarfile.open(path, "r:gz") as archive:
            archive.extractall(work, filter="data")
    except (EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError) as problem:
        raise BadBackup(
            f"La sauvegarde est abîmée ou incomplète ({problem}) : rien n’a été changé. Prenez-en une autre."
        ) from problem
    except OSError as problem:
        raise BadBackup(
            f"La sauvegarde n’a pas pu être dépliée ({problem}) : rien n’a été changé."
        ) from problem
    for name, said in manifest["files"].items():
        file = work / name
        if not file.is_file() or file.stat().st_size != said["bytes"] or _digest(file) != said["sha256"]:
            raise BadBackup(f"La sauvegarde est abîmée ({name}) : rien n’a été changé.")


def _digest(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            total.update(block)
    return total.hexdigest()


def _migrations() -> list[str]:
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def _known_migrations() -> set[str]:
    from django.db.migrations.loader import MigrationLoader

    return {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}


def _rows_of_dump(dump: Path) -> dict[str, int]:
    with sqlite3.connect(dump) as copy:
        names = [
            row[0]
            for row in copy.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
            )
        ]
        found = {name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608 - names of the schema
    copy.close()
    return found


def _head() -> dict:
    """The last seal of what a restoration replaces: whoever kept it, or a later one, sees that the journal went back."""
    if "kernel_seal" not in connection.introspection.table_names():
        return {}
    last = last_seal()
    return {"seal": last.number, "head": last.head} if last else {}


def _holds_something() -> bool:
    if "kernel_event" not in connection.introspection.table_names():
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM (SELECT 1 FROM kernel_event LIMIT 1) AS one")
        return bool(cursor.fetchone()[0])
