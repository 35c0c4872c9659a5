"""What a report took away is put back by those who decide reports, never by its author alone."""

import pytest

from horizon.care import contents
from horizon.care.waiting import answer_suggestion
from horizon.directory.models import Photo, Statement
from horizon.directory.said.services import publish_statement, state
from horizon.exchange.models import Listing, ListingPicture
from horizon.exchange.services import listing as listings
from horizon.exchange.services import picturing
from horizon.kernel.refusal import Refused
from tests.care.test_corrections import picture
from tests.exchange.kit import an_offer
from tests.people import a_referent, an_operator, entry_named

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization(published):
    return entry_named("Pédalier").organization


@pytest.fixture
def photo(client, organization, settings, tmp_path):
    """A photo on the page, its referent signed in, and the address that takes it off or puts it back."""
    settings.MEDIA_ROOT = tmp_path
    client.force_login(a_referent(organization))
    page = f"/structures/{organization.public_id}/images/"
    typed = {"kind": "photo", "alt": "L’atelier", "author": "Lou", "licence": "cc-by", "file": picture()}
    assert client.post(page, typed).status_code == 302
    return Photo.objects.get()


def take_away(kind, key):
    """A report, decided: taken away."""
    row = contents.report_content(kind, str(key), ground="false", message="")
    return contents.decide_content(row, True, actor="test")


def test_a_photo_taken_away_is_not_put_back_by_who_holds_the_page(client, organization, photo):
    take_away("photo", photo.public_id)
    page = f"/structures/{organization.public_id}/images/"
    shown = client.get(page).content.decode()
    assert "Signalé et retiré" in shown and "Remettre" not in shown
    client.post(f"{page}{photo.public_id}/")
    assert Photo.objects.get().removed_at
    client.force_login(an_operator())
    assert "Remettre" in client.get(page).content.decode()
    client.post(f"{page}{photo.public_id}/")
    photo.refresh_from_db()
    assert photo.removed_at is None and photo.reason == ""


def test_a_statement_taken_away_is_not_published_again_by_its_referent(organization):
    referent, operator = a_referent(organization), an_operator()
    before, made = (
        publish_statement(
            state(organization, {"description": words}, origin=Statement.VISITOR, actor="test")[0],
            actor="test",
        )
        for words in ("Un atelier.", "Un atelier de voleurs.")
    )
    take_away("statement", made.pk)
    for verb in ("undo", "accept"):
        with pytest.raises(Refused, match="signalement"):
            answer_suggestion(verb, str(made.pk), referent)
    assert Statement.objects.get(pk=made.pk).status == Statement.REFUSED
    answer_suggestion("undo", str(made.pk), operator)
    assert Statement.objects.get(pk=made.pk).status == Statement.PROPOSED
    with pytest.raises(Refused, match="signalement"):
        answer_suggestion("accept", str(made.pk), referent)


def test_a_listing_taken_away_is_read_again_before_it_is_public(client, published):
    offer = an_offer()
    take_away("listing", offer.public_id)
    client.force_login(a_referent(offer.organization))
    page = f"/echanges/{offer.public_id}/"
    assert "Demander une nouvelle lecture" in client.get(page).content.decode()
    client.post(f"{page}retirer/")
    client.post(f"{page}renouveler/")
    assert Listing.objects.get().status == Listing.REFUSED
    listings.publish_listing(offer, actor="test")
    assert Listing.objects.get().status == Listing.HELD, "the holder asks, somebody reads"
    listings.close_listing(offer, actor="test")
    with pytest.raises(Refused, match="relue"):
        listings.renew_listing(offer, actor="test")
    assert listings.publish_listing(offer, actor="test").status == Listing.HELD
    assert listings.publish_listing(offer, actor="test", read=True).status == Listing.PUBLISHED
    assert Listing.objects.get().reason == ""
