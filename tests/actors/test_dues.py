"""Dues, colleges and answers taken back: what is done twice, changed, or overtaken."""

import csv
import io
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from horizon.actors.models import College, ContactNote, Due, Invitation, Membership, Organization
from horizon.actors.services import collective, dues, people
from horizon.kernel.refusal import Refused
from tests.people import a_referent, an_operator, enter, entry_named, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(published):
    return an_operator()


@pytest.fixture
def organization(published):
    return entry_named("Pédalier").organization


def asked(organization):
    return collective.request_membership(organization, College.objects.first(), by=None, actor="test")


def joined(organization):
    return collective.decide_membership(asked(organization), True, actor="test")


def test_a_reminder_leaves_once_a_day_and_only_where_somebody_reads_it(
    client, operator, organization, settings, django_capture_on_commit_callbacks
):
    due, _ = dues.ask_due(joined(organization), 2026, 2000, actor="test")
    client.force_login(operator)
    page = f"/bureau/cotisations/{due.pk}/"
    assert "Personne ne tient" in client.post(page, {"verb": "remind"}, follow=True).content.decode()
    assert Due.objects.get().reminded_at is None
    a_referent(organization)
    settings.CONTACT = "bonjour@example.org"
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"verb": "remind"})
        second = client.post(page, {"verb": "remind"}, follow=True).content.decode()
    assert "déjà parti aujourd’hui" in second and len(mail.outbox) == 1
    assert mail.outbox[0].reply_to == ["bonjour@example.org"] and "répondez" in mail.outbox[0].body
    Due.objects.update(reminded_at=timezone.now() - timedelta(days=2))
    settings.CONTACT = "12 rue des Écluses"
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"verb": "remind"})
    assert not mail.outbox[1].reply_to and "répondez" not in mail.outbox[1].body


def test_a_due_is_received_on_its_day(client, operator, organization):
    due, _ = dues.ask_due(joined(organization), 2026, 2000, actor="test")
    client.force_login(operator)
    page, today = f"/bureau/cotisations/{due.pk}/", timezone.localdate()
    late = client.post(page, {"verb": "receive", "on": (today + timedelta(days=1)).isoformat()}, follow=True)
    assert "pas encore venu" in late.content.decode() and Due.objects.get().received_on is None
    assert "31/01/2027" in client.post(page, {"verb": "receive", "on": "hier"}, follow=True).content.decode()
    client.post(page, {"verb": "receive", "on": (today - timedelta(days=3)).isoformat()})
    assert Due.objects.get().received_on == today - timedelta(days=3)


def test_a_due_asked_again_takes_the_new_amount_until_it_is_received(client, operator, organization):
    membership = joined(organization)
    dues.ask_due(membership, 2026, 2000, actor="test")
    client.force_login(operator)
    page = f"/bureau/adhesions/{membership.pk}/cotisation/"
    client.post(page, {"year": 2026, "amount": "15"})
    assert Due.objects.get().amount_cents == 1500
    dues.receive_due(Due.objects.get(), actor="test")
    refused = client.post(page, {"year": 2026, "amount": "30"})
    assert refused.status_code == 422 and "déjà reçue" in refused.content.decode()
    assert Due.objects.get().amount_cents == 1500


def test_a_note_is_finished_once(operator, organization):
    note = collective.note_contact(organization, "Rappeler", by=operator, next_on=timezone.localdate())
    first = collective.finish_note(note, actor="test").done_at
    assert collective.finish_note(note, actor="test").done_at == first
    assert collective.finish_note(note, False, actor="test").done_at is None
    assert ContactNote.objects.get().done_at is None


def test_the_members_list_says_every_year_expected_who_acts_and_runs_no_formula(
    client, operator, organization
):
    membership = joined(organization)
    for year in (2023, 2024, 2026):
        dues.ask_due(membership, year, 2000, actor="test")
    dues.receive_due(membership.dues.get(year=2024), actor="test")
    other = entry_named("PAIN").organization
    person = people.find_or_create_person("=1+1@example.org")
    people.join_as_referent(person, other, obtained_by="operator", actor="test")
    Organization.objects.filter(pk=organization.pk).update(canonical=other, merged_by="people")
    Organization.objects.filter(pk=organization.pk).update(merged_at=timezone.now())
    enter(client, operator)
    shown = client.get("/bureau/membres/").content.decode()
    assert "2023, 2026 attendues ; 2024 reçue" in shown
    assert "=1+1@example.org" in shown and "personne</td>" not in shown
    body = b"".join(client.get("/bureau/membres.csv").streaming_content).decode("utf-8-sig")
    row, total = csv.DictReader(io.StringIO(body), delimiter=";")
    assert total["cotisation 2026 restante"] == "20,00"
    assert row["adresses"] == "'=1+1@example.org" and row["cotisation"] == "2023, 2026 attendues ; 2024 reçue"


def test_opening_a_college_never_changes_another(client, operator):
    College.objects.filter(code="associations").update(due_cents=2000)
    client.force_login(operator)
    for name in ("Associations", "ASSOCIATIONS", "Associations !"):
        page = client.post("/bureau/colleges/", {"name": name, "due": ""})
        assert page.status_code == 422 and "porte déjà ce nom" in page.content.decode()
        assert name in page.content.decode(), "what was typed is still there"
    assert College.objects.get(code="associations").due_cents == 2000
    client.post("/bureau/colleges/?college=associations", {"name": "Associations locales", "due": "25"})
    kept = College.objects.get(code="associations")
    assert (kept.name, kept.due_cents) == ("Associations locales", 2500)
    taken = client.post("/bureau/colleges/?college=associations", {"name": "Collectivités", "due": ""})
    assert taken.status_code == 422
    assert client.post("/bureau/colleges/?college=parti", {"name": "Parti"}).status_code == 404
    client.post("/bureau/colleges/", {"name": "Médias", "due": "10"})
    assert College.objects.get(name="Médias").due_cents == 1000


def test_what_a_later_request_overtook_is_not_reopened(client, operator, organization):
    refused = collective.decide_membership(asked(organization), False, actor="test", reason="Hors sujet")
    asked(organization)
    client.force_login(operator)
    page = client.post(f"/bureau/adhesions/{refused.pk}/", {"verb": "reopen", "reason": ""})
    assert page.status_code == 422 and "plus récente" in page.content.decode()
    asker = somebody()
    a_referent(organization)
    first = people.ask_to_join(organization, by=asker)
    people.answer_invitation(first, False, by=operator)
    people.ask_to_join(organization, by=asker)
    with pytest.raises(Refused, match="plus récente"):
        people.reopen_request(first, by=operator)
    assert Invitation.objects.filter(status="open").count() == 1


def test_leaving_is_undone(client, operator, organization):
    membership = joined(organization)
    since = membership.since
    collective.leave_collective(membership, actor="test", reason="Erreur")
    client.force_login(operator)
    page = f"/bureau/adhesions/{membership.pk}/"
    assert "Annuler son départ" in client.get(page).content.decode()
    client.post(page, {"verb": "reopen", "reason": ""})
    again = Membership.objects.get()
    assert (again.status, again.since, again.left_on, again.reason) == ("active", since, None, "")
    collective.reopen_membership(again, actor="test")
    collective.leave_collective(again, actor="test")
    collective.reopen_membership(again, actor="test")
    assert Membership.objects.get().status == "requested"
