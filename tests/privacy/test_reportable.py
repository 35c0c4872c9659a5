"""Every text and picture that somebody writes and others read may be reported from the page that shows it."""

from datetime import timedelta
from html import unescape

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import timezone

from horizon.care import contents
from horizon.care.models import ContentReport
from horizon.directory.models import Statement
from horizon.directory.said.photos import Photo
from horizon.directory.said.refresh import refresh_directory
from horizon.exchange.models import Deal, Listing, ListingPicture, Message
from horizon.exchange.parties import holder_of
from horizon.exchange.services.forgetting import forget_old_messages
from horizon.kernel import naming, registry
from horizon.kernel.pictures import Picture
from horizon.listening.models import Answer, Need, Voice
from horizon.listening.services import reading
from horizon.relief.models import UrgentCall
from horizon.values.models import Assessment, Visit
from tests.people import an_operator, somebody
from tests.privacy import everywhere_kit as kit

pytestmark = pytest.mark.django_db
REPORTABLE = {
    "listening.Need": "need", "listening.Voice": "voice", "listening.Answer": "answer", "exchange.Listing": "listing",
    "exchange.ListingPicture": "listing_picture", "exchange.Message": "message", "relief.UrgentCall": "urgent_call", "actors.OrganizationLink": "link",
    "directory.Statement": "statement", "directory.Photo": "photo", "values.Assessment": "values", "values.Answer": "values",
    "values.Visit": "visit", "values.Seen": "visit",
}  # fmt: skip
NOT_PUBLIC = {
    "actors.Invitation": "read by whom it invites", "actors.RelayConsent": "read by the structures",
    "actors.Membership": "read by the structure and those who animate", "actors.ContactNote": "read by those who animate",
    "actors.Contact": "read by those who animate", "actors.OrganizationRole": "read by who held it and those who animate",
    "kernel.OutgoingMail": "read by who it is sent to",
    "actors.Pole": "written by those who animate",
    "actors.PoleChange": "written by those who animate", "actors.Mandate": "written by those who animate",
    "exchange.Deal": "read by its two sides",
    "relief.Proposal": "read by who asks and those who animate", "pages.Version": "written by those who animate, with its source",
    "subscriptions.Message": "read by who it is sent to", "subscriptions.Subscription": "read by who follows",
    "care.Report": "read by those who animate", "care.Claim": "read by its sides", "care.ContentReport": "read by its sides",
    "directory.Confirmation": "from whom it was heard: read by nobody else", "directory.Closure": "read by the structure and those who animate",
    "care.Missing": "read by those who animate", "care.Import": "read by those who animate", "care.ImportLine": "read by those who animate",
}  # fmt: skip


@pytest.fixture
def shown(published, settings, tmp_path):
    """One public content of each kind: its reference, and whether it is public now."""
    settings.MEDIA_ROOT = tmp_path
    kit.live_everywhere()
    refresh_directory()
    voice = Voice.objects.get(words="Oui, un banc")
    reading.read_voice(voice, True, actor="test")
    answer = Answer.objects.get(text="C’est à l’étude")
    listing = Listing.objects.get(title="Un four")
    link = apps.get_model("actors.OrganizationLink").objects.get()
    call = UrgentCall.objects.get(title__startswith="Aider")
    pictured = ListingPicture.objects.get(alt="hysope")
    return {
        "need": Need.objects.get(text__contains="banc").public_id, "voice": voice.public_id, "answer": answer.public_id,
        "listing": listing.public_id, "listing_picture": pictured.public_id, "urgent_call": call.public_id, "link": link.public_id,
        "statement": str(Statement.objects.get(field="description", status=Statement.PUBLISHED).pk),
        "photo": Photo.objects.get().public_id, "values": Assessment.objects.get(status=Assessment.PUBLISHED).public_id,
        "visit": Visit.objects.get(status=Visit.DONE).public_id,
        "message": str(Message.objects.get(text="mauve").pk),
    }  # fmt: skip


def enters(client, kind, key):
    """What only some read is looked at by one of those who did not write it."""
    if kind == "message":
        client.force_login(holder_of(Message.objects.get(pk=key).deal.listing).people()[0])


