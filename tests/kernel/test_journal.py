"""The journal cannot be rewritten, whatever the path, on both databases."""

import pytest
from django.db import DatabaseError, connection, transaction

from horizon.kernel.journal import record_event, record_events
from horizon.kernel.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def event():
    return record_event("create", "organization", "abc", actor="test", payload={"name": "Le Fil"})


def test_an_event_tells_who_did_what_on_what(event):
    assert str(event) == "test create organization abc"
    assert Event.objects.get().payload == {"name": "Le Fil"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE kernel_event SET verb = 'other'",
        "DELETE FROM kernel_event",
        "INSERT OR REPLACE INTO kernel_event SELECT * FROM kernel_event",
        "TRUNCATE kernel_event CASCADE",
    ],
)
def test_the_database_refuses_to_rewrite_it(event, statement):
    """REPLACE deletes without telling DELETE triggers unless recursive triggers are on."""
    if ("REPLACE" in statement) != (connection.vendor == "sqlite") and "INSERT" in statement:
        statement = "UPDATE kernel_event SET payload = '{}'"
    if "TRUNCATE" in statement and connection.vendor == "sqlite":
        statement = "DELETE FROM kernel_event WHERE id > 0"
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert Event.objects.get().verb == "create"


def test_several_events_at_once():
    assert record_events("create", "organization", ["a", "b"], actor="test") == 2
    assert list(Event.objects.values_list("record_id", flat=True)) == ["a", "b"]


def test_an_event_needs_the_transaction_of_its_write(monkeypatch):
    from types import SimpleNamespace

    from horizon.kernel import journal

    monkeypatch.setattr(journal, "connection", SimpleNamespace(in_atomic_block=False))
    with pytest.raises(RuntimeError, match="transaction"):
        record_event("create", "organization", "abc", actor="test")


def test_sqlite_is_set_as_promised():
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert cursor.execute("PRAGMA recursive_triggers").fetchone() == (1,)
