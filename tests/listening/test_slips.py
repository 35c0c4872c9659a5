"""A paper form is found again by its reference, however it was copied."""

import pytest

from horizon.listening.models import Voice
from horizon.listening.services import saying
from tests.people import an_operator, somebody

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("copied", ["A01B2C3D", "a01b-2c3d", " ao1b 2c3d ", "AOIB2C3D", "aolb2c3d"])
def test_the_reference_kept_by_whoever_wrote_opens_the_need(published, client, copied):
    voice = saying.say_need("Un banc", once="a" * 20, origin=Voice.PAPER, reference="a01b-2c3d")
    assert voice.reference == "A01B2C3D"
    client.force_login(an_operator())
    found = client.get("/bureau/besoins/fiche/", {"fiche": copied})
    assert found["Location"] == f"/bureau/besoins/{voice.need.public_id}/"


def test_an_unknown_reference_says_so_and_is_not_lost(published, client):
    client.force_login(an_operator())
    page = client.get("/bureau/besoins/fiche/", {"fiche": "zzzz9999"}, follow=True).content.decode()
    assert "Aucune fiche saisie n’a la référence ZZZZ9999" in page and 'value="ZZZZ9999"' in page
    assert client.get("/bureau/besoins/fiche/", follow=True).status_code == 200
    client.force_login(somebody())
    assert client.get("/bureau/besoins/fiche/?fiche=zzzz9999").status_code == 403
