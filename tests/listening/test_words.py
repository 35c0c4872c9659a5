"""The list of needs forgives accents, case and plurals, the same on both databases."""

import json

import pytest
from django.http import QueryDict

from horizon.kernel.news import News
from horizon.listening import news, queries
from horizon.listening.services import reading, saying

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "words",
    ["vélo", "velo", "VÉLOS", "Velos reparer", "École", "ecole", "ÉCOLE", "école vélo", "répar", "l’école"],
)
def test_a_need_is_found_however_its_words_are_typed(published, client, words):
    need = reading.publish_need(
        saying.say_need("Un endroit pour réparer les vélos près de l’École", once="a" * 20).need, actor="test"
    )
    reading.publish_need(saying.say_need("Un four à pain", once="b" * 20).need, actor="test")
    assert list(queries.public_needs(words=words)) == [need]
    given = json.loads(client.get("/api/v1/besoins", {"q": words}).content)["resultats"]
    assert [one["identifiant"] for one in given] == [need.public_id]
    asked = QueryDict(mutable=True)
    asked["q"] = words
    item = News(
        f"need:{need.public_id}",
        need.published_at,
        "need",
        "",
        "",
        f"/besoins/{need.public_id}/",
        frozenset(),
    )
    assert news.pick(asked.urlencode(), [item]) == {item.key}


def test_what_nobody_says_is_not_found(published):
    reading.publish_need(saying.say_need("Un four à pain", once="b" * 20).need, actor="test")
    assert not queries.public_needs(words="zzz") and not queries.public_needs(words="four piscine")
    assert queries.public_needs(words="🥐").count() == 0
