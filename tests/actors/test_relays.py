"""Relay structures: named by a few words, acting for their group wherever somebody acts for a structure, and the journal says so."""

from html import unescape

import pytest

from horizon.actors.merged import acts_or_relays_for
from horizon.actors.models import Invitation, RelayConsent
from horizon.actors.services import people
from horizon.care.models import Claim
from horizon.directory.said.services import state
from horizon.exchange.parties import Party, parties_of
from horizon.exchange.queries import of_person
from horizon.kernel.models import Event
from horizon.kernel.registry import waiting_for
from horizon.listening.access import voices_of
from tests.people import a_referent, again, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(published):
    return an_operator()


@pytest.fixture
def group(operator):
    return entry_named("Pédalier").organization


@pytest.fixture
def relay(operator):
    return entry_named("PAIN").organization


@pytest.fixture
def relayer(group, relay):
    person = a_referent(relay)
    people.give_relay(relay, group, "En réunion", actor="test")
    return again(person)


def test_the_relay_is_found_by_a_few_words_and_chosen_among_several(client, operator, group, relay):
    client.force_login(a_referent(group))
    page = f"/structures/{group.public_id}/relais/"
    said = client.post(page, {"relay": "introuvablement", "consent": "En réunion"})
    assert said.status_code == 422 and "ne porte ces mots" in said.content.decode()
    several = client.post(page, {"relay": "association", "consent": "En réunion"})
    text = several.content.decode()
    assert several.status_code == 422 and "Laquelle ?" in text and "En réunion" in text
    several = client.post(page, {"relay": "association", "consent": "En réunion", "which": relay.public_id})
    assert (several.status_code == 302) is (relay.public_id in text)
    RelayConsent.objects.all().delete()
    told = client.post(
        page,
        {"relay": f"https://ici.example/structures/{relay.public_id}/", "consent": "En réunion"},
        follow=True,
    )
    assert f"C’est noté : {relay.name} peut agir pour {group.name}." in unescape(told.content.decode())
    assert RelayConsent.objects.get().relay == relay


def test_what_waits_for_the_group_waits_for_its_relay_but_its_team(client, group, relayer):
    """A relay answers for the group; who is let into its team is for those who hold it, and for those who animate."""
    asker = somebody("Nino Vert")
    a_referent(group)
    people.ask_to_join(group, by=asker, message="Je suis trésorier")
    state(group, {"phone": "05 49 00 00 00"}, origin="visitor", actor="test")
    rooms = {item.room for item in waiting_for(relayer)}
    assert "suggestion" in rooms and "invitation" not in rooms
    client.force_login(relayer)
    found = Invitation.objects.get()
    client.post(f"/structures/{group.public_id}/equipe/{found.pk}/", {"verb": "accept"})
    found.refresh_from_db()
    assert found.status == Invitation.OPEN


def test_the_relay_speaks_for_the_group_and_says_that_it_does(client, group, relay, relayer):
    labels = {key: label for key, label, _ in parties_of(relayer)}
    assert labels[group.public_id] == f"{group.name} (vous êtes son relais)"
    assert Party(group).people() == [relayer]
    assert group.pk in acts_or_relays_for(relayer).values_list("pk", flat=True)
    assert f"{group.name}, par {relay.name}" in {one.title for one in voices_of(relayer)}
    assert of_person(relayer)[0].count() == 0
    client.force_login(relayer)
    assert "Les groupes dont je suis le relais" in client.get("/moi/").content.decode()


def test_joining_and_leaving_through_a_relay_say_so_in_the_journal(client, group, relay, relayer):
    client.force_login(relayer)
    page = f"/structures/{group.public_id}/"
    client.post(f"{page}adherer/", {"college": "associations", "motive": ""})
    client.post(f"{page}partir/", {"reason": ""})
    for verb in ("request", "leave"):
        assert Event.objects.filter(verb=verb).latest("pk").payload["through"] == relay.public_id
    people.end_relay(RelayConsent.objects.get(), actor="test")
    assert relayer.pk not in [p.pk for p in Party(group).people()]


def test_somebody_of_the_group_itself_is_not_said_to_be_a_relay(client, group, relayer):
    people.join_as_referent(relayer, group, obtained_by="operator", actor="test")
    client.force_login(again(relayer))
    client.post(f"/structures/{group.public_id}/adherer/", {"college": "associations", "motive": ""})
    assert "through" not in Event.objects.get(verb="request").payload
    assert "(vous êtes son relais)" not in str(parties_of(relayer))


def test_ones_own_space_leads_to_ones_claims_listings_and_availability(client, operator, group):
    person = somebody("Nino Vert")
    client.force_login(person)
    page = client.get("/moi/").content.decode()
    assert "Pages que je demande à tenir" not in page
    assert "/mes-echanges/" in page and "/entraide/disponible/" in page
    made = Claim.objects.create(person=person, organization=group, method=Claim.LETTER)
    page = client.get("/moi/").content.decode()
    assert f"/revendications/{made.public_id}/" in page and "en attente du code" in page
    Claim.objects.update(method=Claim.PHONE)
    assert "en attente de l’équipe" in client.get("/moi/").content.decode()
    Claim.objects.update(status=Claim.REFUSED)
    assert "Pages que je demande à tenir" not in client.get("/moi/").content.decode()
