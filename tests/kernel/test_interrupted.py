"""What is sent after a session ended is given back to the same browser, and to nobody else; nothing is done by itself."""

import html
import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from horizon.exchange.models import Listing
from horizon.kernel import interrupted
from horizon.kernel.models import InterruptedPost
from tests.people import enter, entry_named, somebody

pytestmark = pytest.mark.django_db
WORDS = "Un four à pain\r\nà chauffer « au bois » <b>vite</b>"
NAME = {"name": "Nour qui écrit longtemps"}


def sent_too_late(client, path="/moi/", form=None, **more):
    answer = client.post(path, NAME if form is None else form, **more)
    assert answer.status_code == 403
    return html.unescape(answer.content.decode())


def token_of(client, path):
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(path).content.decode())[1]


def hidden_of(text):
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text)
    return {name: html.unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def test_words_sent_after_the_session_ended_come_back_after_the_code(published):
    """The whole way, with the token checked at each step and a form written by hand in the browser."""
    person = somebody()
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    token = token_of(client, "/moi/")
    del client.cookies["sessionid"]
    text = sent_too_late(
        client, form={**NAME, "csrfmiddlewaretoken": token}, headers={"referer": "http://testserver/moi/"}
    )
    assert "rien n’est perdu" in text and "/entrer/?next=/reprendre/" in text
    token = token_of(client, "/entrer/?next=/reprendre/")
    asked = client.post(
        "/entrer/", {"email": person.email, "next": "/reprendre/", "csrfmiddlewaretoken": token}
    )
    token = token_of(client, asked.url)
    code = re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]
    inside = client.post(asked.url, {"code": code, "next": "/reprendre/", "csrfmiddlewaretoken": token})
    assert inside.url == "/reprendre/"
    page = client.get("/reprendre/").content.decode()
    assert "Nour qui écrit longtemps" in page and 'action="/moi/"' in page and 'href="/moi/"' in page
    person.refresh_from_db()
    assert person.name == "Nour Vonnelune", "looking does nothing"
    fields = hidden_of(page.split("Ce que vous aviez écrit</h1>")[1].split("</form>")[0])
    assert fields == NAME
    token = token_of(client, "/reprendre/")
    assert client.post("/moi/", fields).status_code == 403, "no token, nothing done"
    assert client.post("/moi/", {**fields, "csrfmiddlewaretoken": token}).status_code == 302
    person.refresh_from_db()
    assert person.name == "Nour qui écrit longtemps"
    assert not InterruptedPost.objects.exists()
    assert "Il n’y a rien à reprendre" in client.get("/reprendre/").content.decode()


def test_a_listing_comes_back_whole_and_is_written_once(client, published):
    """Choices, lines and marks of the longest form are those that were typed."""
    sent_too_late(
        client,
        "/echanges/ecrire/offre/",
        {"title": "Un four", "text": WORDS, "door": ["nourrir", "vetir"]},
    )
    enter(client, somebody())
    page = client.get("/reprendre/").content.decode()
    kept = InterruptedPost.objects.get()
    assert kept.fields == [["title", "Un four"], ["text", WORDS], ["door", "nourrir"], ["door", "vetir"]]
    assert "<b>vite</b>" not in page and "&lt;b&gt;vite" in page
    assert html.escape("à chauffer « au bois »") in page
    assert not Listing.objects.exists()


def test_another_browser_sees_nothing(client, published):
    sent_too_late(client)
    other = Client()
    enter(other, somebody())
    assert "Nour qui écrit" not in other.get("/reprendre/").content.decode()
    assert other.get("/reprendre/").headers["Cache-Control"] == "private, no-store"


def test_no_token_nothing_kept(published):
    client = Client(enforce_csrf_checks=True)
    assert client.post("/moi/", NAME).status_code == 403
    assert not InterruptedPost.objects.exists()


def test_files_and_secrets_are_not_kept(client, published):
    text = sent_too_late(
        client, "/moi/", {**NAME, "code": "123456", "photo": SimpleUploadedFile("four.jpg", b"never kept")}
    )
    kept = InterruptedPost.objects.get()
    assert (kept.fields, kept.files) == ([["name", NAME["name"]]], ["four.jpg"]) and "four.jpg" in text
    for path in ("/moi/confirmer/", "/moi/securite/application/"):
        assert "recommencez" in sent_too_late(client, path, {"anything": "a secret of mine"})
    assert InterruptedPost.objects.get() == kept


@pytest.mark.parametrize(
    "form",
    [{}, {"name": " "}, {"name": "x" * 60_001}, {"name": "a\0b"}, {"a\0b": "x"}],
    ids=["none", "empty", "huge", "nul", "nul in a name"],
)
def test_what_cannot_be_kept_is_said(client, published, form):
    assert "recommencez" in sent_too_late(client, form=form) and not InterruptedPost.objects.exists()


@pytest.mark.parametrize(
    "referer",
    ["https://ailleurs.example/piege", "http://testserver//ailleurs.example", "javascript:alert(1)"],
)
def test_it_leads_nowhere_else(client, published, referer):
    """Neither the page that it came from nor the address it goes to may be another site's."""
    sent_too_late(client, headers={"referer": referer})
    kept = InterruptedPost.objects.get()
    assert (kept.path, kept.came_from) == ("/moi/", "")
    assert client.post("/reprendre/oublier/").url == "/"


def test_it_is_forgotten_at_will_and_after_an_hour(client, published):
    sent_too_late(client)
    sent_too_late(client, form={"name": "Une autre fois"})
    assert InterruptedPost.objects.get().fields == [["name", "Une autre fois"]], "one for each browser"
    client.post("/reprendre/oublier/")
    assert not InterruptedPost.objects.exists()
    sent_too_late(client)
    enter(client, somebody())
    InterruptedPost.objects.update(made_at=timezone.now() - timedelta(minutes=61))
    assert "rien à reprendre" in client.get("/reprendre/").content.decode()
    assert interrupted.forget_interrupted(timezone.now()) == 1


def test_one_line_cannot_fill_the_table(client, published, monkeypatch):
    monkeypatch.setattr(interrupted, "PER_HOUR", 2)
    for _ in range(3):
        sent_too_late(Client())
    assert InterruptedPost.objects.count() == 2


def test_who_is_signed_in_and_refused_has_nothing_kept(client, published):
    enter(client, somebody())
    assert client.post("/bureau/poles/", NAME).status_code == 403
    assert not InterruptedPost.objects.exists()


def test_refused_to_another_account_it_is_still_there(client, published):
    """Who entered with their other address: the view refuses, and what was typed waits for the right one."""
    here = reverse("actors:team", args=[entry_named("Pédalier").organization.whole.public_id])
    sent_too_late(client, here, {"name": "Les amis du four"})
    enter(client, somebody("Une autre adresse"))
    assert client.post(here, {"name": "Les amis du four"}).status_code == 403
    assert "Les amis du four" in client.get("/reprendre/").content.decode()


def test_a_page_leads_to_what_waits(client, published):
    text = sent_too_late(client, form={"name": "Nour", "once": "f" * 20})
    header = text.split("<header")[1].split("</header>")[0]
    assert "/entrer/?next=/reprendre/" in header, "however one enters"
    enter(client, somebody())
    assert "/reprendre/" in client.get("/moi/").content.decode()
    page = client.get("/reprendre/").content.decode()
    assert "Vos choix : Nour." in page, "a single word is shown too"
    client.post("/reprendre/oublier/")
    assert "/reprendre/" not in client.get("/moi/").content.decode()
