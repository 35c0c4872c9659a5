"""To whom one writes: one answer for the members, the contacts, the directory and the files."""

import pytest
from django.utils import timezone

from horizon.actors.models import College, Membership, Organization, RelayConsent
from horizon.actors.reach import addresses_of
from horizon.actors.services import collective, contacts, people, poles
from horizon.directory.models import Entry, Statement
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import state
from tests.people import a_referent, an_operator, enter, entry_named, somebody

pytestmark = pytest.mark.django_db
ROSE = {"name": "Rose Trémière", "function": "", "phone": "", "email": "Rose@Example.org"}


@pytest.fixture
def operator(published):
    return an_operator()


def organization(words):
    return entry_named(words).organization


def joined(one):
    asked = collective.request_membership(one, College.objects.first(), by=None, actor="test")
    return collective.decide_membership(asked, True, actor="test")


def publish_address(one, email):
    state(one, {"email": email}, origin=Statement.OPERATOR, actor="test", publish=True)
    refresh_directory()


def reached(one):
    return addresses_of([one.root_id])[one.root_id]


def test_those_who_act_then_those_to_reach_then_the_address_of_the_page(operator):
    bike = organization("Pédalier")
    assert reached(bike).all == reached(bike).letter == []
    publish_address(bike, "Contact@example.org")
    assert reached(bike).all == reached(bike).letter == ["contact@example.org"]
    contacts.keep_contact(bike, None, ROSE, by=operator)
    assert reached(bike).all == reached(bike).letter == ["rose@example.org"]
    person = a_referent(bike)
    assert reached(bike).all == [person.email, "rose@example.org"] and reached(bike).letter == [person.email]
    person.is_active = False
    person.save()
    assert reached(bike).letter == ["rose@example.org"]


def test_the_address_of_what_was_merged_serves_while_the_whole_has_no_page(operator):
    bike, bakery = organization("Pédalier"), organization("PAIN")
    publish_address(bike, "contact@example.org")
    whole = Organization.objects.create(public_id="entiere123", name="Les deux")
    merged = {"merged_by": "people", "merged_at": timezone.now()}
    Organization.objects.filter(pk=bike.pk).update(canonical=whole, **merged)
    assert reached(whole).letter == ["contact@example.org"]
    publish_address(bakery, "pain@example.org")
    Organization.objects.filter(pk=bike.pk).update(canonical=bakery)
    assert reached(bakery).letter == ["pain@example.org"], "its own page first"
    Entry.objects.filter(organization=bakery).update(email="")
    assert reached(bakery).letter == [], "its page shows none"


def test_a_group_is_reached_through_its_relay_until_it_takes_its_consent_back(operator):
    group, relay = organization("Pédalier"), organization("PAIN")
    person = a_referent(relay)
    consent = people.give_relay(relay, group, "Accord de l’assemblée", actor="test")
    assert reached(group).letter == [person.email]
    people.end_relay(RelayConsent.objects.get(pk=consent.pk), actor="test")
    assert reached(group).letter == []


def addresses(client, page):
    answer = client.get(page)
    return set(answer.context["addresses"])


def test_every_list_gives_the_same_addresses(client, operator, django_assert_num_queries):
    bike, bakery = organization("Pédalier"), organization("PAIN")
    for one in (bike, bakery):
        joined(one)
    contacts.keep_contact(bakery, None, ROSE, by=operator)
    publish_address(bike, "contact@example.org")
    both = {"rose@example.org", "contact@example.org"}
    enter(client, operator)
    for page in ("membres", "contacts", "annuaire"):
        assert addresses(client, f"/bureau/{page}/adresses/?vue=registre") == both
    for page in ("membres", "contacts"):
        cells = client.get(f"/bureau/{page}.csv").getvalue().decode()
        assert all(email in cells for email in both)
    shown = client.get("/bureau/membres/").content.decode()
    assert "adresse publiée" in shown and "personne à joindre" in shown
    words = f"/bureau/annuaire/adresses/?vue=registre&q={bike.name.split()[-1]}"
    assert addresses(client, words) == {"contact@example.org"}
    roots = [entry.organization_id for entry in Entry.objects.all()]
    for several in (roots[:1], roots):
        with django_assert_num_queries(4):
            addresses_of(several)


def test_only_those_who_animate_write_to_a_selection_of_the_directory(client, operator):
    assert "Leur écrire" not in client.get("/annuaire/").content.decode()
    client.force_login(a_referent(organization("Pédalier")))
    assert "Leur écrire" not in client.get("/annuaire/?porte=nourrir").content.decode()
    assert client.get("/bureau/annuaire/adresses/").status_code == 403
    enter(client, operator)
    page = client.get("/annuaire/?porte=nourrir").content.decode()
    assert "/bureau/annuaire/adresses/?porte=nourrir" in page
    client.logout()
    assert "Leur écrire" not in client.get("/annuaire/?porte=nourrir").content.decode()


def test_mandates_are_narrowed_exported_and_written_to(client, operator):
    agent = somebody("Idriss Vauclairon")
    poles.give_mandate(agent, "agent", actor="test", title="chargé de mission", themes=["loger"])
    enter(client, operator)
    assert addresses(client, "/bureau/mandats/adresses/") == {agent.email, operator.email}
    page = client.get("/bureau/mandats/adresses/?fonction=agent").content.decode().replace("\xa0", " ")
    assert "1 adresse pour 1 mandat" in page and operator.email not in page
    assert addresses(client, "/bureau/mandats/adresses/?quand=past") == set()
    lines = client.get("/bureau/mandats.csv?fonction=agent").getvalue().decode().splitlines()
    assert len(lines) == 2 and "Se loger" in lines[1] and agent.email in lines[1] and lines[1].endswith("non")
    shown = client.get("/bureau/mandats/?fonction=agent").content.decode()
    assert agent.email in shown and operator.email not in shown
    assert "Aucun mandat dans cette sélection" in client.get("/bureau/mandats/?quand=past").content.decode()


def test_the_queries_of_the_members_list_do_not_grow(client, operator, django_assert_max_num_queries):
    enter(client, operator)
    for entry in Entry.objects.all()[:12]:
        if not Membership.objects.filter(organization=entry.organization).exists():
            joined(entry.organization)
            a_referent(entry.organization)
    with django_assert_max_num_queries(26):
        client.get("/bureau/membres/")
