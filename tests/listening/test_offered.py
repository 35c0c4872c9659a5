"""What is offered and agreed for a need: shown on its page whichever way round, told to who spoke, and to say at the desk."""

import re
from decimal import Decimal

import pytest
from django.core import mail

from horizon.actors.models import Mandate
from horizon.actors.services.people import join_as_referent
from horizon.actors.services.poles import give_mandate
from horizon.crossings.needs_told import tell_sequels
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Listing
from horizon.exchange.parties import Party
from horizon.exchange.services import dealing
from horizon.exchange.services import listing as listings
from horizon.kernel.registry import waiting_for
from horizon.listening.models import Need, Sequel
from horizon.listening.services import reading, saying
from horizon.listening.services.saying import voice_path
from tests.exchange.kit import an_ask, organization, values
from tests.people import a_referent, again, somebody

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


def test_whoever_spoke_is_told_of_the_offer_and_of_the_deal_that_others_make(client):
    """Somebody speaks and leaves an address; an association offers; a neighbour takes it. Nobody has answered."""
    agent = somebody("Andrea Palluneau")
    give_mandate(agent, Mandate.AGENT, actor="test", themes=["deplacer"])
    voice = saying.say_need("Il manque une remorque à vélos", once="a" * 20, email="lou@example.org")
    need = reading.publish_need(voice.need, actor="test")
    neighbour = somebody("Sacha Garenne")
    saying.say_too(need, once="b" * 20, author=neighbour)
    giver = speaker_of(organization(0))
    mail.outbox.clear()
    offer = offered_for(need, Party(organization(0)))
    offered_for(need, Party(organization(0)), title="Une seconde remorque")
    assert tell_sequels() == "2 told" and tell_sequels() == ""
    told = {message.to[0]: message for message in mail.outbox if "offre" in message.subject}
    assert sorted(told) == sorted([neighbour.email, "lou@example.org"])
    assert len([message for message in mail.outbox if message.to == ["lou@example.org"]]) == 1, "one message"
    assert "seconde" in told["lou@example.org"].body
    mine = client.get(voice_path(voice)).content.decode()
    assert "Une remorque" in mine and f"/echanges/{offer.public_id}/" in mine
    mail.outbox.clear()
    deal = concluded(offer, Party(person=neighbour), (giver, neighbour))
    mail.outbox.clear()
    assert tell_sequels() == "1 told"
    assert [message.to for message in mail.outbox] == [["lou@example.org"]], "the two sides know already"
    assert "un accord est conclu" in client.get(voice_path(voice)).content.decode()
    assert "Un accord est conclu</h2>" in client.get(f"/besoins/{need.public_id}/").content.decode()
    item = next(item for item in waiting_for(again(agent)) if item.room == "asked")
    assert item.title.startswith("À dire, un accord y répond")
    client.force_login(again(agent))
    form = client.get(item.href).content.decode()
    assert organization(0).public_id in form and "Un accord a été conclu pour ce besoin" in form
    assert re.search(r'value="taken_up"[^>]*checked', form)
    mail.outbox.clear()
    dealing.reopen_deal(deal, "Elle est cassée", author=giver)
    assert tell_sequels() == "1 undone" and not Sequel.objects.filter(kind=Sequel.AGREED).exists()
    untold = [message.to for message in mail.outbox if message.subject == "Un accord ne tient plus"]
    assert ["lou@example.org"] in untold, "who was told of it knows that it came undone"
    assert "Sans réponse</h2>" in client.get(f"/besoins/{need.public_id}/").content.decode()
    assert next(item for item in waiting_for(again(agent)) if item.room == "asked").title.startswith(
        "À répondre"
    )


def test_nothing_is_told_for_a_need_that_is_not_public():
    need = public(email="lou@example.org")
    offered_for(need, Party(organization(0)))
    reading.hold_need(Need.objects.get(), actor="test")
    mail.outbox.clear()
    assert tell_sequels() == "" and mail.outbox == []


def test_a_deal_whose_listing_is_taken_away_no_longer_stands_over_the_need(client):
    need, neighbour = public(email="lou@example.org"), somebody("Sacha Garenne")
    offer = offered_for(need, Party(organization(0)))
    concluded(offer, Party(person=neighbour), (speaker_of(organization(0)), neighbour))
    tell_sequels()
    assert "Un accord est conclu</h2>" in client.get(f"/besoins/{need.public_id}/").content.decode()
    listings.refuse_listing(offer, "Elle vise un voisin.", actor="test")
    assert tell_sequels() == "1 undone"
    assert "Sans réponse</h2>" in client.get(f"/besoins/{need.public_id}/").content.decode()


@pytest.mark.parametrize("first_is_public", [True, False])
def test_a_deal_between_listings_made_for_two_needs_is_told_to_both(first_is_public):
    asked, given = public(email="lou@example.org"), public("Il faut des remorques", email="sam@example.org")
    giver = organization(0)
    offer = offered_for(given, Party(giver))
    ask = an_ask(1, kind="goods", terms="gift", title="Nous cherchons une remorque")
    Listing.objects.filter(pk=ask.pk).update(need=asked.public_id)
    ask.refresh_from_db()
    tell_sequels()
    concluded(ask, Party(giver), (a_referent(ask.organization), speaker_of(giver)), other=offer)
    if not first_is_public:
        reading.refuse_need(asked, "Elle vise un voisin.", actor="test")
    mail.outbox.clear()
    assert tell_sequels() == ("2 told" if first_is_public else "1 told") and tell_sequels() == ""
    told = {m.to[0]: m.body for m in mail.outbox}
    assert set(told) == ({"lou@example.org", "sam@example.org"} if first_is_public else {"sam@example.org"})
    assert f"avec {giver.name}" in told["sam@example.org"], "who holds the listing of that need"


def test_the_message_names_nobody_that_the_page_does_not(client):
    """A person asks, a structure answers: the page says that an agreement was made, and with whom to nobody."""
    need, neighbour, giver = public(email="lou@example.org"), somebody("Sacha Garenne"), organization(0)
    ask = an_ask(holder=Party(person=neighbour), kind="goods", terms="gift", title="Je cherche une remorque")
    Listing.objects.filter(pk=ask.pk).update(need=need.public_id)
    ask.refresh_from_db()
    concluded(ask, Party(giver), (neighbour, speaker_of(giver)))
    mail.outbox.clear()
    assert "1 told" in tell_sequels()
    assert "Un accord est conclu, le" in mail.outbox[0].body and giver.name not in mail.outbox[0].body
    assert giver.name not in client.get(f"/besoins/{need.public_id}/").content.decode()
