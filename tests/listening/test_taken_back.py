"""Taking one's words back: what leaves the site, and what is said of what stays."""

import pytest

from horizon.listening import queries
from horizon.listening.models import Need
from horizon.listening.services import reading, saying
from horizon.listening.services.saying import voice_path

pytestmark = pytest.mark.django_db
WORDS = "Il manque un endroit pour réparer les vélos à Lusignan"


@pytest.fixture(autouse=True)
def _site(published):
    """The small territory."""


def test_whoever_takes_back_words_that_others_say_too_is_told_that_they_stay(client):
    voice = saying.say_need(WORDS, once="a" * 20)
    need = reading.publish_need(voice.need, actor="test")
    here = voice_path(voice)
    assert "la phrase publiée reste" not in client.get(f"{here}effacer/").content.decode()
    other = saying.say_too(need, once="b" * 20)
    assert "la phrase publiée reste, sans rien de vous" in client.get(f"{here}effacer/").content.decode()
    client.post(f"{here}effacer/")
    page = client.get(here).content.decode()
    assert "la phrase publiée reste" in page and f"/signaler/need/{need.public_id}/" in page
    assert "vélos" in queries.public_needs().get().text
    saying.erase_voice(other)
    assert "vélos" not in queries.public_needs().get().text, "nobody says it any more"
    assert "la phrase publiée reste" not in client.get(here).content.decode()


def test_a_voice_that_is_erased_does_not_keep_the_words_of_another():
    voice = saying.say_need(WORDS, once="a" * 20)
    need = reading.publish_need(voice.need, actor="test")
    saying.erase_voice(saying.say_too(need, once="b" * 20))
    assert "vélos" in Need.objects.get().text
    saying.erase_voice(voice)
    assert "vélos" not in Need.objects.get().text and queries.public_needs().get().voice_count == 2
