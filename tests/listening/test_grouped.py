"""Needs that say the same: their answers, what is offered for them, their state and their words go together."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from horizon.kernel.refusal import Refused
from horizon.kernel.registry import act_on, waiting_for
from horizon.listening import queries
from horizon.listening.models import Need, Voice
from horizon.listening.services import answering, reading, saying, upkeep
from horizon.listening.services.saying import voice_path
from horizon.listening.waiting import mine
from tests.exchange.kit import an_offer
from tests.people import an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(published, monkeypatch):
    """The small territory; messages leave at once: a test's transaction never commits."""
    monkeypatch.setattr("horizon.kernel.mail.transaction.on_commit", lambda send: send())


def said(words="Il manque un endroit pour réparer les vélos à Lusignan", **more):
    return saying.say_need(words, once=saying.fresh_once(), **more)


def public(words="Il manque un endroit pour réparer les vélos à Lusignan", **more):
    return reading.publish_need(said(words, **more).need, actor="test")


def fresh(need):
    return Need.objects.get(pk=need.pk)


def test_a_need_answered_then_grouped_answers_the_one_it_joins(client):
    operator = an_operator()
    first, second = public("Un four à pain"), public("Il faudrait un four")
    bread = entry_named("Pédalier").organization
    answer = answering.answer_need(
        first,
        kind=Need.EXISTS,
        text="Le mardi.",
        author=operator,
        speaks_as="animation",
        organizations=[bread],
    )
    reading.group_needs(fresh(first), second, actor="test")
    page = client.get(f"/besoins/{second.public_id}/").content.decode()
    assert "Cela existe déjà" in page and "Le mardi." in page
    assert fresh(second).state == Need.EXISTS and queries.answered_share().waiting == 0
    given = json.loads(client.get(f"/api/v1/besoins/{second.public_id}").content)
    assert given["etat"] == "exists" and [one["texte"] for one in given["reponses"]] == ["Le mardi."]
    answering.take_back_answer(answer, actor="test")
    assert fresh(second).state == Need.WAITING
    answering.publish_answer(answer, actor="test")
    reading.split_need(fresh(first), actor="test")
    assert (fresh(first).state, fresh(second).state) == (Need.EXISTS, Need.WAITING)
    assert queries.answers_of(second) == []


def test_whoever_spoke_under_another_wording_is_answered_and_forgotten_too():
    operator, first = an_operator(), public("Un four à pain")
    second = public("Il faudrait un four", email="lou@example.org")
    reading.group_needs(fresh(second), first, actor="test")
    answering.answer_need(
        fresh(first), kind=Need.IMPOSSIBLE, text="Trop cher.", author=operator, speaks_as="animation"
    )
    assert fresh(second).state == Need.IMPOSSIBLE
    Need.objects.update(answered_at=timezone.now() - timedelta(days=91))
    assert upkeep.forget_addresses() == "1 forgotten" and not Voice.objects.exclude(email="").exists()


def test_what_is_offered_for_a_need_follows_it(client):
    first, second = public("Un four à pain"), public("Un fournil ouvert à tous")
    offer = an_offer(0, title="Un four le dimanche", kind="space", terms="loan")
    type(offer).objects.filter(pk=offer.pk).update(need=first.public_id)
    reading.group_needs(fresh(first), second, actor="test")
    assert "pour ce besoin" in client.get(f"/besoins/{second.public_id}/").content.decode()
    beside = client.get(f"/echanges/{offer.public_id}/").content.decode()
    assert "Pour ce besoin" in beside and f"/besoins/{second.public_id}/" in beside
    listed = json.loads(client.get("/api/v1/echanges").content)["resultats"]
    assert [one["besoin"] for one in listed] == [second.public_id]


def test_the_words_of_a_need_grouped_before_it_was_published_are_read_shown_and_told(client):
    operator, first = an_operator(), public("Un four à pain")
    joined = said("Surtout un four le dimanche")
    saying.join_need(joined, first)
    grouped = said("Un fournil, enfin", email="lou@example.org")
    mail.outbox.clear()
    reading.group_needs(grouped.need, first, actor="test")
    assert [m.subject for m in mail.outbox] == ["Votre besoin est réuni à un autre"]
    assert mail.outbox[0].to == ["lou@example.org"] and "Un four à pain" in mail.outbox[0].body
    waiting = {item.key: item for item in waiting_for(operator) if item.room == "voice"}
    assert set(waiting) == {joined.public_id, grouped.public_id}
    assert waiting[joined.public_id].href == f"/besoins/{first.public_id}/"
    assert not queries.shown_voices(first)
    act_on("voice", "accept", joined.public_id, operator)
    act_on("voice", "refuse", grouped.public_id, operator)
    page = client.get(f"/besoins/{first.public_id}/").content.decode()
    assert "Surtout un four le dimanche" in page and "fournil, enfin" not in page
    assert queries.public_needs().get().voice_count == 3


def test_those_who_waited_are_told_of_the_answer_of_the_need_they_join():
    operator = an_operator()
    answered, waiting = public("Un four à pain"), public("Il faudrait un four", email="four@example.org")
    answering.answer_need(
        answered, kind=Need.STUDIED, text="On y réfléchit.", author=operator, speaks_as="animation"
    )
    mail.outbox.clear()
    reading.group_needs(fresh(waiting), fresh(answered), actor="test")
    assert [message.to for message in mail.outbox] == [["four@example.org"]]
    assert "a une réponse" in mail.outbox[0].body and "Il faudrait un four" in mail.outbox[0].body


