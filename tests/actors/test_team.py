"""Who is taken off a team, by whom, and how it is undone; what becomes of the page."""

import html
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from horizon.actors.access import acts_for
from horizon.actors.models import Invitation, Organization, OrganizationRole
from horizon.actors.services import people, teams
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from tests.people import a_referent, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization(published):
    return entry_named("Pédalier").organization


def ending(organization, person):
    role = OrganizationRole.objects.filter(person=person).latest("pk")
    return f"/structures/{organization.public_id}/equipe/roles/{role.pk}/fin/"


def test_a_colleague_takes_somebody_off_who_reads_why_and_an_operator_gives_it_back(
    client, organization, django_capture_on_commit_callbacks
):
    holder, gone, operator = a_referent(organization), a_referent(organization), an_operator()
    people.invite(organization, "ami@example.org", by=gone)
    people.invite(organization, "autre@example.org", by=holder)
    page = ending(organization, gone)
    client.force_login(holder)
    assert page in client.get(f"/structures/{organization.public_id}/equipe/").content.decode()
    empty = client.post(page, {"reason": " "})
    assert empty.status_code == 422 and "lira cette raison" in empty.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"reason": "A quitté l’association"})
    assert not acts_for(gone, organization)
    assert mail.outbox[-1].to == [gone.email] and "A quitté l’association" in mail.outbox[-1].body
    assert [i.email for i in Invitation.objects.all()] == ["autre@example.org"]
    assert "A quitté" not in str(list(Event.objects.values_list("payload", flat=True)))
    assert client.post(page, {"verb": "give-back"}).status_code == 403
    client.force_login(operator)
    contact = client.get(f"/bureau/structures/{organization.public_id}/").content.decode()
    assert "A quitté l’association" in contact and page in contact
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"verb": "give-back"})
    assert acts_for(gone, organization) and "de nouveau" in mail.outbox[-1].body
    with pytest.raises(Refused, match="agit déjà"):
        teams.give_back_role(OrganizationRole.objects.get(person=gone), actor="test")


def test_only_who_holds_the_page_takes_somebody_off(client, organization):
    other = entry_named("PAIN").organization
    relayer, holder = a_referent(other), a_referent(organization)
    people.give_relay(other, organization, "de vive voix", actor="test")
    page = ending(organization, holder)
    for person in (relayer, somebody(), holder):
        client.force_login(person)
        assert client.post(page, {"reason": "Je prends la page"}).status_code == 403
    assert acts_for(holder, organization)
    client.force_login(an_operator())
    assert client.get(page.replace(organization.public_id, other.public_id)).status_code == 404


def test_a_role_ends_once_and_only_an_ended_one_says_how(organization):
    role = OrganizationRole.objects.get(person=a_referent(organization))
    teams.end_role_of(role, by=an_operator(), reason="Usurpation")
    with pytest.raises(Refused, match="déjà plus"):
        teams.end_role_of(role, by=an_operator(), reason="Usurpation")
    with pytest.raises(IntegrityError), transaction.atomic():
        OrganizationRole.objects.update(until=None)


def test_what_the_desk_answers_is_written_to_who_asked(
    client, organization, django_capture_on_commit_callbacks
):
    holder, asker = a_referent(organization), somebody()
    request = people.ask_to_join(organization, by=asker, message="Nouvelle trésorière")
    client.force_login(holder)
    for verb, said in (("accept", "Vous pouvez désormais agir"), ("refuse", "n’a pas été retenue")):
        with django_capture_on_commit_callbacks(execute=True):
            client.post("/bureau/", {"one": f"{verb}|invitation/{request.pk}"})
        assert mail.outbox[-1].to == [asker.email] and said in mail.outbox[-1].body
        with django_capture_on_commit_callbacks(execute=True):
            client.post("/bureau/", {"verb": "undo"})
        assert mail.outbox[-1].to == [asker.email] and "attend de nouveau" in mail.outbox[-1].body
    assert not acts_for(asker, organization)


