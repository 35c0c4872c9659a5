"""The chain of seals: everything committed gets one place, none twice, whatever the order of ids and the sealers."""

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from horizon.kernel import sealing
from horizon.kernel.journal import commitment, erase_private, private_values, record_event, record_events
from horizon.kernel.models import Event, PrivateReference, Seal, SealedEvent
from horizon.kernel.verify import verify
from tests.databases import own_database

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def write(count, **fields):
    return [record_event("create", "organization", f"o{i}", actor="test", **fields) for i in range(count)]


def places():
    return list(SealedEvent.objects.values_list("position", "event_id"))


def test_the_formula_by_hand():
    """Written again here from the documented words, not from the code."""
    event = record_event("create", "organization", "abc", actor="test", payload={"n": 1, "é": [True, None]})
    assert sealing.seal_committed() == 1
    place, seal = SealedEvent.objects.get(), Seal.objects.get()
    at = event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    written = (
        f'{{"actor":"test","at":"{at}","id":{event.pk},"payload":{{"n":1,"\\u00e9":[true,null]}},'
        '"record_id":"abc","record_type":"organization","verb":"create"}'
    )
    assert place.hash == hashlib.sha256(("0" * 64 + written).encode()).hexdigest()
    sealed_at = seal.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    closing = f'{{"at":"{sealed_at}","first":1,"last":1,"number":1}}'
    assert seal.head == hashlib.sha256((place.hash + closing).encode()).hexdigest()


def test_each_batch_follows_the_one_before():
    first = write(3)
    assert sealing.seal_committed() == 3
    assert sealing.seal_committed() == 0
    second = write(2)
    assert sealing.seal_committed() == 2
    assert places() == list(enumerate([event.pk for event in first + second], 1))
    assert list(Seal.objects.values_list("number", "first", "last")) == [(1, 1, 3), (2, 4, 5)]
    assert [seal.count for seal in Seal.objects.all()] == [3, 2]
    assert verify(sealing.export_lines()).head == sealing.last_seal().head


def test_a_backlog_is_sealed_in_batches_and_a_stop_is_heard_between_them():
    record_events("create", "organization", range(25), actor="test")
    asked = iter([False, False, True])
    assert sealing.seal_committed(stop=lambda: next(asked), batch=10) == 20
    assert sealing.seal_committed(batch=10) == 5
    assert [seal.count for seal in Seal.objects.all()] == [10, 10, 5]
    assert verify(sealing.export_lines()).events == 25


def test_an_event_with_a_smaller_id_that_appears_later_gets_the_next_place():
    Event.objects.create(pk=900, actor="test", verb="create", record_type="x", record_id="late id first")
    sealing.seal_committed()
    Event.objects.create(pk=20, actor="test", verb="create", record_type="x", record_id="early id after")
    assert sealing.seal_committed() == 1
    assert places() == [(1, 900), (2, 20)]
    assert verify(sealing.export_lines()).events == 2


@pytest.mark.parametrize(
    "payload",
    [
        {"text": 'é 日 \U0001f33e \u2028 \x7f " \\ </script>'},
        {"numbers": [0, -1, 10**30, 0.1, 1e16, 1.5e-9, -0.0]},
        {"b": 1, "a": {"z": [], "y": {}}, "": None},
        {"text": "\ud800"},
    ],
)
def test_whatever_a_payload_holds_is_sealed_and_exported(payload):
    """One event that could not be sealed would stop the journal for ever."""
    if payload == {"text": "\ud800"} and connection.vendor == "postgresql":
        with pytest.raises(DatabaseError), transaction.atomic():
            write(1, payload=payload)
        return
    write(1, payload=payload)
    assert sealing.seal_committed() == 1
    assert verify(sealing.export_lines()).events == 1


def test_the_export_of_an_empty_journal_verifies():
    lines = list(sealing.export_lines())
    assert json.loads(lines[0]) == {"events": 0, "format": "horizon-journal-1", "head": "0" * 64, "seals": 0}
    assert verify(lines).events == 0
    write(1)
    assert list(sealing.export_lines()) == lines, "what is not sealed is not exported"


def test_the_number_of_queries_of_an_export_grows_by_slices_not_by_events(django_assert_num_queries):
    record_events("create", "organization", range(60), actor="test")
    while sealing.seal_batch(2):
        pass
    with django_assert_num_queries(3):
        assert len(list(sealing.export_lines())) == 1 + 60 + 30


