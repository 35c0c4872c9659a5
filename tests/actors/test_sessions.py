"""« Mes connexions »: what is kept of an open session, closing one or all the others; and a secret that changes without closing any."""

import re
import stat
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from cryptography.fernet import InvalidToken
from django.contrib.sessions.models import Session
from django.test import Client
from typer.testing import CliRunner

from horizon.actors.keys import MFAAdapter, encrypt_again
from horizon.actors.services.people import erase_person, export_person
from horizon.actors.services.upkeep import forget_sessions
from horizon.actors.sessions import close_session
from horizon.config.environment import forget_former_secrets, former_keys, rotate_secret, secret_key
from horizon.config.secret_cli import app
from horizon.engine.devices import UNKNOWN, device_in_words
from horizon.kernel.keyed import fits, keyed
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from tests.people import enter, somebody

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile Safari/537.36"
DOC = Path(__file__).parents[2] / "docs" / "fr" / "secret.md"
HERE = "/moi/connexions/"


def a_device(person, user_agent):
    """A browser where somebody has entered, and sent one form since."""
    client = Client(headers={"user-agent": user_agent})
    enter(client, person)
    assert client.post("/moi/", {"name": person.name}).status_code == 302
    return client


def text(client, **more):
    return client.get(HERE, **more).content.decode()


def test_a_device_is_said_in_words_and_no_network_address_is_kept():
    person = somebody()
    here, phone = a_device(person, FIREFOX), a_device(person, PHONE)
    page = text(here)
    assert "Firefox sur Linux" in page and "Chrome sur Android" in page and page.count("Fermer<") == 1
    assert set(UserSession.objects.values_list("ip", flat=True)) == {"0.0.0.0"}
    kept = str(list(UserSession.objects.values()))
    assert "Mozilla" not in kept and "127.0.0.1" not in kept
    assert device_in_words("x" * 9000) == UNKNOWN
    assert [one["device"] for one in export_person(person)["actors"]["open_sessions"]] == [
        "Chrome sur Android",
        "Firefox sur Linux",
    ]
    assert phone.get("/moi/").status_code == 200


def test_reading_pages_writes_nothing_and_sending_notes_it_at_most_every_ten_minutes(
    django_assert_max_num_queries,
):
    person = somebody()
    client = a_device(person, FIREFOX)
    was = UserSession.objects.get()
    client.get(HERE), client.get("/moi/")
    client.post("/moi/", {"name": "Nour"})
    assert UserSession.objects.get().last_seen_at == was.last_seen_at
    UserSession.objects.update(last_seen_at="2026-01-01T00:00:00Z")
    client.post("/moi/", {"name": "Nour"})
    assert UserSession.objects.get().last_seen_at > was.last_seen_at
    assert Event.objects.filter(verb="open_session", record_id=person.public_id).count() == 1


def test_one_is_closed_and_only_of_ones_own():
    person, other = somebody(), somebody()
    here, phone, theirs = a_device(person, FIREFOX), a_device(person, PHONE), a_device(other, PHONE)
    row = UserSession.objects.get(user=person, user_agent="Chrome sur Android")
    stranger = UserSession.objects.get(user=other)
    answer = here.post(HERE, {"session": stranger.pk}, follow=True).content.decode()
    assert "déjà fermée" in answer and theirs.get("/moi/").status_code == 200
    assert (
        "Fermée : Chrome sur Android." in here.post(HERE, {"session": row.pk}, follow=True).content.decode()
    )
    assert phone.get("/moi/").status_code == 302 and here.get("/moi/").status_code == 200
    assert Event.objects.filter(verb="close_session", record_id=person.public_id).count() == 1
    assert here.post(HERE, {"session": "abc"}).status_code == 302
    stolen = Client()
    stolen.force_login(person)
    assert (
        stolen.post(HERE, {"verb": "others"}).url.startswith("/moi/confirmer/")
        and here.get("/moi/").status_code == 200
    )
    with pytest.raises(Refused):
        close_session(person, row.pk)


def test_all_the_others_are_closed_also_those_that_nobody_noted():
    person = somebody()
    here, phone, silent = a_device(person, FIREFOX), a_device(person, PHONE), Client()
    silent.force_login(person)
    answer = here.post(HERE, {"verb": "others"}, follow=True).content.decode()
    assert (
        "plus ouvert que sur cet appareil" in answer
        and "aucun autre appareil" in answer
        and "Firefox sur Linux" in answer
    )
    assert [one.get("/moi/").status_code for one in (here, phone, silent)] == [200, 302, 302]
    assert Event.objects.filter(verb="end_sessions", record_id=person.public_id).exists()


