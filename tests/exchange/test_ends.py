"""The end of a listing: it follows what its holder changes, and says the true day."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from horizon.exchange.models import Listing
from horizon.exchange.services import listing as listings
from horizon.exchange.services import upkeep
from horizon.kernel.refusal import Refused
from horizon.kernel.templatetags.atlas import day
from tests.exchange.kit import an_offer, values
from tests.people import a_referent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(published, monkeypatch):
    """The small territory; what waits for a commit runs at once: a test's transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, **_: send())


def test_an_end_that_moves_moves_the_day_it_stops_and_its_reminder():
    today = timezone.localdate()
    offer = an_offer(0, until_on=today + timedelta(days=10))
    holder = a_referent(offer.organization)
    mail.outbox.clear()
    upkeep.remind_holders()
    [told] = [m for m in mail.outbox if m.to == [holder.email]]
    assert f"/echanges/{offer.public_id}/changer/" in told.body and "Changez la date de fin" in told.body
    later = today + timedelta(days=60)
    kept = listings.edit_listing(offer, values(until_on=later), actor="test")
    assert (kept.expires_on, kept.reminded_on) == (later, None)
    Listing.objects.filter(pk=offer.pk).update(reminded_on=today)
    same = listings.edit_listing(offer, values("Trois barnums", until_on=later), actor="test")
    assert same.reminded_on == today, "the same end is reminded once"
    freed = listings.edit_listing(offer, values(), actor="test")
    assert freed.expires_on == freed.confirmed_on + listings.LASTS
    sooner = today + timedelta(days=2)
    assert listings.edit_listing(offer, values(until_on=sooner), actor="test").expires_on == sooner


def test_an_end_in_the_past_is_refused_and_keeps_what_was_typed(client):
    offer = an_offer(0)
    yesterday = timezone.localdate() - timedelta(days=1)
    with pytest.raises(Refused, match="à venir"):
        listings.edit_listing(offer, values(until_on=yesterday), actor="test")
    assert Listing.objects.get().until_on is None
    client.force_login(a_referent(offer.organization))
    sent = {
        "title": "Barnum noir", "kind": "equipment", "commune": "86139", "speaks_for": offer.organization.public_id, "text": "",
        "quantity": "", "unit": "", "price": "", "from_on": "", "until_on": yesterday.isoformat(), "audience": "everybody",
        "once": "a" * 20, "door": "",
    }  # fmt: skip
    answer = client.post("/echanges/ecrire/offre/", sent)
    assert answer.status_code == 422 and "Barnum noir" in answer.content.decode()
    assert Listing.objects.count() == 1, "nothing half-kept stands in the way of the corrected form"
    Listing.objects.update(until_on=yesterday, status=Listing.EXPIRED)
    listings.edit_listing(offer, values("Barnum blanc", until_on=yesterday), actor="test")
    assert Listing.objects.get().title == "Barnum blanc", (
        "an end that has come stays, and may be changed later"
    )


def test_renewing_says_until_when(client):
    end = timezone.localdate() + timedelta(days=20)
    short, long = an_offer(0, until_on=end), an_offer(0, title="Un lit")
    client.force_login(a_referent(short.organization))
    for offer, last in ((short, end), (long, timezone.localdate() + listings.LASTS)):
        here = f"/echanges/{offer.public_id}/"
        assert day(last) in client.get(f"{here}renouveler/").content.decode()
        client.post(f"{here}renouveler/")
        assert f"ouverte jusqu’au {day(last)}" in client.get(here).content.decode()
