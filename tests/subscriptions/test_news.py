"""What rooms tell: each thing once, only while it is public, with the communes, doors and poles that it touches."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.utils import timezone

from horizon.actors.models import College, Mandate, Pole
from horizon.actors.services import collective, poles
from horizon.directory.models import Closure
from horizon.directory.said.closing import close_after_patience
from horizon.directory.said.confirming import confirm_entry
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import declare_organization, state
from horizon.directory.services import publish_directory
from horizon.exchange.parties import Party
from horizon.exchange.services import listing as listings
from horizon.kernel import news
from horizon.listening.models import Need
from horizon.listening.services import answering, reading, saying
from horizon.observatory.pipeline import observe
from horizon.observatory.read import Marts
from horizon.subscriptions import queries
from tests.exchange.kit import values
from tests.observatory.registers_kit import establishment, unit, write_registers
from tests.people import a_referent, again, an_operator, entry_named, somebody
from tests.published import ASSOCIATIONS, ESTABLISHMENTS, TERRITORY, UNITS
from tests.subscriptions.kit import subscriber

pytestmark = pytest.mark.django_db
MONTH = timedelta(days=30)


def told(kind=""):
    """What happened around now."""
    now = timezone.now()
    return [
        item
        for item in news.news_between(now - MONTH, now + timedelta(days=1))
        if not kind or item.kind == kind
    ]


def picked(code, filters):
    search = news.search_kind(code)
    return {
        item.title for item in told() if item.key in search.pick(search.clean(QueryDict(filters)), told())
    }


def test_the_first_publication_is_not_news(published):
    assert told() == []
    assert news.fictitious()  # made of invented registers


def test_a_new_structure_and_a_closed_one(published, tmp_path):
    """The bakery closes and a garden opens between two publications; published again, nothing more is told."""
    units = [
        unit("222222222", "SCOP LE PAIN VIVANT", categorieJuridique="5458", activitePrincipale="10.71C",
             economieSocialeSolidaire="O", etatAdministratif="C", dateDebut="2026-10-01")
        if row["siren"] == "222222222" else row for row in UNITS
    ] + [unit("888888888", "LE JARDIN NEUF", activitePrincipale="01.13Z", dateCreation="2026-01-01")]  # fmt: skip
    garden = establishment("888888888", codeCommune="86139", codePostal="86600", libelleCommune="LUSIGNAN")
    write_registers(tmp_path / "in", units, [*ESTABLISHMENTS, garden], ASSOCIATIONS, listed=["222222222"])
    observe(tmp_path / "in", tmp_path / "marts")
    with Marts(tmp_path / "marts") as marts:
        publish_directory(marts, TERRITORY, actor="test")
        assert {item.kind for item in told()} == {"structure"}, "its people are asked first"
        Closure.objects.update(told_at=timezone.now(), due_on=date(2026, 1, 1))
        close_after_patience()
        refresh_directory()
        first = {(item.kind, item.title) for item in told()}
        publish_directory(marts, TERRITORY, actor="test")
    assert {(item.kind, item.title) for item in told()} == first
    assert first == {("closed", "SCOP LE PAIN VIVANT"), ("structure", "LE JARDIN NEUF")}
    [opened] = told("structure")
    assert ("commune", "86139") in opened.facets
    assert ("structure", entry_named("JARDIN").organization.public_id) in opened.facets
    assert opened.said.startswith("À Lusignan")
    assert picked("annuaire", "commune=86139") == {"LE JARDIN NEUF"}
    assert picked("annuaire", "commune=86194") == set()
    assert picked("annuaire", "q=jardin") == {"LE JARDIN NEUF"}


def test_pages_that_people_change_or_confirm(published):
    bike = entry_named("Pédalier").organization
    person = a_referent(bike)
    state(bike, {"hours": "Mardi, 14 h à 18 h"}, origin="referent", actor="test", author=person, publish=True)
    state(bike, {"website": "https://exemple.fr"}, origin="visitor", actor="visitor")  # proposed only
    assert [item.said for item in told("page")] == ["Horaires : mis à jour."]
    confirm_entry(bike, by=person, origin="referent")
    assert [item.said for item in told("page")] == ["Horaires : mis à jour.", "Page confirmée."]
    assert all(("commune", "86139") in item.facets for item in told())


def test_a_declared_structure_is_told_once_not_field_by_field(published):
    declare_organization(
        {"name": "La Laverie qui chante", "commune": "86139", "description": "Laver en chanson", "doors": ["vetir"]},
        kind="declared", origin="operator", actor="test",
    )  # fmt: skip
    refresh_directory()
    assert [(item.kind, item.title) for item in told()] == [("structure", "La Laverie qui chante")]
    assert {("commune", "86139"), ("porte", "vetir")} <= told()[0].facets


def test_needs_and_answers_while_they_are_public(published):
    operator = an_operator()
    need = saying.say_need("Plus de bus le soir vers Lusignan", once="a").need
    assert told() == []
    need = reading.publish_need(need, actor="test")
    [said] = told()
    assert (said.kind, said.title) == ("need", "Plus de bus le soir vers Lusignan")
    assert {("commune", "86139"), ("porte", "deplacer")} <= said.facets
    baker = entry_named("PAIN").organization
    answering.answer_need(
        need,
        kind=Need.EXISTS,
        text="Le mardi.",
        author=operator,
        speaks_as="animation",
        organizations=[baker],
    )
    [answer] = told("answer")
    assert answer.said == f"Cela existe déjà : {baker.name}."
    assert ("structure", baker.public_id) in answer.facets
    assert picked("besoins", "commune=86139&q=bus") == {"Plus de bus le soir vers Lusignan"}
    assert picked("besoins", "reponse=waiting") == set()
    reading.refuse_need(need, "Une erreur", actor="test")
    assert told() == []


def test_offers_and_asks_that_everybody_sees(published):
    baker = entry_named("PAIN").organization

    def publish(once, **more):
        made = listings.write_listing("offer", Party(baker), values(**more), once=once, actor="test")
        return listings.publish_listing(made, actor="test")

    shown = publish("a", title="Gobelets du fournil", door="nourrir", quantity=Decimal(900), unit="piece")
    publish("b", title="Pour les membres", audience="members")
    [item] = told()
    assert (item.kind, item.title) == ("offer", "Gobelets du fournil")
    assert ("commune", shown.commune_id) in item.facets and ("structure", baker.public_id) in item.facets
    assert picked("echanges", f"sens=offres&genre={shown.kind}&commune={shown.commune_id}") == {shown.title}
    assert picked("echanges", "sens=demandes") == set()
    assert ("porte", shown.door) in item.facets and picked("echanges", f"porte={shown.door}") == {shown.title}
    assert news.search_kind("echanges").title("porte=nourrir") == "Échanges : Se nourrir"
    assert news.search_kind("echanges").title("porte=a-preciser") == "Échanges : porte à préciser"
    listings.close_listing(shown, actor="test")
    assert told() == []


def test_members_and_pole_contacts(published):
    an_operator()
    bike = entry_named("Pédalier").organization
    asked = collective.request_membership(
        bike, College.objects.get(code="associations"), by=None, actor="test"
    )
    assert told() == []
    collective.decide_membership(asked, True, actor="test")
    [joined] = told("member")
    assert ("commune", "86139") in joined.facets
    pole = Pole.objects.get(code="alimentation")
    someone = somebody("Nour Vonnelune")
    mandate = poles.give_mandate(someone, Mandate.POLE, actor="test", pole=pole)
    assert told("contact") == []  # the person did not agree to be named
    poles.publish_mandate(mandate, True, actor=again(someone).actor)
    [contact] = told("contact")
    assert contact.facets == {("pole", "alimentation")}
    assert contact.said == "À qui parler : Nour Vonnelune."


def test_who_follows_a_closed_pole_is_told_what_its_successors_do(published):
    """Two poles become one, which becomes another: whoever followed the first is told, whoever follows none is not."""
    an_operator()
    first, second = Pole.objects.get(code="alimentation"), Pole.objects.get(code="sante")
    joined = poles.merge_poles([first, second], "Bien vivre", actor="test")
    last = poles.merge_poles([joined, Pole.objects.get(code="habitat")], "Vivre ici", actor="test")
    poles.give_mandate(somebody("Nour Vonnelune"), Mandate.POLE, actor="test", pole=last, public=True)
    now = timezone.now() + timedelta(hours=1)
    [item] = [one for one in queries.happened(now, []).values() if one.kind == "contact"]
    followed = {("pole", code) for code in ("alimentation", "sante", "habitat", joined.code, last.code)}
    assert item.facets == followed
    who = subscriber("lectrice@example.org", ("pole", "alimentation"), at=now - timedelta(days=2))
    assert [one.title for one in queries.lately(list(who.subscriptions.all()), now, 9)] == ["Pôle Vivre ici"]


def test_finding_news_costs_the_same_for_one_or_many(published, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def need(n):
        made = saying.say_need(f"Un banc numéro {n} à Lusignan", once=f"n{n}").need
        reading.publish_need(made, actor="test")

    need(0)
    with CaptureQueriesContext(connection) as few:
        told()
    for n in range(1, 9):
        need(n)
    with django_assert_max_num_queries(len(few)):
        assert len(told()) == 9
