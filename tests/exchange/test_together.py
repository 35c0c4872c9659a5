"""An ask that several offers cover: its holder writes to all of them at once, follows them, and completes what was refused."""

import html
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from horizon.actors.services.people import join_as_referent
from horizon.exchange import finding
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Deal, Listing, Message
from horizon.exchange.parties import Party
from horizon.exchange.services import dealing, lapsing
from horizon.exchange.services import listing as listings
from horizon.exchange.services import together as writing
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from tests.exchange.kit import an_ask, an_offer, organization
from tests.exchange.together_pages import CHAIRS, chairs, form_of, offer_of, page_of, quantities, sent
from tests.people import a_referent, again, an_operator, somebody

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_covered_site")]


def test_one_form_opens_one_proposal_with_each_as_a_single_one_does(client, ask, asker):
    client.force_login(asker)
    here = f"/echanges/{ask.public_id}/"
    shown = page_of(client, here)
    assert "À plusieurs, c’est possible" in shown and f'href="{here}ensemble/"' in shown
    assert "Où en est votre demande" not in shown
    page = page_of(client, f"{here}ensemble/")
    form = form_of(page)
    asked = {offer_of(n).public_id for n in (0, 2, 3)}
    assert set(quantities(form)) == asked and sum(map(int, quantities(form).values())) == 80
    assert "Personne ne tient encore la page de" in page and "Qui prête" not in page and "en l’état" in page
    lou = a_referent(organization(0))
    mail.outbox.clear()
    answer = client.post(f"{here}ensemble/", form | {"text": "Pour la fête du 5 juin."}, follow=True)
    assert answer.redirect_chain == [(f"{here}#suivi", 302)]
    deals = list(Deal.objects.all())
    assert {deal.listing.public_id: f"{deal.quantity:.0f}" for deal in deals} == quantities(form)
    assert {(deal.other, deal.organization, deal.status) for deal in deals} == {
        (ask, ask.organization, Deal.PROPOSED)
    }
    assert all(deal.km is not None and deal.between_organizations for deal in deals)
    assert [deal.carried for deal in sorted(deals, key=lambda one: one.listing.pk)] == [False, True, True]
    assert set(Message.objects.values_list("text", "author")) == {("Pour la fête du 5 juin.", asker.pk)}
    told = Event.objects.filter(record_type="deal", verb="propose", actor=asker.actor)
    assert {event.record_id: event.payload["listing"] for event in told} == {
        deal.public_id: deal.listing.public_id for deal in deals
    }
    assert [mails.to for mails in mail.outbox if "Chaises pliantes" in mails.subject] == [[lou.email]]
    follows = html.unescape(answer.content.decode())
    assert "3 propositions, une par offre" in follows and "L’équipe d’animation répond pour" in follows
    assert "80 en attente d’un accord ; rien ne manque si tout le monde suit" in follows
    assert f'href="{here}ensemble/"' not in follows


def test_a_form_sent_twice_makes_the_same_proposals(client, sheet):
    first = sent(client, sheet)
    assert client.post(*sheet).status_code == 302
    assert list(Deal.objects.order_by("listing__organization__pk")) == first
    assert Message.objects.count() == 3


def test_quantities_are_changed_within_what_is_left_and_one_left_empty_is_not_written_to(client, sheet):
    address, form = sheet
    one, two = offer_of(0).public_id, offer_of(2).public_id
    wrong = form | {f"quantity_{one}": "41", f"quantity_{two}": "beaucoup"}
    answer = client.post(address, wrong)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422 and "Écrivez un nombre" in page and not Deal.objects.exists()
    assert 'value="beaucoup"' in page and "Pour la fête du 5 juin." in page
    answer = client.post(address, form | {f"quantity_{one}": "41", f"quantity_{two}": ""})
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422 and "Il n’en reste que 40 : demandez-en moins" in page
    assert 'value="41"' in page and not Deal.objects.exists()
    again = form_of(page) | {f"quantity_{one}": "12,5"}
    assert again["text"] == "Pour la fête du 5 juin." and again[f"quantity_{two}"] == ""
    assert client.post(address, again).status_code == 302
    assert {deal.listing.public_id for deal in Deal.objects.all()} == {one, offer_of(3).public_id}
    assert Deal.objects.get(listing__public_id=one).quantity == Decimal("12.5")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": " "}, "Écrivez quelques mots"),
        ({"all": ""}, "Dites combien vous demandez"),
        ({"all": "0"}, "plus grande que zéro"),
    ],
)
def test_a_form_that_asks_nothing_comes_back(client, sheet, change, said):
    address, form = sheet
    every = {f"quantity_{key}": change["all"] for key in quantities(form)} if "all" in change else change
    answer = client.post(address, form | every)
    assert answer.status_code == 422 and said in html.unescape(answer.content.decode())
    assert not Deal.objects.exists()


