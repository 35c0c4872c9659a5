"""« À l’étude » has a day too, and an answer taken back is told to those who had read it."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from horizon.actors.models import Mandate
from horizon.actors.services.poles import give_mandate
from horizon.kernel.models import Event
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


def fresh(need):
    return Need.objects.get(pk=need.pk)


def test_the_day_that_an_answer_gave_leaves_with_it(agent):
    need, today = public(), timezone.localdate()
    given = answered(need, agent)
    assert Event.objects.get(verb="due").payload == {"due_on": (today + timedelta(days=90)).isoformat()}
    answering.take_back_answer(given, actor="test")
    assert fresh(need).due_on == today + timedelta(days=30), (
        "said by mistake, it is late when it would have been"
    )
    other = public()
    reading.address_need(other, actor="test", due_on=today + timedelta(days=200))
    answering.take_back_answer(answered(other, agent), actor="test")
    assert fresh(other).due_on == today + timedelta(days=200), "what the desk chose stays"


def test_a_need_split_from_one_that_is_studied_has_its_own_day_again(agent):
    lead, need, today = public(), public(), timezone.localdate()
    reading.group_needs(need, lead, actor="test")
    answered(fresh(lead), agent)
    assert fresh(need).due_on == today + timedelta(days=90)
    reading.split_need(fresh(need), actor="test")
    assert (fresh(need).state, fresh(need).due_on) == (Need.WAITING, today + timedelta(days=30))


def test_the_nearer_day_of_the_desk_stays_and_what_went_up_does_not_go_up_twice(agent):
    an_operator()
    need, today = public(), timezone.localdate()
    answered(need, agent)
    reading.address_need(fresh(need), actor="test", due_on=today + timedelta(days=20))
    reading.group_needs(public(), fresh(need), actor="test")
    assert fresh(need).due_on == today + timedelta(days=20)
    Need.objects.update(due_on=today - timedelta(days=1))
    assert upkeep.escalate_late_needs() == "1 late"
    reading.group_needs(public(), fresh(need), actor="test")
    assert fresh(need).escalated_at and upkeep.escalate_late_needs() == ""


def test_what_was_studied_before_it_gave_a_day_is_not_late_at_once(agent):
    """As the version before left it: due thirty days after its publication, answered since."""
    an_operator()
    need, now = public(), timezone.now()
    answered(need, agent)
    long_ago, answer_day = now - timedelta(days=60), now - timedelta(days=10)
    Answer.objects.update(created_at=answer_day)
    due_on = timezone.localdate(long_ago) + timedelta(days=30)
    Need.objects.update(published_at=long_ago, due_on=due_on)
    assert upkeep.escalate_late_needs() == ""
    assert fresh(need).due_on == timezone.localdate(answer_day) + timedelta(days=90)
