"""A database of the same kind as the tests', that other processes can open."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit


@contextmanager
def own_database(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Sets HORIZON_DATABASE_URL in `environment` to a database that lives as long as the block."""
    url = os.environ.get("HORIZON_DATABASE_URL", "")
    if not url.startswith("postgres"):
        environment["HORIZON_DATABASE_URL"] = f"sqlite:///{folder / 'site.sqlite3'}"
        yield
        return
    name = f"own_{secrets.token_hex(6)}"
    _run(url, f'CREATE DATABASE "{name}"')
    environment["HORIZON_DATABASE_URL"] = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    try:
        yield
    finally:
        _run(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _run(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
