"""A concluded deal that did not happen is talked over again: nothing stays promised, the link between structures goes."""

from decimal import Decimal

import pytest
from django.core import mail

from horizon.actors.services.people import erase_person
from horizon.exchange import queries
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Deal, Listing
from horizon.exchange.parties import Party
from horizon.exchange.services import dealing
from horizon.exchange.services import listing as listings
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from tests.exchange.kit import an_offer, organization, two_sides
from tests.people import somebody

pytestmark = pytest.mark.django_db
BED = {"title": "Un lit", "kind": "goods", "terms": "gift", "unit": "piece", "quantity": Decimal(1)}


@pytest.fixture(autouse=True)
def _site(published, monkeypatch):
    """The small territory; what waits for a commit runs at once: a test's transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, **_: send())


def concluded(offer, holder, opener, deal):
    dealing.accept_deal(deal, author=holder)
    for person, side in ((opener, False), (holder, True)):
        done = dealing.agree(deal, {"quantity": Decimal(1)}, author=person, from_holder=side)
    assert done.status == Deal.CONCLUDED
    return done


def test_a_deal_that_did_not_happen_is_talked_over_again(client):
    offer = an_offer(0, **BED)
    holder, opener, deal = two_sides(offer)
    concluded(offer, holder, opener, deal)
    assert Listing.objects.get().status == Listing.CLOSED and len(queries.exchanges_between()) == 1
    stamp = queries.exchanges_stamp()
    client.force_login(opener)
    here = f"/accords/{deal.public_id}/"
    assert "Finalement, cela ne s’est pas fait" in client.get(here).content.decode()
    lead = client.get(f"{here}defaire/").content.decode()
    assert "l’autre lit votre raison" in lead and "Remettre" in lead
    assert client.post(f"{here}defaire/", {"reason": " "}).status_code == 422
    mail.outbox.clear()
    client.post(f"{here}defaire/", {"reason": "Le camion est en panne"})
    deal.refresh_from_db()
    assert (deal.status, deal.concluded_at, deal.holder_agreed_at, deal.opener_agreed_at) == (
        "talking",
        None,
        None,
        None,
    )
    assert [m.to for m in mail.outbox] == [[holder.email]] and "en panne" in mail.outbox[0].body
    assert "en panne" in client.get(here).content.decode()
    assert queries.exchanges_between() == [] and queries.exchanges_stamp() != stamp
    assert Event.objects.filter(record_type="deal", verb="reopen").count() == 1
    assert listings.renew_listing(offer, actor="test").is_open
    with pytest.raises(Refused, match="rien à défaire"):
        dealing.reopen_deal(deal, "Encore", author=holder)
    for person, side in ((opener, False), (holder, True)):
        dealing.agree(deal, {"quantity": Decimal(1)}, author=person, from_holder=side)
    assert Deal.objects.get().status == Deal.CONCLUDED
    client.force_login(somebody())
    assert client.post(f"{here}defaire/", {"reason": "x"}).status_code == 404


def test_it_waits_while_another_deal_of_the_same_two_is_under_way():
    offer = an_offer(0, **{**BED, "quantity": Decimal(3)})
    holder, opener, deal = two_sides(offer)
    concluded(offer, holder, opener, deal)
    dealing.propose_deal(offer, Party(organization(1)), "Un autre", once=fresh_once(), author=opener)
    with pytest.raises(Refused, match="Un autre accord est déjà en cours"):
        dealing.reopen_deal(deal, "Finalement non", author=holder)
    assert Deal.objects.get(pk=deal.pk).status == Deal.CONCLUDED


def test_nothing_is_reopened_with_somebody_who_left():
    offer, person = an_offer(0, **BED), somebody()
    holder, _, other = two_sides(offer)
    dealing.decline_deal(other, "Une autre fois", author=holder)
    deal = dealing.propose_deal(offer, Party(person=person), "Bonjour", once=fresh_once(), author=person)
    concluded(offer, holder, person, deal)
    erase_person(person)
    with pytest.raises(Refused, match="quitté le site"):
        dealing.reopen_deal(deal, "Finalement non", author=holder)
