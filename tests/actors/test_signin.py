"""Signing in by a code: the whole way in and out, what is refused, and who is forgotten."""

import re
from datetime import timedelta

import pytest
from allauth.core.internal.ratelimit import parse_rates
from django.core import mail
from django.test import Client
from django.utils import timezone

from horizon.actors.models import Demonstration, Person
from horizon.actors.services.people import forget_strangers
from horizon.config.demonstration import (
    NotTheDemonstration,
    mark_demonstration,
    refuse_real_database,
    refuse_real_directory,
)
from horizon.directory.models import Publication
from horizon.kernel.models import Event
from tests.people import an_operator, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits():
    from django.core.cache import cache

    cache.clear()


def ask_code(client, email, **more):
    answer = client.post("/entrer/", {"email": email, **more})
    assert answer.status_code == 302, answer.content.decode()
    return answer


@pytest.fixture(autouse=True)
def _asked_of_age_elsewhere(monkeypatch):
    """What is asked once of who enters has its own tests (test_age.py)."""
    monkeypatch.setattr("horizon.actors.age.OPEN", frozenset({"actors:me"}))


def last_code():
    return re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]


def test_an_unknown_address_enters_with_its_code(client):
    assert ask_code(client, " Nour@Exemple.FR ", next="/annuaire/").url == "/entrer/code/?next=%2Fannuaire%2F"
    assert mail.outbox[-1].to == ["nour@exemple.fr"] and "un quart d’heure" in mail.outbox[-1].body
    answer = client.post("/entrer/code/", {"code": last_code(), "next": "/annuaire/"})
    assert (answer.status_code, answer.url) == (302, "/annuaire/")
    page = client.get("/moi/")
    assert page.status_code == 200 and "nour@exemple.fr" in page.content.decode()
    person = Person.objects.get()
    assert person.last_login and not person.has_usable_password()
    assert Event.objects.filter(verb="create", record_type="person", record_id=person.public_id).exists()
    assert "nour" not in "".join(str(event.payload) + event.actor for event in Event.objects.all()).lower()


def test_a_known_address_gets_the_same_page_and_no_second_person(client):
    first, second = Client(), Client()
    one = ask_code(first, "nour@exemple.fr")
    two = ask_code(second, "NOUR@exemple.fr")
    assert one.url == two.url and Person.objects.count() == 1


def test_a_wrong_code_can_be_corrected_three_times(client):
    ask_code(client, "nour@exemple.fr")
    right = last_code()
    wrong = "000000" if right != "000000" else "111111"
    page = client.post("/entrer/code/", {"code": wrong})
    assert page.status_code == 200 and "n’est pas le bon" in page.content.decode()
    assert client.post("/entrer/code/", {"code": right}).status_code == 302
    assert client.get("/moi/").status_code == 200


def test_too_many_wrong_codes_end_the_attempt(client):
    ask_code(client, "nour@exemple.fr")
    right = last_code()
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(3):
        answer = client.post("/entrer/code/", {"code": wrong})
    assert (answer.status_code, answer.url) == (302, "/entrer/")
    client.post("/entrer/code/", {"code": right})
    assert client.get("/moi/").status_code == 302


def test_a_code_opens_only_the_browser_that_asked(client):
    ask_code(client, "nour@exemple.fr")
    stranger = Client()
    assert stranger.post("/entrer/code/", {"code": last_code()}).url == "/entrer/"
    assert stranger.get("/moi/").url == "/entrer/?next=/moi/"


def test_another_code_can_be_sent(client):
    ask_code(client, "nour@exemple.fr")
    client.post("/entrer/code/", {"action": "resend"})
    assert len(mail.outbox) == 2
    assert client.post("/entrer/code/", {"code": last_code()}).status_code == 302
    assert client.get("/moi/").status_code == 200


def test_another_address_can_be_typed_while_a_code_is_on_its_way(client):
    ask_code(client, "faute@exemple.fr")
    assert client.get("/entrer/").status_code == 200
    ask_code(client, "nour@exemple.fr")
    client.post("/entrer/code/", {"code": last_code()})
    assert "nour@exemple.fr" in client.get("/moi/").content.decode()


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("", "Écrivez votre adresse"),
        ("nour", "pas complète"),
        ("<b>@x", "pas complète"),
        ("a" * 250 + "@exemple.fr", "254"),
    ],
)
def test_a_bad_address_is_explained_and_kept(client, email, said):
    page = client.post("/entrer/", {"email": email})
    assert page.status_code == 200 and said in page.content.decode() and Person.objects.count() == 0
    assert "<b>@x" not in page.content.decode()


