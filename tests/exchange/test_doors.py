"""The door of a listing: proposed from its words, chosen, shown on door pages, filtered, counted."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from horizon.crossings.coverage import coverage
from horizon.exchange import news
from horizon.exchange.models import Listing
from horizon.exchange.services import listing as listings
from horizon.exchange.services.upkeep import expire_listings
from horizon.kernel.news import facets
from horizon.listening.models import KnownGap
from horizon.listening.services import reading, saying
from tests.exchange.kit import an_ask, an_offer, values
from tests.people import an_operator, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(published):
    """The small territory."""


def text(client, address):
    return client.get(address).content.decode()


def test_words_propose_a_door_and_the_holder_decides():
    offer = an_offer(0, title="Un vélo cargo à prêter")
    assert (offer.door, offer.door_chosen) == ("deplacer", False)
    changed = listings.edit_listing(offer, values(title="Des légumes du potager", door=""), actor="test")
    assert changed.door == "nourrir"
    chosen = listings.edit_listing(
        changed, values(title="Des légumes du potager", door="participer"), actor="test"
    )
    assert (chosen.door, chosen.door_chosen) == ("participer", True)
    assert an_offer(1, title="Deux barnums").door == ""


def test_a_listing_from_before_gets_its_door_within_the_hour():
    offer = an_offer(0, title="Un vélo cargo à prêter")
    Listing.objects.filter(pk=offer.pk).update(door="")
    expire_listings()
    offer.refresh_from_db()
    assert offer.door == "deplacer"


def test_door_pages_the_list_and_the_file_follow_the_door(client):
    an_offer(0, title="Un vélo cargo à prêter")
    an_ask(1, title="Des légumes pour la cantine", kind="goods")
    an_offer(2, title="Deux barnums")
    page = text(client, "/portes/deplacer/")
    assert "Un vélo cargo" in page and "Des légumes" not in page
    assert "Personne n’y propose" in text(client, "/portes/vetir/")
    assert "/echanges/ecrire/offre/?porte=vetir" in text(client, "/portes/vetir/")
    listed = text(client, "/echanges/?porte=nourrir")
    assert "Des légumes" in listed and "Un vélo cargo" not in listed and "Se nourrir" in listed
    assert "Deux barnums" in text(client, "/echanges/?porte=a-preciser")
    assert "Un vélo cargo" in text(client, "/echanges/?porte=<script>")
    assert "deplacer" in client.get("/echanges.csv?porte=deplacer").getvalue().decode()
    client.force_login(somebody())
    assert '<option value="vetir" selected>' in text(client, "/echanges/ecrire/offre/?porte=vetir")


def test_coverage_counts_by_door(client):
    an_offer(0, title="Un vélo cargo à prêter")
    an_ask(1, title="Réparer un vélo", kind="service")
    an_ask(2, title="Un piano droit", kind="goods")
    lines = {line.code: line for line in coverage({}).doors}
    assert (lines["deplacer"].offers, lines["deplacer"].asks) == (1, 1)
    assert "/echanges/?porte=deplacer&amp;sens=offres" in text(client, "/ce-qui-manque/")


def test_the_list_asks_the_same_of_the_database_with_more_doors_and_photos(client):
    def count():
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/portes/deplacer/").status_code == 200
        return len(seen)

    an_offer(0, title="Un vélo cargo à prêter")
    client.get("/portes/deplacer/")
    before = count()
    for number in range(3):
        an_offer(number, title=f"Un vélo cargo numéro {number}")
    assert count() == before


def test_a_gap_waits_at_the_desk_until_somebody_takes_note(client):
    said = saying.say_need("Un potager, des légumes à Lusignan", once="gap").need
    reading.publish_need(said, actor="test")
    client.force_login(an_operator())
    page = text(client, "/bureau/?quoi=gap")
    assert "Personne pour se nourrir à Lusignan" in page and "Un besoin attend" in page
    client.post("/bureau/", {"one": "accept|gap/86139:nourrir"})
    assert KnownGap.objects.get().until_on > timezone.localdate()
    assert "Personne pour" not in text(client, "/bureau/?quoi=gap")
    client.post("/bureau/", {"verb": "undo"})
    assert "Personne pour" in text(client, "/bureau/?quoi=gap")
    client.post("/bureau/", {"one": "accept|gap/99999:nourrir"})
    assert not KnownGap.objects.exists()
    client.force_login(somebody())
    assert "Personne pour" not in text(client, "/bureau/")


def test_who_follows_a_door_is_told_of_its_offers_and_asks(published):
    offer = an_offer(0, title="Un vélo cargo", kind="equipment")
    Listing.objects.filter(pk=offer.pk).update(door="deplacer")
    now = timezone.now()
    [item] = news.find(now - timedelta(days=1), now + timedelta(days=1))
    assert facets(doors=["deplacer"]) <= item.facets
    assert news.title("porte=deplacer&sens=offres") == "Échanges : ce qui est proposé, Se déplacer"
    assert news.title("porte=a-preciser") == "Échanges : porte à préciser"
