"""What was withdrawn or has ended: nothing that nobody read, or that was taken away, is public by that."""

import pytest
from django.utils import timezone

from horizon.care import contents
from horizon.care.models import ContentReport
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Listing
from horizon.exchange.parties import Party
from horizon.exchange.services import listing as listings
from horizon.exchange.services import picturing
from horizon.kernel.models import Event
from horizon.kernel.registry import content_kind
from tests.exchange.kit import an_offer, organization, values
from tests.people import a_referent, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(published, monkeypatch):
    """The small territory; what waits for a commit runs at once: a test's transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, **_: send())


def seen(client, listing):
    """What anybody is answered: the page, and whether it may be reported."""
    client.logout()
    answer = client.get(f"/echanges/{listing.public_id}/")
    findable = content_kind("listing").find(listing.public_id) is not None
    assert findable == (answer.status_code == 200)
    return answer.status_code


def test_a_listing_withdrawn_before_it_was_read_is_a_draft_again(client):
    person = somebody()
    written = listings.write_listing(
        "offer", Party(person=person), values("Des livres"), once=fresh_once(), actor="test"
    )
    assert listings.publish_listing(written, actor="test").status == Listing.HELD
    client.force_login(person)
    assert "Reprendre en brouillon" in client.get(f"/echanges/{written.public_id}/").content.decode()
    client.post(f"/echanges/{written.public_id}/retirer/")
    assert "C’est un brouillon" in client.get(f"/echanges/{written.public_id}/").content.decode()
    written.refresh_from_db()
    assert written.status == Listing.DRAFT and seen(client, written) == 404
    assert listings.close_listing(written, actor="test").status == Listing.DRAFT
    verbs = Event.objects.filter(record_type="listing", record_id=written.public_id).order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == ["write", "submit", "unsubmit"]


@pytest.mark.parametrize("status", [Listing.CLOSED, Listing.EXPIRED])
def test_what_is_over_and_changes_so_that_somebody_must_read_it_is_a_draft(client, status):
    offer = an_offer(0, title="Deux barnums")
    listings.close_listing(offer, actor="test", status=status)
    assert seen(client, offer) == 200
    client.force_login(a_referent(offer.organization))
    listings.edit_listing(offer, values("Trois barnums"), actor="test")
    assert seen(client, offer) == 200, "nothing in these words is to be read first"
    listings.edit_listing(offer, values("Barnums, 06 12 34 56 78"), actor="test")
    assert Listing.objects.get().status == Listing.DRAFT and seen(client, offer) == 404
    assert listings.publish_listing(offer, actor="test").status == Listing.HELD


def test_a_photo_on_what_a_person_withdrew_hides_it_until_it_is_read():
    mine = an_offer(holder=Party(person=somebody()), title="Mes livres", kind="goods", terms="gift")
    listings.close_listing(mine, actor="test")
    mine.refresh_from_db()
    picturing.hold_if_to_read(mine)
    assert Listing.objects.get().status == Listing.DRAFT


def test_what_was_reported_withdrawn_then_judged_is_public_no_more(client):
    offer = an_offer(0)
    row = contents.report_content("listing", offer.public_id, ground="advert", message="")
    listings.close_listing(offer, actor="test")
    contents.decide_content(row, True, actor="test")
    offer.refresh_from_db()
    assert offer.status == Listing.CLOSED and seen(client, offer) == 404
    contents.reopen_content(row, actor="test")
    assert seen(client, offer) == 200


def test_the_page_of_what_is_over_may_be_reported_and_is_taken_away(client):
    offer = an_offer(0)
    listings.close_listing(offer, actor="test")
    assert (
        f"/signaler/listing/{offer.public_id}/"
        in client.get(f"/echanges/{offer.public_id}/").content.decode()
    )
    row = contents.report_content("listing", offer.public_id, ground="advert", message="")
    contents.decide_content(row, True, actor="test")
    assert seen(client, offer) == 404 and Listing.objects.get().status == Listing.CLOSED
    contest = contents.contest_content(ContentReport.objects.get(), ContentReport.AUTHOR, "C’est exact")
    contents.decide_content(contest, False, actor="test")
    assert seen(client, offer) == 200 and Listing.objects.get().status == Listing.CLOSED


def test_the_rule_says_the_same_of_a_row_and_of_a_query():
    now = timezone.now()
    for number, (status, _) in enumerate(Listing.STATUSES):
        for published_at in (None, now):
            for reason in ("", "Signalé"):
                if status != Listing.PUBLISHED or published_at:
                    Listing.objects.create(
                        side="offer", organization=organization(), title="x", kind="goods", status=status, reason=reason,
                        commune_id="86139", published_at=published_at, expires_on=now.date(), once=f"{number}{bool(published_at)}{reason}",
                    )  # fmt: skip
    rows = set(Listing.objects.filter(Listing.public()))
    assert rows == {row for row in Listing.objects.all() if row.is_public} and len(rows) == 4