def test_what_is_over_is_said_and_the_rest_may_be_sent(client, sheet):
    address, form = sheet
    over, taken = offer_of(0), offer_of(2)
    form |= {f"quantity_{over.public_id}": "33", f"quantity_{taken.public_id}": "7"}
    listings.close_listing(over, actor="test")
    holder = a_referent(taken.organization)
    rival = somebody()
    gone = dealing.propose_deal(taken, Party(person=rival), "Moi", once=fresh_once(), author=rival)
    dealing.accept_deal(gone, author=holder)
    for side in (True, False):
        author = holder if side else rival
        dealing.agree(gone, {"quantity": Decimal(24)}, author=author, from_holder=side)
    answer = client.post(address, form)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422 and Deal.objects.count() == 1
    assert (
        f"« Chaises pliantes », {over.organization.name} (vous aviez écrit : 33) : Elle n’est plus ouverte."
        in page
    )
    assert "Il n’en reste que 6" in page and 'value="7"' in page
    again = form_of(page)
    assert over.public_id not in quantities(again) and again["text"] == "Pour la fête du 5 juin."
    again[f"quantity_{taken.public_id}"] = "6"
    assert client.post(address, again).status_code == 302
    assert Deal.objects.filter(status=Deal.PROPOSED).count() == 2


def test_what_changed_since_it_was_shown_is_read_again_first(client, sheet):
    address, form = sheet
    offer = offer_of(3)
    Listing.objects.filter(pk=offer.pk).update(terms="price", price="2 € pièce")
    answer = client.post(address, form)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422 and not Deal.objects.exists()
    assert "Cette offre a changé depuis que cette page est affichée" in page and "2 € pièce" in page
    assert client.post(address, form_of(page)).status_code == 302, "read again, it goes"
    assert Deal.objects.count() == 3


def test_what_is_no_longer_shown_to_the_asker_does_not_say_its_words(client, sheet):
    address, form = sheet
    offer = offer_of(0)
    Listing.objects.filter(pk=offer.pk).update(title="Chaises du cercle", audience=Listing.MEMBERS)
    answer = client.post(address, form)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422 and not Deal.objects.exists()
    assert "Une des offres (vous aviez écrit" in page and "Chaises du cercle" not in page
    assert offer.organization.name not in page, "who holds it is not said either"


def test_when_nobody_is_left_what_completes_now_is_shown_with_the_message(client, ask, sheet):
    address, form = sheet
    for number in (0, 2, 3):
        listings.close_listing(offer_of(number), actor="test")
    answer = client.post(address, form)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422 and "On ne peut plus écrire à ces offres" in page
    assert "votre demande reste ouverte" in page and "Pour la fête du 5 juin." in page
    chairs(0, 75)
    answer = client.post(address, form)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422 and "Voici ce qui complète votre demande aujourd’hui" in page
    again = form_of(page)
    assert sorted(quantities(again).values()) in (["20", "60"], ["5", "75"])
    assert again["text"] == "Pour la fête du 5 juin." and client.post(address, again).status_code == 302


