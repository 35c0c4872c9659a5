"""Who acts for whom: invitations, requests, the last one leaving, relays; what is kept of a person and erased."""

import json

import pytest
from django.core import mail

from horizon.actors.access import acts_for, may_edit
from horizon.actors.models import Invitation, OrganizationRole, Person
from horizon.actors.services import people, poles
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from tests.people import a_referent, again, an_operator, enter, entry_named, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization(published):
    return entry_named("Pédalier").organization


def test_an_invitation_opens_a_page_with_two_buttons(
    client, organization, django_capture_on_commit_callbacks
):
    referent, guest = a_referent(organization), somebody()
    client.force_login(referent)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            f"/structures/{organization.public_id}/equipe/",
            {"email": guest.email.upper(), "message": "Viens !"},
        )
    link = f"/invitations/{Invitation.objects.get().token}/"
    assert (
        mail.outbox[-1].to == [guest.email]
        and link in mail.outbox[-1].body
        and "Viens" in mail.outbox[-1].body
    )
    client.force_login(guest)
    page = client.get(link).content.decode()
    assert "Accepter" in page and "Refuser" in page and not acts_for(guest, organization)
    assert client.post(link, {"verb": "accept"}).url == f"/structures/{organization.public_id}/equipe/"
    assert acts_for(guest, organization)
    again_page = client.post(link, {"verb": "accept"})
    assert "déjà reçu une réponse" in again_page.content.decode()


def test_an_invitation_is_for_its_address(organization):
    invitation = people.invite(organization, "autre@example.org", by=a_referent(organization))
    with pytest.raises(Refused, match="autre adresse"):
        people.answer_invitation(invitation, True, by=somebody())


def test_asking_to_join_is_answered_by_those_who_hold_the_page(
    client, organization, django_capture_on_commit_callbacks
):
    referent, other = a_referent(organization), somebody()
    client.force_login(other)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/structures/{organization.public_id}/rejoindre/", {"message": "Nouvelle trésorière"})
    assert mail.outbox[-1].to == [referent.email]
    request = Invitation.objects.get()
    assert (
        client.post(
            f"/structures/{organization.public_id}/equipe/{request.pk}/", {"verb": "accept"}
        ).status_code
        == 403
    )
    client.force_login(referent)
    assert "demande à agir" in client.get("/bureau/").content.decode()
    client.post("/bureau/", {"one": f"accept|invitation/{request.pk}"})
    assert acts_for(other, organization)
    client.post("/bureau/", {"verb": "undo"})
    assert not acts_for(other, organization) and Invitation.objects.get().status == Invitation.OPEN


def test_nobody_asks_where_nobody_answers(client, organization):
    client.force_login(somebody())
    page = client.post(f"/structures/{organization.public_id}/rejoindre/", {"message": "Moi"})
    assert (
        page.status_code == 422
        and "revendiquez-la" in page.content.decode()
        and "Moi" in page.content.decode()
    )


def test_the_last_one_leaving_makes_an_orphan(client, organization):
    operator, referent = an_operator(), a_referent(organization)
    client.force_login(referent)
    role = OrganizationRole.objects.get(person=referent)
    client.post(f"/moi/roles/{role.pk}/", {"verb": "leave"})
    assert not acts_for(referent, organization)
    client.force_login(operator)
    assert "plus personne ne tient sa page" in client.get("/bureau/?quoi=orphan").content.decode()


def test_a_name_is_shown_only_when_its_owner_says_so(client, organization):
    referent = a_referent(organization)
    page = f"/structures/{organization.public_id}/"
    assert referent.name not in client.get(page).content.decode()
    client.force_login(referent)
    role = OrganizationRole.objects.get(person=referent)
    client.post(f"/moi/roles/{role.pk}/", {"verb": "show"})
    client.logout()
    assert (
        referent.name in client.get(page).content.decode()
        and referent.email not in client.get(page).content.decode()
    )


def test_nobody_changes_somebody_elses_role(client, organization):
    role = OrganizationRole.objects.get(person=a_referent(organization))
    client.force_login(somebody())
    assert client.post(f"/moi/roles/{role.pk}/", {"verb": "leave"}).status_code == 404


def test_a_relay_acts_with_consent_and_the_journal_says_so(organization, published):
    group = entry_named("Tricoteuses").organization
    relayer = a_referent(organization)
    assert not may_edit(relayer, group)
    with pytest.raises(Refused, match="accord"):
        people.give_relay(organization, group, "  ", actor="test")
    row = people.give_relay(organization, group, "Oui de vive voix", actor="test")
    assert may_edit(relayer, group)
    assert Event.objects.get(verb="give_relay").payload == {"relay": organization.public_id}
    people.end_relay(row, actor="test")
    assert not may_edit(relayer, group)


def test_a_person_takes_their_data_and_is_erased(client, organization):
    referent = a_referent(organization)
    before = Event.objects.count()
    enter(client, referent)
    kept = json.loads(client.get("/moi/donnees.json").content)
    assert (
        kept["actors"]["email"] == referent.email
        and kept["actors"]["acts_for"][0]["organization"] == organization.name
    )
    assert client.get("/moi/effacer/").status_code == 200 and Person.objects.filter(pk=referent.pk).exists()
    assert client.post("/moi/effacer/").url == "/"
    assert not Person.objects.filter(pk=referent.pk).exists() and client.get("/moi/").status_code == 302
    assert Event.objects.count() == before + 2
    trace = json.dumps(list(Event.objects.values("actor", "payload", "record_id")), default=str)
    assert referent.email not in trace and referent.name not in trace


def test_the_last_operator_cannot_vanish(client):
    operator = an_operator()
    enter(client, operator)
    assert "passez d’abord la main" in client.post("/moi/effacer/").content.decode()
    heir = somebody()
    poles.hand_over(operator.mandates.get(), heir, actor="test")
    assert "operator" in again(heir).roles and "operator" not in again(operator).roles
    assert client.post("/moi/effacer/").url == "/"
