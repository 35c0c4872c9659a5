"""Whoever leaves a lead is told what became of it, and finds what they said in their own space."""

import pytest
from django.core import mail

from horizon.kernel.registry import act_on
from horizon.listening.models import Answer
from horizon.listening.services import answering, reading, saying
from horizon.listening.services.saying import voice_path
from tests.people import an_operator, enter, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(published, monkeypatch):
    """The small territory; messages leave at once: a test's transaction never commits."""
    monkeypatch.setattr("horizon.kernel.mail.transaction.on_commit", lambda send: send())


def public(**more):
    voice = saying.say_need("Il manque un four à pain", once=saying.fresh_once(), **more)
    return reading.publish_need(voice.need, actor="test")


def a_lead(need, person):
    return answering.answer_need(
        need, kind=Answer.LEAD, text="Demandez au lycée", author=person, speaks_as="citizen"
    )


@pytest.mark.parametrize(
    ("verb", "subject"), [("accept", "Votre piste est publiée"), ("refuse", "Votre piste n’est pas publiée")]
)
def test_whoever_left_a_lead_is_told_once(verb, subject):
    operator, person = an_operator(), somebody()
    lead = a_lead(public(), person)
    mail.outbox.clear()
    act_on("lead", verb, lead.public_id, operator)
    assert [(m.to, m.subject) for m in mail.outbox] == [([person.email], subject)]
    lead.refresh_from_db()
    assert lead.reason in mail.outbox[0].body


def test_a_lead_that_a_report_takes_away_has_the_letter_of_the_report_alone():
    person = somebody()
    lead = answering.publish_answer(a_lead(public(), person), actor="test")
    mail.outbox.clear()
    answering.refuse_answer(lead, "Signalé et retiré.", actor="test", told=False)
    assert mail.outbox == []


def test_what_somebody_said_and_the_leads_they_left_are_in_their_own_space(client):
    person, need = somebody(), public()
    enter(client, person)
    assert "Ce que j’ai dit" not in client.get("/moi/").content.decode()
    voice = saying.say_need("Il manque un banc", once="v" * 20, author=person)
    client.post(
        f"/besoins/{need.public_id}/repondre/", {"kind": "lead", "text": "Au lycée", "speaks_as": "0"}
    )
    page = client.get("/moi/").content.decode()
    assert "Ce que j’ai dit" in page and voice_path(voice) in page and "Il manque un banc" in page
    assert "Au lycée" in page and "piste à lire" in page and f"/besoins/{need.public_id}/" in page
    answering.refuse_answer(Answer.objects.get(), "Ce n’est pas au lycée.", actor="test")
    assert "piste non publiée : Ce n’est pas au lycée." in client.get("/moi/").content.decode()
    saying.erase_voice(voice)
    assert "Il manque un banc" not in client.get("/moi/").content.decode()