def test_closing_the_others_keeps_this_one_as_it_was():
    person = somebody()
    here = a_device(person, FIREFOX)
    a_device(person, PHONE)
    UserSession.objects.update(created_at="2026-01-01T00:00:00Z")
    was = UserSession.objects.get(user_agent="Firefox sur Linux")
    here.post(HERE, {"verb": "others"})
    row = UserSession.objects.get()
    assert (row.pk, row.created_at) == (was.pk, was.created_at)
    assert row.session_key == here.session.session_key != was.session_key
    assert Event.objects.filter(verb="open_session", record_id=person.public_id).count() == 2


@pytest.mark.parametrize("how", ["the list", "another page", "a form"])
def test_a_device_stays_in_the_list_after_the_secret_changed(settings, how):
    person = somebody()
    here, phone = a_device(person, FIREFOX), a_device(person, PHONE)
    was = set(UserSession.objects.values_list("pk", "user_agent", "created_at"))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one", [settings.SECRET_KEY]  # noqa: S105
    for client in (phone, here):
        old = client.session.session_key
        if how == "a form":
            assert client.post("/moi/", {"name": person.name}).status_code == 302
        elif how == "another page":
            assert client.get("/moi/").status_code == 200
        else:
            page = text(client)
            assert page.count("Fermer<") == 1 and "cet appareil" in page.casefold()
        assert client.session.session_key != old
    page = text(here)
    assert "Firefox sur Linux" in page and "Chrome sur Android" in page and page.count("Fermer<") == 1
    assert set(UserSession.objects.values_list("pk", "user_agent", "created_at")) == was
    assert Event.objects.filter(verb="open_session", record_id=person.public_id).count() == 2


def test_leaving_and_the_daily_job_and_erasing_forget_the_device():
    person = somebody()
    a_device(person, FIREFOX).post("/sortir/")
    assert not UserSession.objects.exists()
    a_device(person, FIREFOX)
    Session.objects.update(expire_date="2026-01-01T00:00:00Z")
    from django.utils import timezone

    forget_sessions(timezone.now())
    assert not UserSession.objects.exists()
    a_device(person, FIREFOX)
    erase_person(person)
    assert not UserSession.objects.exists()


def test_the_secret_changes_and_links_sessions_and_codes_go_on(tmp_path, settings, client):
    first = secret_key(tmp_path)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = first, []
    person, key, sealed = somebody(), keyed("a.salt", "a record"), MFAAdapter().encrypt("JBSWY3DP")
    row = Authenticator.objects.create(
        user=person, type="totp", data={"secret": sealed, "n": 3, "list": [sealed]}
    )
    enter(client, person)
    rotate_secret(tmp_path)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = secret_key(tmp_path), former_keys(tmp_path, "")
    assert first != settings.SECRET_KEY and [first] == settings.SECRET_KEY_FALLBACKS
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("secret.key", "secret.former")} == {
        0o600
    }
    assert client.get("/moi/").status_code == 200
    assert (
        fits("a.salt", "a record", key)
        and keyed("a.salt", "a record") != key
        and not fits("a.salt", "another", key)
    )
    assert MFAAdapter().decrypt(row.data["secret"]) == "JBSWY3DP"
    assert encrypt_again() == 1 and encrypt_again() == 1  # each time under a new salt: never the same bytes
    assert forget_former_secrets(tmp_path) == 1 and former_keys(tmp_path, "") == []
    settings.SECRET_KEY_FALLBACKS = []
    row.refresh_from_db()
    assert MFAAdapter().decrypt(row.data["secret"]) == "JBSWY3DP" and row.data["n"] == 3
    assert not fits("a.salt", "a record", key)
    settings.SECRET_KEY = "another that nobody knows"  # noqa: S105
    with pytest.raises(InvalidToken):
        encrypt_again()


def test_a_link_opens_after_the_secret_changed(settings, client, published):
    from horizon.listening.services.saying import fresh_once, say_need, voice_link

    voice = say_need("Il manque un atelier de couture à Lusignan", once=fresh_once())
    path = voice_link(voice).removeprefix(settings.ORIGIN)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one", [settings.SECRET_KEY]  # noqa: S105
    assert client.get(path).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get(path).status_code == 404


def test_changing_the_secret_says_in_which_order(tmp_path, monkeypatch):
    """A site that runs must never meet a code encrypted under a secret that it does not know."""
    monkeypatch.setenv("HORIZON_VAR", str(tmp_path))
    monkeypatch.delenv("HORIZON_SECRET_KEY", raising=False)
    secret_key(tmp_path)
    order = "rotate, relancer, forget, relancer"
    for verb in ("rotate", "forget"):
        done = CliRunner().invoke(app, [verb])
        assert done.exit_code == 0 and order in done.output and "Relancez maintenant" in done.output, (
            done.output
        )
    steps = re.findall(r"horizon secret \w+|\*\*\d\. Relancer", DOC.read_text(encoding="utf-8"))
    assert steps[:4] == ["horizon secret rotate", "**2. Relancer", "horizon secret forget", "**4. Relancer"]
