"""A proposal to a structure that nobody acts for reaches the desk; one that nobody answers is reminded, then lapses."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from horizon.actors.services import people
from horizon.exchange import queries
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Deal, Listing
from horizon.exchange.parties import Party, holder_in, opener_of
from horizon.exchange.services import dealing
from horizon.exchange.services import listing as listings
from horizon.exchange.services.lapsing import follow_proposals
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import waiting_for
from tests.exchange.kit import an_offer
from tests.people import a_referent, again, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(published):
    return an_operator()


@pytest.fixture
def offer(operator):
    return an_offer(holder=Party(entry_named("Pédalier").organization))


def proposed(offer, opener=None):
    opener = opener or somebody()
    return dealing.propose_deal(offer, Party(person=opener), "Bonjour", once=fresh_once(), author=opener)


def older(deal, days):
    """Moves a proposal, and its reminder, so many days into the past."""
    deal.refresh_from_db()
    reminded = deal.reminded_on and deal.reminded_on - timedelta(days=days)
    Deal.objects.filter(pk=deal.pk).update(
        created_at=deal.created_at - timedelta(days=days), reminded_on=reminded
    )


def followed(django_capture):
    mail.outbox.clear()
    with django_capture(execute=True):
        follow_proposals()
        follow_proposals()
    return sorted((message.to[0], message.subject.split(" :")[0]) for message in mail.outbox)


def at_the_desk(person):
    return [item.key for item in waiting_for(again(person)) if item.room == "deal"]


def test_who_proposes_to_a_structure_nobody_holds_is_told_and_the_desk_answers(
    client, operator, offer, django_capture_on_commit_callbacks
):
    opener = somebody()
    client.force_login(opener)
    assert (
        "Personne ne tient encore la page"
        in client.get(f"/echanges/{offer.public_id}/repondre/").content.decode()
    )
    with django_capture_on_commit_callbacks(execute=True):
        sent = client.post(
            f"/echanges/{offer.public_id}/repondre/", {"speaks_for": "moi", "text": "Bonjour", "once": fresh_once()}, follow=True
        )  # fmt: skip
    said = sent.content.decode()
    assert (
        "C’est envoyé à l’équipe d’animation" in said and "l’équipe d’animation a reçu votre message" in said
    )
    assert [message.to[0] for message in mail.outbox] == [operator.email]
    deal = Deal.objects.get()
    assert deal.carried and at_the_desk(operator) == [deal.public_id]
    client.force_login(operator)
    assert "vous répondez pour elle" in client.get(f"/accords/{deal.public_id}/").content.decode()
    client.post(f"/accords/{deal.public_id}/accepter/")
    deal.refresh_from_db()
    assert deal.status == Deal.TALKING
    referent = a_referent(offer.organization)
    assert holder_in(Deal.objects.get()).people() == [referent]
    assert client.get(f"/accords/{deal.public_id}/").status_code == 404, "somebody acts for it now"


def test_what_people_who_left_said_between_them_stays_theirs(client, operator, offer):
    referent = a_referent(offer.organization)
    deal = proposed(offer)
    dealing.accept_deal(deal, author=referent)
    people.leave_organization(referent.organization_roles.get(), actor="test", alone=True)
    client.force_login(operator)
    assert client.get(f"/accords/{deal.public_id}/").status_code == 404 and at_the_desk(operator) == []


def test_who_animates_does_not_answer_their_own_proposal(client, operator, offer):
    deal = proposed(offer, operator)
    client.force_login(operator)
    assert "Accepter d’être mis en relation" not in client.get(f"/accords/{deal.public_id}/").content.decode()
    other = an_operator()
    assert at_the_desk(operator) == [] and at_the_desk(other) == [deal.public_id]


def test_a_proposal_is_reminded_at_a_week_then_lapses_at_three(offer, django_capture_on_commit_callbacks):
    referent = a_referent(offer.organization)
    deal = proposed(offer)
    opener = opener_of(deal).people()[0]
    assert followed(django_capture_on_commit_callbacks) == []
    older(deal, 8)
    assert followed(django_capture_on_commit_callbacks) == [(referent.email, "Une réponse attend la vôtre")]
    older(deal, 12)
    assert followed(django_capture_on_commit_callbacks) == []
    older(deal, 3)
    assert followed(django_capture_on_commit_callbacks) == [(opener.email, "Sans réponse")]
    deal.refresh_from_db()
    assert deal.status == Deal.LAPSED and deal.ended_at is not None
    assert Event.objects.filter(record_type="deal", verb__in=["remind", "lapse"], actor="worker").count() == 2
    assert (queries.funnel().lapsed, queries.funnel().declined) == (1, 0)
    with pytest.raises(Refused, match="sans réponse"):
        dealing.accept_deal(deal, author=referent)
    assert proposed(offer, opener).status == Deal.PROPOSED, (
        "a silence is not a refusal: one may propose again"
    )


def test_an_old_proposal_is_reminded_before_it_lapses_and_an_answered_one_never_does(
    offer, django_capture_on_commit_callbacks
):
    referent = a_referent(offer.organization)
    old, answered = proposed(offer), proposed(offer)
    dealing.accept_deal(answered, author=referent)
    older(old, 90)
    older(answered, 90)
    assert followed(django_capture_on_commit_callbacks) == [(referent.email, "Une réponse attend la vôtre")]
    older(answered, 90)
    followed(django_capture_on_commit_callbacks)
    assert [Deal.objects.get(pk=one.pk).status for one in (old, answered)] == [Deal.PROPOSED, Deal.TALKING]


def test_the_referent_left_meanwhile_so_the_desk_takes_the_proposal_over(
    operator, offer, django_capture_on_commit_callbacks
):
    referent = a_referent(offer.organization)
    deal = proposed(offer)
    opener = opener_of(deal).people()[0]
    people.leave_organization(referent.organization_roles.get(), actor="test", alone=True)
    assert at_the_desk(operator) == []
    older(deal, 8)
    told = followed(django_capture_on_commit_callbacks)
    assert told == sorted(
        [
            (operator.email, "Une réponse attend la vôtre"),
            (opener.email, f"Votre proposition pour « {offer.title} »"),
        ]
    )
    assert at_the_desk(operator) == [deal.public_id]


def test_the_page_says_when_it_lapses(client, offer):
    a_referent(offer.organization)
    deal = proposed(offer)
    client.force_login(opener_of(deal).people()[0])
    page = client.get(f"/accords/{deal.public_id}/").content.decode()
    assert "la proposition s’éteint" in page and "peut accepter" in page
    Deal.objects.filter(pk=deal.pk).update(status=Deal.LAPSED, ended_at=timezone.now())
    page = client.get(f"/accords/{deal.public_id}/").content.decode()
    assert "ce n’est pas un refus" in page and "Proposer de nouveau" in page


@pytest.mark.parametrize("is_open", [True, False])
def test_the_letter_of_a_lapse_offers_again_only_what_is_open(
    offer, is_open, django_capture_on_commit_callbacks
):
    a_referent(offer.organization)
    deal = proposed(offer)
    older(deal, 8)
    followed(django_capture_on_commit_callbacks)
    older(deal, 15)
    if not is_open:
        listings.close_listing(offer, actor="test", status=Listing.EXPIRED)
    followed(django_capture_on_commit_callbacks)
    [letter] = [message for message in mail.outbox if message.subject.startswith("Sans réponse")]
    assert ("proposer de nouveau" in letter.body) == is_open and "chercher ailleurs" in letter.body


def test_a_proposal_made_before_it_was_noted_says_nothing_of_who_held_the_page(
    offer, django_capture_on_commit_callbacks
):
    deal = proposed(offer)
    Deal.objects.update(carried=False)
    older(deal, 8)
    followed(django_capture_on_commit_callbacks)
    [letter] = [message for message in mail.outbox if message.subject.startswith("Votre proposition")]
    assert "Personne ne tient la page" in letter.body and "Plus personne" not in letter.body


def test_who_animates_is_not_shown_what_they_proposed_on_what_was_noted(operator, offer):
    Listing.objects.update(noted=True)
    deal = proposed(Listing.objects.get(), operator)
    Deal.objects.update(carried=False)
    other = an_operator()
    assert at_the_desk(operator) == [] and at_the_desk(other) == [deal.public_id]
