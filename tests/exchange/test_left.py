"""What was promised is no longer offered: on the page, in lists, in the pairing and in covering sets."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from horizon.engine.pairing.scoring import ALMOST, FITS, PART, Side
from horizon.engine.pairing.stock import Taken, left
from horizon.exchange import finding, queries
from horizon.exchange.models import Deal, Listing
from horizon.exchange.services import dealing
from horizon.exchange.services import listing as listings
from horizon.kernel.refusal import Refused
from tests.exchange.kit import an_ask, an_offer, organization, values
from tests.people import a_referent

FIRST = date(2027, 6, 1)


def promised(listing, quantity, other=None, since=None, until=None):
    """A concluded deal that takes this much of a listing."""
    now = timezone.now()
    return Deal.objects.create(
        listing=listing, other=other, organization=organization(3), status=Deal.CONCLUDED, quantity=quantity, from_on=since,
        until_on=until, once=f"left-{Deal.objects.count()}", holder_agreed_at=now, opener_agreed_at=now, concluded_at=now,
    )  # fmt: skip


days = st.one_of(st.none(), st.integers(0, 12))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, 9), st.lists(st.tuples(st.integers(1, 4), days, days), max_size=5), days, days,
)  # fmt: skip
def test_what_is_left_of_what_is_lent_is_that_of_the_busiest_day(quantity, deals, since, until):
    """Against a count day by day, a fortnight long."""
    taken = [
        Taken(Decimal(n), FIRST + timedelta(a) if a is not None else None, FIRST + timedelta(b) if b is not None else None)
        for n, a, b in deals
        if a is None or b is None or a <= b
    ]  # fmt: skip
    first, last = since or 0, until if until is not None else 20
    if first > last:
        return
    free = [
        quantity - sum(t.quantity for t in taken if (t.since or FIRST) <= day <= (t.until or date.max))
        for day in (FIRST + timedelta(n) for n in range(first, last + 1))
    ]
    end = FIRST + timedelta(until) if until is not None else None
    found = left(Decimal(quantity), taken, returned=True, since=FIRST + timedelta(first), until=end)
    assert found == max(min(free), 0)


@pytest.mark.django_db
def test_an_offer_of_which_part_was_given_answers_for_what_is_left(published):
    offer = an_offer(
        0, title="Chaises pliantes", kind="goods", terms="gift", quantity=Decimal(40), unit="piece"
    )
    promised(offer, Decimal(28))
    ask = an_ask(1, title="30 chaises", kind="goods", terms="gift", quantity=Decimal(30), unit="piece")
    [met] = finding.meets(ask, members=False)
    assert (met.match.level, met.match.covers, met.match.missing) == (
        PART,
        0.4,
        ("12 proposés, 30 demandés",),
    )
    assert "il en reste 12 sur 40" in met.match.reasons
    small = an_ask(2, title="Dix chaises", kind="goods", terms="gift", quantity=Decimal(10), unit="piece")
    assert finding.meets(small, members=False)[0].match.level == FITS
    page = Client().get(reverse("exchange:listing", args=[offer.public_id])).content.decode()
    assert "il en reste 12 sur 40" in page
    assert "il en reste 12 sur 40 pièces" in Client().get(reverse("exchange:list")).content.decode()
    assert (
        "il en reste 12 sur 40"
        in Client().get(reverse("exchange:listing", args=[ask.public_id])).content.decode()
    )


@pytest.mark.django_db
def test_what_is_all_reserved_does_not_answer_for_those_days_and_says_why(published):
    tents = an_offer(0, title="Deux barnums", quantity=Decimal(2), unit="piece")
    fete, later = timezone.localdate() + timedelta(days=60), timezone.localdate() + timedelta(days=90)
    promised(tents, Decimal(2), since=fete, until=fete)
    then = an_ask(1, title="Un barnum", quantity=Decimal(1), unit="piece", from_on=fete, until_on=fete)
    other = an_ask(2, title="Un barnum", quantity=Decimal(1), unit="piece", from_on=later, until_on=later)
    [met] = finding.meets(then, members=False)
    assert met.match.level == ALMOST and met.match.missing == ("tout est déjà réservé pour ces jours-là",)
    assert finding.meets(other, members=False)[0].match.level == FITS
    seen = {one.listing: one.match.level for one in finding.meets(tents, members=False)}
    assert seen == {then: ALMOST, other: FITS}, "the offer's page says the same of both asks"
    page = Client().get(reverse("exchange:listing", args=[then.public_id])).content.decode()
    assert "tout est déjà réservé pour ces jours-là" in page


@pytest.mark.django_db
def test_what_is_lent_today_is_said_to_be_reserved_and_still_answers_who_says_no_day(published, monkeypatch):
    """It comes back: an ask without days does not flip with it, and its holder is not told again each time it does."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, **_: send())
    today = timezone.localdate()
    ask = an_ask(1, title="Un barnum")
    asker = a_referent(ask.organization)
    tents = an_offer(0, title="Deux barnums", quantity=Decimal(2), unit="piece")
    mail.outbox.clear()

    def look():
        listings.look_for_answer(
            Listing.objects.select_related("organization", "person", "commune").get(pk=ask.pk)
        )
        return Listing.objects.get(pk=ask.pk).answered

    assert look() is True
    deal = promised(tents, Decimal(2), since=today, until=today + timedelta(days=2))
    assert finding.meets(ask, members=False)[0].match.level == FITS
    assert "tout est réservé aujourd’hui" in Client().get(reverse("exchange:list")).content.decode()
    assert look() is True
    Deal.objects.filter(pk=deal.pk).update(
        from_on=today - timedelta(days=3), until_on=today - timedelta(days=1)
    )
    assert look() is True
    assert finding.meets(ask, members=False)[0].match.level == FITS
    assert [message.to for message in mail.outbox] == [[asker.email]], "told once, not at each return"


