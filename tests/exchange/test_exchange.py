"""Offers and asks are written, met, dealt: nothing is shown too early, nothing is promised twice."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from horizon.actors.models import Organization
from horizon.actors.services.people import erase_person, export_person
from horizon.engine.pairing.scoring import ALMOST, FITS, PART
from horizon.exchange import finding, queries
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Deal, Listing, ListingTerm, Message
from horizon.exchange.parties import Party
from horizon.exchange.services import dealing, upkeep
from horizon.exchange.services import listing as listings
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import act_on, waiting_for
from tests.exchange.kit import an_ask, an_offer, organization, two_sides, values
from tests.people import a_referent, again, an_operator, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _told(monkeypatch):
    """Messages leave at once: a test's transaction never commits."""
    monkeypatch.setattr("horizon.kernel.mail.transaction.on_commit", lambda send: send())


def test_an_offer_meets_an_ask_both_ways_with_reasons(published):
    offer, ask = an_offer(0), an_ask(1, title="Une tente pour la kermesse")
    met = finding.meets(ask, members=False)
    assert [one.listing for one in met] == [offer] and met[0].match.level == FITS
    assert met[0].match.reasons[0] == "en commun : barnums"
    assert [one.listing for one in finding.meets(offer, members=False)] == [ask]
    assert Listing.objects.get(pk=ask.pk).answered is True


def test_nobody_is_said_and_learnt_then_an_offer_comes(published):
    ask = an_ask(1, title="Un piano droit")
    assert finding.meets(ask, members=False) == [] and Listing.objects.get(pk=ask.pk).answered is False
    assert queries.figures(members=False)["nobody"] == 1
    an_offer(0, title="Piano à donner", terms="gift loan", kind="goods")
    asker = a_referent(ask.organization)
    upkeep.expire_listings()
    upkeep.expire_listings()
    assert queries.figures(members=False)["nobody"] == 0
    told = [message for message in mail.outbox if "le propose" in message.subject]
    assert len(told) == 1 and told[0].to == [asker.email] and ask.public_id in told[0].body


def test_several_offers_together_cover_an_ask(published):
    small = an_offer(0, title="Gobelets", quantity=Decimal(300), unit="piece")
    large = an_offer(2, title="Écocups", quantity=Decimal(1200), unit="piece")
    ask = an_ask(1, title="1400 gobelets", quantity=Decimal(1400), unit="piece")
    met = finding.meets(ask, members=False)
    assert {one.match.level for one in met} == {PART}
    together = finding.together(ask, finding.matches(ask, members=False))
    assert {(one.key, one.left) for one in together.matches} == {
        (small.public_id, 300),
        (large.public_id, 1200),
    }
    assert (together.quantity, together.exact) == ("1500", True)


def test_what_only_members_see_is_not_paired_for_others(published):
    an_offer(0, audience=Listing.MEMBERS)
    ask = an_ask(1, title="Un barnum")
    assert finding.meets(ask, members=False) == [] and len(finding.meets(ask, members=True)) == 1
    assert list(queries.open_listings(members=False, side=Listing.OFFER)) == []


def test_a_personal_listing_or_a_phone_number_is_read_first(published):
    operator, person = an_operator(), somebody()
    mine = listings.write_listing(
        "offer", Party(person=person), values("Des livres"), once=fresh_once(), actor="test"
    )
    assert listings.publish_listing(mine, actor="test").status == Listing.HELD
    phoned = listings.write_listing(
        "offer", Party(organization()), values("Barnum, 06 12 34 56 78"), once=fresh_once(), actor="test"
    )
    assert listings.publish_listing(phoned, actor="test").status == Listing.HELD
    assert {item.key for item in waiting_for(operator) if item.room == "listing"} == {
        mine.public_id,
        phoned.public_id,
    }
    act_on("listing", "accept", mine.public_id, operator)
    act_on("listing", "refuse", phoned.public_id, operator)
    assert Listing.objects.get(pk=mine.pk).status == Listing.PUBLISHED
    assert (
        Listing.objects.get(pk=phoned.pk).reason and ListingTerm.objects.filter(listing=phoned).count() == 0
    )
    assert mail.outbox[-1].to == [person.email] and "publiée" in mail.outbox[-1].subject
    act_on("listing", "undo", mine.public_id, operator)
    assert Listing.objects.get(pk=mine.pk).status == Listing.HELD


