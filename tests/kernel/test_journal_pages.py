"""The public page of seals: what it shows, in how many queries, and nothing of the events."""

import subprocess
import sys

import pytest
from django.test.utils import CaptureQueriesContext

from horizon.kernel import sealing, verify
from horizon.kernel.journal import record_events
from horizon.kernel.models import Seal

pytestmark = pytest.mark.django_db


def seal(count):
    for number in range(count):
        record_events(
            "create", "organization", [f"secret-{number}-{part}" for part in range(3)], actor="test"
        )
        sealing.seal_batch()


def test_an_empty_journal_says_so(client):
    text = client.get("/journal/").content.decode()
    assert "Aucun sceau encore" in text and "<table" not in text
    answer = client.get("/journal/sceaux.txt")
    assert answer.status_code == 200 and answer.getvalue() == b""


def test_the_latest_seals_come_first_whole_and_by_pages(client):
    seal(27)
    text = client.get("/journal/").content.decode()
    heads = list(Seal.objects.order_by("-number").values_list("head", flat=True))
    assert all(head in text for head in heads[:25]) and heads[25] not in text
    assert "27\u00a0sceaux" in text and "81\u00a0événements" in text and "Page 1 sur 2" in text
    assert text.index(heads[0]) < text.index(heads[1])
    second = client.get("/journal/?page=2").content.decode()
    assert all(head in second for head in heads[25:]) and heads[0] not in second
    assert client.get("/journal/?page=abc").status_code == 200
    assert "secret" not in text + second


def test_the_number_of_queries_does_not_grow(client):
    from django.db import connection

    counts = []
    for _ in range(2):
        seal(12)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("/journal/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6


def test_sceaux_txt_is_what_verify_compares(client, tmp_path):
    seal(3)
    answer = client.get("/journal/sceaux.txt")
    listing = answer.getvalue().decode("ascii")
    assert answer["Content-Type"] == "text/plain; charset=us-ascii"
    number, at, first, last, head = listing.splitlines()[1].split()
    middle = Seal.objects.get(number=2)
    assert (number, first, last, head, at) == ("2", "4", "6", middle.head, sealing.instant(middle.at))
    assert len(listing.splitlines()) == 3 and "secret" not in listing

    (tmp_path / "verify.py").write_bytes(client.get("/journal/verify.py").getvalue())
    (tmp_path / "journal.jsonl").write_bytes(b"".join(sealing.export_lines()))
    (tmp_path / "sceaux.txt").write_text(listing)
    told = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", "journal.jsonl", "--seals", "sceaux.txt"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0 and "Sceaux de la liste retrouvés : 3" in told.stdout


def test_the_downloaded_program_is_the_one_of_the_house(client):
    answer = client.get("/journal/verify.py")
    assert 'filename="verify.py"' in answer["Content-Disposition"]
    with open(verify.__file__, "rb") as own:  # noqa: PTH123
        assert answer.getvalue() == own.read()


@pytest.mark.parametrize("path", ["/journal/", "/journal/sceaux.txt", "/journal/verify.py"])
def test_nothing_is_written_by_reading_and_post_is_refused(client, path):
    from django.db import connection

    seal(1)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
        answer.getvalue() if answer.streaming else answer.content  # noqa: B018
    assert not [q["sql"] for q in queries if not q["sql"].lstrip("( ").upper().startswith("SELECT")]
    assert client.post(path).status_code == 405
