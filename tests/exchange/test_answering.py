"""Answering a listing with one's own: neither is promised twice, both follow, and the distance is known."""

import re
from decimal import Decimal

import pytest

from horizon.actors.services.people import join_as_referent
from horizon.exchange import finding, queries
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Deal, Listing
from horizon.exchange.parties import Party
from horizon.exchange.services import dealing
from horizon.exchange.services import listing as listings
from horizon.kernel.refusal import Refused
from tests.exchange.kit import an_ask, an_offer, organization
from tests.people import a_referent, somebody

pytestmark = pytest.mark.django_db
BED = {"kind": "goods", "terms": "gift", "unit": "piece", "quantity": Decimal(1)}


@pytest.fixture(autouse=True)
def _site(published, monkeypatch):
    """The small territory; what waits for a commit runs at once: a test's transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, **_: send())


def test_an_offer_opened_from_two_asks_is_promised_once(client):
    offer = an_offer(0, title="Un lit", **BED)
    asks = [an_ask(number, title="Un lit pour une personne", **BED) for number in (1, 2)]
    giver = a_referent(offer.organization)
    client.force_login(giver)
    page = client.get(f"/echanges/{offer.public_id}/").content.decode()
    assert f"/echanges/{asks[0].public_id}/repondre/?avec={offer.public_id}" in page
    deals = []
    for ask in asks:
        address = f"/echanges/{ask.public_id}/repondre/?avec={offer.public_id}"
        form = client.get(address).content.decode()
        assert re.search(rf'value="{offer.public_id}"[^>]*selected', form)
        sent = {
            "speaks_for": offer.organization.public_id, "text": "Il est à vous", "other": offer.public_id, "commune": "",
            "quantity": "1", "once": fresh_once(),
        }  # fmt: skip
        here = client.post(address, sent)["Location"]
        deals.append(Deal.objects.get(public_id=here.split("/")[2]))
        assert "Avec l’offre" in client.get(here).content.decode()
    assert [deal.other for deal in deals] == [offer, offer] and deals[0].km == 0
    takers = [a_referent(ask.organization) for ask in asks]
    for deal, taker in zip(deals, takers, strict=True):
        dealing.accept_deal(deal, author=taker)
    dealing.agree(deals[0], {"quantity": Decimal(1)}, author=giver, from_holder=False)
    dealing.agree(deals[0], {"quantity": Decimal(1)}, author=takers[0], from_holder=True)
    assert {one.status for one in Listing.objects.filter(pk__in=[offer.pk, asks[0].pk])} == {Listing.CLOSED}
    with pytest.raises(Refused, match="n’en reste plus pour « Un lit »"):
        dealing.agree(deals[1], {"quantity": Decimal(1)}, author=giver, from_holder=False)
    assert finding.meets(asks[1], members=False) == []


def test_only_an_open_listing_of_ones_own_of_the_other_side_answers():
    offer, mine = an_offer(0, title="Un lit", **BED), an_ask(1, title="Un lit", **BED)
    party, person = Party(organization(1)), somebody()

    def propose(other):
        return dealing.propose_deal(offer, party, "Bonjour", once=fresh_once(), author=person, other=other)

    litres = an_ask(1, title="Un lit d’eau", **{**BED, "unit": "litre"})
    assert queries.answering(offer, [party, Party(person=person)]) == [mine]
    for other, said in (
        (an_ask(2, title="Un lit", **BED), "pas à vous"),
        (an_offer(1, title="Un autre lit", **BED), "On répond à une offre avec une demande"),
        (litres, "même unité"),
    ):
        with pytest.raises(Refused, match=said):
            propose(other)
    listings.close_listing(mine, actor="test")
    with pytest.raises(Refused, match="n’est plus ouverte"):
        propose(mine)
    assert not Deal.objects.exists()


def test_a_listing_of_another_of_ones_structures_is_said_beside_the_field_and_the_commune_counts(client):
    offer, mine = an_offer(0, title="Un lit", **BED), an_ask(1, title="Un lit", **BED)
    person = a_referent(organization(1))
    client.force_login(person)
    address = f"/echanges/{offer.public_id}/repondre/"
    sent = {
        "speaks_for": "moi",
        "text": "Pour moi",
        "other": mine.public_id,
        "commune": "86194",
        "quantity": "1",
    }
    answer = client.post(address, {**sent, "once": fresh_once()})
    page = answer.content.decode()
    assert (
        answer.status_code == 422 and f"au nom de « {mine.organization.name} »" in page and "Pour moi" in page
    )
    assert not Deal.objects.exists(), "nothing chosen is dropped in silence"
    client.post(address, {**sent, "other": "", "once": fresh_once()})
    deal = Deal.objects.get()
    assert deal.other is None and deal.km > 10
    other = {**sent, "speaks_for": mine.organization.public_id, "once": fresh_once()}
    client.post(address, other)
    assert Deal.objects.get(other=mine).organization == mine.organization


def test_the_distance_is_one_of_the_terms(client):
    offer, person = an_offer(0, title="Un lit", **BED), somebody()
    holder = a_referent(offer.organization)
    deal = dealing.propose_deal(offer, Party(person=person), "Bonjour", once=fresh_once(), author=person)
    dealing.accept_deal(deal, author=holder)
    client.force_login(person)
    here = f"/accords/{deal.public_id}/"
    wrong = client.post(f"{here}confirmer/", {"quantity": "1", "km": "-2"})
    assert wrong.status_code == 422 and "négative" in wrong.content.decode()
    client.post(f"{here}confirmer/", {"quantity": "1", "km": "12,5"})
    client.force_login(holder)
    client.post(f"{here}confirmer/", {"quantity": "1", "km": "13"})
    deal.refresh_from_db()
    assert deal.status == Deal.TALKING and deal.opener_agreed_at is None, "other terms ask again"
    client.force_login(person)
    client.post(f"{here}confirmer/", {"quantity": "1", "km": "13"})
    deal.refresh_from_db()
    assert (deal.status, deal.km) == (Deal.CONCLUDED, 13)
    assert "<dd>13&nbsp;km</dd>" in client.get(here).content.decode()


def test_nobody_answers_their_own_listing_even_for_another_structure(client):
    person, offer = somebody(), an_offer(0, title="Un lit", **BED)
    mine = an_offer(holder=Party(person=person), title="Mes livres", kind="goods", terms="gift")
    client.force_login(person)
    for sent in (None, {"speaks_for": "moi", "text": "Moi", "once": fresh_once()}):
        address = f"/echanges/{mine.public_id}/repondre/"
        answer = client.post(address, sent, follow=True) if sent else client.get(address, follow=True)
        assert answer.redirect_chain[0][0] == f"/echanges/{mine.public_id}/"
        assert "C’est votre propre annonce." in answer.content.decode()
    both = a_referent(offer.organization)
    join_as_referent(both, organization(1), obtained_by="operator", actor="test")
    client.force_login(both)
    sent = {"speaks_for": organization(1).public_id, "text": "Pour l’autre", "once": fresh_once()}
    answer = client.post(f"/echanges/{offer.public_id}/repondre/", sent, follow=True)
    assert "Une autre personne de l’une des deux structures doit répondre" in answer.content.decode()
    assert not Deal.objects.exists()