def test_inviting_who_had_asked_accepts_them(client, organization, django_capture_on_commit_callbacks):
    holder, asker = a_referent(organization), somebody()
    people.ask_to_join(organization, by=asker, message="Moi")
    client.force_login(holder)
    team = f"/structures/{organization.public_id}/equipe/"
    with django_capture_on_commit_callbacks(execute=True):
        page = client.post(team, {"email": asker.email, "message": ""}, follow=True).content.decode()
    assert "l’avait demandé : c’est accepté" in page and acts_for(asker, organization)
    assert [m.to for m in mail.outbox] == [[asker.email]] and "/invitations/" not in mail.outbox[0].body
    held = client.post(team, {"email": asker.email, "message": "Un mot"})
    assert held.status_code == 422 and "tient déjà la page" in held.content.decode()
    assert "Un mot" in held.content.decode(), "what was typed is still there"


def test_asking_twice_writes_once(client, organization, django_capture_on_commit_callbacks):
    holder, asker = a_referent(organization), somebody()
    client.force_login(asker)
    page = f"/structures/{organization.public_id}/rejoindre/"
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"message": "Moi"})
        again = client.post(page, {"message": "Moi encore"})
    assert "déjà une demande" in again.content.decode() and "Moi encore" in again.content.decode()
    assert [m.to for m in mail.outbox] == [[holder.email]]
    client.force_login(holder)
    assert "tenez déjà" in client.post(page, {"message": "Moi"}).content.decode()
    with pytest.raises(Refused, match="invitation"):
        people.invite(organization, "x@example.org", by=holder)
        people.ask_to_join(organization, by=people.find_or_create_person("x@example.org"), message="Invitée")


def test_team_mails_are_limited(client, organization):
    client.force_login(a_referent(organization))
    team = f"/structures/{organization.public_id}/equipe/"
    for number in range(20):
        assert client.post(team, {"email": f"n{number}@example.org"}).status_code == 302
    assert "attendez" in client.post(team, {"email": "n21@example.org"}).content.decode()
    assert Invitation.objects.count() == 20


def test_an_orphan_waits_after_its_last_referent_is_erased_until_somebody_holds_it(client, organization):
    operator, referent = an_operator(), a_referent(organization)
    people.erase_person(referent)
    assert not OrganizationRole.objects.exists()
    client.force_login(operator)
    waiting = "/bureau/?quoi=orphan"
    assert "plus personne ne tient sa page" in client.get(waiting).content.decode()
    client.post("/bureau/", {"one": f"refuse|orphan/{organization.public_id}"})
    assert "plus personne ne tient sa page" not in client.get(waiting).content.decode()
    client.post("/bureau/", {"verb": "undo"})
    assert "plus personne ne tient sa page" in client.get(waiting).content.decode()
    a_referent(organization)
    assert "plus personne ne tient sa page" not in client.get(waiting).content.decode()
    assert Organization.objects.get(pk=organization.pk).orphan_since is None
    with pytest.raises(IntegrityError), transaction.atomic():
        Organization.objects.filter(pk=organization.pk).update(orphan_left_at=operator.created_at)


def test_a_relay_neither_chooses_another_relay_nor_lets_people_in(client, organization):
    helper, other = entry_named("PAIN").organization, entry_named("Tricoteuses").organization
    relayer, holder, asker = a_referent(helper), a_referent(organization), somebody()
    given = people.give_relay(helper, organization, "de vive voix", actor="test")
    asked = people.ask_to_join(organization, by=asker, message="Moi")
    page = f"/structures/{organization.public_id}"
    typed = {"relay": other.public_id, "consent": "Oui"}
    client.force_login(relayer)
    team = client.get(f"{page}/equipe/").content.decode()
    assert "comme structure relais" in team and "Envoyer l’invitation" not in team
    assert client.post(f"{page}/relais/", typed).status_code == 403
    assert client.post(f"{page}/relais/{given.pk}/fin/").status_code == 403
    assert client.post(f"{page}/equipe/", {"email": "ami@example.org"}).status_code == 422
    client.post(f"{page}/equipe/{asked.pk}/", {"verb": "accept"})
    assert not acts_for(asker, organization) and Invitation.objects.count() == 1
    client.force_login(holder)
    same = client.post(f"{page}/relais/", {"relay": organization.public_id, "consent": "Oui, en mai"})
    assert same.status_code == 422 and "même structure" in same.content.decode()
    assert "Oui, en mai" in same.content.decode(), "what was typed is still there"
    assert client.post(f"{page}/relais/", typed).status_code == 302
    client.force_login(relayer)
    assert client.post(f"/structures/{helper.public_id}/relais/{given.pk}/fin/").status_code == 302
    given.refresh_from_db()
    assert given.until, "a relay may stop from its own page"


