"""The last of it goes, a listing ends, somebody leaves the site: whoever was waiting is told once, and their page says it."""

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
from tests.exchange.kit import an_ask, an_offer
from tests.people import a_referent, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(published, monkeypatch):
    """The small territory; what waits for a commit runs at once: a test's transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, **_: send())


@pytest.fixture
def holder(_site):
    return a_referent(an_offer(0).organization)


@pytest.fixture
def bed(holder):
    return an_offer(0, kind="goods", title="Un lit", terms="gift", quantity=Decimal(1), unit="piece")


def proposed(listing, person=None, **more):
    person = person or somebody()
    return person, dealing.propose_deal(
        listing, Party(person=person), "Bonjour", once=fresh_once(), author=person, **more
    )


def concluded(deal, holder, opener):
    dealing.accept_deal(deal, author=holder)
    for author, from_holder in ((opener, False), (holder, True)):
        dealing.agree(deal, {"quantity": Decimal(1)}, author=author, from_holder=from_holder)


def told(person):
    return [message.subject for message in mail.outbox if message.to == [person.email]]


def test_the_last_unit_goes_and_the_others_are_told_once(client, holder, bed):
    (winner, first), (asked, _), (talking, second) = proposed(bed), proposed(bed), proposed(bed)
    dealing.accept_deal(second, author=holder)
    mail.outbox.clear()
    concluded(first, holder, winner)
    for other in (asked, talking):
        assert told(other) == ["Il n’en reste plus : « Un lit »"]
    assert "Il n’en reste plus : « Un lit »" not in told(winner)
    client.force_login(talking)
    page = client.get(f"/accords/{second.public_id}/").content.decode()
    assert "Il n’en reste plus." in page and "chercher ailleurs" in page
    client.force_login(winner)
    assert "chercher ailleurs" not in client.get(f"/accords/{first.public_id}/").content.decode()


def test_who_was_answered_with_an_ask_that_is_met_elsewhere_is_told(holder, bed):
    ask = an_ask(
        1, kind="goods", title="Un lit pour la chambre", terms="gift", quantity=Decimal(1), unit="piece"
    )
    asker = a_referent(ask.organization)
    waiting = dealing.propose_deal(
        bed, Party(ask.organization), "Bonjour", once=fresh_once(), author=asker, other=ask
    )
    giver, deal = proposed(ask)
    mail.outbox.clear()
    concluded(deal, asker, giver)
    assert "Tout est trouvé : « Un lit pour la chambre »" in told(holder)
    assert Deal.objects.get(pk=waiting.pk).status == Deal.PROPOSED


@pytest.mark.parametrize(
    ("status", "said"), [(Listing.CLOSED, "retirée"), (Listing.EXPIRED, "arrivée à son terme")]
)
def test_withdrawn_or_ended_who_proposed_is_told_and_who_talks_goes_on(client, holder, bed, status, said):
    (asked, deal), (talking, other) = proposed(bed), proposed(bed)
    dealing.accept_deal(other, author=holder)
    mail.outbox.clear()
    listings.close_listing(bed, actor="test", status=status)
    assert told(asked) == [f"Annonce {said} : « Un lit »"] and told(talking) == []
    client.force_login(asked)
    assert f"L’annonce est {said}." in client.get(f"/accords/{deal.public_id}/").content.decode()


def test_erasing_an_account_tells_the_other_side_and_ends_the_deal_as_one_ends(holder, bed):
    opener, deal = proposed(bed)
    mine = an_offer(holder=Party(person=opener), title="Mes livres", kind="goods", terms="gift")
    reader, theirs = proposed(mine)
    mail.outbox.clear()
    erase_person(opener)
    assert told(holder) == ["« Un lit » : sans suite"] and told(reader) == ["« Mes livres » : sans suite"]
    assert all("quitté le site" in message.body for message in mail.outbox)
    for one in (deal, theirs):
        one.refresh_from_db()
        assert (one.status, one.why, one.said_why) == (Deal.CANCELLED, "else", "la personne a quitté le site")
        assert one.ended_at is not None
    assert dict(queries.funnel().reasons) == {"Autre raison": 2}
