"""Who is asked to answer a need, who follows it, and what is late."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from horizon.actors.models import Mandate, Pole
from horizon.actors.services.poles import give_mandate
from horizon.kernel.registry import waiting_for
from horizon.listening.models import Need
from horizon.listening.services import reading, saying, upkeep
from tests.people import a_referent, again, an_operator, enter, entry_named, somebody
from tests.relief.kit import a_call

pytestmark = pytest.mark.django_db


def mandated(function, *doors):
    person = somebody()
    give_mandate(person, function, actor="test", themes=list(doors))
    return again(person)


def bikes(**more):
    voice = saying.say_need("Il manque un endroit pour réparer les vélos", once=saying.fresh_once())
    Need.objects.filter(pk=voice.need_id).update(**more)
    return reading.publish_need(Need.objects.get(pk=voice.need_id), actor="test")


def asked(person):
    return [item for item in waiting_for(again(person)) if item.room == "asked"]


def test_a_theme_reaches_every_mandate_that_holds_it_and_one_follows(published):
    first, second = mandated(Mandate.AGENT, "deplacer"), mandated(Mandate.AGENT, "deplacer", "loger")
    elected, other = mandated(Mandate.ELECTED, "deplacer"), mandated(Mandate.ELECTED, "loger")
    need = bikes()
    assert need.addressee_mandate.person == need.owner == first
    assert [len(asked(person)) for person in (first, second, elected, other)] == [1, 1, 1, 0]
    assert bikes(owner=elected).owner == elected, "whoever follows it already still does"


def test_what_is_late_comes_first_for_those_who_animate(published):
    operator = an_operator()
    calm, late = bikes(), bikes()
    Need.objects.filter(pk=late.pk).update(due_on=timezone.localdate() - timedelta(days=1))
    Need.objects.update(addressee_pole=None)
    assert [item.urgent for item in asked(operator)] == [False, False]
    upkeep.escalate_late_needs()
    assert [(item.key, item.urgent) for item in asked(operator)] == [
        (late.public_id, True),
        (calm.public_id, False),
    ]


def test_whoever_must_be_called_back_stands_before_what_is_late(published):
    operator = an_operator()
    need = bikes()
    Need.objects.update(addressee_pole=None, due_on=timezone.localdate() - timedelta(days=1))
    upkeep.escalate_late_needs()
    call = a_call(publish=False)
    assert [item.key for item in waiting_for(again(operator))][:2] == [call.public_id, need.public_id]


def test_a_mandate_shows_the_desk_on_every_page(published, client):
    an_operator()
    contact = somebody()
    give_mandate(contact, Mandate.POLE, actor="test", pole=Pole.objects.first())
    people = [
        (contact, True),
        (mandated(Mandate.ELECTED), True),
        (mandated(Mandate.AGENT), True),
        (somebody(), False),
    ]
    for person, shown in people:
        enter(client, again(person))
        assert ('href="/bureau/"' in client.get("/methodes/").content.decode()) is shown


def test_the_title_of_who_is_asked_is_shown_where_they_agreed_and_while_their_mandate_lasts(
    published, client
):
    person = somebody()
    give_mandate(
        person, Mandate.ELECTED, actor="test", themes=["deplacer"], title="maire déléguée de Cloué, vélos"
    )
    page = f"/besoins/{bikes().public_id}/"
    shown = client.get(page).content.decode()
    assert "Réponse demandée à : personne élue" in shown and "Cloué" not in shown
    today = timezone.localdate()
    Mandate.objects.update(public=True, published_at=timezone.now())
    assert "Réponse demandée à : maire déléguée de Cloué" in client.get(page).content.decode()
    Mandate.objects.update(starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=1))
    assert "Cloué" not in client.get(page).content.decode()


def test_who_is_asked_is_written_to_once_even_before_they_ever_entered(published, monkeypatch):
    monkeypatch.setattr("horizon.kernel.mail.transaction.on_commit", lambda send: send())
    operator = an_operator()
    elected, agent = mandated(Mandate.ELECTED, "deplacer"), mandated(Mandate.AGENT, "deplacer")
    assert elected.last_login is None
    need = bikes()
    assert sorted(m.to[0] for m in mail.outbox) == sorted([elected.email, agent.email])
    assert f"/besoins/{need.public_id}/repondre/" in mail.outbox[0].body
    mail.outbox.clear()
    reading.hold_need(need, actor="test")
    reading.publish_need(need, actor="test")
    assert mail.outbox == [], "said again, not asked again"
    referent = a_referent(entry_named("Pédalier").organization)
    reading.address_need(
        need, organization=entry_named("Pédalier").organization, owner=operator, actor=operator.actor
    )
    assert [m.to for m in mail.outbox] == [[referent.email]], "not whoever asks"
    reading.address_need(need, owner=agent, mandate=need.addressee_mandate, actor=operator.actor)
    assert {m.to[0] for m in mail.outbox[1:]} == {agent.email, elected.email}


def test_a_need_that_nobody_in_office_is_asked_to_answer_waits_for_who_animates(published):
    operator = an_operator()
    agent = mandated(Mandate.AGENT, "deplacer")
    by_theme, at_the_pole = bikes(), bikes(door="")
    to_a_structure = reading.address_need(
        bikes(), organization=entry_named("Pédalier").organization, actor="test"
    )
    assert by_theme.addressee_mandate and at_the_pole.addressee_pole
    waiting = {item.key for item in asked(operator)}
    assert waiting == {at_the_pole.public_id, to_a_structure.public_id}, "no contact, nobody on the page"
    contact = somebody()
    give_mandate(contact, Mandate.POLE, actor="test", pole=at_the_pole.addressee_pole)
    a_referent(entry_named("Pédalier").organization)
    assert asked(operator) == []
    today = timezone.localdate()
    Mandate.objects.filter(person=agent).update(
        starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=1)
    )
    assert [item.key for item in asked(operator)] == [by_theme.public_id], "the mandate ended"
    Mandate.objects.filter(person=contact).update(
        starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=1)
    )
    assert len(asked(operator)) == 2


def test_whoever_addresses_a_need_to_a_structure_without_anybody_is_warned(published, client):
    client.force_login(an_operator())
    need, bike = bikes(), entry_named("Pédalier").organization
    address = f"/bureau/besoins/{need.public_id}/adresser/"
    page = client.post(address, {"to": "", "structure": bike.public_id}, follow=True).content.decode()
    assert "personne ne tient sa page" in page
    a_referent(bike)
    page = client.post(address, {"to": "", "structure": bike.public_id}, follow=True).content.decode()
    assert "personne ne tient sa page" not in page


def test_the_link_of_a_message_leads_to_the_need_that_carries_it_now(published, client, monkeypatch):
    monkeypatch.setattr("horizon.kernel.mail.transaction.on_commit", lambda send: send())
    agent = mandated(Mandate.AGENT, "deplacer")
    lead, need = bikes(), bikes()
    reading.group_needs(need, lead, actor="test")
    client.force_login(agent)
    here, there = (f"/besoins/{one.public_id}/repondre/" for one in (need, lead))
    assert client.get(here)["Location"] == there and client.get(there).status_code == 200
    typed = client.post(here, {"kind": "studied", "text": "Au budget de mars.", "speaks_as": "0"})
    assert typed.status_code == 422 and "Au budget de mars." in typed.content.decode()
    mail.outbox.clear()
    joined = saying.say_need("Un endroit pour réparer les vélos", once=saying.fresh_once())
    saying.join_need(joined, lead)
    reading.publish_need(joined.need, actor="test")
    assert mail.outbox == [], "it is answered where it is grouped"
