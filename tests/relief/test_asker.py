"""Who asked for urgent help is told: launched, somebody comes, enough do, a place is lost, nobody is left; no more."""

import pytest
from django.core import mail

from horizon.relief.models import Proposal
from horizon.relief.services import answering, calling
from tests.exchange.kit import organization
from tests.people import a_referent, somebody
from tests.relief.kit import a_call, a_volunteer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(territory, monkeypatch):
    """Two communes, two structures; what waits for a commit runs at once: a test's transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, **_: send())


def told(person):
    """The beginnings of what somebody was written since the last time it was asked."""
    found = [message.subject.split(" :")[0] for message in mail.outbox if message.to == [person.email]]
    mail.outbox.clear()
    return found


def of(call, volunteer):
    return Proposal.objects.get(call=call, volunteer=volunteer)


def test_who_asked_hears_of_the_launch_the_first_yes_the_last_and_a_place_lost():
    people = [a_volunteer() for _ in range(4)]
    author = somebody()
    call = a_call(publish=False, author=author, wanted=3)
    told(author)
    calling.publish_call(call, actor="person:operator")
    assert told(author) == ["Votre appel est lancé"]
    answering.say_yes(of(call, people[0]), actor="test")
    assert "1 personnes" not in mail.outbox[-1].body and told(author) == ["Quelqu’un vient"]
    answering.say_yes(of(call, people[1]), actor="test")
    assert told(author) == [], "their page says it"
    answering.say_yes(of(call, people[2]), actor="test")
    assert told(author) == ["C’est pourvu"]
    answering.say_yes(of(call, people[3]), actor="test")
    answering.say_no(of(call, people[0]), actor="test")
    assert told(author) == [], "who waited took the place"
    answering.say_no(of(call, people[1]), actor="test")
    assert told(author) == ["Une place se libère"]


def test_who_launched_it_themselves_reads_it_on_the_page():
    author = somebody()
    a_volunteer()
    call = calling.publish_call(a_call(publish=False, author=author), actor=author.actor)
    assert told(author) == []
    calling.cancel_call(call, actor=author.actor)
    assert told(author) == []


def test_nobody_left_is_said_once():
    author = somebody()
    for _ in range(2):
        a_volunteer()
    call = a_call(author=author)
    told(author)
    for _ in range(3):
        assert calling.launch_wave(call, actor="worker") == 0
    assert told(author) == ["Plus personne à solliciter"]
    a_volunteer()
    assert calling.launch_wave(call, actor="worker") == 1
    calling.launch_wave(call, actor="worker")
    assert told(author) == ["Plus personne à solliciter"]


def test_a_call_launched_with_nobody_known_says_so():
    author = somebody()
    a_call(author=author)
    [letter] = [message for message in mail.outbox if message.to == [author.email]]
    assert "Personne de disponible n’est connu" in letter.body


def test_the_people_of_the_structure_hear_when_who_asked_has_left():
    referent = a_referent(organization())
    call = a_call(organization=organization(), author=None)
    told(referent)
    answering.join_call(call, a_volunteer(), actor="test")
    assert told(referent) == ["Quelqu’un vient"]


@pytest.mark.parametrize("place", [True, False])
def test_a_key_pressed_on_the_wrong_row_is_taken_back_by_letter(place):
    """They had received the address: they would have come."""
    wrong, author = a_volunteer(), somebody()
    call = a_call(author=author, wanted=1)
    if not place:
        answering.type_answer(call, "yes", actor="test", name="Une voisine")
    answering.type_answer(call, "yes", actor="test", volunteer=wrong)
    told(wrong.person)
    answering.unsay(of(call, wrong), actor="test")
    letters = {message.to[0]: message for message in mail.outbox}
    assert letters[wrong.person.email].subject.startswith("Ne venez pas")
    assert "notée à votre nom par erreur" in letters[wrong.person.email].body
    assert "/entraide/reponse/" in letters[wrong.person.email].body
    assert "chemin du Gué" not in letters[wrong.person.email].body
    assert told(author) == (["Une place se libère"] if place else [])


def test_a_no_typed_by_mistake_writes_to_nobody():
    wrong = a_volunteer()
    call = a_call()
    answering.type_answer(call, "no", actor="test", volunteer=wrong)
    mail.outbox.clear()
    answering.unsay(of(call, wrong), actor="test")
    assert mail.outbox == []


def test_a_call_cancelled_by_another_of_the_structure_is_not_said_to_be_by_the_team():
    author = somebody()
    call = a_call(author=author, organization=organization())
    mail.outbox.clear()
    calling.cancel_call(call, actor=a_referent(organization()).actor)
    [letter] = [message for message in mail.outbox if message.to == [author.email]]
    assert "Il est annulé" in letter.body and "animation" not in letter.body


def relaunched(call, author):
    """What who asked reads when a launch is undone, then done again: one letter."""
    mail.outbox.clear()
    calling.publish_call(calling.hold_call(call, actor="test"), actor="test")
    [letter] = [message for message in mail.outbox if message.to == [author.email]]
    assert letter.subject.startswith("Votre appel est lancé")
    return letter.body


def test_a_call_launched_again_says_once_and_truly_who_is_asked():
    author, one = somebody(), a_volunteer()
    call = a_call(author=author, wanted=2)
    again = relaunched(call, author)
    assert "sont déjà sollicitées. Personne ne vient pour l’instant, sur 2" in again
    answering.say_yes(of(call, one), actor="test")
    assert "Une personne vient, sur 2" in relaunched(call, author)
    answering.type_answer(call, "yes", actor="test", name="Une voisine")
    assert "déjà pourvu. 2 personnes viennent" in relaunched(call, author)


def test_a_call_launched_again_where_all_said_no_knows_nobody():
    author, one = somebody(), a_volunteer()
    call = a_call(author=author)
    answering.say_no(of(call, one), actor="test")
    assert "Personne de disponible n’est connu" in relaunched(call, author)


def test_an_answer_that_somebody_gave_is_not_said_to_be_typed_by_mistake():
    one = a_volunteer()
    call = a_call()
    answering.say_yes(of(call, one), actor="test")
    mail.outbox.clear()
    answering.unsay(of(call, one), actor="test")
    [letter] = [message for message in mail.outbox if message.to == [one.person.email]]
    assert "L’équipe d’animation a annulé votre réponse" in letter.body and "erreur" not in letter.body
