"""What is offered and agreed for a need: shown on its page whichever way round, told to who spoke, and to say at the desk."""

from decimal import Decimal

import pytest

from horizon.actors.services.people import join_as_referent
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Listing
from horizon.exchange.parties import Party
from horizon.exchange.services import dealing
from horizon.exchange.services import listing as listings
from horizon.listening.services import reading, saying
from tests.exchange.kit import an_ask, organization, values
from tests.people import a_referent, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(published, monkeypatch):
    """The small territory; messages leave at once: a test's transaction never commits."""
    monkeypatch.setattr("horizon.kernel.mail.transaction.on_commit", lambda send: send())


def public(words="Il manque une remorque à vélos", **more):
    return reading.publish_need(saying.say_need(words, once=saying.fresh_once(), **more).need, actor="test")


def offered_for(need, holder, **more):
    made = listings.write_listing(
        Listing.OFFER, holder, values(**{"kind": "goods", "terms": "gift", "title": "Une remorque"} | more),
        once=fresh_once(), actor="test", need=need.public_id,
    )  # fmt: skip
    return listings.publish_listing(made, actor="test", read=True)


def speaker_of(party, name="Camille Ferrandeau"):
    person = somebody(name)
    join_as_referent(person, party, obtained_by="operator", actor="test")
    return person


def concluded(listing, opener, speakers, other=None):
    """A deal on a listing: the one who holds it, then the one who answers it, both confirm."""
    holder, asker = speakers
    deal = dealing.propose_deal(listing, opener, "Bonjour", once=fresh_once(), author=asker, other=other)
    dealing.accept_deal(deal, author=holder)
    for person, held in ((holder, True), (asker, False)):
        dealing.agree(deal, {"quantity": Decimal(1)}, author=person, from_holder=held)
    deal.refresh_from_db()
    assert deal.status == deal.CONCLUDED
    return deal


def test_a_deal_made_the_other_way_round_is_shown_on_the_need(client):
    need, giver = public(), organization(0)
    offer = offered_for(need, Party(giver))
    ask = an_ask(1, kind="goods", terms="gift", title="Nous cherchons une remorque")
    speakers = (a_referent(ask.organization), speaker_of(giver))
    concluded(ask, Party(giver), speakers, other=offer)
    page = client.get(f"/besoins/{need.public_id}/").content.decode().replace("&#x27;", "'")
    assert f"Accord conclu pour ce besoin avec {giver.name}" in page
    assert f"/echanges/{offer.public_id}/" in page
