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
from tests.exchange.kit import an_ask, an_offer, values
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
    [letter] = [message for message in mail.outbox if message.to == [holder.email]]
    assert letter.subject == "Tout est trouvé : « Un lit pour la chambre »"
    assert "attend toujours votre oui ou votre non" in letter.body and "renoncer" not in letter.body
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
    assert told(holder) == ["« Un lit » : sans suite"] and told(reader) == ["Un échange : sans suite"]
    assert all("quitté le site" in message.body for message in mail.outbox)
    for one in (deal, theirs):
        one.refresh_from_db()
        assert (one.status, one.why, one.said_why) == (Deal.CANCELLED, "else", "la personne a quitté le site")
        assert one.ended_at is not None
    assert dict(queries.funnel().reasons) == {"Autre raison": 2}


def a_page(client, person, deal):
    client.force_login(person)
    return client.get(f"/accords/{deal.public_id}/").content.decode()


def test_a_listing_that_is_only_read_again_is_not_said_to_be_withdrawn(client):
    mine = an_offer(holder=Party(person=somebody()), title="Mes livres", kind="goods", terms="gift")
    opener, deal = proposed(mine)
    changed = values("Mes livres reliés", kind="goods", terms="gift")
    assert listings.edit_listing(mine, changed, actor="test").status == Listing.HELD
    assert "retirée" not in a_page(client, opener, deal)


def test_an_ask_that_is_not_counted_is_met_only_by_a_deal(client):
    ask = an_ask(1, kind="goods", title="Un piano", terms="gift")
    asker = a_referent(ask.organization)
    (waits, deal), (giver, other) = proposed(ask), proposed(ask)
    listings.close_listing(ask, actor="test")
    page = a_page(client, waits, deal)
    assert "L’annonce est retirée." in page and "Tout est trouvé" not in page
    concluded(other, asker, giver)
    assert "Tout est trouvé." in a_page(client, waits, deal)


@pytest.mark.parametrize("way", ["draft", "refused", "reported"])
def test_who_waits_is_told_that_a_listing_read_again_or_refused_is_gone(way):
    mine = an_offer(holder=Party(person=somebody()), title="Mes livres", kind="goods", terms="gift")
    opener, _ = proposed(mine)
    if way != "reported":
        listings.edit_listing(
            mine, values("Mes livres", kind="goods", terms="gift", text="Reliés"), actor="test"
        )
    mail.outbox.clear()
    if way == "draft":
        assert listings.close_listing(mine, actor="test").status == Listing.DRAFT
    else:
        listings.refuse_listing(mine, "Hors de propos.", actor="test")
        listings.refuse_listing(mine, "Hors de propos, vraiment.", actor="test")
    assert told(opener) == ["Annonce retirée : « Mes livres »"]


def test_what_is_refused_or_taken_back_before_it_was_public_writes_to_nobody_else(holder):
    written = listings.write_listing(
        "offer", Party(person=somebody()), values("Des livres"), once=fresh_once(), actor="test"
    )
    listings.publish_listing(written, actor="test")
    mail.outbox.clear()
    listings.close_listing(written, actor="test")
    assert mail.outbox == []


def test_the_holder_whose_answer_is_awaited_is_not_told_to_give_up(holder, bed):
    ask = an_ask(1, kind="goods", title="Un lit pour la chambre", terms="gift")
    dealing.propose_deal(
        bed, Party(ask.organization), "", once=fresh_once(), author=a_referent(ask.organization), other=ask
    )
    mail.outbox.clear()
    listings.close_listing(ask, actor="test")
    [letter] = [message for message in mail.outbox if message.to == [holder.email]]
    assert "« Un lit pour la chambre » est retirée" in letter.body
    assert "votre annonce « Un lit »" in letter.body and "renoncer" not in letter.body


def test_a_deal_concluded_while_somebody_leaves_stays_concluded(holder, bed):
    opener, deal = proposed(bed)
    seen = Deal.objects.get(pk=deal.pk)
    concluded(deal, holder, opener)
    mail.outbox.clear()
    dealing.give_up_deal(seen, "la personne a quitté le site", author=opener)
    deal.refresh_from_db()
    assert (deal.status, deal.reason, mail.outbox) == (Deal.CONCLUDED, "", [])
