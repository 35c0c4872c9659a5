"""The pages of exchange, as each public meets them."""

import csv
import io
import re
from decimal import Decimal

import pytest
from django.core.cache import cache, caches
from django.db import connection
from django.test.utils import CaptureQueriesContext

from horizon.actors.models import Organization
from horizon.care.models import ContentReport
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Deal, Listing
from horizon.exchange.parties import Party
from horizon.exchange.services import dealing
from horizon.listening.services import reading, saying
from tests.exchange.kit import an_ask, an_offer, organization, two_sides
from tests.people import a_referent, again, an_operator, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(published, monkeypatch):
    """The small territory; what waits for a commit runs at once: a test's transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, **_: send())


def text(client, address):
    return client.get(address).content.decode()


def queries_of(client, address):
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def filled(**more):
    return {
        "title": "Deux barnums", "kind": "equipment", "commune": "86139", "speaks_for": "moi", "text": "", "quantity": "2,5",
        "unit": "piece", "terms": ["loan", "gift"], "price": "", "from_on": "", "until_on": "", "audience": "everybody",
        "once": fresh_once(), **more,
    }  # fmt: skip


def test_the_list_invites_filters_and_downloads(client):
    assert "La première annonce peut être la vôtre" in text(client, "/echanges/")
    an_offer(0, title="Deux barnums")
    an_ask(1, title="Un piano droit", kind="goods", terms="gift")
    page = text(client, "/echanges/")
    assert "Deux barnums" in page and "encore sans offre" in page
    assert "Deux barnums" not in text(client, "/echanges/?sens=demandes")
    assert "Un piano" in text(client, "/echanges/?sans=oui") and "barnums" not in text(
        client, "/echanges/?sans=oui"
    )
    assert "Un piano" in text(client, "/echanges/?q=pianos&genre=goods&conditions=gift&commune=86139")
    assert "Personne ne le propose ni ne le demande" in text(client, "/echanges/?q=fusée")
    rows = list(
        csv.DictReader(
            io.StringIO(client.get("/echanges.csv?sens=offres").getvalue().decode("utf-8-sig")), delimiter=";"
        )
    )
    assert [row["titre"] for row in rows] == ["Deux barnums"]


def test_the_csv_gives_nothing_of_people_one_by_one(client):
    an_offer(0, title="Deux barnums")
    an_offer(holder=Party(person=somebody()), title="Mes livres", kind="goods", terms="gift")
    assert "Mes livres" in text(client, "/echanges/") and "/api/v1/echanges/comptes" in text(
        client, "/echanges/"
    )
    rows = list(
        csv.DictReader(io.StringIO(client.get("/echanges.csv").getvalue().decode("utf-8-sig")), delimiter=";")
    )
    assert [(row["titre"], row["structure"]) for row in rows] == [("Deux barnums", organization().name)]


def test_a_structure_publishes_in_one_form_and_a_person_is_read_first(client):
    referent = a_referent(organization())
    client.force_login(referent)
    done = client.post("/echanges/ecrire/offre/", filled(speaks_for=organization().public_id))
    made = Listing.objects.get()
    assert done["Location"] == f"/echanges/{made.public_id}/" and made.status == Listing.PUBLISHED
    assert (made.quantity, made.terms, made.organization) == (Decimal("2.50"), "loan gift", organization())
    client.post("/echanges/ecrire/demande/", filled(title="Un piano"))
    held = Listing.objects.get(person=referent)
    assert held.status == Listing.HELD
    client.logout()
    assert client.get(f"/echanges/{held.public_id}/").status_code == 404
    assert "une personne" not in text(client, f"/echanges/{made.public_id}/")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"quantity": "-3"}, "plus grande que zéro"),
        ({"quantity": "beaucoup"}, "Écrivez un nombre"),
        ({"unit": "parsec"}, "Choisissez dans la liste"),
        ({"from_on": "2027-06-10", "until_on": "2027-06-01"}, "avant le début"),
        ({"title": ""}, "quelques mots"),
        ({"title": "x" * 121}, "trop long"),
        ({"text": "appelez le 06 12 34 56 78"}, "tout le monde le lirait"),
        ({"title": "🥐🥐"}, "quelques mots"),
        ({"kind": "staff"}, "entre structures"),
    ],
)
def test_wrong_input_is_said_and_nothing_typed_is_lost(client, change, said):
    client.force_login(somebody())
    sent = filled(**{"price": "20 € la journée", **change})
    answer = client.post("/echanges/ecrire/offre/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page
    assert "20 € la journée" in page and Listing.objects.count() == 0


def test_html_in_a_listing_is_shown_as_it_is(client):
    offer = an_offer(0, title="<b>Barnum</b><script>x</script>", text="<img src=x>")
    page = text(client, f"/echanges/{offer.public_id}/")
    assert "&lt;b&gt;Barnum" in page and "<script>x" not in page and "<img src=x>" not in page


def test_what_would_name_somebody_is_said_where_it_was_typed(client):
    client.force_login(somebody())
    sent = filled(title="Pain du vendredi, 06 12 34 56 78")
    page = client.post("/echanges/ecrire/offre/", sent).content.decode()
    assert re.search(r'id="id_title_error"[^>]*>\s*<li>« 06 12 34 56 78 » : un numéro', page)
    assert 'id="id_text_error"' not in page


def test_a_phone_number_may_be_sent_as_it_is_and_is_read_first(client):
    referent = a_referent(organization())
    client.force_login(referent)
    sent = filled(speaks_for=organization().public_id, text="Le 06 12 34 56 78")
    page = client.post("/echanges/ecrire/offre/", sent).content.decode()
    sure = re.search(r'name="sure" value="([^"]*)"', page)[1]
    assert re.search(r'value="loan"[^>]*checked', page)
    client.post("/echanges/ecrire/offre/", {**sent, "sure": sure})
    assert Listing.objects.get().status == Listing.HELD


def test_an_ask_shows_who_meets_it_what_almost_does_and_several_together(client):
    an_offer(0, title="Écocups", quantity=Decimal(1200), unit="piece")
    an_offer(2, title="Gobelets", quantity=Decimal(300), unit="piece")
    an_offer(3, title="Gobelets en verre", terms="price")
    ask = an_ask(1, title="1400 gobelets", quantity=Decimal(1400), unit="piece")
    page = text(client, f"/echanges/{ask.public_id}/")
    assert "À plusieurs, c’est possible" in page and "1500 en tout" in page
    assert "Presque" in page and "les conditions ne se rejoignent pas" in page and "en commun" in page


def test_a_draft_is_seen_by_its_holder_alone_then_published(client):
    referent = a_referent(organization())
    client.force_login(referent)
    client.post("/echanges/ecrire/offre/", filled(speaks_for=organization().public_id, verb="draft"))
    draft = Listing.objects.get()
    assert draft.status == Listing.DRAFT and "Deux barnums" in text(client, "/mes-echanges/")
    client.logout()
    assert client.get(f"/echanges/{draft.public_id}/").status_code == 404
    client.force_login(an_operator())
    for page in ("", "changer/", "photos/", "publier/"):
        assert client.get(f"/echanges/{draft.public_id}/{page}").status_code == 404, "the page promises it"
    Listing.objects.filter(pk=draft.pk).update(noted=True)
    assert client.get(f"/echanges/{draft.public_id}/").status_code == 200, "who animates typed it"
    Listing.objects.filter(pk=draft.pk).update(noted=False)
    client.force_login(referent)
    assert Listing.objects.get().status == Listing.DRAFT, "a page that is opened changes nothing"
    client.get(f"/echanges/{draft.public_id}/publier/")
    client.post(f"/echanges/{draft.public_id}/publier/")
    assert Listing.objects.get().status == Listing.PUBLISHED
    client.post(f"/echanges/{draft.public_id}/retirer/")
    assert Listing.objects.get().status == Listing.CLOSED
    client.post(f"/echanges/{draft.public_id}/renouveler/")
    assert Listing.objects.get().status == Listing.PUBLISHED
    client.post(f"/echanges/{draft.public_id}/changer/", filled(title="Trois barnums"))
    assert Listing.objects.get().title == "Trois barnums"


def test_only_its_holder_changes_a_listing_and_only_its_sides_read_a_deal(client):
    offer = an_offer(0)
    holder, opener, deal = two_sides(offer)
    stranger, operator = somebody(), an_operator()
    for person in (stranger, operator):
        client.force_login(person)
        assert client.get(f"/accords/{deal.public_id}/").status_code == 404
        assert client.post(f"/accords/{deal.public_id}/accepter/").status_code == 404
    client.force_login(stranger)
    for act in ("changer", "retirer", "renouveler", "publier"):
        assert client.post(f"/echanges/{offer.public_id}/{act}/", filled()).status_code == 404
    client.force_login(opener)
    assert client.post(f"/accords/{deal.public_id}/accepter/").status_code == 404
    assert Deal.objects.get().status == Deal.PROPOSED
    client.force_login(holder)
    client.post(f"/accords/{deal.public_id}/accepter/")
    assert Deal.objects.get().status == Deal.TALKING


def test_a_proposal_a_message_a_refusal(client):
    offer = an_offer(0)
    person = somebody()
    client.force_login(person)
    address = f"/echanges/{offer.public_id}/repondre/"
    once = re.search(r'name="once" value="([^"]*)"', text(client, address))[1]
    assert client.post(address, {"speaks_for": "moi", "text": "", "once": once}).status_code == 422
    sent = {"speaks_for": "moi", "text": "Pour le 12 juin", "once": once}
    here = client.post(address, sent)["Location"]
    assert client.post(address, sent)["Location"] == here and Deal.objects.count() == 1
    assert client.post(address, {**sent, "once": fresh_once()}).status_code == 422
    client.post(f"{here}ecrire/", {"text": "Et le 13 aussi", "once": fresh_once()})
    assert "Et le 13 aussi" in text(client, here)
    assert client.post(f"{here}sans-suite/", {"reason": ""}).status_code == 422
    assert client.post(f"{here}sans-suite/", {"why": "else", "reason": " "}).status_code == 422
    client.post(f"{here}sans-suite/", {"why": "changed", "reason": "Le MOT privé"})
    assert "Plus besoin. Le MOT privé" in text(client, here)
    assert client.post(f"{here}ecrire/", {"text": "Encore", "once": fresh_once()}).status_code == 422


def test_reasons_are_counted_and_their_words_stay_between_the_two(client):
    operator = an_operator()
    for number, (why, words) in enumerate([("far", ""), ("far", "MOT privé"), ("else", "MOT privé")]):
        holder, _, deal = two_sides(an_offer(0), number + 1)
        dealing.decline_deal(deal, words, author=holder, why=why)
    _, _, deal = two_sides(an_offer(0), 4)
    Deal.objects.filter(pk=deal.pk).update(status=Deal.CANCELLED, reason="MOT privé")
    client.force_login(operator)
    page = text(client, "/bureau/echanges/")
    assert 'Trop loin <span class="src">(2 fois)' in page and "Autre raison" in page
    assert "Sans raison choisie" in page and "MOT privé" not in page


def test_the_page_of_a_commune_shows_what_everybody_may_see(client):
    assert "Personne n’y propose" in text(client, "/communes/86139/")
    an_offer(0, title="Deux barnums")
    an_offer(0, title="Un trésor", audience=Listing.MEMBERS)
    page = text(client, "/communes/86139/")
    assert "Deux barnums" in page and "Un trésor" not in page


def test_members_only_is_for_members(client):
    offer = an_offer(0, audience=Listing.MEMBERS)
    assert client.get(f"/echanges/{offer.public_id}/").status_code == 404
    client.force_login(somebody())
    assert client.get(f"/echanges/{offer.public_id}/").status_code == 404
    assert client.get(f"/echanges/{offer.public_id}/repondre/").status_code == 404
    client.force_login(an_operator())
    assert client.get(f"/echanges/{offer.public_id}/").status_code == 200


def test_a_listing_may_be_reported_and_taken_away(client):
    offer = an_offer(0, title="Douteux barnum")
    client.post(
        f"/signaler/listing/{offer.public_id}/",
        {"ground": ContentReport.GROUNDS[0][0], "message": "C’est une arnaque"},
    )
    assert ContentReport.objects.count() == 1


def test_a_need_leads_to_offers_and_back(client):
    voice = saying.say_need("Il manque un barnum à Lusignan", once="x")
    need = reading.publish_need(voice.need, actor="test")
    an_offer(0, title="Deux barnums")
    page = text(client, f"/besoins/{need.public_id}/")
    assert "Ce qui est proposé" in page and "Deux barnums" in page and f"besoin={need.public_id}" in page
    referent = a_referent(organization(1))
    client.force_login(referent)
    client.post(
        f"/echanges/ecrire/demande/?besoin={need.public_id}",
        filled(speaks_for=organization(1).public_id, title="Un barnum"),
    )
    made = Listing.objects.get(title="Un barnum")
    assert "Pour ce besoin" in text(client, f"/echanges/{made.public_id}/")


def test_no_page_asks_more_of_the_database_when_there_are_more_rows(client):
    operator = an_operator()
    ask = an_ask(1, title="Un barnum", quantity=Decimal(5), unit="piece")
    holder, _, deal = two_sides(an_offer(0, title="Barnum"), 1)
    dealing.accept_deal(deal, author=holder)
    pages = ["/echanges/", "/echanges/?q=barnum", f"/echanges/{ask.public_id}/"]
    own = ["/mes-echanges/", f"/accords/{deal.public_id}/"]

    def counts():
        caches["pairing"].clear()
        cache.clear()
        client.logout()
        found = [queries_of(client, page) for page in pages]
        client.force_login(again(holder))
        found += [queries_of(client, page) for page in own]
        client.force_login(operator)
        return [*found, queries_of(client, "/bureau/echanges/")]

    counts()
    before = counts()
    for number in range(25):
        an_offer(number % 5, title=f"Barnum {number}", quantity=Decimal(1), unit="piece")
        an_ask(0, title=f"Tente {number}")
    person = somebody()
    for offer in Listing.objects.filter(side="offer")[:9]:
        dealing.propose_deal(offer, Party(person=person), "x", once=fresh_once(), author=person)
    for number in range(6):
        dealing.write_message(deal, f"{number}", once=fresh_once(), author=person, from_holder=False)
    assert counts() == before and max(before) <= 14, before


def test_the_funnel_counts_inside_the_collective(client):
    client.force_login(an_operator())
    offer = an_offer(0)
    holder, opener, deal = two_sides(offer)
    dealing.accept_deal(deal, author=holder)
    for person, side in ((opener, False), (holder, True)):
        dealing.agree(deal, {"value": Decimal(80)}, author=person, from_holder=side)
    page = text(client, "/bureau/echanges/")
    assert "80&nbsp;€, dont 0&nbsp;€ entre membres" in page
    assert Organization.objects.count() > 2


def test_the_page_of_a_structure_shows_what_it_offers_and_with_whom_it_deals(client):
    offer = an_offer(0, title="Deux barnums")
    holder, opener, deal = two_sides(offer)
    dealing.accept_deal(deal, author=holder)
    for person, side in ((opener, False), (holder, True)):
        dealing.agree(deal, {}, author=person, from_holder=side)
    page = text(client, f"/structures/{organization(0).public_id}/")
    assert "Ses échanges" in page and "Deux barnums" in page and "A échangé avec" in page
    assert organization(1).name.replace("'", "&#x27;") in page
    assert "Ses échanges" not in text(client, f"/structures/{organization(2).public_id}/")


def test_who_sees_a_draft_is_said_as_it_is(client):
    client.force_login(a_referent(organization()))
    form = filled(speaks_for=organization().public_id, verb="draft", once=fresh_once())
    said = client.post("/echanges/ecrire/offre/", form, follow=True).content.decode()
    assert "seules les personnes qui agissent pour" in said
    client.force_login(somebody())
    form = filled(speaks_for="moi", verb="draft", once=fresh_once())
    assert "vous seul le voyez" in client.post("/echanges/ecrire/offre/", form, follow=True).content.decode()


def test_the_figures_count_what_this_reader_may_see(client):
    an_ask(1, title="Un piano", kind="goods", terms="gift")
    an_ask(1, title="Une scène", kind="goods", terms="gift", audience=Listing.MEMBERS)
    assert "1 encore sans offre" in text(client, "/echanges/")
    client.force_login(an_operator())
    assert "2 encore sans offre" in text(client, "/echanges/")


def test_the_need_that_one_offers_for_is_shown_where_one_writes(client):
    voice = saying.say_need("Il manque des chaises à Lusignan", once=fresh_once())
    need = reading.publish_need(voice.need, actor="test")
    client.force_login(a_referent(organization()))
    page = text(client, f"/echanges/ecrire/offre/?besoin={need.public_id}")
    assert "Pour ce besoin" in page and "Il manque des chaises" in page
    assert "Pour ce besoin" not in text(client, "/echanges/ecrire/offre/?besoin=inconnu")
