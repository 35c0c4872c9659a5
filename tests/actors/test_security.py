"""Second factors and confirming: an application of codes, recovery codes, what is asked again before what cannot be undone."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache

from horizon.actors.models import Mandate, Person
from horizon.kernel.models import Event
from tests.people import again, an_operator, enter, somebody

pytestmark = pytest.mark.django_db
CONFIRM = "/moi/confirmer/"


@pytest.fixture(autouse=True)
def _calm(monkeypatch):
    cache.clear()
    monkeypatch.setattr("horizon.kernel.mail.transaction.on_commit", lambda send: send())


def code_of(secret):
    """The six figures that an application would show now."""
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def protect(client, person):
    """Links an application of codes, as the pages do; returns its secret and the recovery codes."""
    enter(client, person)
    page = client.get("/moi/securite/application/")
    secret = re.search(r"<code>([A-Z2-7]{16,})</code>", page.content.decode())[1]
    assert client.post("/moi/securite/application/", {"code": "000000"}).status_code == 200
    done = client.post("/moi/securite/application/", {"code": code_of(secret)})
    assert done.url == "/moi/securite/secours/"
    page = client.get(done.url).content.decode()
    return secret, re.findall(r"<code>(\d{8})</code>", page)


def code_sent():
    return re.search(r"\b(\d{6})\b", mail.outbox[-1].body)[1]


def test_an_application_is_linked_told_journalled_and_kept_encrypted(client):
    person = somebody()
    secret, recovery = protect(client, person)
    assert len(recovery) == 10
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept and not any(code in kept for code in recovery)
    assert mail.outbox[-1].to == [person.email] and "protège votre compte" in " ".join(
        m.body for m in mail.outbox
    )
    assert Event.objects.filter(verb="totp_activated", record_id=person.public_id).count() == 1
    assert "Une application donne vos codes" in client.get("/moi/securite/").content.decode()


def test_entering_asks_the_second_code_after_the_first(client):
    person = somebody()
    secret, recovery = protect(client, person)
    for answer in (lambda: code_of(secret), lambda: recovery[0]):
        client.logout()
        cache.clear()
        client.post("/entrer/", {"email": person.email})
        first = client.post("/entrer/code/", {"code": code_sent(), "action": "verify"})
        assert first.url == "/entrer/seconde-etape/" and client.get("/moi/").status_code == 302
        bad = client.post(first.url, {"code": "123"})
        assert "ne va pas" in bad.content.decode() and client.get("/moi/").status_code == 302
        assert client.post(first.url, {"code": answer()}).url == "/moi/"
        assert client.get("/moi/").status_code == 200
    client.logout()
    cache.clear()
    client.post("/entrer/", {"email": person.email})
    client.post("/entrer/code/", {"code": code_sent(), "action": "verify"})
    assert client.post("/entrer/seconde-etape/", {"code": recovery[0]}).status_code == 200, (
        "a recovery code serves once"
    )


def test_what_cannot_be_undone_asks_who_it_is_again_and_goes_on(client):
    person = somebody()
    client.force_login(person)
    for path in (
        "/moi/effacer/",
        "/moi/donnees.json",
        "/moi/securite/cles/ajouter/",
        "/moi/securite/application/",
    ):
        assert client.get(path).url.startswith(f"{CONFIRM}?next="), path
    asked = client.post("/moi/effacer/")
    assert asked.url.startswith(CONFIRM) and Person.objects.filter(pk=person.pk).exists()
    page = client.get(asked.url)
    assert "Recevoir un code" in page.content.decode() and not mail.outbox, "looking sends nothing"
    client.post(asked.url, {"verb": "send", "next": "/moi/effacer/"})
    assert mail.outbox[-1].to == [person.email]
    good = code_sent()
    wrong = "000000" if good != "000000" else "111111"
    assert "pas le bon" in client.post(asked.url, {"code": wrong, "next": "/moi/effacer/"}).content.decode()
    done = client.post(asked.url, {"code": f" {good[:3]} {good[3:]} ", "next": "/moi/effacer/"})
    assert done.url == "/" and not Person.objects.filter(pk=person.pk).exists(), "what was asked is done"


def test_three_wrong_codes_end_it_and_codes_are_few(client):
    client.force_login(somebody())
    client.post(CONFIRM, {"verb": "send"})
    good = code_sent()
    for _ in range(3):
        client.post(CONFIRM, {"code": "000000" if good != "000000" else "111111"})
    assert "plus valable" in client.post(CONFIRM, {"code": good}).content.decode()
    for _ in range(5):
        client.post(CONFIRM, {"verb": "send"})
    assert len(mail.outbox) == 5 and "attendez" in client.post(CONFIRM, {"verb": "send"}).content.decode()


def test_a_code_opens_only_the_session_that_asked(client):
    person = somebody()
    client.force_login(person)
    client.post(CONFIRM, {"verb": "send"})
    other = type(client)()
    other.force_login(person)
    assert "plus valable" in other.post(CONFIRM, {"code": code_sent()}).content.decode()


def test_a_protected_account_confirms_with_its_application_not_by_mail(client):
    person = somebody()
    secret, _ = protect(client, person)
    client.logout()
    client.force_login(person)
    mail.outbox.clear()
    page = client.get("/moi/donnees.json", follow=True).content.decode()
    assert "Confirmer par ce code" in page and "Recevoir un code" not in page
    client.post(CONFIRM, {"verb": "send", "next": "/moi/donnees.json"})
    assert mail.outbox == []
    done = client.post(CONFIRM, {"code": code_of(secret), "next": "/moi/donnees.json"})
    assert done.url == "/moi/donnees.json" and b'"totp"' in client.get(done.url).content


def test_what_was_proved_long_ago_is_asked_again(client):
    person = somebody()
    enter(client, person)
    assert client.get("/moi/effacer/").status_code == 200
    session = client.session
    session["account_authentication_methods"] = [{"method": "code", "at": time.time() - 1000}]
    session.save()
    assert client.get("/moi/effacer/").status_code == 302


def test_those_who_animate_are_asked_for_a_key_when_the_site_says_so(client, settings):
    operator = an_operator()
    settings.SECOND_FACTOR = True
    assert "operator" not in again(operator).roles
    enter(client, operator)
    assert client.get("/bureau/membres/").url == "/moi/securite/"
    assert "demande une clé" in client.get("/moi/").content.decode()
    assert client.post("/bureau/poles/", {"verb": "open"}).url == "/moi/securite/"
    protect(client, operator)
    assert "operator" in again(operator).roles and client.get("/bureau/membres/").status_code == 200


def test_an_application_is_taken_off_and_recovery_codes_go_with_it(client):
    person = somebody()
    secret, _ = protect(client, person)
    asked = client.get("/moi/securite/application/retirer/")
    assert asked.status_code in {200, 302}
    if asked.status_code == 302:
        client.post(CONFIRM, {"code": code_of(secret), "next": "/moi/securite/application/retirer/"})
    assert client.post("/moi/securite/application/retirer/").url == "/moi/securite/"
    assert not Authenticator.objects.exists() and "retirée" in mail.outbox[-1].body


def test_nobody_touches_somebody_elses_key(client):
    other = Authenticator.objects.create(user=somebody(), type="webauthn", data={"name": "x"})
    enter(client, somebody())
    for part in ("nom", "retirer"):
        assert client.post(f"/moi/securite/cles/{other.pk}/{part}/", {"name": "y"}).status_code == 404
    assert Authenticator.objects.filter(pk=other.pk).exists()


def test_a_forged_passkey_answer_opens_nothing(client):
    for credential in ("", "{}", "nope", '{"id": "a", "rawId": "a", "response": {}, "type": "public-key"}'):
        assert client.post("/entrer/cle/", {"credential": credential}).url == "/entrer/"
    assert client.get("/moi/").status_code == 302


def test_what_is_shown_to_somebody_who_entered_is_kept_by_no_cache(client):
    assert not client.get("/vie-privee/").has_header("Cache-Control")
    enter(client, somebody())
    for path in ("/moi/", "/vie-privee/"):
        assert client.get(path)["Cache-Control"] == "private, no-store"
    out = client.post("/sortir/", secure=True)
    assert out["Clear-Site-Data"] == '"cache"'


def test_what_was_suspended_is_done_only_by_who_still_may(client):
    """A request resumed after confirming is asked again whether its address is open to the person."""
    operator = an_operator()
    client.force_login(operator)
    asked = client.post("/bureau/mandats/nouveau/", {"email": "autre@example.org", "function": "operator"})
    assert asked.url.startswith(CONFIRM)
    Mandate.objects.filter(person=operator).delete()
    client.post(asked.url, {"verb": "send", "next": "/bureau/mandats/nouveau/"})
    done = client.post(asked.url, {"code": code_sent(), "next": "/bureau/mandats/nouveau/"})
    assert done.status_code == 403 and not Mandate.objects.filter(person__email="autre@example.org").exists()


def test_where_a_key_protects_the_account_another_way_in_is_no_proof(client):
    person = somebody()
    protect(client, person)
    session = client.session
    session["account_authentication_methods"] = [{"method": "proconnect", "at": time.time()}]
    session.save()
    assert client.get("/moi/effacer/").status_code == 302


def test_a_mandate_is_given_at_the_desk_only_by_who_proved_who_they_are(client):
    client.force_login(an_operator())
    asked = client.post("/bureau/", {"one": "accept|agent/1"})
    assert asked.url.startswith(CONFIRM)
