"""Before two needs are said to be the same, both are read side by side: words, voices, answers."""

import pytest

from horizon.listening.models import Answer, Need
from horizon.listening.services import answering, reading, saying
from tests.people import an_operator

pytestmark = pytest.mark.django_db


def public(words, **more):
    return reading.publish_need(saying.say_need(words, once=saying.fresh_once(), **more).need, actor="test")


def test_two_needs_are_read_side_by_side_then_grouped(published, client):
    operator = an_operator()
    client.force_login(operator)
    other = public("Il manque un endroit pour réparer les vélos")
    for number in range(6):
        public(f"Un banc numéro {number} devant la mairie")
    one = public("Réparer son vélo, personne ne le fait")
    saying.say_too(one, once=saying.fresh_once(), words="Surtout le samedi")
    answering.answer_need(other, kind=Answer.LEAD, text="Au lycée", author=operator, speaks_as="animation")
    here = f"/bureau/besoins/{one.public_id}/reunir/"
    page = client.get(here).content.decode()
    assert f"?avec={other.public_id}" in page and "Voir côte à côte" in page and "Disent-ils" not in page
    page = client.get(f"{here}?avec={other.public_id}").content.decode()
    for said in (
        "Disent-ils la même chose",
        "Surtout le samedi",
        "Au lycée",
        "Il manque un endroit pour réparer les vélos",
    ):
        assert said in page
    assert Need.objects.filter(same_as=None).count() == 8, "looking changes nothing"
    client.post(here, {"other": other.public_id})
    assert Need.objects.get(pk=one.pk).same_as == other


@pytest.mark.parametrize("asked", ["zzz", "", "0000000000"])
def test_a_need_that_is_not_found_is_said_and_what_was_typed_is_kept(published, client, asked):
    client.force_login(an_operator())
    one = public("Réparer les vélos à Lusignan")
    here = f"/bureau/besoins/{one.public_id}/reunir/"
    answer = client.post(here, {"other": asked})
    assert answer.status_code == 422 and "Aucun besoin n’a cette référence" in answer.content.decode()
    assert f'name="avec" value="{asked}"' in answer.content.decode()
    same = client.post(here, {"other": one.public_id})
    assert same.status_code == 422 and "C’est le même besoin" in same.content.decode()