def test_undo_brings_back_nothing_that_changed_since(published, monkeypatch):
    """« Annuler » stays on a page that is open: what its holder withdrew, erased, or what is reported, is not held again."""
    operator, person = an_operator(), somebody()
    theirs = listings.write_listing(
        "offer", Party(person=person), values("Vélo"), once=fresh_once(), actor="test"
    )
    listings.publish_listing(theirs, actor="test", read=True)
    with monkeypatch.context() as reported:
        reported.setattr("horizon.exchange.waiting.contestable", lambda kind: {theirs.public_id})
        with pytest.raises(Refused, match="signalement"):
            act_on("listing", "undo", theirs.public_id, operator)
    assert Listing.objects.get().status == Listing.PUBLISHED
    listings.close_listing(theirs, actor=person.actor)
    with pytest.raises(Refused, match="a changé depuis"):
        act_on("listing", "undo", theirs.public_id, operator)
    erase_person(person)
    with pytest.raises(Refused, match="a changé depuis"):
        act_on("listing", "undo", theirs.public_id, operator)
    assert Listing.objects.get().status == Listing.CLOSED


@pytest.mark.parametrize(
    ("side", "who", "change", "said"),
    [
        ("offer", "person", {"kind": "staff"}, "entre structures"),
        ("offer", "org", {"kind": "staff", "terms": "swap"}, "prix coûtant"),
        ("ask", "company", {"kind": "help"}, "entreprise"),
        ("offer", "org", {"title": "🥐"}, "quelques mots"),
        ("offer", "org", {"quantity": Decimal(-3)}, "plus grande que zéro"),
    ],
)
def test_what_may_not_be_offered_or_asked_is_refused_with_the_reason(published, side, who, change, said):
    company = Organization.objects.create(public_id="zz00000001", name="Société", kind=Organization.PARTNER)
    party = {"person": Party(person=somebody()), "org": Party(organization()), "company": Party(company)}[who]
    with pytest.raises(Refused, match=said):
        listings.write_listing(side, party, values(**change), once=fresh_once(), actor="test")
    assert Listing.objects.count() == 0


def test_reversed_days_are_refused_by_the_service_and_by_the_database(published):
    today = timezone.localdate()
    with pytest.raises(Refused, match="avant le début"):
        an_offer(from_on=today, until_on=today - timedelta(days=1))
    offer = an_offer(until_on=today + timedelta(days=9))
    with pytest.raises(IntegrityError), transaction.atomic():
        Listing.objects.filter(pk=offer.pk).update(from_on=today + timedelta(days=10))


def test_the_same_form_twice_makes_one_listing_and_one_deal(published):
    once = fresh_once()
    party = Party(organization())
    first = listings.write_listing("offer", party, values(), once=once, actor="test")
    assert listings.write_listing("offer", party, values(), once=once, actor="test") == first
    offer = an_offer(0)
    _, opener, deal = two_sides(offer)
    assert dealing.propose_deal(offer, Party(organization(1)), "x", once=deal.once, author=opener) == deal
    with pytest.raises(Refused, match="déjà en cours"):
        dealing.propose_deal(offer, Party(organization(1)), "x", once=fresh_once(), author=opener)
    assert Deal.objects.count() == 1