def test_asking_for_ever_is_slowed_down(client):
    answers = [client.post("/entrer/", {"email": "nour@exemple.fr"}).status_code for _ in range(30)]
    assert answers[:3] == [302] * 3 and answers[-1] == 200
    assert len(mail.outbox) == 3
    assert "Trop d’essais" in client.post("/entrer/", {"email": "nour@exemple.fr"}).content.decode()


def test_a_code_sent_again_counts_like_one_asked_for(client, settings):
    ask_code(client, "nour@exemple.fr")
    client.post("/entrer/code/", {"action": "resend"})
    client.post("/entrer/code/", {"action": "resend"})
    assert len(mail.outbox) == 3
    client.post("/entrer/", {"email": "nour@exemple.fr"})
    assert len(mail.outbox) == 3
    ask_code(client, "sol@exemple.fr")
    client.post("/entrer/", {"email": "sol@exemple.fr"})
    client.post("/entrer/", {"email": "sol@exemple.fr"})
    slow = client.post("/entrer/code/", {"action": "resend"}, follow=True)
    assert "servez-vous du dernier" in slow.content.decode() and len(mail.outbox) == 6
    rates = parse_rates(settings.ACCOUNT_RATE_LIMITS["request_login_code"])
    assert [(r.amount, r.duration) for r in rates if r.per == "key"] == [(3, 60), (15, 3600), (40, 86400)]


def test_next_leads_nowhere_else(client):
    ask_code(client, "nour@exemple.fr", next="https://ailleurs.example/")
    assert (
        client.post("/entrer/code/", {"code": last_code(), "next": "https://ailleurs.example/"}).url
        == "/moi/"
    )


def test_leaving_takes_a_button(client):
    client.force_login(somebody())
    assert client.get("/sortir/").status_code == 200 and client.get("/moi/").status_code == 200
    assert client.post("/sortir/").status_code == 302 and client.get("/moi/").status_code == 302


def test_every_device_is_left_at_once(client):
    person = somebody()
    other = Client()
    client.force_login(person)
    other.force_login(person)
    client.post("/moi/appareils/")
    assert other.get("/moi/").status_code == 302


def test_strangers_are_forgotten_and_others_are_not():
    stranger, operator, entered = somebody(), an_operator(), somebody()
    Person.objects.update(created_at=timezone.now() - timedelta(days=3))
    Person.objects.filter(pk=entered.pk).update(last_login=timezone.now())
    assert forget_strangers() == 1
    assert set(Person.objects.values_list("pk", flat=True)) == {operator.pk, entered.pk}
    assert Event.objects.filter(verb="forget", record_id=stranger.public_id).exists()


def test_entering_as_somebody_is_for_the_demonstration_alone(client, settings):
    lent, real = somebody(), somebody()
    Person.objects.filter(pk=lent.pk).update(demo=True)
    assert client.post("/entrer/comme/", {"person": lent.public_id}).status_code == 404
    settings.DEMO_MODE = True
    assert lent.public_id in client.get("/entrer/").content.decode()
    assert real.public_id not in client.get("/entrer/").content.decode()
    assert client.post("/entrer/comme/", {"person": real.public_id}).status_code == 404
    assert (
        client.post("/entrer/comme/", {"person": lent.public_id, "next": "//ailleurs.example"}).url == "/moi/"
    )
    assert client.get("/moi/").status_code == 200


def test_demo_mode_refuses_a_real_database(published):
    with pytest.raises(NotTheDemonstration, match="n’a pas été faite"):
        refuse_real_database()
    with pytest.raises(NotTheDemonstration, match="vraies données"):
        mark_demonstration()
    refuse_real_directory(real=True)
    Publication.objects.update(demo=True)
    mark_demonstration()
    refuse_real_database()
    refuse_real_directory(real=False)
    with pytest.raises(NotTheDemonstration, match="Publiez un vrai annuaire ailleurs"):
        refuse_real_directory(real=True)
    Publication.objects.update(demo=False)
    with pytest.raises(NotTheDemonstration):
        refuse_real_database()
    assert Demonstration.objects.count() == 1