def test_every_model_of_words_or_pictures_may_be_reported_or_says_why_not():
    written = {text.model for text in naming.free_texts()}
    written |= {model._meta.label for model in apps.get_models() if issubclass(model, Picture)}
    assert written == set(REPORTABLE) | set(NOT_PUBLIC)
    assert set(REPORTABLE.values()) == set(registry.content_kinds())


def test_the_page_that_shows_it_leads_to_its_report(shown, client):
    assert set(shown) == set(REPORTABLE.values())
    for kind, key in shown.items():
        enters(client, kind, key)
        content = contents.content_of(kind, key)
        page = client.get(content.href).content.decode()
        assert f"/signaler/{kind}/{key}/" in page, kind
        form = client.get(f"/signaler/{kind}/{key}/")
        assert form.status_code == 200 and content.text[:20].split()[0] in unescape(form.content.decode())


def test_each_kind_is_taken_away_recalled_put_back_and_its_authors_known(shown, client):
    operator = an_operator()
    for kind, key in shown.items():
        enters(client, kind, key)
        href = contents.content_of(kind, key).href
        row = contents.report_content(kind, key, ground="false", message="")
        contents.decide_content(row, True, actor=operator.actor)
        assert contents.content_of(kind, key) is None, kind
        assert contents.recalled_all([row])[kind, key].text and registry.content_kind(kind).authors(key), kind
        page = client.get(href).content.decode()
        assert f"/signaler/{kind}/{key}/" not in page, kind
        assert kind != "message" or "mauve" not in page and "Message retiré." in page
        contents.reopen_content(ContentReport.objects.get(pk=row.pk), actor=operator.actor)
        assert contents.content_of(kind, key) is not None, kind


def test_what_members_alone_read_is_reported_by_members_alone(shown, client):
    listing = Listing.objects.get(public_id=shown["listing"])
    Listing.objects.filter(pk=listing.pk).update(audience=Listing.MEMBERS)
    address = f"/signaler/listing/{listing.public_id}/"
    assert client.get(address).status_code == 404
    client.force_login(an_operator())
    assert client.get(address).status_code == 200
    assert address in client.get(f"/echanges/{listing.public_id}/").content.decode()


def test_a_message_is_reported_by_the_two_sides_alone_and_read_by_those_who_decide(shown, client):
    message = Message.objects.get(pk=shown["message"])
    page, deal = f"/signaler/message/{message.pk}/", f"/accords/{message.deal.public_id}/"
    operator = an_operator()
    for person in (None, somebody(), operator):
        client.logout()
        if person:
            client.force_login(person)
        assert client.get(page).status_code == 404
    assert (
        client.get("/signaler/message/abc/").status_code
        == client.get("/signaler/message/999999/").status_code
        == 404
    )
    holder = holder_of(message.deal.listing).people()[0]
    client.force_login(holder)
    assert page in client.get(deal).content.decode()
    client.force_login(message.author)
    assert page not in client.get(deal).content.decode(), "nobody reports oneself"
    client.force_login(holder)
    assert client.post(page, {"ground": "insult", "message": "Il m’insulte"}).status_code == 302
    [waits] = [
        one for one in registry.waiting_for(operator) if one.room == "content" and "mauve" in one.detail
    ]
    assert waits.href == reverse("care:desk"), "the deal itself stays theirs"
    registry.act_on("content", "accept", waits.key, operator)
    assert Message.objects.get(pk=message.pk).reason.startswith("Signalé et retiré")
    assert "mauve" not in client.get(deal).content.decode()


def test_a_reported_message_is_kept_as_long_as_its_decision_may_be_contested(shown):
    message = Message.objects.get(pk=shown["message"])
    contents.report_content("message", str(message.pk), ground="insult", message="")
    Deal.objects.update(status=Deal.CANCELLED)
    Message.objects.update(created_at=timezone.now() - timedelta(days=500))
    forget_old_messages(timezone.now())
    assert Message.objects.get(pk=message.pk).text == "mauve"
    assert not Message.objects.exclude(pk=message.pk).exclude(text="").exists()


def test_what_was_deleted_meanwhile_is_said(shown):
    row = contents.report_content("photo", shown["photo"], ground="rights", message="")
    Photo.objects.all().delete()
    assert contents.decide_content(row, True, actor="test").reason.endswith("lecture ; il n’existe plus.")
    assert "n’existe plus" in contents.reopen_content(row, actor="test")
