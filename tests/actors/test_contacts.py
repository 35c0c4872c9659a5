"""Structures that the collective follows: the desk's list, people to reach without an account, addresses to write to."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from horizon.actors.models import College, Contact, OrganizationRole
from horizon.actors.services import collective, contacts, people
from horizon.actors.services.upkeep import forget_old_contacts
from horizon.directory.models import Entry
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import export_personal_data
from tests.people import a_referent, an_operator, enter, entry_named, somebody

pytestmark = pytest.mark.django_db
VALUES = {
    "name": "Rose Trémière",
    "function": "trésorière",
    "phone": "05 49 00 00 01",
    "email": "Rose@Example.org",
}


@pytest.fixture
def operator(published):
    return an_operator()


@pytest.fixture
def bike(operator):
    return entry_named("Pédalier").organization


@pytest.fixture
def bakery(operator):
    return entry_named("PAIN").organization


def test_a_structure_is_followed_from_its_page(client, operator, bike):
    page = f"/structures/{bike.public_id}/"
    assert "Suivi" not in client.get(page).content.decode()
    client.force_login(operator)
    assert f'/bureau/structures/{bike.public_id}/">Suivi' in client.get(page).content.decode()
    client.force_login(a_referent(bike))
    assert "Suivi" not in client.get(page).content.decode()


def test_somebody_to_reach_is_noted_changed_and_forgotten(client, operator, bike):
    client.force_login(operator)
    page = f"/bureau/structures/{bike.public_id}/"
    wrong = client.post(
        f"{page}personnes/", {"name": "Rose Trémière", "function": "trésorière", "phone": "", "email": ""}
    )
    assert (
        wrong.status_code == 422
        and "trésorière" in wrong.content.decode()
        and "joindre" in wrong.content.decode()
    )
    assert client.post(f"{page}personnes/", VALUES).url == page
    kept = Contact.objects.get()
    assert (kept.email, kept.author) == ("rose@example.org", operator)
    assert "Rose Trémière, trésorière" in client.get(page).content.decode()
    client.post(f"{page}personnes/{kept.pk}/", {**VALUES, "function": "présidente"})
    kept.refresh_from_db()
    assert kept.function == "présidente"
    assert "Rose" not in str(list(Event.objects.values_list("payload", flat=True)))
    with pytest.raises(Refused, match="déjà notée"):
        contacts.keep_contact(bike, None, VALUES, by=operator)
    client.post(f"{page}personnes/{kept.pk}/effacer/")
    assert not Contact.objects.exists() and Event.objects.filter(verb="forget_contact").exists()


def test_the_database_keeps_nobody_who_cannot_be_reached(operator, bike):
    with pytest.raises(IntegrityError), transaction.atomic():
        Contact.objects.create(organization=bike, name="Personne")


def test_whoever_has_the_address_takes_it_away_and_carries_it_off(operator, bike):
    contacts.keep_contact(bike, None, VALUES, by=operator)
    rose = people.find_or_create_person("rose@example.org", actor="test", name="Rose Trémière")
    assert export_personal_data(rose)["actors"]["to_reach_at"][0]["phone"] == "05 49 00 00 01"
    note = collective.note_contact(bike, "Rappeler le 05.49.00.00.01", by=operator)
    people.erase_person(rose)
    note.refresh_from_db()
    assert not Contact.objects.exists() and "05.49.00.00.01" not in note.text


def test_people_to_reach_are_forgotten_after_three_years(operator, bike):
    contacts.keep_contact(bike, None, VALUES, by=operator)
    assert forget_old_contacts(timezone.now() + timedelta(days=1000)) == 0
    assert forget_old_contacts(timezone.now() + timedelta(days=1100)) == 1


def test_the_list_of_contacts_is_narrowed_and_exported(
    client, operator, bike, bakery, django_assert_max_num_queries
):
    enter(client, operator)
    assert "Aucune structure dans cette sélection" in client.get("/bureau/contacts/").content.decode()
    contacts.keep_contact(bike, None, VALUES, by=operator)
    collective.note_contact(bakery, "Appelée", by=operator, next_on=timezone.localdate())
    referent = a_referent(bakery)

    def shown(query=""):
        rows = client.get(f"/bureau/contacts/?{query}").context["rows"]
        return {row.organization.pk for row in rows}

    both = {bike.pk, bakery.pk}
    assert shown() == both and shown("quoi=note") == {bakery.pk} and shown("quoi=rappel") == {bakery.pk}
    assert shown("quoi=personne") == {bike.pk} and shown("quoi=orpheline") == {bike.pk}
    assert (
        shown("adhesion=non") == both
        and shown("adhesion=membre") == set()
        and shown("q=pédalier") == {bike.pk}
    )
    entry = Entry.objects.get(organization=bike)
    other = Entry.objects.get(organization=bakery)
    expected = {one.organization_id for one in (entry, other) if one.commune_id == entry.commune_id}
    assert shown(f"commune={entry.commune_id}") == expected
    expected = {one.organization_id for one in (entry, other) if entry.doors[0] in one.doors}
    assert shown(f"porte={entry.doors[0]}") == expected
    expected = {one.organization_id for one in (entry, other) if "alimentation" in one.poles}
    assert shown("pole=alimentation") == expected and shown("pole=inconnu") == both
    rows = client.get("/bureau/contacts.csv").getvalue().decode().splitlines()
    assert len(rows) == 3 and "Rose Trémière, trésorière 05 49 00 00 01 rose@example.org" in "".join(rows)
    page = client.get("/bureau/contacts/adresses/").content.decode().replace("\xa0", " ")
    assert f"{referent.email}\nrose@example.org\n" in page or f"rose@example.org\n{referent.email}\n" in page
    assert "2 adresses pour 2 structures" in page
    Contact.objects.all().delete()
    people.ask_to_join(bakery, by=somebody())
    collective.note_contact(bike, "Appelée", by=operator)
    assert "dont 1 sans aucune adresse" in client.get("/bureau/contacts/adresses/").content.decode()
    with django_assert_max_num_queries(30):
        client.get("/bureau/contacts/")


def test_members_are_narrowed_by_place_and_written_to(client, operator, bike, bakery):
    enter(client, operator)
    for organization in (bike, bakery):
        asked = collective.request_membership(organization, College.objects.first(), by=None, actor="test")
        collective.decide_membership(asked, True, actor="test")
    person = a_referent(bakery)
    people.join_as_referent(person, bike, obtained_by="claim:letter", actor="test")
    door = Entry.objects.get(organization=bike).doors[0]
    among = {
        entry.organization_id
        for entry in Entry.objects.filter(organization__in=[bike, bakery])
        if door in entry.doors
    }
    page = client.get(f"/bureau/membres/?porte={door}")
    assert {
        row.organization_id for row in page.context["page"]
    } == among and f'value="{door}" selected' in page.content.decode()
    assert len(client.get(f"/bureau/membres.csv?porte={door}").getvalue().decode().splitlines()) == 1 + len(
        among
    )
    page = client.get("/bureau/membres/adresses/").content.decode().replace("\xa0", " ")
    assert "1 adresse pour 2 structures" in page and page.count(person.email) == 1
    OrganizationRole.objects.filter(organization=bakery).update(until=timezone.now())
    assert "dont 1 sans aucune adresse" in client.get("/bureau/membres/adresses/").content.decode()
    assert "code reçu par courrier" in client.get(f"/bureau/structures/{bike.public_id}/").content.decode()