def test_a_deal_goes_from_proposal_to_conclusion_when_both_confirm_the_same_terms(published):
    offer = an_offer(0, quantity=Decimal(2), unit="piece")
    holder, opener, deal = two_sides(offer)
    assert mail.outbox[-1].to == [holder.email]
    assert [item.key for item in waiting_for(holder) if item.room == "deal"] == [deal.public_id]
    with pytest.raises(Refused, match="Acceptez"):
        dealing.write_message(deal, "Oui", once=fresh_once(), author=holder, from_holder=True)
    dealing.accept_deal(deal, author=holder)
    dealing.write_message(deal, "Samedi ?", once=fresh_once(), author=holder, from_holder=True)
    assert mail.outbox[-1].to == [opener.email] and "Samedi ?" in mail.outbox[-1].body
    fete = timezone.localdate() + timedelta(days=30)
    terms = {"quantity": Decimal(2), "value": Decimal("40.50"), "from_on": fete}
    dealing.agree(deal, terms, author=opener, from_holder=False)
    assert [item.key for item in waiting_for(again(holder)) if item.room == "deal"] == [deal.public_id]
    dealing.agree(deal, {**terms, "quantity": Decimal(1)}, author=holder, from_holder=True)
    assert Deal.objects.get(pk=deal.pk).opener_agreed_at is None, "other terms ask the other side again"
    done = dealing.agree(deal, {**terms, "quantity": Decimal(1)}, author=opener, from_holder=False)
    assert done.status == Deal.CONCLUDED and dealing.agree(deal, {}, author=opener, from_holder=False) == done
    assert Event.objects.filter(record_type="deal", verb="conclude").count() == 1
    assert "Samedi" not in str(list(Event.objects.values_list("payload", flat=True)))
    both = queries.exchanges_between(offer.organization_id)
    assert [(pair.holder, pair.opener, pair.times) for pair in both] == [
        (offer.organization_id, organization(1).pk, 1)
    ]
    assert queries.exchanges_between(organization(1).pk) == both == queries.exchanges_between()
    funnel = queries.funnel()
    assert (funnel.proposed, funnel.accepted, funnel.concluded, funnel.value) == (1, 1, 1, 40.5)


def concluded(offer, number, **terms):
    holder, opener, deal = two_sides(offer, number)
    dealing.accept_deal(deal, author=holder)
    dealing.agree(deal, terms, author=opener, from_holder=False)
    return dealing.agree(deal, terms, author=holder, from_holder=True)


def test_the_last_unit_is_promised_once(published):
    offer = an_offer(0, kind="goods", title="Un lit", terms="gift", quantity=Decimal(1), unit="piece")
    _, opener, second = two_sides(offer, 2)
    dealing.accept_deal(second, author=a_referent(offer.organization))
    concluded(offer, 1, quantity=Decimal(1))
    assert Listing.objects.get(pk=offer.pk).status == Listing.CLOSED
    with pytest.raises(Refused, match="n’en reste plus"):
        dealing.agree(second, {"quantity": Decimal(1)}, author=opener, from_holder=False)


def test_what_is_lent_comes_back_for_other_days(published):
    offer = an_offer(0, quantity=Decimal(2), unit="piece")
    day = timezone.localdate() + timedelta(days=30)
    concluded(offer, 1, quantity=Decimal(2), from_on=day, until_on=day)
    assert dealing.left_of(offer, day, day) == 0
    later = day + timedelta(days=7)
    assert dealing.left_of(offer, later, later) == 2
    with pytest.raises(Refused, match="à ces dates"):
        concluded(offer, 2, quantity=Decimal(1), from_on=day, until_on=later)


