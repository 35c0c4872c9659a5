"""What is lent comes back: for which days is asked, and what is out without a day of return answers nobody until it is back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone

from horizon.engine.pairing.scoring import ALMOST, FITS
from horizon.exchange import finding
from horizon.exchange.models import Deal
from horizon.exchange.services import dealing
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from tests.exchange.kit import an_ask, an_offer, two_sides
from tests.exchange.test_left import promised
from tests.people import somebody

pytestmark = pytest.mark.django_db
TENTS = {"title": "Deux barnums", "quantity": Decimal(2), "unit": "piece"}


@pytest.fixture(autouse=True)
def _site(published, monkeypatch):
    """The small territory; what waits for a commit runs at once: a test's transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, **_: send())


def test_what_comes_back_is_not_promised_without_a_day(client):
    holder, opener, deal = two_sides(an_offer(0, **TENTS))
    dealing.accept_deal(deal, author=holder)
    client.force_login(opener)
    here = f"/accords/{deal.public_id}/"
    page = client.get(here).content.decode()
    assert "Le, ou à partir du" in page and "Il en reste" not in page
    sent = {"quantity": "1", "value": "", "from_on": "", "until_on": "", "km": ""}
    refused = client.post(f"{here}confirmer/", sent)
    assert refused.status_code == 422 and "Dites pour quels jours" in refused.content.decode()
    day = timezone.localdate() + timedelta(days=9)
    client.post(f"{here}confirmer/", {**sent, "from_on": day.isoformat()})
    assert Deal.objects.get().opener_agreed_at is not None
    assert "Il en reste 2." in client.get(here).content.decode().replace("\xa0", " ")


@pytest.mark.parametrize("more", [{"quantity": None, "unit": ""}, {"kind": "goods", "terms": "gift"}])
def test_what_is_not_counted_or_is_given_needs_no_day(more):
    holder, opener, deal = two_sides(an_offer(0, **{**TENTS, **more}))
    dealing.accept_deal(deal, author=holder)
    for person, side in ((opener, False), (holder, True)):
        done = dealing.agree(deal, {"quantity": Decimal(1)}, author=person, from_holder=side)
    assert done.status == Deal.CONCLUDED


def test_what_is_out_without_a_day_of_return_answers_once_it_is_back(client):
    tents = an_offer(0, **TENTS)
    holder, opener, deal = two_sides(tents)
    now = timezone.now()
    Deal.objects.filter(pk=deal.pk).update(
        status=Deal.CONCLUDED, quantity=2, concluded_at=now, holder_agreed_at=now, opener_agreed_at=now
    )
    ask = an_ask(2, title="Un barnum", quantity=Decimal(1), unit="piece")
    [met] = finding.meets(ask, members=False)
    assert met.match.level == ALMOST and met.match.missing == ("tout est prêté, sans date de retour",)
    assert finding.meets(tents, members=False)[0].match.level == ALMOST
    client.force_login(opener)
    here = f"/accords/{deal.public_id}/"
    assert "C’est rendu" in client.get(here).content.decode()
    mail.outbox.clear()
    client.post(f"{here}rendu/")
    deal.refresh_from_db()
    assert deal.until_on == timezone.localdate() and [m.to for m in mail.outbox] == [[holder.email]]
    assert Event.objects.filter(record_type="deal", verb="return").count() == 1
    assert finding.meets(ask, members=False)[0].match.level == FITS
    assert "C’est rendu" not in client.get(here).content.decode()
    with pytest.raises(Refused, match="c’est rendu"):
        dealing.note_return(deal, author=holder)
    client.force_login(somebody())
    assert client.post(f"{here}rendu/").status_code == 404


def test_what_is_out_may_be_said_to_be_back_before_its_day_and_what_has_not_left_may_not():
    today = timezone.localdate()
    tents = an_offer(0, **TENTS)
    holder, _, other = two_sides(tents)
    deal = promised(tents, Decimal(2), since=today - timedelta(days=3), until=today + timedelta(days=9))
    later = promised(tents, Decimal(1), since=today + timedelta(days=20), until=today + timedelta(days=21))
    with pytest.raises(Refused, match="rien n’est prêté"):
        dealing.note_return(later, author=holder)
    done = dealing.note_return(deal, author=holder)
    assert (done.from_on, done.until_on) == (today - timedelta(days=3), today)
    assert dealing.left_of(tents, today + timedelta(days=4), None) == 2
    given = promised(an_offer(2, title="Un lit", kind="goods", terms="gift"), Decimal(1))
    for deal in (other, given):
        with pytest.raises(Refused, match="rien n’est prêté"):
            dealing.note_return(deal, author=holder)


def test_several_together_leave_out_what_is_lent_without_a_day_of_return():
    chairs = {"kind": "equipment", "unit": "piece"}
    large = an_offer(0, title="Chaises pliantes", quantity=Decimal(60), **chairs)
    small = an_offer(2, title="Chaises", quantity=Decimal(30), **chairs)
    third = an_offer(3, title="Chaises de salle", quantity=Decimal(40), **chairs)
    ask = an_ask(1, title="70 chaises", quantity=Decimal(70), **chairs)
    found = finding.together(ask, finding.matches(ask, members=False))
    assert large.public_id in {one.key for one in found.matches}
    deal = promised(large, Decimal(60))
    found = finding.together(ask, finding.matches(ask, members=False))
    assert {one.key for one in found.matches} == {small.public_id, third.public_id}
    Deal.objects.filter(pk=deal.pk).update(until_on=timezone.localdate())
    found = finding.together(ask, finding.matches(ask, members=False))
    assert large.public_id in {one.key for one in found.matches}