def test_a_refusal_and_a_silence_say_what_is_missing_and_who_completes(client, ask, asker, sheet):
    """Asked of three: one says no, one says nothing for three weeks, one agrees; a spare offer and the silent one complete."""
    first, second, third = deals = sent(client, sheet)
    for deal, quantity in zip(deals, (30, 25, 25), strict=True):
        deal.quantity = Decimal(quantity)
        deal.save()
    here = f"/echanges/{ask.public_id}/"
    lou = a_referent(organization(0))
    dealing.decline_deal(first, "", author=lou, why="taken")
    page = page_of(client, here)
    assert "il en manque 30" in page and "Décliné" in page
    assert "n’y suffisent pas" in page, "the spare one has twenty"
    assert "Voir où en est votre demande" in page_of(client, f"/accords/{first.public_id}/")
    Deal.objects.filter(pk=third.pk).update(quantity=Decimal(40))
    page = page_of(client, here)
    assert "il en manque 15" in page and "Ce qui complète" in page and "Demander ce qui manque" in page
    form = form_of(page_of(client, f"{here}ensemble/"))
    assert quantities(form) == {offer_of(4).public_id: "15"}, "whoever said no is not asked again"
    then = page_of(client, f"{here}ensemble/")
    assert "Déjà en cours, sans rien renvoyer" in then and organization(2).name in then
    _lapses(second)
    page = page_of(client, here)
    assert "il en manque 40" in page and "Sans réponse" in page
    form = form_of(page_of(client, f"{here}ensemble/"))
    assert set(quantities(form)) == {offer_of(4).public_id, offer_of(2).public_id}
    assert client.post(f"{here}ensemble/", form | {"text": "Encore vous."}).status_code == 302
    page_of(client, here)
    page = page_of(client, here)
    assert "rien ne manque" in page and "Sans réponse" not in page, "asked again, the silence is over"
    deal = Deal.objects.get(listing=offer_of(4))
    holder = a_referent(organization(4))
    dealing.accept_deal(deal, author=holder)
    for author, side in ((holder, True), (asker, False)):
        dealing.agree(deal, {"quantity": deal.quantity}, author=author, from_holder=side)
    assert f"{deal.quantity.normalize():f} par accord conclu" in page_of(client, here)


def _lapses(deal):
    then = timezone.now() - timedelta(days=30)
    Deal.objects.filter(pk=deal.pk).update(created_at=then, reminded_on=then.date() + timedelta(days=7))
    lapsing.follow_proposals()
    deal.refresh_from_db()
    assert deal.status == Deal.LAPSED


def test_whoever_is_asked_already_or_answered_is_left_out(client, ask, asker):
    """One was asked alone, one answered the ask: neither is written to twice."""
    client.force_login(asker)
    party = Party(ask.organization)
    dealing.propose_deal(
        offer_of(0), party, "Seule", once=fresh_once(), author=asker, other=ask, quantity=Decimal(40)
    )
    other = a_referent(organization(4))
    mine = Party(organization(4))
    dealing.propose_deal(ask, mine, "Voici", once=fresh_once(), author=other, quantity=Decimal(5))
    page = page_of(client, f"/echanges/{ask.public_id}/ensemble/")
    form = form_of(page)
    assert set(quantities(form)) == {offer_of(2).public_id, offer_of(3).public_id}
    assert sum(map(int, quantities(form).values())) == 35
    assert "Déjà en cours" in page and "Une réponse à votre demande" in page
    shown = page_of(client, f"/echanges/{ask.public_id}/")
    assert shown.count("Déjà en cours avec vous") == 2 and shown.count("Cela m’intéresse") == 2
    address = f"/echanges/{ask.public_id}/ensemble/"
    key = offer_of(0).public_id
    forged = form | {f"seen_{key}": "x", f"quantity_{key}": "3", "text": "Tous"}
    answer = client.post(address, forged)
    assert answer.status_code == 422 and Deal.objects.count() == 2
    assert "est déjà en cours avec" in html.unescape(answer.content.decode())


