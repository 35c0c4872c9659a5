"""A form to several offers, sent twice or after a mistake: what leaves, what is counted, and what the page says of it."""

import html
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Deal, Listing
from horizon.exchange.parties import Party
from horizon.exchange.services import dealing
from horizon.exchange.services import listing as listings
from horizon.exchange.services import together as writing
from tests.exchange.kit import an_ask, an_offer, organization
from tests.exchange.together_pages import CHAIRS, chairs, form_of, offer_of, page_of, quantities, sent
from tests.people import a_referent, an_operator, somebody

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_covered_site")]


def test_a_form_with_one_left_empty_sent_twice_is_sent_too(client, sheet):
    address, form = sheet
    form = form | {f"quantity_{offer_of(3).public_id}": ""}
    for over in (False, True):
        if over:
            listings.close_listing(offer_of(3), actor="test")
        answer = client.post(address, form, follow=True)
        assert "2 propositions, une par offre" in html.unescape(answer.content.decode())
        assert Deal.objects.count() == 2


def test_a_second_click_while_the_first_is_sent_says_that_it_was_sent(client, sheet, monkeypatch):
    from horizon.exchange import together

    read, clicks = together.progress_of, []

    def first_click_first(ask):
        if not clicks:
            clicks.append(True)
            assert client.post(*sheet).status_code == 302
        return read(ask)

    monkeypatch.setattr(together, "progress_of", first_click_first)
    answer = client.post(*sheet, follow=True)
    assert "3 propositions, une par offre" in html.unescape(answer.content.decode())
    assert Deal.objects.count() == 3


def test_sent_again_it_is_read_in_as_many_queries_whatever_was_sent(client, sheet):
    def asked(form):
        with CaptureQueriesContext(connection) as seen:
            assert client.post(sheet[0], form).status_code == 302
        return len(seen)

    sent(client, sheet)
    every = {key for key in sheet[1] if key.startswith("seen_")}
    one = {key: value for key, value in sheet[1].items() if key not in sorted(every)[1:]}
    assert asked(sheet[1]) == asked(one)


def test_names_of_fields_that_no_page_writes_are_left_aside(client, sheet):
    address, form = sheet
    answer = client.post(
        address, {"seen_\x00": "x", "quantity_\x00": "1", "text": "Oui", "once": form["once"]}
    )
    assert answer.status_code == 422 and not Deal.objects.exists()


@pytest.mark.parametrize("typed", ["", "beaucoup", "30"])
def test_what_changed_is_read_again_even_after_another_mistake(client, sheet, typed):
    """The first answer is about an empty message; the offer, free when it was read, is paid now: it does not leave unread."""
    address, form = sheet
    offer = offer_of(3)
    Listing.objects.filter(pk=offer.pk).update(terms="price", price="2 € pièce")
    answer = client.post(address, form | {"text": "", f"quantity_{offer.public_id}": typed})
    page = html.unescape(answer.content.decode())
    said = "Cette offre a changé depuis que cette page est affichée"
    assert answer.status_code == 422 and (said in page) == (typed == "30"), (
        "said with the rest, of what is asked"
    )
    if typed != "30":
        answer = client.post(address, form_of(page) | {"text": "Oui", f"quantity_{offer.public_id}": "30"})
        page = html.unescape(answer.content.decode())
    assert answer.status_code == 422 and said in page and not Deal.objects.exists()
    assert client.post(address, form_of(page) | {"text": "Oui"}).status_code == 302


@pytest.fixture
def of_one():
    """Sixty chairs are asked; the same structure has three lots of twenty, each an offer."""
    for _ in range(3):
        chairs(0, 20)
    ask = an_ask(1, title="60 chaises pliantes", quantity=Decimal(60), **CHAIRS)
    return ask, a_referent(ask.organization), a_referent(organization(0))