@pytest.mark.django_db
def test_covering_sets_count_what_is_left_on_both_sides(published):
    cups = {"unit": "piece", "kind": "goods", "terms": "gift"}
    small = an_offer(0, title="Gobelets", quantity=Decimal(300), **cups)
    large = an_offer(2, title="Gobelets réutilisables", quantity=Decimal(1200), **cups)
    ask = an_ask(1, title="1400 gobelets", quantity=Decimal(1400), **cups)
    promised(large, Decimal(800))
    assert finding.together(ask, finding.matches(ask, members=False)) is None, "700 are left of 1500"
    promised(ask, Decimal(750))
    found = finding.together(ask, finding.matches(ask, members=False))
    assert {(one.key, one.left) for one in found.matches} == {(small.public_id, 300), (large.public_id, 400)}
    page = Client().get(reverse("exchange:listing", args=[ask.public_id])).content.decode()
    assert "Gobelets réutilisables</a> (400)" in page and "700 en tout" in page


@pytest.mark.django_db
def test_an_offer_that_answered_through_the_other_side_counts_too(published):
    """A deal made from the ask's page names the offer as the other listing."""
    offer = an_offer(
        0, title="Chaises pliantes", quantity=Decimal(40), unit="piece", kind="goods", terms="gift"
    )
    ask = an_ask(1, title="Des chaises", kind="goods", terms="gift")
    promised(ask, Decimal(15), other=offer)
    assert queries.note_left([offer])[0].left == 25
    assert finding.meets(ask, members=False)[0].match.left == 25


@pytest.mark.django_db
def test_what_is_left_costs_one_query_for_a_page(published, django_assert_num_queries):
    offers = [an_offer(n, title=f"Chaises {n}", quantity=Decimal(5), unit="piece") for n in range(3)]
    for offer in offers:
        promised(offer, Decimal(2))
    rows = list(Listing.objects.filter(pk__in=[offer.pk for offer in offers]))
    with django_assert_num_queries(1):
        queries.note_left(rows)
    assert [row.left for row in rows] == [3, 3, 3]


@pytest.mark.django_db
def test_what_is_sought_without_being_a_listing_keeps_who_seeks_it(published):
    """Lent staff is not for people: a need, which nobody holds, still meets it; another reader is not given what was kept for it."""
    offer = an_offer(0, title="Un comptable une journée par semaine", kind="staff", terms="price")
    need = Side(key="need", title="Un comptable")
    found = {}
    for who, holder in (("", ""), ("person", ""), ("nonprofit", f"o{organization(0).pk}")):
        mine = replace(need, who=who, holder=holder)
        found[who] = [
            (one.listing, one.match.level) for one in finding.meets_side(mine, Listing.ASK, members=False)
        ]
    assert found == {"": [(offer, FITS)], "person": [(offer, ALMOST)], "nonprofit": []}
    ask = an_ask(1, title="Un comptable", kind="staff", terms="price")
    own = Side(
        key="typed",
        title="Un comptable une journée par semaine",
        who="nonprofit",
        holder=f"o{organization(1).pk}",
    )
    assert finding.meets_side(own, Listing.OFFER, members=False) == []
    other = replace(own, holder="")
    assert [one.listing for one in finding.meets_side(other, Listing.OFFER, members=False)] == [ask]


@pytest.mark.django_db
@pytest.mark.parametrize("asked_until, taken_until", [(None, None), (None, 0), (0, None)])
def test_a_first_day_said_alone_is_that_day_for_pairing_and_for_agreement(
    published, asked_until, taken_until
):
    tents = an_offer(0, title="Deux barnums", quantity=Decimal(2), unit="piece")
    fete, later = timezone.localdate() + timedelta(days=60), timezone.localdate() + timedelta(days=90)
    promised(tents, Decimal(2), since=fete, until=fete if taken_until == 0 else None)
    for day, number, level, there in (
        (fete, 1, ALMOST, 0),
        (later, 2, FITS, 2),
        (fete - timedelta(days=7), 4, FITS, 2),
    ):
        until = day if asked_until == 0 else None
        ask = an_ask(
            number, title="Un barnum", quantity=Decimal(1), unit="piece", from_on=day, until_on=until
        )
        [met] = finding.meets(ask, members=False)
        assert (met.match.level, dealing.left_of(tents, day, until)) == (level, there)