def test_a_deal_about_something_else_or_declined_lately_is_left_out_too(client, ask, asker):
    client.force_login(asker)
    party = Party(ask.organization)
    dealing.propose_deal(offer_of(2), party, "Pour autre chose", once=fresh_once(), author=asker)
    declined = dealing.propose_deal(offer_of(3), party, "Avant", once=fresh_once(), author=asker)
    dealing.decline_deal(declined, "", author=a_referent(organization(3)), why="taken")
    page = page_of(client, f"/echanges/{ask.public_id}/")
    assert "À plusieurs" not in page and "Où en est" not in page
    answer = client.get(f"/echanges/{ask.public_id}/ensemble/", follow=True)
    assert "Aucun ensemble d’offres ne couvre" in html.unescape(answer.content.decode())
    address, key = f"/echanges/{ask.public_id}/ensemble/", offer_of(3).public_id
    forged = {f"seen_{key}": "x", f"quantity_{key}": "3", "text": "Vous", "once": fresh_once()}
    answer = client.post(address, forged)
    assert answer.status_code == 422 and "moins de trente jours" in html.unescape(answer.content.decode())


def test_an_offer_of_ones_other_structure_is_left_to_somebody_else(client, ask, asker, sheet):
    address, form = sheet
    join_as_referent(asker, organization(0), obtained_by="operator", actor="test")
    client.force_login(again(asker))
    page = page_of(client, f"/echanges/{ask.public_id}/")
    assert "Écrire à tout l’ensemble" in page
    fresh = form_of(page_of(client, address))
    assert offer_of(0).public_id not in quantities(fresh) and len(quantities(fresh)) == 3
    answer = client.post(address, form)
    assert answer.status_code == 422 and "une autre personne de l’une des deux" in html.unescape(
        answer.content.decode()
    )


def test_the_law_of_volunteers_is_that_of_a_single_proposal(client):
    """The bakery is a cooperative: volunteers never go to it, even by a forged form, and nothing of the rest is sent."""
    from tests.people import entry_named

    helped = {"kind": "help", "terms": "gift", "unit": "person"}
    bakery = entry_named("PAIN").organization
    other = next(n for n in (0, 2) if organization(n) != bakery)
    offer = an_offer(other, title="Bénévoles pour le pain", quantity=Decimal(2), **helped)
    ask = an_ask(
        holder=Party(bakery), title="Du pain à pétrir", kind="service", terms="price", unit="person", quantity=Decimal(4)
    )  # fmt: skip
    author = a_referent(bakery)
    asked = {offer.public_id: (Decimal(2), _mark(ask, offer, author))}
    with pytest.raises(writing.NotAll) as found:
        writing.propose_together(ask, asked, "Oui", once=fresh_once(), asker=Party(bakery), author=author)
    assert "jamais à une entreprise" in found.value.why[offer.public_id] and not Deal.objects.exists()


def _mark(ask, offer, person):
    from horizon.exchange import together

    asker = together.asker_of(ask, person)
    return together.lines_of(ask, [offer], asker, person, together.progress_of(ask))[0].mark


def test_limits_are_those_of_as_many_single_proposals(client, ask, asker, sheet):
    from horizon.exchange.views import deals

    address, form = sheet
    for _ in range(deals.AT_ONCE - 2):
        client.post(f"/echanges/{offer_of(4).public_id}/repondre/", {
            "speaks_for": "moi", "text": "Moi", "quantity": "1", "commune": "", "once": fresh_once(),
        })  # fmt: skip
    before = Deal.objects.count()
    answer = client.post(address, form)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422 and "attendez quelques minutes" in page
    assert form_of(page)["text"] == form["text"] and Deal.objects.count() == before


def test_only_who_holds_the_ask_writes_to_all(client, ask):
    here = f"/echanges/{ask.public_id}/"
    assert client.get(f"{here}ensemble/").status_code == 302
    for person in (somebody(), a_referent(organization(2)), an_operator()):
        client.force_login(person)
        assert "À plusieurs" in page_of(client, here) and "ensemble/" not in page_of(client, here)
        assert client.get(f"{here}ensemble/").status_code == 404
        assert client.post(f"{here}ensemble/", {}).status_code == 404
    offer = offer_of(2)
    client.force_login(a_referent(organization(2)))
    assert client.get(f"/echanges/{offer.public_id}/ensemble/").status_code == 404


