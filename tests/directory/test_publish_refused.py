"""A database that cannot take a publication: a sentence, an exit code, and the directory as it was."""

import json
import os
import resource
import subprocess
import sys

import psycopg
import pytest
from django.db import OperationalError
from psycopg import sql

from horizon.config.database_refusals import refusal
from horizon.observatory.pipeline import observe
from tests.databases import own_database
from tests.directory.test_publish_kill import state
from tests.observatory.registers_kit import unit, write_registers
from tests.published import TERRITORY


@pytest.fixture(scope="module")
def marts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("refused")
    observe(write_registers(folder / "in", [unit("552013500", "LES AMIS DU TILLEUL")]), folder / "marts")
    return folder / "marts"


@pytest.fixture
def environment(tmp_path):
    return {**os.environ, "HORIZON_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "horizon.config.settings"}


def publish(environment, marts, limit=None):
    return subprocess.run(
        [sys.executable, "-m", "horizon.config.cli", "publish", "--territory", TERRITORY, "--marts", str(marts), "--json"],
        preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))) if limit else None,
        env=environment,
        capture_output=True,
        text=True,
    )  # fmt: skip


def test_a_database_that_was_never_prepared(tmp_path, environment, marts):
    with own_database(tmp_path, environment):
        done = publish(environment, marts)
    assert done.returncode == 3, done.stderr
    answer = json.loads(done.stdout)
    assert answer["exit_code"] == 3 and "horizon manage migrate" in answer["error"]


def test_the_system_refuses_the_bytes(tmp_path, environment, marts):
    """The kernel stops the writes of SQLite, by a limit on the size of files; PostgreSQL is set to read only, as hosts do to a full disk."""
    with own_database(tmp_path, environment, migrated=True):
        assert publish(environment, marts).returncode == 0
        before = state(environment)
        if environment["HORIZON_DATABASE_URL"].startswith("postgres"):
            read_only(environment["HORIZON_DATABASE_URL"])
            done = publish(environment, marts)
        else:
            done = publish(environment, marts, limit=32 * 1024)
        assert done.returncode == 6, done.stdout + done.stderr
        assert "L’annuaire publié est intact" in json.loads(done.stdout)["error"]
        assert state(environment) == before


def read_only(url):
    with psycopg.connect(url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ("database or disk is full", 6, "Libérez de l’espace"),
        (
            'could not extend file "base/1/2": No space left on device\nHINT: Check free disk space.',
            6,
            "Libérez de l’espace",
        ),
        (
            "cannot execute INSERT in a read-only transaction",
            6,
            "un hébergeur fait cela quand le disque est plein",
        ),
        ("attempt to write a readonly database", 3, "par cet utilisateur"),
        ("database is locked", 3, "prise par une autre écriture"),
        ("canceling statement due to lock timeout", 3, "prise par une autre écriture"),
        ('relation "directory_publication" does not exist', 3, "horizon manage migrate"),
        ('FATAL:  database "horizon" does not exist', 3, "ne répond pas comme attendu"),
        ("server closed the connection unexpectedly", 3, "ne répond pas comme attendu"),
    ],
)
def test_each_refusal_says_what_to_do(said, code, words):
    found = refusal(OperationalError(said), "Rien n’a changé.")
    assert found.exit_code == code and words in str(found) and str(found).endswith("Rien n’a changé.")