def test_other_offers_of_who_was_written_to_are_still_asked(client, of_one, monkeypatch):
    monkeypatch.setattr("horizon.exchange.views.together.AT_ONCE", 2)
    ask, asker, holder = of_one
    client.force_login(asker)
    here = f"/echanges/{ask.public_id}/"
    page = page_of(client, f"{here}ensemble/")
    assert "l’autre sera proposée sur la page de votre demande" in page and "dix minutes" in page
    mail.outbox.clear()
    assert client.post(f"{here}ensemble/", form_of(page) | {"text": "Oui"}).status_code == 302
    assert [one.to for one in mail.outbox] == [[holder.email]], "both proposals in one message"
    assert mail.outbox[0].body.count("/accords/") == 2
    page = page_of(client, here)
    assert page.count("Déjà en cours avec vous") == 2 and page.count("Cela m’intéresse") == 1
    page = page_of(client, f"{here}ensemble/")
    assert list(quantities(form_of(page)).values()) == ["20"]
    declined = Deal.objects.order_by("pk")[0]
    dealing.decline_deal(declined, "", author=holder, why="taken")
    Listing.objects.filter(pk=ask.pk).update(quantity=Decimal(40))
    form = form_of(page_of(client, f"{here}ensemble/"))
    assert declined.listing.public_id not in quantities(form) and list(quantities(form).values()) == ["20"]
    assert "n’y suffisent pas" not in page_of(client, here)


def test_one_offer_that_completes_is_said_as_one(client, of_one):
    ask, asker, holder = of_one
    offer = Listing.objects.filter(side=Listing.OFFER).order_by("pk")[0]
    Listing.objects.filter(pk=offer.pk).update(quantity=Decimal(4))
    others = Listing.objects.filter(side=Listing.OFFER).exclude(pk=offer.pk).order_by("pk")
    Listing.objects.filter(pk=ask.pk).update(quantity=Decimal(21))
    rival = somebody()
    taken = dealing.propose_deal(offer, Party(person=rival), "Moi", once=fresh_once(), author=rival)
    dealing.accept_deal(taken, author=holder)
    for author, side in ((holder, True), (rival, False)):
        dealing.agree(taken, {"quantity": Decimal(3)}, author=author, from_holder=side)
    listings.close_listing(others[1], actor="test")
    party = Party(ask.organization)
    dealing.propose_deal(
        others[0], party, "", once=fresh_once(), author=asker, other=ask, quantity=Decimal(20)
    )
    client.force_login(asker)
    page = page_of(client, f"/echanges/{ask.public_id}/ensemble/")
    assert "Il en manque 1 pièce." in page and "il en reste 1 sur 4 pièces" in page
    assert "<title>Demander ce qui manque" in page and "<h2>Combien</h2>" in page
    assert not any(words in page for words in ("à chacun", "avec chacun", "l’un d’eux", "Le même pour tous"))


def test_an_answer_without_a_quantity_is_to_be_agreed(client, ask, asker):
    other, mine = a_referent(organization(5)), Party(organization(5))
    deal = dealing.propose_deal(ask, mine, "Voici", once=fresh_once(), author=other)
    client.force_login(asker)
    here = f"/echanges/{ask.public_id}/"
    page = page_of(client, here)
    assert "quantité à convenir" in page and "il en manque 80" in page
    dealing.accept_deal(deal, author=asker)
    for author, side in ((asker, True), (other, False)):
        dealing.agree(deal, {}, author=author, from_holder=side)
    page = page_of(client, here)
    assert "quantité à convenir" not in page and "1 par accord conclu" in page and "il en manque 79" in page


def test_hundredths_are_said_as_they_are_counted(client):
    weighed = CHAIRS | {"unit": "kg"}
    for number, quantity in ((0, "2.25"), (2, "1.75")):
        an_offer(number, title="Chaises pliantes", quantity=Decimal(quantity), **weighed)
    ask = an_ask(1, title="Chaises pliantes", quantity=Decimal(4), **weighed)
    client.force_login(a_referent(ask.organization))
    address = f"/echanges/{ask.public_id}/ensemble/"
    page = page_of(client, address)
    assert "2,25 kg" in page and "1,75 kg" in page
    form = form_of(page) | {"text": "Oui", f"quantity_{offer_of(0).public_id}": "2,3"}
    assert "Il n’en reste que 2,25 :" in html.unescape(client.post(address, form).content.decode())
    assert "2,25" in page_of(client, f"/echanges/{ask.public_id}/")


