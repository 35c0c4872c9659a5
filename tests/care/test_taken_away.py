"""What a report took away is put back by those who decide reports, never by its author alone."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from horizon.actors.services.people import erase_person
from horizon.care import contents
from horizon.care.models import ContentReport
from horizon.care.waiting import answer_suggestion
from horizon.directory.models import Photo, Statement
from horizon.directory.said.photos import forget_removed
from horizon.directory.said.services import publish_statement, state
from horizon.exchange.models import Listing
from horizon.exchange.parties import Party
from horizon.exchange.services import listing as listings
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import act_on
from horizon.relief.models import UrgentCall
from horizon.relief.services import calling
from tests.care.test_corrections import picture
from tests.exchange.kit import an_offer
from tests.people import a_referent, an_operator, entry_named, somebody
from tests.relief.kit import a_call

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


def contested(kind, key):
    """Taken away, then contested by its author; decided again by `left`."""
    row = take_away(kind, key)
    return contents.contest_content(row, ContentReport.AUTHOR, "C’est exact")


def left(row):
    return contents.decide_content(row, False, actor="test")


def test_a_listing_of_somebody_who_left_is_not_put_back(published):
    person = somebody()
    offer = an_offer(holder=Party(person=person))
    row = contested("listing", offer.public_id)
    erase_person(person)
    assert "ne peut plus être remis : la personne" in left(row).reason
    assert Listing.objects.get().status == Listing.CLOSED


def test_a_listing_that_its_holder_had_withdrawn_is_barred_then_theirs_again(published):
    offer = an_offer()
    row = contents.report_content("listing", offer.public_id, ground="advert", message="")
    listings.close_listing(offer, actor="test")
    contents.decide_content(row, True, actor="test")
    with pytest.raises(Refused, match="relue"):
        listings.renew_listing(offer, actor="test")
    assert contents.reopen_content(row, actor="test") == ""
    offer.refresh_from_db()
    assert offer.status == Listing.CLOSED and offer.reason == "", "withdrawn by its holder, not public again"
    listings.renew_listing(offer, actor="test")
    contents.decide_content(row, False, actor="test")
    assert Listing.objects.get().status == Listing.PUBLISHED


def test_what_is_past_its_day_is_decided_all_the_same(published):
    offer, call = an_offer(), a_call()
    rows = [contested("listing", offer.public_id), contested("urgent_call", call.public_id)]
    Listing.objects.update(until_on=timezone.localdate() - timedelta(days=1))
    past = timezone.now() - timedelta(hours=1)
    UrgentCall.objects.update(since_at=past - timedelta(hours=1), until_at=past)
    for row in rows:
        assert "laissé après une seconde lecture ; ne peut plus être remis" in left(row).reason
        row.refresh_from_db()
        assert row.status == ContentReport.LEFT and row.away, "it says where it is"
    assert Listing.objects.get().status == Listing.REFUSED
    assert UrgentCall.objects.get().status == UrgentCall.REFUSED


def test_a_statement_replaced_meanwhile_is_decided_all_the_same(organization):
    first, second = ("Un atelier.", "Un atelier ouvert.")
    made = state(organization, {"description": first}, origin=Statement.OPERATOR, actor="test", publish=True)[
        0
    ]
    row = contents.report_content("statement", str(made.pk), ground="false", message="")
    state(organization, {"description": second}, origin=Statement.OPERATOR, actor="test", publish=True)
    assert contents.decide_content(row, True, actor="test").status == ContentReport.TAKEN_AWAY
    with pytest.raises(Refused, match="signalement"):
        newer = Statement.objects.get(status=Statement.PUBLISHED)
        answer_suggestion("undo", str(newer.pk), a_referent(organization))


def test_a_replaced_statement_leaves_the_history_and_comes_back_to_it(client, organization):
    for words in ("Un atelier de voleurs.", "Un atelier ouvert."):
        state(organization, {"description": words}, origin=Statement.OPERATOR, actor="test", publish=True)
    before, now = Statement.objects.order_by("pk")
    page, link = f"/structures/{organization.public_id}/historique/", f"/signaler/statement/{before.pk}/"
    assert link in client.get(page).content.decode()
    assert page in client.get(link).content.decode(), "its report leads back to the history, which shows it"
    row = take_away("statement", before.pk)
    shown = client.get(page).content.decode()
    assert "voleurs" not in shown and link not in shown and client.get(link).status_code == 404
    assert Statement.objects.get(status=Statement.PUBLISHED) == now, "the page did not change"
    answer_suggestion("undo", str(now.pk), an_operator())
    assert not Statement.objects.filter(status=Statement.PUBLISHED).exists(), "what was taken away stays so"
    Statement.objects.filter(pk=now.pk).update(status=Statement.PUBLISHED, previous=before)
    left(contents.contest_content(row, ContentReport.AUTHOR, "C’était exact"))
    assert Statement.objects.get(pk=before.pk).status == Statement.REPLACED
    assert "voleurs" in client.get(page).content.decode()


def test_a_call_that_a_report_took_away_is_not_undone_at_the_desk(published):
    call = a_call()
    row = take_away("urgent_call", call.public_id)
    with pytest.raises(Refused, match="signalement"):
        act_on("urgent", "undo", call.public_id, an_operator())
    left(contents.contest_content(row, ContentReport.AUTHOR, "C’est vrai"))


def test_an_ended_call_leaves_the_public_and_comes_back_ended(client, published):
    call = a_call()
    calling.close_call(call, actor="test", thanks="Merci")
    page, link = f"/entraide/appels/{call.public_id}/", f"/signaler/urgent_call/{call.public_id}/"
    assert link in client.get(page).content.decode()
    mail.outbox.clear()
    row = take_away("urgent_call", call.public_id)
    assert client.get(page).status_code == 404 and client.get(link).status_code == 404
    assert not [one for one in mail.outbox if "inutile de venir" in one.body], "nobody is stood down"
    left(contents.contest_content(row, ContentReport.AUTHOR, "C’est vrai"))
    call.refresh_from_db()
    assert call.status == UrgentCall.CLOSED and call.reason == ""
    assert client.get(page).status_code == 200


def test_a_reported_picture_is_kept_as_long_as_its_decision_may_be_contested(photo):
    row = take_away("photo", photo.public_id)
    Photo.objects.update(removed_at=timezone.now() - timedelta(days=90))
    ContentReport.objects.update(decided_at=timezone.now() - timedelta(days=90))
    assert forget_removed() == 0
    left(contents.contest_content(row, ContentReport.AUTHOR, "Elle est à moi"))
    assert Photo.objects.get().removed_at is None
    Photo.objects.update(removed_at=timezone.now() - timedelta(days=200))
    ContentReport.objects.update(decided_at=timezone.now() - timedelta(days=200))
    assert forget_removed() == 1
