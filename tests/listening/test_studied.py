"""« À l’étude » has a day too, and an answer taken back is told to those who had read it."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from horizon.actors.models import Mandate
from horizon.actors.services.poles import give_mandate
from horizon.kernel.registry import waiting_for
from horizon.listening.models import Answer, Need, Sequel
from horizon.listening.services import answering, reading, saying, upkeep
from tests.people import again, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(published, monkeypatch):
    """The small territory; messages leave at once: a test's transaction never commits."""
    monkeypatch.setattr("horizon.kernel.mail.transaction.on_commit", lambda send: send())


@pytest.fixture
def agent():
    """Somebody who answers for the authority."""
    person = somebody()
    give_mandate(person, Mandate.AGENT, actor="test", themes=["deplacer"])
    return again(person)


def public(**more):
    voice = saying.say_need("Il manque un endroit pour réparer les vélos", once=saying.fresh_once(), **more)
    return reading.publish_need(voice.need, actor="test")


def answered(need, author, kind=Need.STUDIED, **more):
    text = "Au budget de mars."
    return answering.answer_need(need, kind=kind, text=text, author=author, speaks_as="authority", **more)


def asked(person):
    return [item for item in waiting_for(again(person)) if item.room == "asked"]


def test_what_is_studied_comes_back_to_who_answered_then_goes_up(agent, client):
    operator, need = an_operator(), public()
    answered(need, agent)
    need.refresh_from_db()
    today = timezone.localdate()
    assert need.due_on == today + timedelta(days=90) and asked(agent) == []
    assert "Une suite est attendue avant le" in client.get(f"/besoins/{need.public_id}/").content.decode()
    deal = Sequel.objects.create(need=need, kind=Sequel.AGREED, key="d" * 10, at=timezone.now())
    assert [item.title.split(",")[0] for item in asked(agent)] == ["À dire"], "a deal brings it back at once"
    deal.delete()
    Need.objects.update(due_on=today)
    assert [item.title.split(",")[0] for item in asked(agent)] == ["À conclure"]
    assert asked(operator) == [] and upkeep.escalate_late_needs() == ""
    Need.objects.update(due_on=today - timedelta(days=1))
    mail.outbox.clear()
    assert upkeep.escalate_late_needs() == "1 late" and "(à l’étude)" in mail.outbox[0].body
    assert [item.urgent for item in asked(operator)] == [True]
    answered(need, agent)
    need.refresh_from_db()
    assert need.due_on == today + timedelta(days=90) and need.escalated_at is None, "said again, a new day"
    answered(need, agent, kind=Need.IMPOSSIBLE)
    assert asked(agent) == asked(operator) == []


def test_an_answer_taken_back_is_told_and_a_lead_read_again_is_not(agent):
    need = public(email="lou@example.org")
    given = answered(need, agent, kind=Need.EXISTS, organizations=[entry_named("Pédalier").organization])
    mail.outbox.clear()
    answering.take_back_answer(given, actor=agent.actor)
    assert [(m.to, m.subject) for m in mail.outbox] == [(["lou@example.org"], "Une réponse est retirée")]
    assert "Pédalier" in mail.outbox[0].body and "sans réponse" in mail.outbox[0].body
    lead = answering.answer_need(
        need, kind=Answer.LEAD, text="Au lycée", author=somebody(), speaks_as="citizen"
    )
    mail.outbox.clear()
    answering.take_back_answer(lead, actor="test")
    assert mail.outbox == [], "nobody had read it"
    lead = answering.answer_need(
        need, kind=Answer.LEAD, text="Au collège", author=somebody(), speaks_as="citizen"
    )
    answering.publish_answer(lead, actor="test")
    mail.outbox.clear()
    answering.hold_answer(lead, actor="test")
    assert mail.outbox == []