def test_two_offers_that_read_the_same_are_told_apart(client, of_one):
    ask, asker, _ = of_one
    client.force_login(asker)
    first, second, third = Listing.objects.filter(side=Listing.OFFER).order_by("pk")
    Listing.objects.filter(pk=first.pk).update(terms="gift swap")
    page = page_of(client, f"/echanges/{ask.public_id}/ensemble/")
    labels = dict(re.findall(r'<label for="id_quantity_(\w+)">([^<]*)</label>', page))
    assert len(set(labels.values())) == 3 and labels[first.public_id].endswith(", don, échange")
    assert {labels[one.public_id][-4:] for one in (second, third)} == {"n° 1", "n° 2"}
    listings.close_listing(first, actor="test")
    form = form_of(page)
    empty = form | {name: "" for name in form if name.startswith("quantity_")} | {"text": "Oui"}
    page = html.unescape(client.post(f"/echanges/{ask.public_id}/ensemble/", empty).content.decode())
    assert page.count('role="alert"') == 1 and "n’est plus ouverte" in page and "Dites combien" in page


def test_when_nothing_is_missing_it_is_what_is_said(client, ask, sheet):
    address, form = sheet
    sent(client, sheet)
    page = html.unescape(client.get(address, follow=True).content.decode())
    assert "il n’y a plus personne à qui écrire" in page and "Aucun ensemble" not in page
    answer = client.post(address, form | {"once": fresh_once()})
    page = html.unescape(answer.content.decode())
    assert (
        answer.status_code == 422 and "est déjà en cours avec" in page and "Pour la fête du 5 juin." in page
    )
    assert "il n’y a plus personne à qui écrire" in page and "Aucun ensemble" not in page


def test_an_ask_that_is_over_is_what_is_said_even_when_its_offers_are_too(client, ask, sheet):
    address, form = sheet
    for one in (ask, *(offer_of(number) for number in (0, 2, 3))):
        listings.close_listing(one, actor="test")
    chairs(5, 90)
    answer = client.post(address, form)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422 and "Votre demande n’est plus ouverte" in page
    assert "Aucun ensemble" not in page and "Voici ce qui complète" not in page
    assert "reste ouverte" not in page and "Pour la fête du 5 juin." in page and "Dites combien" not in page


def test_what_completes_instead_says_how_many_more(client, ask, sheet, monkeypatch):
    monkeypatch.setattr("horizon.exchange.views.together.AT_ONCE", 2)
    address, form = sheet
    for number in (0, 2, 3, 4):
        listings.close_listing(offer_of(number), actor="test")
    for number in (0, 2, 3):
        chairs(number, 30)
    page = html.unescape(client.post(address, form).content.decode())
    assert "Voici ce qui complète" in page and "l’autre sera proposée" in page


def test_what_is_not_sent_is_not_counted_in_the_limits(client, ask, sheet, monkeypatch):
    """Of three refused for want of room two may be sent alone; a form that could not leave is counted once however often it is sent."""
    from horizon.exchange.views import deals
    from horizon.exchange.views import together as page

    def refuses(*args, **kwargs):
        raise writing.NotAll({})

    address, form = sheet
    with monkeypatch.context() as held:
        held.setattr(page, "propose_together", refuses)
        for _ in range(deals.AT_ONCE):
            assert client.post(address, form).status_code == 422
    assert client.post(address, form).status_code == 302
    Deal.objects.update(status=Deal.LAPSED, ended_at=timezone.now())
    cache.clear()
    single = {"speaks_for": "moi", "text": "Moi", "quantity": "1", "commune": ""}
    for _ in range(deals.AT_ONCE - 2):
        client.post(f"/echanges/{offer_of(4).public_id}/repondre/", single | {"once": fresh_once()})
    fresh = form | {"once": fresh_once()}
    answer = client.post(address, fresh)
    assert answer.status_code == 422 and "attendez quelques minutes" in html.unescape(answer.content.decode())
    assert client.post(address, fresh | {f"quantity_{offer_of(3).public_id}": ""}).status_code == 302


def test_what_was_asked_and_is_not_public_any_more_keeps_its_words(client, ask, sheet):
    sent(client, sheet)
    Listing.objects.filter(pk=offer_of(0).pk).update(status=Listing.HELD, title="Chaises à relire")
    page = page_of(client, f"/echanges/{ask.public_id}/")
    assert "Une des offres</a>" in page and "Chaises à relire" not in page


