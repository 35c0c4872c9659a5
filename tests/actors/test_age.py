"""No account under fifteen: asked once, by one box; saying no erases at once and says what one may do."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache

from horizon.actors.models import Person
from horizon.actors.services.people import find_or_create_person
from horizon.kernel.models import Event
from tests.people import again, enter

pytestmark = pytest.mark.django_db
AGE = "/moi/age/"


@pytest.fixture
def newcomer(client):
    person = find_or_create_person("nouvelle@example.org", actor="test")
    enter(client, person)
    return person


def test_who_just_entered_is_asked_once_and_goes_where_they_were_going(client, newcomer):
    asked = client.get("/bureau/?quoi=x")
    assert asked.url == f"{AGE}?next=%2Fbureau%2F%3Fquoi%3Dx"
    page = client.get(asked.url).content.decode()
    assert "J’ai 15 ans ou plus" in page and "naissance" in page and 'type="date"' not in page
    empty = client.post(AGE, {"next": "/moi/"})
    assert empty.status_code == 422 and "Cochez la case" in empty.content.decode()
    assert client.post(AGE, {"fifteen": "on", "next": "/moi/"}).url == "/moi/"
    assert client.get("/moi/").status_code == 200 and again(newcomer).of_age_at
    assert client.get(AGE).url == "/moi/" and client.post(AGE, {"verb": "younger"}).url == "/moi/"
    assert Event.objects.filter(verb="say_of_age").count() == 1


def test_saying_younger_keeps_nothing_and_says_what_one_may_do(client, newcomer):
    done = client.post(AGE, {"verb": "younger"})
    page = client.get(done.url).content.decode()
    assert "structure relais" in page and "/besoins/dire/" in page and "119" in page
    assert not Person.objects.exists() and client.get("/moi/").status_code == 302
    assert client.get("/besoins/dire/").status_code == 200, "a need is said without an account"


def test_one_may_leave_read_and_erase_before_answering(client, newcomer):
    for path in (
        "/vie-privee/",
        "/vie-privee/registre/",
        "/moi/effacer/",
        "/moi/donnees.json",
        "/moins-de-15-ans/",
    ):
        assert client.get(path).status_code == 200, path


def test_elsewhere_is_not_followed(client, newcomer):
    assert client.post(AGE, {"fifteen": "on", "next": "https://ailleurs.example/"}).url == "/moi/"


def test_visitors_are_never_asked(client):
    assert client.get("/besoins/").status_code == 200


def test_the_box_beside_the_code_is_enough(client):
    for email, more, asked in (("une@example.org", {"fifteen": "on"}, 200), ("deux@example.org", {}, 302)):
        cache.clear()
        client.post("/entrer/", {"email": email})
        assert "J’ai 15 ans ou plus" in client.get("/entrer/code/").content.decode()
        code = re.search(r"\b(\d{6})\b", mail.outbox[-1].body)[1]
        assert client.post("/entrer/code/", {"code": code, "action": "verify", **more}).status_code == 302
        assert client.get("/moi/").status_code == asked, email
        client.logout()


def test_an_account_that_served_is_not_erased_in_one_press(client, newcomer):
    Person.objects.filter(pk=newcomer.pk).update(created_at=newcomer.created_at - timedelta(days=3))
    assert client.post(AGE, {"verb": "younger"}).url == "/moi/effacer/"
    assert Person.objects.filter(pk=newcomer.pk).exists()
