"""Volunteers never go to a company of the ESS either: its legal form says that it is one, in both rooms."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from horizon.actors.models import Organization
from horizon.actors.services.merging import merge_organizations
from horizon.actors.sorts import companies, sort_of
from horizon.exchange import finding
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Listing
from horizon.exchange.parties import Party
from horizon.exchange.services import dealing
from horizon.kernel.refusal import Refused
from horizon.relief.access import askers_and_companies
from horizon.relief.services import calling
from tests.exchange.kit import an_ask, an_offer, values
from tests.people import a_referent, again, entry_named, somebody
from tests.relief.kit import asked

pytestmark = pytest.mark.django_db


@pytest.fixture
def scop(published):
    return entry_named("PAIN VIVANT").organization


@pytest.fixture
def association(published):
    return entry_named("THEATRE").organization


def test_a_scop_is_a_company_and_so_is_what_it_was_merged_into(scop, association):
    assert (sort_of(scop), sort_of(association)) == ("company", "nonprofit")
    group = Organization.objects.create(public_id="declaree01", name="Le Pain", kind=Organization.DECLARED)
    assert sort_of(group) == "nonprofit"
    merge_organizations(group, scop, by="people", actor="test")
    scop.refresh_from_db()
    assert sort_of(scop) == sort_of(group) == "company" and companies([(group.pk, group.kind)]) == {group.pk}


def test_volunteers_are_not_lent_to_a_scop_nor_asked_by_it(scop, association):
    person = somebody()
    offer = an_offer(holder=Party(person=person), kind="help", title="Bras pour déménager", terms="gift")
    with pytest.raises(Refused, match="forme juridique"):
        dealing.propose_deal(offer, Party(scop), "x", once=fresh_once(), author=somebody())
    assert dealing.propose_deal(offer, Party(association), "x", once=fresh_once(), author=somebody()).pk
    with pytest.raises(Refused, match="forme juridique"):
        an_ask(holder=Party(scop), kind="help", title="Bras pour déménager", terms="gift")
    service = an_ask(holder=Party(scop), kind="service", title="Déménager un fournil", terms="price")
    with pytest.raises(Refused, match="forme juridique"):
        dealing.propose_deal(
            service, Party(person=person), "x", once=fresh_once(), author=person, other=offer
        )


def test_what_is_paid_or_lent_at_cost_goes_to_a_scop(scop, association):
    """The law forbids lending staff for profit, not lending it to a company."""
    staff = an_offer(holder=Party(association), kind="staff", title="Un menuisier deux jours", terms="price")
    assert dealing.propose_deal(staff, Party(scop), "x", once=fresh_once(), author=somebody()).pk


@pytest.mark.parametrize("side", [Listing.ASK, Listing.OFFER])
def test_pairing_says_why_and_asks_once_whatever_the_rows(scop, association, side):
    asks = [
        an_ask(holder=Party(one), kind="service", title="Bras pour déménager", terms="gift")
        for one in (scop, association)
    ]
    offer = an_offer(holder=Party(person=somebody()), kind="help", title="Bras pour déménager", terms="gift")
    with CaptureQueriesContext(connection) as made:
        found = {
            (met.listing.pk if side == Listing.OFFER else of.pk): met.match.missing
            for of in ([offer] if side == Listing.OFFER else asks[:1])
            for met in finding.meets(of, members=False)
        }
    assert sum("directory_entry" in query["sql"] for query in made) == 1
    refused = "l’aide bénévole ne va jamais à une entreprise"
    assert refused in found[asks[0].pk]
    if side == Listing.OFFER:
        assert refused not in found[asks[1].pk]


def test_the_page_of_urgent_help_says_why_a_scop_may_not_call(client, scop, association):
    person = a_referent(scop)
    with pytest.raises(Refused, match="jamais dans une entreprise"):
        calling.ask_help(asked(), once=fresh_once(), actor="test", asker="Le Pain", organization=scop)
    assert scop not in [one.organization for one in askers_and_companies(again(person))[0]]
    client.force_login(person)
    page = client.get("/entraide/demander/").content.decode()
    assert "Pas d’appel au nom de « SCOP LE PAIN VIVANT »" in page and "forme juridique" in page
    client.force_login(a_referent(association))
    assert "Pas d’appel au nom de" not in client.get("/entraide/demander/").content.decode()


def test_the_form_of_a_listing_says_why(client, scop):
    client.force_login(a_referent(scop))
    typed = {
        **values("Bras pour déménager", terms=["gift"], kind="help"), "commune": "86139", "speaks_for": scop.public_id, "verb": "",
        "quantity": "", "from_on": "", "until_on": "",
    }  # fmt: skip
    answer = client.post("/echanges/ecrire/demande/", typed)
    assert answer.status_code == 422 and "même dans l’ESS" in answer.content.decode()
