"""Nobody is written to without end before they accepted: three messages, no new try for a month after a refusal."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.utils import timezone

from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Deal, Message
from horizon.exchange.parties import Party
from horizon.exchange.services import dealing
from horizon.kernel.refusal import Refused
from tests.exchange.kit import an_offer, organization, two_sides
from tests.people import a_referent, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(published, monkeypatch):
    """The small territory; what waits for a commit runs at once: a test's transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, **_: send())
    cache.clear()


def test_whoever_proposes_writes_three_times_until_the_other_accepts(client):
    holder, opener, deal = two_sides(an_offer(0))
    client.force_login(opener)
    here = f"/accords/{deal.public_id}/"

    def write(words):
        return client.post(f"{here}ecrire/", {"text": words, "once": fresh_once()})

    assert write("Une précision").status_code == write("Une autre").status_code == 302
    mail.outbox.clear()
    more = write("Et encore")
    assert more.status_code == 422 and "déjà écrit trois fois" in more.content.decode()
    assert "Et encore" in more.content.decode() and mail.outbox == []
    assert 'name="text"' not in client.get(here).content.decode()
    dealing.accept_deal(deal, author=holder)
    assert write("Merci").status_code == 302 and Message.objects.count() == 4


def test_a_refusal_holds_for_a_month_and_giving_up_does_not():
    offer = an_offer(0)
    holder, opener, deal = two_sides(offer)
    other = a_referent(organization(1))

    def propose(author):
        return dealing.propose_deal(
            offer, Party(organization(1)), "Bonjour", once=fresh_once(), author=author
        )

    assert dealing.decline_deal(deal, "Mauvaise date", author=opener).status == Deal.CANCELLED
    declined = dealing.decline_deal(propose(opener), "Déjà prêtés", author=holder)
    assert declined.status == Deal.DECLINED
    for author in (opener, other):
        with pytest.raises(Refused, match="moins de trente jours"):
            propose(author)
    person = somebody()
    assert dealing.propose_deal(offer, Party(person=person), "Moi", once=fresh_once(), author=person)
    Deal.objects.filter(pk=declined.pk).update(ended_at=timezone.now() - timedelta(days=31))
    assert propose(opener).status == Deal.PROPOSED


def test_twenty_in_a_row_are_asked_to_wait_and_lose_nothing(client):
    holder, opener, deal = two_sides(an_offer(0))
    dealing.accept_deal(deal, author=holder)
    client.force_login(opener)
    for number in range(20):
        client.post(f"/accords/{deal.public_id}/ecrire/", {"text": f"Message {number}", "once": fresh_once()})
    last = client.post(f"/accords/{deal.public_id}/ecrire/", {"text": "Un de trop", "once": fresh_once()})
    assert last.status_code == 422 and "Un de trop" in last.content.decode()
    assert Message.objects.count() == 21
    client.force_login(holder)
    answer = client.post(f"/accords/{deal.public_id}/ecrire/", {"text": "Doucement", "once": fresh_once()})
    assert answer.status_code == 302, "the other side still answers"
