"""Photos of offers and asks: drawn again, three at most, in an order, removed and put back, reported like texts."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from PIL import Image

from horizon.care.contents import contest_content, decide_content, reopen_content, report_content
from horizon.care.models import ContentReport
from horizon.exchange.models import Listing, ListingPicture
from horizon.exchange.parties import Party
from horizon.exchange.services import picturing
from horizon.exchange.waiting import kept_of, let_go
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from tests.exchange.kit import an_offer, organization
from tests.people import a_referent, an_operator, somebody

pytestmark = pytest.mark.django_db
SAID = {"alt": "Deux barnums pliés", "author": "Lou", "licence": "cc-by"}


@pytest.fixture(autouse=True)
def _site(published, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def picture(colour="teal", size=(40, 30), name="a.jpg"):
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "SECRETCAMERA"
    Image.new("RGB", size, colour).save(out, "JPEG", exif=exif.tobytes())
    return SimpleUploadedFile(name, out.getvalue(), content_type="image/jpeg")


def pictures_of(listing):
    return [row.alt for row in listing.pictures.filter(removed_at=None)]


def three(listing, by):
    return [picturing.add_picture(listing, picture(), by=by, **{**SAID, "alt": alt}) for alt in "abc"]


def test_a_photo_is_drawn_again_and_shown_on_the_page_and_in_the_list(client):
    offer = an_offer(0)
    client.force_login(a_referent(organization()))
    page = f"/echanges/{offer.public_id}/photos/"
    assert client.post(page, {**SAID, "file": picture(size=(3000, 1500))}).status_code == 302
    row = ListingPicture.objects.get()
    client.logout()
    answer = client.get(f"/echanges/photos/{row.public_id}.webp")
    body = b"".join(answer.streaming_content)
    with Image.open(io.BytesIO(body)) as kept:
        assert (kept.format, kept.size, dict(kept.getexif())) == ("WEBP", (1600, 800), {})
    assert b"SECRETCAMERA" not in body and "public" in answer["Cache-Control"]
    assert 'alt="Deux barnums pliés"' in client.get(f"/echanges/{offer.public_id}/").content.decode()
    assert row.public_id in client.get("/echanges/").content.decode()
    assert Event.objects.filter(verb="add_picture", record_type="listing").count() == 1


def test_three_at_most_by_the_service_and_by_the_database():
    offer, lou = an_offer(0), a_referent(organization())
    three(offer, lou)
    with pytest.raises(Refused, match="déjà 3"):
        picturing.add_picture(offer, picture(), by=lou, **SAID)
    for rank in (2, 4, None):
        with pytest.raises(IntegrityError), transaction.atomic():
            ListingPicture.objects.create(
                listing=offer, rank=rank, file="x", width=1, height=1, alt="x", author="x", licence="lo"
            )


def test_the_order_is_chosen_and_a_removed_photo_comes_back(client):
    offer, lou = an_offer(0), a_referent(organization())
    a, b, c = three(offer, lou)
    client.force_login(lou)
    page = f"/echanges/{offer.public_id}/photos/"
    client.post(f"{page}{c.public_id}/", {"verb": "before"})
    client.post(f"{page}{a.public_id}/", {"verb": "before"})
    assert pictures_of(offer) == ["a", "c", "b"]
    client.post(f"{page}{a.public_id}/", {"verb": "remove"})
    assert pictures_of(offer) == ["c", "b"]
    client.logout()
    assert client.get(f"/echanges/photos/{a.public_id}.webp").status_code == 404
    client.force_login(lou)
    client.post(f"{page}{a.public_id}/", {"verb": "restore"})
    assert pictures_of(offer) == ["c", "b", "a"]
    from datetime import timedelta

    from horizon.kernel.pictures import forget_removed

    picturing.remove_picture(b, actor="test")
    assert forget_removed(ListingPicture, timedelta(0)) == 1 and ListingPicture.objects.count() == 2


def test_a_stranger_adds_nothing_and_what_is_said_is_kept_when_the_file_is_wrong(client):
    offer = an_offer(0)
    page = f"/echanges/{offer.public_id}/photos/"
    client.force_login(somebody())
    assert client.post(page, {**SAID, "file": picture()}).status_code == 404
    client.force_login(a_referent(organization()))
    wrong = SimpleUploadedFile("a.jpg", b"<svg onload=alert(1)>", content_type="image/jpeg")
    answer = client.post(page, {**SAID, "file": wrong})
    assert answer.status_code == 422 and "Deux barnums pliés" in answer.content.decode()
    assert client.post(page, {**SAID, "alt": "", "file": picture()}).status_code == 422


def test_the_photo_of_a_person_is_looked_at_before_it_is_public(client):
    holder = somebody()
    offer = an_offer(holder=Party(person=holder), kind="goods", terms="gift")
    assert offer.status == Listing.PUBLISHED
    row = picturing.add_picture(offer, picture(), by=holder, **SAID)
    offer.refresh_from_db()
    assert offer.status == Listing.HELD
    assert client.get(f"/echanges/photos/{row.public_id}.webp").status_code == 404
    client.force_login(an_operator())
    assert "1 photo à regarder" in client.get("/bureau/?quoi=listing").content.decode()
    assert client.get(f"/echanges/photos/{row.public_id}.webp")["Cache-Control"] == "private, no-store"


def test_the_photo_of_a_person_names_nobody_unless_somebody_is_named(client):
    holder = somebody()
    offer = an_offer(holder=Party(person=holder), kind="goods", terms="gift")
    client.force_login(holder)
    page = f"/echanges/{offer.public_id}/photos/"
    assert "si ce n’est pas vous" in client.get(page).content.decode()
    for author in ("", "Ade Traoré"):
        assert client.post(page, {**SAID, "author": author, "file": picture()}).status_code == 302
    assert [row.author for row in offer.pictures.order_by("pk")] == [
        "la personne qui publie l’annonce",
        "Ade Traoré",
    ]
    client.force_login(a_referent(organization()))
    theirs = f"/echanges/{an_offer(0).public_id}/photos/"
    assert client.post(theirs, {**SAID, "author": "", "file": picture()}).status_code == 422


def test_a_photo_is_reported_taken_away_and_not_put_back_by_its_holder(client):
    offer, lou = an_offer(0), a_referent(organization())
    row = picturing.add_picture(offer, picture(), by=lou, **SAID)
    report = f"/signaler/listing_picture/{row.public_id}/"
    assert client.get(report).status_code == 200
    ground = ContentReport.GROUNDS[0][0]
    client.post(report, {"ground": ground, "message": "On me reconnaît", "email": ""})
    reported = ContentReport.objects.get()
    client.force_login(an_operator())
    client.post("/bureau/", {"one": f"accept|content/{reported.public_id}"})
    row.refresh_from_db()
    assert row.removed_at and row.reason
    with pytest.raises(Refused, match="animation a retiré"):
        picturing.restore_picture(row, actor="test")
    client.post("/bureau/", {"verb": "undo"})
    row.refresh_from_db()
    assert row.removed_at is None and row.rank == 1


def test_a_contested_photo_comes_back_when_three_others_took_its_place(client):
    """Taken away after a report, contested and put back while three others are shown: it waits, and takes the first free place."""
    offer, lou = an_offer(0), a_referent(organization())
    row = picturing.add_picture(offer, picture(), by=lou, **SAID)
    reported = report_content(
        "listing_picture",
        row.public_id,
        ground=ContentReport.GROUNDS[0][0],
        message="",
        email="",
        actor="visitor",
    )
    decide_content(reported, True, actor="test")
    others = [picturing.add_picture(offer, picture(), by=lou, **SAID) for _ in range(3)]
    contest_content(ContentReport.objects.get(), ContentReport.AUTHOR, "On n’y voit que la table")
    again = decide_content(ContentReport.objects.get(), False, actor="test")
    row.refresh_from_db()
    assert "ne peut plus" not in again.reason and row.comes_back and row.removed_at and not row.reason
    client.force_login(lou)
    page = f"/echanges/{offer.public_id}/photos/"
    assert "elle revient dès que vous en retirez une autre" in client.get(page).content.decode()
    ListingPicture.objects.filter(pk=row.pk).update(removed_at="2026-01-01T00:00:00Z")
    picturing.forget_removed_pictures()
    with pytest.raises(IntegrityError), transaction.atomic():
        ListingPicture.objects.filter(pk=row.pk).update(reason="x")
    picturing.remove_picture(others[1], actor="test")
    row.refresh_from_db()
    assert (row.rank, row.removed_at, row.comes_back) == (3, None, False)
    with pytest.raises(Refused, match="déjà"):
        picturing.restore_picture(others[1], actor="test")
    reopen_content(ContentReport.objects.get(), actor="test")
    row.refresh_from_db()
    assert row.removed_at and row.reason  # the decision undone: away, as before it
    decide_content(ContentReport.objects.get(), False, actor="test")
    row.refresh_from_db()
    assert row.rank == 3


def test_what_is_kept_of_a_person_is_given_and_erased_with_the_files(tmp_path):
    holder = somebody()
    offer = an_offer(holder=Party(person=holder), kind="goods", terms="gift")
    picturing.add_picture(offer, picture(), by=holder, **SAID)
    assert kept_of(holder)["pictures"][0]["author"] == "Lou"
    let_go(holder)
    assert not ListingPicture.objects.exists() and not list(tmp_path.rglob("*.webp"))