def test_the_export_crosses_slices(monkeypatch):
    record_events("create", "organization", range(23), actor="test")
    while sealing.seal_batch(2):
        pass
    whole = list(sealing.export_lines())
    monkeypatch.setattr(sealing, "CHUNK", 5)
    assert list(sealing.export_lines()) == whole
    assert [line.split()[0] for line in sealing.published_lines()] == [str(n) for n in range(1, 13)]


@pytest.mark.parametrize("table", ["sealedevent", "seal"])
@pytest.mark.parametrize(
    "statement", ["UPDATE kernel_{} SET {} = {}", "DELETE FROM kernel_{}", "TRUNCATE kernel_{}"]
)
def test_the_database_refuses_to_rewrite_seals(table, statement):
    write(2)
    sealing.seal_committed()
    key = {"sealedevent": "position", "seal": "number"}[table]
    connection.check_constraints()
    if statement.startswith("TRUNCATE") and connection.vendor == "sqlite":
        statement = "INSERT OR REPLACE INTO kernel_{0} SELECT * FROM kernel_{0}"
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table, key, f"{key} + 10"))
    assert verify(sealing.export_lines()).events == 2


def test_no_event_has_two_places_and_no_place_two_events():
    one, other = write(2)
    sealing.seal_committed()
    late = write(1)[0]
    for position, event in ((3, one), (1, late)):
        with pytest.raises(IntegrityError), transaction.atomic():
            SealedEvent.objects.create(position=position, event=event, hash="0" * 64)
    with pytest.raises(IntegrityError), transaction.atomic():
        Seal.objects.create(number=1, first=3, last=3, head="1" * 64, at=AT)


def forge(statement):
    """Does what only somebody who owns the database can: removes the triggers of a table, and writes."""
    table = "kernel_sealedevent" if "kernel_sealedevent" in statement else statement.split()[1]
    names = {
        "kernel_event": ("event_no_update", "event_append_only"),
        "kernel_seal": ("seal_no_update", "seal_append_only"),
        "kernel_sealedevent": ("sealedevent_no_update", "sealedevent_append_only"),
    }[table]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP TRIGGER {names[0]}")
        else:
            cursor.execute(f"DROP TRIGGER {names[1]} ON {table}")
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE kernel_event SET verb = 'other' WHERE record_id = 'o1'", "position 2"),
        ("UPDATE kernel_event SET payload = '{\"n\": 2}' WHERE record_id = 'o2'", "position 3"),
        ("UPDATE kernel_event SET at = '2020-01-01 00:00:00+00:00' WHERE record_id = 'o0'", "position 1"),
        ("UPDATE kernel_sealedevent SET position = 9 WHERE position = 3", "position 3 manque"),
        ("UPDATE kernel_seal SET at = '2020-01-01 00:00:00+00:00'", "le sceau 1"),
        ("UPDATE kernel_seal SET number = 2", "sceau 1 manque"),
        ("UPDATE kernel_seal SET last = 2", "position 3|sceau 1"),
    ],
)
def test_the_export_names_what_was_rewritten_behind_the_triggers(statement, words):
    write(3)
    sealing.seal_committed()
    forge(statement)
    with pytest.raises(sealing.BrokenSeal, match=words):
        list(sealing.export_lines())


def test_a_private_value_is_committed_to_read_and_erased_without_breaking_a_seal():
    one = record_event(
        "ask", "claim", "a", actor="person:0a1b", payload={"n": 1}, private={"email": "a@b.fr"}
    )
    two = record_event("ask", "claim", "b", actor="person:0a1b", private={"email": "a@b.fr", "name": "Ada"})
    sealing.seal_committed()
    head = sealing.last_seal().head
    assert "a@b.fr" not in str(one.payload) and set(one.payload) == {"n", "private"}
    assert one.payload["private"]["email"] != two.payload["private"]["email"], "salts differ"
    assert private_values(one) == {"email": "a@b.fr"}
    assert private_values(two) == {"email": "a@b.fr", "name": "Ada"}
    row = one.private_references.get()
    assert one.payload["private"]["email"] == hashlib.sha256((row.salt + "a@b.fr").encode()).hexdigest()
    assert len(row.salt) == 32 and commitment(row.salt, row.value) == one.payload["private"]["email"]
    assert b"a@b.fr" not in b"".join(sealing.export_lines())

    assert erase_private("a@b.fr") == 2
    assert private_values(one) == {} and private_values(two) == {"name": "Ada"}
    assert not PrivateReference.objects.filter(value="a@b.fr").exists()
    assert verify(sealing.export_lines(), heads=[head]).head == head


