"""The words of a voice that the desk does not show: whoever said them knows why, and a later reader may show them."""

import pytest
from django.core import mail

from horizon.kernel.refusal import Refused
from horizon.kernel.registry import act_on
from horizon.listening.models import Voice
from horizon.listening.services import reading, saying
from horizon.listening.services.saying import voice_path
from tests.people import an_operator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(published, monkeypatch):
    """The small territory; messages leave at once: a test's transaction never commits."""
    monkeypatch.setattr("horizon.kernel.mail.transaction.on_commit", lambda send: send())


def too(**more):
    first = saying.say_need("Il manque un four à pain", once=saying.fresh_once())
    need = reading.publish_need(first.need, actor="test")
    return saying.say_too(need, once="t" * 20, words="Le voisin est un voleur", email="lou@example.org")


def test_whoever_said_words_that_are_not_shown_is_told_why_and_reads_it_on_their_page(client):
    voice, operator = too(), an_operator()
    assert "sont lus par l’équipe" in client.get(voice_path(voice)).content.decode()
    mail.outbox.clear()
    act_on("voice", "refuse", voice.public_id, operator)
    assert [(m.to, m.subject) for m in mail.outbox] == [(["lou@example.org"], "Vos mots ne sont pas montrés")]
    assert "visent quelqu’un" in mail.outbox[0].body and "Votre voix compte" in mail.outbox[0].body
    assert "ne sont pas montrés : Ces mots visent quelqu’un" in client.get(voice_path(voice)).content.decode()


def test_words_are_not_hidden_without_a_reason():
    voice = too()
    with pytest.raises(Refused, match="pourquoi"):
        reading.read_voice(voice, False, actor="test")
    reading.read_voice(voice, False, reason="Hors sujet.", actor="test")
    saying.erase_voice(voice)
    assert Voice.objects.get(pk=voice.pk).reason == ""


def test_the_page_of_a_need_shows_or_hides_words_however_long_ago_they_were_read(client, monkeypatch):
    voice = too()
    client.force_login(an_operator())
    here = f"/bureau/besoins/{voice.need.public_id}/"
    hide, show = (f"/bureau/besoins/voix/{voice.public_id}/{verb}/" for verb in ("ne-pas-montrer", "montrer"))
    page = client.get(here).content.decode()
    assert hide in page and show in page
    assert client.post(hide, {"reason": ""}).status_code == 422
    assert client.post(hide, {"reason": "Ils visent le voisin."})["Location"] == here
    voice.refresh_from_db()
    assert (voice.words_status, voice.reason) == (Voice.HIDDEN, "Ils visent le voisin.")
    page = client.get(here).content.decode()
    assert hide not in page and "Ils visent le voisin." in page
    with monkeypatch.context() as reported:
        reported.setattr("horizon.listening.waiting.contestable", lambda kind: {voice.public_id})
        client.post(show)
        voice.refresh_from_db()
        assert voice.words_status == Voice.HIDDEN, "its report decides"
    client.post(show)
    voice.refresh_from_db()
    assert (voice.words_status, voice.reason) == (Voice.SHOWN, "")


def test_who_was_told_that_words_are_hidden_is_told_once_and_told_when_they_are_shown():
    voice = too()
    mail.outbox.clear()
    for _ in range(2):
        reading.read_voice(voice, False, reason="Hors sujet.", actor="test")
    reading.read_voice(voice, True, actor="test")
    assert [m.subject for m in mail.outbox] == ["Vos mots ne sont pas montrés", "Vos mots sont montrés"]
