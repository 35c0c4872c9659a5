"""Who is asked to answer a need, who follows it, and what is late."""

from datetime import timedelta

import pytest
from django.utils import timezone

from horizon.actors.models import Mandate, Pole
from horizon.actors.services.poles import give_mandate
from horizon.kernel.registry import waiting_for
from horizon.listening.models import Need
from horizon.listening.services import reading, saying, upkeep
from tests.people import again, an_operator, enter, somebody
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