def test_an_ask_withdrawn_meanwhile_keeps_what_was_typed(client, ask, sheet):
    address, form = sheet
    listings.close_listing(ask, actor="test")
    assert client.get(address).status_code == 302
    answer = client.post(address, form)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422 and "Votre demande n’est plus ouverte" in page
    assert form_of(page)["text"] == form["text"] and not Deal.objects.exists()
    with pytest.raises(Refused, match="n’est plus ouverte"):
        party = Party(ask.organization)
        asked = {offer_of(0).public_id: (Decimal(1), "")}
        writing.propose_together(ask, asked, "Oui", once="x", asker=party, author=somebody())


def test_a_person_asks_in_their_own_name(client, ask):
    listings.close_listing(ask, actor="test")
    person = somebody()
    own = an_ask(holder=Party(person=person), title="80 chaises pliantes", quantity=Decimal(80), **CHAIRS)
    client.force_login(person)
    address = f"/echanges/{own.public_id}/ensemble/"
    page = page_of(client, address)
    assert "au nom de vous-même" in page
    assert client.post(address, form_of(page) | {"text": "Bonjour"}).status_code == 302
    assert set(Deal.objects.values_list("person", "organization")) == {(person.pk, None)}


def test_what_is_lent_counts_on_the_days_of_the_ask(client):
    fete = timezone.localdate() + timedelta(days=60)
    lent = {"kind": "equipment", "terms": "loan", "unit": "piece"}
    for number, quantity in ((0, 4), (2, 3), (3, 2)):
        an_offer(number, title="Barnums", quantity=Decimal(quantity), **lent)
    rival, holder = somebody(), a_referent(organization(0))
    taken = dealing.propose_deal(offer_of(0), Party(person=rival), "Moi", once=fresh_once(), author=rival)
    dealing.accept_deal(taken, author=holder)
    for author, side in ((holder, True), (rival, False)):
        dealing.agree(taken, {"quantity": Decimal(2), "from_on": fete}, author=author, from_holder=side)
    ask = an_ask(1, title="6 barnums", quantity=Decimal(6), from_on=fete, until_on=fete, **lent)
    client.force_login(a_referent(ask.organization))
    address = f"/echanges/{ask.public_id}/ensemble/"
    page = page_of(client, address)
    assert "il en reste 2 sur 4" in page and len(quantities(form_of(page))) == 3
    form = form_of(page) | {"text": "Pour la fête", f"quantity_{offer_of(0).public_id}": "3"}
    answer = client.post(address, form)
    assert answer.status_code == 422 and "Il n’en reste que 2" in html.unescape(answer.content.decode())


def test_the_pages_ask_the_same_however_many_offers(client, ask, asker):
    def asked(address):
        finding.caches["pairing"].clear()
        client.get(address)
        finding.caches["pairing"].clear()
        with CaptureQueriesContext(connection) as seen:
            page_of(client, address)
        return len(seen)

    client.force_login(asker)
    addresses = [f"/echanges/{ask.public_id}/", f"/echanges/{ask.public_id}/ensemble/"]
    before = [asked(one) for one in addresses]
    for _ in range(4):
        for number in (0, 2, 3, 4):
            chairs(number, 3)
    Listing.objects.filter(pk=ask.pk).update(quantity=Decimal(165))
    assert [asked(one) for one in addresses] == before
    form = form_of(page_of(client, addresses[1]))
    assert len(quantities(form)) > 12
    client.post(addresses[1], form | {"text": "Tous"})
    begun = asked(addresses[0])
    Deal.objects.filter(listing=offer_first(0)).update(status=Deal.LAPSED, ended_at=timezone.now())
    assert asked(addresses[0]) - begun <= 7 and begun <= before[0]


def offer_first(number):
    return Listing.objects.filter(side=Listing.OFFER, organization=organization(number)).order_by("pk")[0]
