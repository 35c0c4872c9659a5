"""A database of the same kind as the tests', that other processes can open."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

# Set by the first process, inherited by the workers of pytest-xdist.
RUN = os.environ.setdefault("HORIZON_TEST_RUN", secrets.token_hex(6))
_TEMPLATES = Path(tempfile.gettempdir()) / f"horizon-templates-{RUN}"


@contextmanager
def own_database(
    folder: Path, environment: dict[str, str], *, migrated: bool = False, lived: Template | None = None
) -> Iterator[None]:
    """Sets HORIZON_DATABASE_URL in `environment` to a database that lives as long as the block.

    Empty; or, when `migrated`, a copy of a database that `horizon manage migrate` made once for the whole run of tests; or a
    copy of what `lived` made once.
    """
    url = os.environ.get("HORIZON_DATABASE_URL", "")
    template = lived or (MIGRATED if migrated else None)
    if not url.startswith("postgres"):
        file = folder / "site.sqlite3"
        if template:
            shutil.copyfile(_made_file(template), file)
        environment["HORIZON_DATABASE_URL"] = f"sqlite:///{file}"
        yield
        return
    name = f"own_{secrets.token_hex(6)}"
    if template:
        _run(url, f'CREATE DATABASE "{name}" TEMPLATE "{_made_database(template, url)}"')
    else:
        _run(url, f'CREATE DATABASE "{name}"')
    environment["HORIZON_DATABASE_URL"] = _named(url, name)
    try:
        yield
    finally:
        _run(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def forget_templates() -> None:
    """Removes what this run's tests copied from."""
    url = os.environ.get("HORIZON_DATABASE_URL", "")
    if url.startswith("postgres"):
        for made in _TEMPLATES.glob("*.lock"):
            _run(url, f'DROP DATABASE IF EXISTS "own_{made.stem}_{RUN}" WITH (FORCE)')
    shutil.rmtree(_TEMPLATES, ignore_errors=True)


class Template(NamedTuple):
    """What is made once for a whole run of tests: `make(url, folder)` fills a database, empty or copied from `upon`."""

    name: str
    make: Callable[[str, Path], None]
    upon: Template | None = None

    @property
    def folder(self) -> Path:
        """Files that go with the database (HORIZON_VAR when it was made)."""
        return _TEMPLATES / self.name


def _made_file(template: Template) -> Path:
    file = _TEMPLATES / f"{template.name}.sqlite3"
    if file.exists():
        return file
    upon = _made_file(template.upon) if template.upon else None
    with _alone(template.name):
        if not file.exists():
            making = _TEMPLATES / f"{template.name}-making.sqlite3"
            making.unlink(missing_ok=True)
            if upon:
                shutil.copyfile(upon, making)
            template.make(f"sqlite:///{making}", template.folder)
            with closing(sqlite3.connect(making)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            making.rename(file)
    return file


def _made_database(template: Template, url: str) -> str:
    name = f"own_{template.name}_{RUN}"
    made = _TEMPLATES / f"{template.name}.postgresql"
    if made.exists():
        return name
    upon = _made_database(template.upon, url) if template.upon else None
    with _alone(template.name):
        if not made.exists():
            _run(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            _run(url, f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{upon}"' if upon else ""))
            template.make(_named(url, name), template.folder)
            made.touch()
    return name


@contextmanager
def _alone(name: str) -> Iterator[None]:
    _TEMPLATES.mkdir(mode=0o700, exist_ok=True)
    with (_TEMPLATES / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _migrate(url: str, folder: Path) -> None:
    environment = {
        **os.environ, "HORIZON_DATABASE_URL": url, "HORIZON_VAR": str(folder),
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


MIGRATED = Template("migrated", _migrate)


def _named(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _run(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
