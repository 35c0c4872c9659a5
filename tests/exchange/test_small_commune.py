"""In a small commune, whoever writes in their own name is told that few words are enough to know them."""

import pytest

from horizon.exchange.forms import fresh_once
from horizon.exchange.parties import Party
from horizon.exchange.services import listing as listings
from horizon.kernel.registry import waiting_for
from horizon.territory.models import Commune
from tests.exchange.kit import LUSIGNAN, an_offer, values
from tests.people import a_referent, an_operator, somebody

pytestmark = pytest.mark.django_db
SAID = "peu de mots suffisent à vous reconnaître"


def test_the_form_says_it_where_there_are_small_communes(published, client):
    person = somebody()
    client.force_login(person)
    Commune.objects.filter(epci__home=True).update(population=2000)
    assert SAID not in client.get("/echanges/ecrire/offre/").content.decode()
    Commune.objects.filter(code=LUSIGNAN).update(population=184)
    assert SAID in client.get("/echanges/ecrire/offre/").content.decode()
    mine = an_offer(holder=Party(person=person), title="Mes livres", kind="goods", terms="gift")
    assert SAID in client.get(f"/echanges/{mine.public_id}/changer/").content.decode()
    theirs = an_offer(0)
    client.force_login(a_referent(theirs.organization))
    assert SAID not in client.get(f"/echanges/{theirs.public_id}/changer/").content.decode()


def test_whoever_reads_it_first_is_told_too(published):
    operator = an_operator()
    for population, told in ((184, True), (2556, False)):
        Commune.objects.filter(code=LUSIGNAN).update(population=population)
        made = listings.write_listing(
            "offer", Party(person=somebody()), values("Des livres"), once=fresh_once(), actor="test"
        )
        listings.publish_listing(made, actor="test")
        [item] = [one for one in waiting_for(operator) if one.key == made.public_id]
        assert ("que rien ne désigne qui écrit" in item.detail) == told
