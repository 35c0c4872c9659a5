"""A database of the same kind as the tests', that other processes can open."""

import fcntl
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

# Set by the first process, inherited by the workers of pytest-xdist.
RUN = os.environ.setdefault("HORIZON_TEST_RUN", secrets.token_hex(6))
_TEMPLATES = Path(tempfile.gettempdir()) / f"horizon-templates-{RUN}"


@contextmanager
def own_database(folder: Path, environment: dict[str, str], *, migrated: bool = False) -> Iterator[None]:
    """Sets HORIZON_DATABASE_URL in `environment` to a database that lives as long as the block.

    Empty; or, when `migrated`, a copy of a database that `horizon manage migrate` made once for the whole run of tests.
    """
    url = os.environ.get("HORIZON_DATABASE_URL", "")
    if not url.startswith("postgres"):
        file = folder / "site.sqlite3"
        if migrated:
            shutil.copyfile(_migrated_file(), file)
        environment["HORIZON_DATABASE_URL"] = f"sqlite:///{file}"
        yield
        return
    name = f"own_{secrets.token_hex(6)}"
    if migrated:
        _run(url, f'CREATE DATABASE "{name}" TEMPLATE "{_migrated_database(url)}"')
    else:
        _run(url, f'CREATE DATABASE "{name}"')
    environment["HORIZON_DATABASE_URL"] = _named(url, name)
    try:
        yield
    finally:
        _run(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def forget_templates() -> None:
    """Removes what this run's tests copied from."""
    shutil.rmtree(_TEMPLATES, ignore_errors=True)
    url = os.environ.get("HORIZON_DATABASE_URL", "")
    if url.startswith("postgres"):
        _run(url, f'DROP DATABASE IF EXISTS "own_template_{RUN}" WITH (FORCE)')


def _migrated_file() -> Path:
    file = _TEMPLATES / "migrated.sqlite3"
    with _alone():
        if not file.exists():
            making = _TEMPLATES / "making.sqlite3"
            making.unlink(missing_ok=True)
            _migrate(f"sqlite:///{making}")
            with closing(sqlite3.connect(making)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            making.rename(file)
    return file


def _migrated_database(url: str) -> str:
    name = f"own_template_{RUN}"
    made = _TEMPLATES / "migrated.postgresql"
    with _alone():
        if not made.exists():
            _run(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            _run(url, f'CREATE DATABASE "{name}"')
            _migrate(_named(url, name))
            made.touch()
    return name


@contextmanager
def _alone() -> Iterator[None]:
    _TEMPLATES.mkdir(mode=0o700, exist_ok=True)
    with (_TEMPLATES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _migrate(url: str) -> None:
    environment = {
        **os.environ, "HORIZON_DATABASE_URL": url, "HORIZON_VAR": str(_TEMPLATES / "var"),
        "DJANGO_SETTINGS_MODULE": "horizon.config.settings",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "horizon.config.cli", "manage", "migrate", "-v0"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _named(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _run(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
