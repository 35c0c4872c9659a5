"""News are dated from the day everybody may read them, and what existed before is dated as it was told."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from horizon.actors.models import Mandate, Pole
from horizon.actors.services import poles
from horizon.exchange.models import Listing
from horizon.exchange.parties import Party
from horizon.exchange.services import listing as listings
from horizon.kernel import news
from horizon.listening.models import Answer
from horizon.listening.services import answering, reading, saying
from tests.exchange.kit import values
from tests.people import again, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2026, 1, 5, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def told():
    """What happened around now."""
    now = timezone.now()
    return {item.kind for item in news.news_between(now - DAY, now + DAY)}


def a_lead(operator):
    """Something that anybody proposes to a need: read before it is public."""
    need = reading.publish_need(saying.say_need("Un banc à Lusignan", once="a").need, actor="test")
    return answering.answer_need(
        need, kind=Answer.LEAD, text="Au parc", author=somebody(), speaks_as="citizen"
    )


def test_a_lead_read_late_is_told_the_day_it_is_shown(published):
    lead = a_lead(an_operator())
    Answer.objects.update(created_at=LONG_AGO)
    assert "answer" not in told()
    answering.publish_answer(lead, actor="test")
    assert "answer" in told()
    shown_at = Answer.objects.get().shown_at
    answering.hold_answer(lead, actor="test")
    assert "answer" not in told()
    answering.publish_answer(lead, actor="test")
    assert Answer.objects.get().shown_at == shown_at, "the first day stays"


def test_answers_are_fed_in_the_order_in_which_they_were_shown(published, client):
    operator = an_operator()
    lead = a_lead(operator)
    answering.answer_need(
        lead.need, kind="impossible", text="Non, la route", author=operator, speaks_as="animation"
    )
    answering.publish_answer(lead, actor="test")
    feed = client.get("/flux/reponses.atom").content.decode()
    assert feed.index("Au parc") < feed.index("Non, la route")


def test_a_contact_is_told_the_day_they_agree(published):
    an_operator()
    person = somebody("Nour Vonnelune")
    mandate = poles.give_mandate(
        person, Mandate.POLE, actor="test", pole=Pole.objects.get(code="alimentation")
    )
    Mandate.objects.filter(pk=mandate.pk).update(created_at=LONG_AGO)
    poles.publish_mandate(mandate, True, actor=again(person).actor)
    assert "contact" in told()
    poles.publish_mandate(mandate, False, actor=again(person).actor)
    assert "contact" not in told()


def test_a_listing_is_told_the_day_it_opens_to_everybody(published):
    holder = Party(entry_named("PAIN").organization)
    made = listings.write_listing("offer", holder, values(audience=Listing.MEMBERS), once="a", actor="test")
    listings.publish_listing(made, actor="test")
    Listing.objects.update(published_at=LONG_AGO)
    assert told() == set()
    listings.edit_listing(made, {"audience": Listing.EVERYBODY}, actor="test")
    assert told() == {"offer"}
    Listing.objects.update(public_at=LONG_AGO)
    listings.edit_listing(made, {"title": "Trois barnums"}, actor="test")
    listings.renew_listing(made, actor="test")
    assert told() == set(), "once"


def test_what_existed_before_is_dated_as_it_was_told(published):
    """The migrations' own functions, on rows as the former version left them."""
    lead = a_lead(an_operator())
    answering.publish_answer(lead, actor="test")
    Answer.objects.update(status=Answer.TAKEN_BACK, shown_at=None)
    listings.publish_listing(
        listings.write_listing("offer", Party(entry_named("PAIN").organization), values(), once="b", actor="test"), actor="test"
    )  # fmt: skip
    poles.give_mandate(somebody(), Mandate.AGENT, actor="test", public=True)
    Listing.objects.update(public_at=None)
    Mandate.objects.update(published_at=None)
    for room, name in (
        ("listening", "0003_answer_shown_at"),
        ("exchange", "0007_listing_public_at"),
        ("actors", "0011_mandate_published_at"),
    ):
        migration = import_module(f"horizon.{room}.migrations.{name}")
        migration.fill(apps, SimpleNamespace(connection=connection))
    answer, listing, mandate = (
        Answer.objects.get(),
        Listing.objects.get(),
        Mandate.objects.get(function=Mandate.AGENT),
    )
    assert answer.shown_at == answer.created_at
    assert listing.public_at == listing.published_at
    assert mandate.published_at == mandate.created_at
