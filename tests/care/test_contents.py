"""Reporting a public text: received, decided with a reason, told, undone; nothing is lost."""

import pytest
from django.core import mail

from horizon.care.models import ContentReport
from horizon.kernel.models import Event
from horizon.kernel.registry import act_on, waiting_for
from horizon.listening.models import Answer, Need, Voice
from horizon.listening.services import answering, reading, saying
from tests.people import an_operator

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(published, monkeypatch):
    monkeypatch.setattr("horizon.kernel.mail.transaction.on_commit", lambda send: send())
    return an_operator()


@pytest.fixture
def contents(operator):
    """A need, a voice and an answer that everybody reads, by kind."""
    said = saying.say_need("Un four à pain à Lusignan", once="t1", email="lou@example.org")
    need = reading.publish_need(said.need, actor="test")
    voice = saying.say_too(need, once="t2", words="Moi aussi")
    reading.read_voice(voice, True, actor="test")
    answer = answering.answer_need(
        need, kind=Need.STUDIED, text="On regarde.", author=operator, speaks_as="animation"
    )
    mail.outbox.clear()
    return {"need": need, "voice": voice, "answer": answer}


def is_public(kind, record):
    record = type(record).objects.get(pk=record.pk)
    return {
        "need": lambda: record.status == Need.PUBLISHED,
        "voice": lambda: record.words_status == Voice.SHOWN,
        "answer": lambda: record.status == Answer.SHOWN,
    }[kind]()


@pytest.mark.parametrize("kind", ["need", "voice", "answer"])
def test_reported_taken_away_told_and_put_back(client, operator, contents, kind):
    record = contents[kind]
    address = f"/signaler/{kind}/{record.public_id}/"
    assert address in client.get(f"/besoins/{contents['need'].public_id}/").content.decode()
    assert client.post(address, {"message": "sans choix"}).status_code == 422
    done = client.post(
        address, {"ground": "insult", "message": "Il vise ma voisine", "email": "nour@example.org"}
    )
    assert done.status_code == 302 and is_public(kind, record), "it stays until somebody decides"
    assert mail.outbox[-1].to == ["nour@example.org"] and "reçu" in mail.outbox[-1].subject
    item = next(i for i in waiting_for(operator) if i.room == "content")
    assert "voisine" in item.detail
    assert "retiré" in act_on("content", "accept", item.key, operator)
    assert not is_public(kind, record)
    assert mail.outbox[-1].to == ["nour@example.org"] and "contester" in mail.outbox[-1].body
    assert ContentReport.objects.get().email == ""
    if kind == "need":
        assert any(m.to == ["lou@example.org"] and "insulte" in m.body for m in mail.outbox)
    act_on("content", "undo", item.key, operator)
    assert is_public(kind, record) and ContentReport.objects.get().status == "open"
    verbs = ["report", "take_away", "reopen"]
    assert [Event.objects.filter(verb=v, payload__isnull=False).exists() for v in verbs] == [True] * 3


def test_left_in_place_it_says_why(client, operator, contents):
    need = contents["need"]
    client.post(f"/signaler/need/{need.public_id}/", {"ground": "other", "email": "nour@example.org"})
    assert "laissé" in act_on("content", "refuse", ContentReport.objects.get().public_id, operator)
    assert is_public("need", need) and "laissé" in mail.outbox[-1].body


def test_what_is_not_public_cannot_be_reported(client, contents):
    held = saying.say_need("Un secret", once="t9").need
    for address in (f"need/{held.public_id}", "need/nope", "person/abc", "voice/nope"):
        assert client.get(f"/signaler/{address}/").status_code == 404


def test_a_robot_changes_nothing(client, contents):
    address = f"/signaler/need/{contents['need'].public_id}/"
    assert client.post(address, {"ground": "other", "second_message": "x"}).status_code == 302
    assert not ContentReport.objects.exists()