def test_a_need_that_is_read_again_no_longer_answers_its_group():
    operator = an_operator()
    answered, kept = public("Un four à pain"), public("Il faudrait un four")
    answering.answer_need(
        answered, kind=Need.STUDIED, text="On y réfléchit.", author=operator, speaks_as="animation"
    )
    reading.group_needs(fresh(answered), kept, actor="test")
    assert fresh(kept).state == Need.STUDIED
    reading.hold_need(fresh(answered), actor="test")
    assert fresh(kept).state == Need.WAITING
    reading.publish_need(fresh(answered), actor="test")
    assert fresh(kept).state == Need.STUDIED


def test_words_that_all_took_back_leave_the_group():
    first, second = said("Un four à pain"), said("Il faudrait un four")
    for one in (first, second):
        reading.publish_need(one.need, actor="test")
    reading.group_needs(fresh(second.need), fresh(first.need), actor="test")
    saying.erase_voice(first)
    assert fresh(first.need).text == "Un four à pain", "somebody else says it too"
    saying.erase_voice(second)
    assert "four" not in fresh(first.need).text


@pytest.mark.parametrize("leave", ["refuse", "hold"])
def test_what_leaves_the_public_takes_nobody_with_it(client, leave):
    """A leads B and C, and two said it too: A leaves, B leads, every voice counts, and only who said A is told why."""
    operator, first = an_operator(), said("Un four à pain", email="a@example.org")
    lead = reading.publish_need(first.need, actor="test")
    second, third = public("Il faudrait un four", email="b@example.org"), public("Un fournil ouvert")
    joined = said("Surtout un four le dimanche", email="d@example.org")
    saying.say_too(lead, once=saying.fresh_once(), words="Moi aussi", email="c@example.org")
    saying.join_need(joined, lead)
    for one in (second, third):
        reading.group_needs(fresh(one), fresh(lead), actor="test")
    mail.outbox.clear()
    if leave == "refuse":
        reading.refuse_need(fresh(lead), "Elle vise le boulanger.", actor="test")
        assert [(m.to, "boulanger" in m.body) for m in mail.outbox] == [(["a@example.org"], True)]
        page = client.get(voice_path(first)).content.decode()
        assert "n’est pas publié" in page and "Elle vise le boulanger." in page
    else:
        reading.hold_need(fresh(lead), actor="test")
        assert mail.outbox == []
        assert lead.public_id in {item.key for item in waiting_for(operator) if item.room == "need"}
    assert [(need.pk, need.voice_count) for need in queries.public_needs()] == [(second.pk, 5)]
    assert {fresh(one).same_as_id for one in (lead, third, joined.need)} == {second.pk}
    page = client.get(f"/besoins/{second.public_id}/")
    assert page.status_code == 200 and "Un four à pain" not in page.content.decode(), (
        "its words are read again"
    )
    assert client.get(f"/besoins/{third.public_id}/")["Location"] == f"/besoins/{second.public_id}/"
    reading.publish_need(fresh(lead), actor="test")
    assert [need.pk for need in queries.public_needs()] == [second.pk], "it stays with its group"


def test_alone_its_voices_learn_that_it_is_gone_without_the_reason_of_its_words():
    first = said("Un four à pain", email="a@example.org")
    lead = reading.publish_need(first.need, actor="test")
    saying.say_too(lead, once=saying.fresh_once(), email="c@example.org")
    joined = said("Surtout un four le dimanche")
    saying.join_need(joined, lead)
    mail.outbox.clear()
    reading.refuse_need(lead, "Elle vise le boulanger.", actor="test")
    assert {m.to[0]: ("boulanger" in m.body, "Un four à pain" in m.body) for m in mail.outbox} == {
        "a@example.org": (True, True),
        "c@example.org": (False, False),
    }, "what was taken away is not sent back to everybody"
    assert fresh(joined.need).same_as is None, "it is read for itself"


def test_two_needs_grouped_into_each_other_at_once_never_go_round():
    """Each page was opened before the other was sent: what is read inside the lock decides."""
    one, two, third = public("Un four à pain"), public("Il faudrait un four"), public("Un fournil")
    stale_one, stale_two = fresh(one), fresh(two)
    reading.group_needs(one, two, actor="test")
    with pytest.raises(Refused, match="même besoin"):
        reading.group_needs(stale_two, stale_one, actor="test")
    reading.group_needs(fresh(two), third, actor="test")
    with pytest.raises(Refused, match="vient d’être réuni"):
        reading.group_needs(public("Un four"), stale_one, actor="test")
    assert {fresh(need).same_as_id for need in (one, two)} == {third.pk} and fresh(third).same_as is None


def test_joining_takes_along_what_was_grouped_before_anything_was_read():
    held, other, lead = said("Un four"), said("Surtout un four"), public("Un four à pain")
    reading.group_needs(other.need, held.need, actor="test")
    saying.join_need(held, lead)
    assert fresh(other.need).same_as == lead
    stale = fresh(lead)
    reading.group_needs(fresh(lead), public("Un fournil"), actor="test")
    late = said("Un four encore")
    with pytest.raises(Refused, match="rejoint"):
        saying.join_need(late, stale)


def test_who_said_a_need_that_is_refused_reads_so_in_their_space_while_another_leads():
    first = said("Un four à pain", author=somebody("Lou Ferrandeau"))
    lead, second = reading.publish_need(first.need, actor="test"), public("Il faudrait un four")
    reading.group_needs(second, lead, actor="test")
    reading.refuse_need(fresh(lead), "Elle vise le boulanger.", actor="test")
    (row,) = mine(first.author).rows
    assert row[2] == fresh(lead).get_status_display()