def test_a_deal_leads_to_its_ask_as_long_as_the_ask_tells_it(client, ask, asker):
    other, led = a_referent(organization(5)), "Voir où en est votre demande"
    deal = dealing.propose_deal(ask, Party(organization(5)), "Voici", once=fresh_once(), author=other)
    dealing.decline_deal(deal, "", author=asker, why="taken")
    client.force_login(asker)
    here = f"/accords/{deal.public_id}/"
    assert led in page_of(client, here)
    Deal.objects.filter(pk=deal.pk).update(ended_at=timezone.now() - timedelta(days=31))
    assert led not in page_of(client, here)
    noted = an_ask(6, title="80 chaises pliantes", quantity=Decimal(80), **CHAIRS)
    Listing.objects.filter(pk=noted.pk).update(noted=True)
    noted.refresh_from_db()
    deal = dealing.propose_deal(noted, Party(organization(5)), "Voici", once=fresh_once(), author=other)
    carrying = an_operator()
    dealing.decline_deal(deal, "", author=carrying, why="taken")
    client.force_login(carrying)
    assert led not in page_of(client, f"/accords/{deal.public_id}/"), (
        "the page follows it for its holder alone"
    )


def test_the_first_answer_given_up_stays_told_when_another_is_made(client, ask, asker):
    """The same structure answers with one offer, gives up, and answers with another: the first is not asked again as if it were new."""
    client.force_login(asker)
    first, holder = offer_of(0), a_referent(organization(0))
    second = an_offer(0, title="Chaises de la salle", quantity=Decimal(10), **CHAIRS)

    def answers_with(offer):
        return dealing.propose_deal(
            ask, Party(organization(0)), "Nous en avons", once=fresh_once(), author=holder, other=offer,
            quantity=offer.quantity,
        )  # fmt: skip

    dealing.give_up_deal(answers_with(first), "Prêtées ailleurs", author=holder)
    answers_with(second)
    page = page_of(client, f"/echanges/{ask.public_id}/")
    assert "Chaises de la salle" in page and "il en manque 70" in page
    form = form_of(page_of(client, f"/echanges/{ask.public_id}/ensemble/"))
    assert first.public_id not in quantities(form), "the others are enough"
    standing = page[page.index("Où en est votre demande") : page.index("Ce qui complète")]
    assert first.title in standing


def test_one_offer_that_is_enough_alone_is_written_to_from_a_page_shown_before(client, ask, sheet):
    address, form = sheet
    alone = chairs(5, 90)
    assert quantities(form_of(page_of(client, address))) == {alone.public_id: "80"}
    for number in (0, 2, 3):
        listings.close_listing(offer_of(number), actor="test")
    answer = client.post(address, form)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422 and "Voici ce qui complète" in page
    assert quantities(form_of(page)) == {alone.public_id: "80"} and "Pour la fête du 5 juin." in page


def test_an_ask_that_is_no_longer_counted_is_not_said_to_be_complete(client, ask, sheet):
    Listing.objects.filter(pk=ask.pk).update(quantity=None)
    page = html.unescape(client.get(sheet[0], follow=True).content.decode())
    assert "Aucun ensemble d’offres" in page and "plus personne à qui écrire" not in page


def test_a_rank_is_the_same_before_and_after_one_is_over(client, ask, asker):
    client.force_login(asker)
    for number in (0, 2, 3, 4):
        listings.close_listing(offer_of(number), actor="test")
    alike = [chairs(5, 30) for _ in range(3)]
    address = f"/echanges/{ask.public_id}/ensemble/"
    page = page_of(client, address)
    ranks = dict(re.findall(r'<label for="id_quantity_(\w+)">[^<]*(n° \d)</label>', page))
    assert set(ranks) == {one.public_id for one in alike}
    over = next(one for one in alike if ranks[one.public_id] == "n° 1")
    listings.close_listing(over, actor="test")
    again = html.unescape(client.post(address, form_of(page) | {"text": "Bonjour"}).content.decode())
    kept = dict(re.findall(r'<label for="id_quantity_(\w+)">[^<]*(n° \d)</label>', again))
    assert kept == {key: rank for key, rank in ranks.items() if key != over.public_id}
    assert "n° 1 (vous aviez écrit" in again