def test_a_private_value_cannot_be_replaced():
    event = record_event("ask", "claim", "a", actor="test", private={"email": "a@b.fr"})
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        event.private_references.update(value="somebody@else.fr")
    event.private_references.all().delete()
    PrivateReference.objects.create(event=event, name="email", salt="0" * 32, value="somebody@else.fr")
    assert private_values(event) == {}, "what does not open the commitment is not believed"


def test_the_key_of_commitments_is_kept_for_them():
    with pytest.raises(ValueError, match="private"):
        record_event("ask", "claim", "a", actor="test", payload={"private": {"email": "a@b.fr"}})


RACE = """
import sys
import django; django.setup()
from django.db import transaction
from horizon.kernel.journal import record_event
from horizon.kernel.sealing import seal_batch
for number in range(40):
    with transaction.atomic():
        for part in range(3):
            record_event("create", "organization", f"{sys.argv[1]}-{number}-{part}", actor="race")
    seal_batch(4)
"""
ORDER = """
import sqlite3, sys
import django; django.setup()
from django.conf import settings
from django.db import connection, transaction
from horizon.kernel import sealing
from horizon.kernel.journal import record_event
from horizon.kernel.models import SealedEvent

def places():
    return list(SealedEvent.objects.values_list("event_id", flat=True))

if connection.vendor == "postgresql":
    import psycopg
    parameters = {k: v for k, v in connection.get_connection_params().items() if k in {"dbname", "user", "host", "port"}}
    other = psycopg.connect(**parameters)
    early = other.execute(
        "INSERT INTO kernel_event (at, actor, verb, record_type, record_id, payload) "
        "VALUES (now(), 'slow', 'create', 'x', 'slow', '{}') RETURNING id"
    ).fetchone()[0]
    with transaction.atomic():
        late = record_event("create", "x", "quick", actor="quick").pk
    assert early < late
    assert sealing.seal_committed() == 1 and places() == [late], places()
    other.commit()
    assert sealing.seal_committed() == 1 and places() == [late, early], places()
    with transaction.atomic():
        sealing._take_lock()
        taken = other.execute("SELECT pg_try_advisory_xact_lock(%s)", [sealing.ADVISORY_LOCK]).fetchone()[0]
    assert taken is False, "another sealer waits"
else:
    with transaction.atomic():
        sealing._take_lock()
        other = sqlite3.connect(settings.DATABASES["default"]["NAME"], timeout=0, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as refused:
            assert "locked" in str(refused)
        else:
            raise AssertionError("another sealer would not wait")
print("ok")
"""


def run(environment, *arguments, **more):
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def own(tmp_path):
    """The environment of processes that share a database of the tests' kind, with its tables."""
    environment = {
        **os.environ,
        "HORIZON_VAR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "horizon.config.settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    with own_database(tmp_path, environment, migrated=True):
        yield environment


def test_commits_in_another_order_than_ids_and_one_sealer_at_a_time(own):
    """On PostgreSQL, a real transaction that commits late with a smaller id; on both, the second sealer waits."""
    assert run(own, sys.executable, "-c", ORDER) == "ok\n"


def test_four_sealers_at_once_make_one_chain(own, tmp_path):
    """Four processes write 120 events each and seal between their writes, in small batches."""
    racers = [
        subprocess.Popen([sys.executable, "-c", RACE, name], env=own, stderr=subprocess.PIPE, text=True)
        for name in "abcd"
    ]
    for racer in racers:
        _, errors = racer.communicate()
        assert racer.returncode == 0, errors
    horizon = [sys.executable, "-m", "horizon.config.cli", "journal"]
    run(own, *horizon, "seal")
    head = json.loads(run(own, *horizon, "head", "--json"))
    assert (head["events"], head["waiting"]) == (480, 0)
    run(own, *horizon, "export", "--out", str(tmp_path / "journal.jsonl"))
    with (tmp_path / "journal.jsonl").open("rb") as export:
        found = verify(export, heads=[head["head"]])
    assert (found.events, found.seals, found.head) == (480, head["number"], head["head"])
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert len({line["event"]["record_id"] for line in lines if "event" in line}) == 480