def test_a_value_is_noted_between_organizations_only(published):
    offer = an_offer(0)
    person = somebody()
    deal = dealing.propose_deal(offer, Party(person=person), "Bonjour", once=fresh_once(), author=person)
    dealing.accept_deal(deal, author=a_referent(offer.organization))
    with pytest.raises(Refused, match="entre structures"):
        dealing.agree(deal, {"value": Decimal(10)}, author=person, from_holder=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Deal.objects.filter(pk=deal.pk).update(value=10)


def test_volunteers_are_not_lent_to_a_company(published):
    company = Organization.objects.create(public_id="zz00000001", name="Société", kind=Organization.PARTNER)
    offer = an_offer(0, kind="help", title="Bras pour déménager", terms="gift")
    with pytest.raises(Refused, match="entreprise"):
        dealing.propose_deal(offer, Party(company), "x", once=fresh_once(), author=somebody())


def test_declining_needs_a_reason_that_is_told(published):
    offer = an_offer(0)
    holder, opener, deal = two_sides(offer)
    with pytest.raises(Refused, match="pourquoi"):
        dealing.decline_deal(deal, " ", author=holder)
    assert dealing.decline_deal(deal, "Déjà prêtés ce jour-là.", author=holder).status == Deal.DECLINED
    assert mail.outbox[-1].to == [opener.email] and "Déjà prêtés" in mail.outbox[-1].body


def test_a_listing_reminds_expires_and_comes_back(published):
    offer = an_offer(0)
    holder = a_referent(offer.organization)
    today = timezone.localdate()
    Listing.objects.filter(pk=offer.pk).update(expires_on=today + timedelta(days=10))
    upkeep.remind_holders()
    upkeep.remind_holders()
    reminders = [m for m in mail.outbox if m.to == [holder.email]]
    assert len(reminders) == 1 and f"/echanges/{offer.public_id}/renouveler/" in reminders[0].body
    Listing.objects.filter(pk=offer.pk).update(expires_on=today - timedelta(days=1))
    upkeep.expire_listings()
    assert Listing.objects.get(pk=offer.pk).status == Listing.EXPIRED
    assert not ListingTerm.objects.filter(listing=offer).exists()
    back = listings.renew_listing(offer, actor="test")
    assert back.is_open and back.expires_on == today + listings.LASTS and back.reminded_on is None


def test_what_a_person_takes_back_after_changing_it_is_read_first(published):
    offer = an_offer(holder=Party(person=somebody()), title="Mes livres", kind="goods", terms="gift")
    Listing.objects.filter(pk=offer.pk).update(status=Listing.PUBLISHED, published_at=timezone.now())
    listings.close_listing(offer, actor="test")
    assert listings.renew_listing(offer, actor="test").status == Listing.HELD


def test_erasing_a_person_empties_what_they_wrote_and_keeps_the_count(published):
    person = somebody()
    mine = an_offer(holder=Party(person=person), title="Mes livres de cuisine", kind="goods", terms="gift")
    other = an_offer(0)
    deal = dealing.propose_deal(
        other, Party(person=person), "Je suis au 12", once=fresh_once(), author=person
    )
    assert export_person(person)["exchange"]["messages"][0]["text"] == "Je suis au 12"
    erase_person(person)
    mine, deal = Listing.objects.get(pk=mine.pk), Deal.objects.get(pk=deal.pk)
    assert (mine.title, mine.status, deal.status) == ("Annonce reprise", Listing.CLOSED, Deal.CANCELLED)
    assert Message.objects.get(deal=deal).text == "" and queries.funnel().proposed == 1


def test_almost_says_what_is_missing(published):
    an_offer(0, title="Piano", terms="price", kind="goods")
    met = finding.meets(an_ask(1, title="Un piano", terms="gift", kind="goods"), members=False)
    assert met[0].match.level == ALMOST and "conditions" in met[0].match.missing[0]


def test_who_is_not_a_member_is_not_told_of_what_members_only_see(published):
    ask = an_ask(1, title="Un piano droit", kind="goods", terms="gift")
    an_offer(0, title="Piano à donner", terms="gift", kind="goods", audience=Listing.MEMBERS)
    a_referent(ask.organization)
    upkeep.expire_listings()
    assert Listing.objects.get(pk=ask.pk).answered is False and mail.outbox == []