def test_a_request_is_taken_back_by_who_made_it(client, organization):
    asker, holder = somebody(), a_referent(organization)
    asked = people.ask_to_join(organization, by=asker, message="Moi")
    address = f"/moi/demandes/{asked.pk}/retirer/"
    client.force_login(holder)
    assert client.post(address).status_code == 404
    client.force_login(asker)
    assert address in client.get("/moi/").content.decode()
    assert "est retirée" in client.post(address, follow=True).content.decode()
    assert not Invitation.objects.exists()


def test_a_request_that_nobody_answered_in_two_weeks_also_waits_for_operators(client, organization):
    asker, operator = somebody(), an_operator()
    a_referent(organization)
    asked = people.ask_to_join(organization, by=asker, message="Nouvelle trésorière")
    client.force_login(operator)
    assert "Nouvelle trésorière" not in client.get("/bureau/?quoi=invitation").content.decode()
    Invitation.objects.update(created_at=timezone.now() - timedelta(days=15))
    assert "quatorze jours" in client.get("/bureau/?quoi=invitation").content.decode()
    client.post("/bureau/", {"one": f"accept|invitation/{asked.pk}"})
    assert acts_for(asker, organization)


def test_ceasing_to_act_by_mistake_is_undone_within_the_hour_by_who_did_it(client, organization):
    person, other = a_referent(organization), a_referent(organization)
    role, others = (OrganizationRole.objects.get(person=one) for one in (person, other))
    client.force_login(person)
    page = client.post(f"/moi/roles/{role.pk}/", {"verb": "leave"}, follow=True).content.decode()
    assert f"Vous n’agissez plus pour {organization.name}" in html.unescape(page) and "Annuler" in page
    assert client.post(f"/moi/roles/{others.pk}/", {"verb": "undo"}).status_code == 404
    client.post(f"/moi/roles/{role.pk}/", {"verb": "undo"})
    assert acts_for(person, organization)
    assert client.post(f"/moi/roles/{role.pk}/", {"verb": "undo"}).status_code == 404
    client.post(f"/moi/roles/{role.pk}/", {"verb": "leave"})
    OrganizationRole.objects.filter(pk=role.pk).update(until=timezone.now() - timedelta(hours=2))
    assert "Annuler" not in client.get("/moi/").content.decode()
    assert client.post(f"/moi/roles/{role.pk}/", {"verb": "undo"}).status_code == 404


def test_who_was_taken_off_cannot_give_themselves_the_role_back(client, organization):
    person, operator = a_referent(organization), an_operator()
    role = OrganizationRole.objects.get(person=person)
    client.force_login(person)
    client.post(f"/moi/roles/{role.pk}/", {"verb": "leave"})
    teams.give_back_role(role, actor=operator.actor)
    teams.end_role_of(role, by=operator, reason="Usurpation")
    assert client.post(f"/moi/roles/{role.pk}/", {"verb": "undo"}).status_code == 404
    assert not acts_for(person, organization)


def test_somebody_who_held_two_pages_that_are_one_leaves_both_and_is_given_both_back(
    client, organization, django_capture_on_commit_callbacks
):
    """A merge moves no role: whoever is taken off would still act through the other."""
    other, operator = entry_named("Tricoteuses").organization, an_operator()
    gone, holder = a_referent(organization), a_referent(organization)
    people.join_as_referent(gone, other, obtained_by="operator", actor="test")
    Organization.objects.filter(pk=other.pk).update(
        canonical=organization, merged_at=timezone.now(), merged_by="operator"
    )
    organization = Organization.objects.get(pk=organization.pk)
    role = OrganizationRole.objects.filter(person=gone).earliest("pk")
    with django_capture_on_commit_callbacks(execute=True):
        teams.end_role_of(role, by=holder, reason="A quitté l’association")
    assert not acts_for(gone, organization) and len(mail.outbox) == 1
    teams.give_back_role(OrganizationRole.objects.get(pk=role.pk), actor=operator.actor)
    assert OrganizationRole.objects.filter(person=gone, until=None).count() == 2
