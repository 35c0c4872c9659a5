"""Reporting a public text: received, decided with a reason, told, undone; nothing is lost."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from horizon.actors.services.people import erase_person
from horizon.care.contents import contest_content, decide_content, decision_link, report_content
from horizon.care.models import ContentReport
from horizon.kernel.models import Event
from horizon.kernel.registry import act_on, waiting_for
from horizon.listening.models import Answer, Need, Voice
from horizon.listening.services import answering, reading, saying
from tests.people import an_operator, somebody

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
    told = next(m for m in reversed(mail.outbox) if m.to == ["nour@example.org"])
    assert "/signalements/" not in told.body and "pas une machine" in told.body
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


def decided(client, operator, need, verb="accept"):
    """A report on a need, decided; the links that both sides received."""
    client.post(f"/signaler/need/{need.public_id}/", {"ground": "false", "email": "nour@example.org"})
    row = ContentReport.objects.get()
    mail.outbox.clear()
    act_on("content", verb, row.public_id, operator)
    return {
        m.to[0]: m.body.split("http://localhost:8000")[1].split()[0]
        for m in mail.outbox
        if "/signalements/" in m.body
    }


def test_who_wrote_it_is_told_why_and_contests_without_an_account(client, operator, contents):
    need = contents["need"]
    links = decided(client, operator, need)
    assert set(links) == {"lou@example.org"}, "who reported has what they asked"
    page = client.get(links["lou@example.org"])
    assert page.status_code == 200 and "fait du tort : retiré" in page.content.decode()
    assert client.post(links["lou@example.org"], {"words": ""}).status_code == 422
    said = {"words": "C’est exact, voyez le conseil du 3.", "email": "lou@example.org"}
    assert client.post(links["lou@example.org"], said).status_code == 302
    assert "contestée depuis" in client.get(links["lou@example.org"]).content.decode()
    assert not is_public("need", need), "what was decided stands"
    item = next(i for i in waiting_for(operator) if i.room == "content")
    assert (
        "conseil du 3" in item.detail and "Aujourd’hui retiré" in item.detail and "four à pain" in item.detail
    )
    mail.outbox.clear()
    act_on("content", "refuse", item.key, operator)
    assert is_public("need", need) and ContentReport.objects.get().email == ""
    final = [m for m in mail.outbox if "relue" in m.subject]
    assert [m.to for m in final] == [["lou@example.org"]] and "Arcom" in final[0].body
    assert client.post(links["lou@example.org"], said).status_code == 200
    assert ContentReport.objects.get().status == ContentReport.LEFT, "a decision is contested once"


def test_who_reported_contests_what_was_left(client, operator, contents):
    links = decided(client, operator, contents["need"], "refuse")
    assert set(links) == {"nour@example.org"}
    client.post(links["nour@example.org"], {"words": "Relisez la deuxième phrase."})
    mail.outbox.clear()
    act_on("content", "accept", ContentReport.objects.get().public_id, operator)
    assert not is_public("need", contents["need"])
    assert ["lou@example.org"] in [m.to for m in mail.outbox if "relue" in m.subject]
    act_on("content", "undo", ContentReport.objects.get().public_id, operator)
    assert (
        is_public("need", contents["need"]) and ContentReport.objects.get().status == ContentReport.CONTESTED
    )


def test_a_decision_is_opened_by_its_key_only_and_for_six_months(client, operator, contents):
    link = decided(client, operator, contents["need"])["lou@example.org"]
    assert client.get(link.replace("author", "reporter")).status_code == 404
    assert client.get(link[:-2] + "/").status_code == 404
    ContentReport.objects.update(decided_at=timezone.now() - timedelta(days=200))
    late = client.post(link, {"words": "Trop tard ?"})
    assert (
        late.status_code == 422
        and "plus de six mois" in late.content.decode()
        and "Trop tard ?" in late.content.decode()
    )


def test_each_side_contests_once_what_goes_against_it(client, operator, contents):
    need = contents["need"]
    reporter = decided(client, operator, need, "refuse")["nour@example.org"]
    row = ContentReport.objects.get()
    author = decision_link(row, ContentReport.AUTHOR).removeprefix("http://localhost:8000")
    assert "textarea" not in client.get(author).content.decode(), (
        "what is left does not go against its author"
    )
    client.post(author, {"words": "Je conteste"})
    assert ContentReport.objects.get().status == ContentReport.LEFT
    client.post(reporter, {"words": "Relisez"})
    mail.outbox.clear()
    act_on("content", "accept", row.public_id, operator)
    told = next(m for m in mail.outbox if m.to == ["lou@example.org"] and "relue" in m.subject)
    assert author in told.body, "taken away for the first time: its author contests in turn"
    client.post(author, {"words": "C’est exact", "email": "lou@example.org"})
    both = ContentReport.objects.get()
    assert both.appeal_side == ContentReport.AUTHOR
    assert (both.earlier_appeal, both.appeal) == ("Relisez", "C’est exact")
    (item,) = [one for one in waiting_for(operator) if one.room == "content"]
    assert "« Relisez »" in item.detail and "« C’est exact »" in item.detail
    mail.outbox.clear()
    act_on("content", "refuse", row.public_id, operator)
    assert is_public("need", need)
    assert len([m for m in mail.outbox if m.to == ["lou@example.org"] and "relue" in m.subject]) == 1
    client.post(reporter, {"words": "Encore"})
    assert ContentReport.objects.get().status == ContentReport.LEFT, "once for each side"


def test_undoing_a_second_decision_gives_back_the_first(client, operator, contents):
    need = contents["need"]
    author = decided(client, operator, need)["lou@example.org"]
    row = ContentReport.objects.get()
    client.post(author, {"words": "C’est exact"})
    act_on("content", "refuse", row.public_id, operator)
    assert is_public("need", need)
    act_on("content", "undo", row.public_id, operator)
    row.refresh_from_db()
    assert not is_public("need", need) and row.away and row.status == ContentReport.CONTESTED
    act_on("content", "accept", row.public_id, operator)
    act_on("content", "undo", row.public_id, operator)
    assert not is_public("need", need) and ContentReport.objects.get().away


def test_the_reports_of_one_content_have_one_answer(client, operator, contents):
    need = contents["need"]
    for who in ("nour", "sam"):
        client.post(f"/signaler/need/{need.public_id}/", {"ground": "other", "email": f"{who}@example.org"})
    items = [i for i in waiting_for(operator) if i.room == "content"]
    assert len(items) == 2 and "Signalé aussi 1 autre fois" in items[0].detail
    mail.outbox.clear()
    act_on("content", "accept", items[1].key, operator)
    assert not any(i.room == "content" for i in waiting_for(operator))
    assert {m.to[0] for m in mail.outbox if "décision" in m.subject} == {
        "nour@example.org",
        "sam@example.org",
    }
    assert len([m for m in mail.outbox if "comment contester" in m.subject]) == 1
    assert "retiré" in act_on("content", "accept", items[0].key, operator), "picked together: not an error"
    for item in items:
        act_on("content", "undo", item.key, operator)
    assert is_public("need", need) and not ContentReport.objects.exclude(status="open").exists()


def test_a_lead_of_somebody_who_left_is_not_put_back(client, operator, contents):
    author = somebody()
    lead = answering.answer_need(
        contents["need"], kind=Answer.LEAD, text="Voyez Zoé", author=author, speaks_as="citizen"
    )
    answering.publish_answer(lead, actor="test")
    row = report_content("answer", lead.public_id, ground="person", message="")
    decide_content(row, True, actor="test")
    erase_person(author)
    contest_content(row, ContentReport.AUTHOR, "Remettez-la")
    mail.outbox.clear()
    assert "laissé" in act_on("content", "refuse", row.public_id, operator)
    row.refresh_from_db()
    lead.refresh_from_db()
    assert "ne peut plus être remis" in row.reason and lead.status == Answer.TAKEN_BACK and not mail.outbox