@pytest.mark.django_db
def test_what_has_nothing_left_says_so_in_the_words_of_its_side(published):
    more = {"quantity": Decimal(2), "unit": "piece"}
    today = timezone.localdate()
    tents = an_offer(0, title="Deux barnums", **more)
    chairs = an_offer(2, title="Deux chaises", kind="goods", terms="gift", **more)
    ask = an_ask(1, title="Deux pianos", kind="goods", terms="gift", **more)
    for one in (tents, chairs, ask):
        promised(one, Decimal(2), since=today, until=today)
    listed = Client().get(reverse("exchange:list")).content.decode()
    for one, said in (
        (tents, "tout est réservé aujourd’hui"),
        (chairs, "il n’en reste plus"),
        (ask, "tout est trouvé"),
    ):
        assert f"{said}, sur 2 pièces" in listed
        page = Client().get(reverse("exchange:listing", args=[one.public_id])).content.decode()
        assert f"2 pièces ; {said}" in page
    assert "Personne ne le propose" not in page and "Tout est trouvé." in page


@pytest.mark.django_db
def test_an_ask_for_which_all_was_found_pairs_with_nothing_and_mails_nothing(published, monkeypatch):
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, **_: send())
    more = {"quantity": Decimal(2), "unit": "piece", "kind": "goods", "terms": "gift"}
    ask = an_ask(1, title="Deux chaises", **more)
    a_referent(ask.organization)
    promised(ask, Decimal(2))
    mail.outbox.clear()
    chairs = an_offer(0, title="Deux chaises", **more)
    assert finding.meets(ask, members=False) == [] == finding.meets(chairs, members=False)
    assert Listing.objects.get(pk=ask.pk).answered is False
    listings.look_for_answer(Listing.objects.get(pk=ask.pk))
    assert Listing.objects.get(pk=ask.pk).answered is False and mail.outbox == []
    listings.edit_listing(ask, values("Trois chaises", **{**more, "quantity": Decimal(3)}), actor="test")
    assert [one.listing for one in finding.meets(chairs, members=False)] == [ask]


@pytest.mark.django_db
@pytest.mark.parametrize("side, kind", [("offer", "goods"), ("ask", "equipment")])
def test_what_is_all_promised_is_renewed_once_its_quantity_is_changed(published, side, kind):
    one = an_offer(0, side=side, title="Chaises", kind=kind, terms="loan", quantity=Decimal(40), unit="piece")
    promised(one, Decimal("28.5"))

    def change(quantity):
        sent = values("Chaises", kind=kind, quantity=quantity, unit="piece")
        return listings.edit_listing(one, sent, actor="test")

    with pytest.raises(Refused, match="portent déjà sur 28,5"):
        change(Decimal(20))
    assert Listing.objects.get(pk=one.pk).quantity == 40
    change(Decimal("28.5"))
    listings.close_listing(one, actor="test")
    for bring_back in (listings.renew_listing, listings.publish_listing):
        with pytest.raises(Refused, match="Tout est déjà pris"):
            bring_back(one, actor="test")
    change(Decimal(30))
    assert listings.renew_listing(one, actor="test").is_open
    change(None)


@pytest.mark.django_db
def test_what_is_lent_keeps_enough_for_its_busiest_day_to_come(published):
    today = timezone.localdate()
    tents = an_offer(0, title="Barnums", quantity=Decimal(5), unit="piece")
    for quantity, at in ((4, -10), (2, 0), (3, 10)):
        day = today + timedelta(days=at)
        promised(tents, Decimal(quantity), since=day, until=day)
    with pytest.raises(Refused, match="portent déjà sur 3 "):
        listings.edit_listing(tents, values("Barnums", quantity=Decimal(2), unit="piece"), actor="test")
    listings.edit_listing(tents, values("Barnums", quantity=Decimal(3), unit="piece"), actor="test")
    promised(tents, Decimal(1), since=today, until=today)
    assert listings.renew_listing(tents, actor="test").is_open, "it comes back"


@pytest.mark.django_db
def test_the_pages_of_a_door_a_commune_and_coverage_say_what_is_left(published):
    more = {"quantity": Decimal(40), "unit": "piece", "kind": "goods", "terms": "gift"}
    chairs = an_offer(0, title="Chaises", **more)
    ask = an_ask(1, title="Quarante pianos", **more)
    Listing.objects.filter(pk__in=[chairs.pk, ask.pk]).update(door="divertir", answered=False)
    promised(chairs, Decimal(28))
    promised(ask, Decimal(30))
    for page in ("/portes/divertir/", "/communes/86139/"):
        said = Client().get(page).content.decode()
        assert "il en reste 12 sur 40" in said and "il en manque encore 10 sur 40" in said
    assert "il en manque encore 10 sur 40" in Client().get("/ce-qui-manque/").content.decode()
