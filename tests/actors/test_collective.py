"""The collective: joining, dues, leaving, contacts; poles and mandates with their history."""

import csv
import io
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from horizon.actors.models import College, ContactNote, Due, Mandate, Membership, Pole
from horizon.actors.services import collective, dues, poles
from horizon.directory.said.refresh import refresh_directory
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from tests.people import a_referent, again, an_operator, enter, entry_named, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(published):
    return an_operator()


@pytest.fixture
def organization(published):
    return entry_named("Pédalier").organization


def joined(organization, operator, college="associations"):
    asked = collective.request_membership(
        organization, College.objects.get(code=college), by=a_referent(organization), actor="test"
    )
    return collective.decide_membership(asked, True, actor=operator.actor)


def test_joining_from_the_page_to_the_badge(
    client, operator, organization, django_capture_on_commit_callbacks
):
    College.objects.filter(code="associations").update(due_cents=1250)
    referent = a_referent(organization)
    page = f"/structures/{organization.public_id}/"
    client.force_login(referent)
    assert "12,50 €" in client.get(f"{page}adherer/").content.decode()
    assert client.post(f"{page}adherer/", {"college": ""}).status_code == 422
    client.post(f"{page}adherer/", {"college": "associations", "motive": "Partager un atelier"})
    assert "est arrivée" in client.get(f"{page}adherer/").content.decode()
    client.force_login(operator)
    assert "Partager un atelier" in client.get("/bureau/").content.decode()
    membership = Membership.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/bureau/adhesions/{membership.pk}/", {"verb": "accept", "reason": ""})
    assert mail.outbox[-1].to == [referent.email] and "est membre" in mail.outbox[-1].body
    assert Due.objects.get().amount_cents == 1250
    refresh_directory()
    client.logout()
    assert "membre du collectif" in client.get(page).content.decode()
    assert "Atelier du Pédalier" in client.get("/collectif/").content.decode()
    client.force_login(referent)
    text = client.get(f"{page}attestation/").content.decode()
    assert "atteste" in text and "non reçue" in text
    client.post(f"{page}partir/", {"reason": "Fusion"}, follow=True)
    refresh_directory()
    assert "Atelier du Pédalier" not in client.get("/collectif/").content.decode()
    assert Membership.objects.get().status == "left" and client.get(f"{page}attestation/").status_code == 404


def test_the_desk_writes_to_those_who_hold_the_page_even_when_an_operator_typed_the_request(
    client, operator, organization, django_capture_on_commit_callbacks
):
    referent = a_referent(organization)
    asked = collective.request_membership(
        organization, College.objects.get(code="associations"), by=operator, actor=operator.actor
    )
    client.force_login(operator)
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/bureau/", {"one": f"accept|membership/{asked.pk}"})
    assert {m.to[0] for m in mail.outbox} == {referent.email, operator.email}
    assert all("est membre du collectif depuis le" in m.body for m in mail.outbox)
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/bureau/", {"verb": "undo"})
    assert [m.to for m in mail.outbox] == [[referent.email]] and "attend de nouveau" in mail.outbox[0].body
    collective.decide_membership(asked, True, actor=operator.actor)
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/bureau/adhesions/{asked.pk}/", {"verb": "leave", "reason": "Dissolution"})
    assert [m.to for m in mail.outbox] == [[referent.email]] and "Dissolution" in mail.outbox[0].body


def test_a_refusal_needs_a_reason(client, operator, organization):
    asked = collective.request_membership(organization, College.objects.first(), by=None, actor="test")
    client.force_login(operator)
    page = client.post(f"/bureau/adhesions/{asked.pk}/", {"verb": "refuse", "reason": ""})
    assert page.status_code == 422 and "lira cette raison" in page.content.decode()
    client.post(f"/bureau/adhesions/{asked.pk}/", {"verb": "refuse", "reason": "Hors du territoire"})
    assert Membership.objects.get().reason == "Hors du territoire"


def test_the_database_keeps_one_living_membership(operator, organization):
    joined(organization, operator)
    with pytest.raises(Refused, match="déjà membre"):
        collective.request_membership(organization, College.objects.first(), by=None, actor="test")
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(organization=organization, college=College.objects.first())
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.update(status="active", since=None)


def test_an_acceptance_is_undone_until_a_due_is_received(operator, organization):
    College.objects.update(due_cents=2000)
    membership = joined(organization, operator)
    collective.reopen_membership(membership, actor="test")
    assert Membership.objects.get().status == "requested" and not Due.objects.exists()
    membership = collective.decide_membership(Membership.objects.get(), True, actor="test")
    dues.receive_due(membership.dues.get(), actor="test")
    with pytest.raises(Refused, match="cotisation a été reçue"):
        collective.reopen_membership(membership, actor="test")


def test_a_due_is_reminded_and_received(client, operator, organization, django_capture_on_commit_callbacks):
    College.objects.update(due_cents=2000)
    due = joined(organization, operator).dues.get()
    client.force_login(operator)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/bureau/cotisations/{due.pk}/", {"verb": "remind"})
    assert "20\u00a0€" in mail.outbox[-1].body and Due.objects.get().reminded_at
    client.post(f"/bureau/cotisations/{due.pk}/", {"verb": "receive"})
    assert Due.objects.get().received_on == timezone.localdate()
    assert (
        "déjà reçue"
        in client.post(f"/bureau/cotisations/{due.pk}/", {"verb": "remind"}, follow=True).content.decode()
    )
    client.post(f"/bureau/cotisations/{due.pk}/", {"verb": "receive"})
    assert Due.objects.get().received_on == timezone.localdate(), "a double click changes nothing"
    client.post(f"/bureau/cotisations/{due.pk}/", {"verb": "unreceive"})
    assert Due.objects.get().received_on is None


def test_the_export_is_the_selection(client, operator, organization):
    joined(organization, operator)
    joined(entry_named("PAIN").organization, operator, "cooperatives")
    enter(client, operator)
    body = b"".join(client.get("/bureau/membres.csv?college=cooperatives").streaming_content).decode(
        "utf-8-sig"
    )
    rows = list(csv.DictReader(io.StringIO(body), delimiter=";"))
    assert [row["structure"] for row in rows] == [
        entry_named("PAIN").organization.name
    ] and "@example.org" in rows[0]["adresses"]
    assert client.get("/bureau/membres/?q=zzz").status_code == 200


def test_the_members_page_costs_the_same_with_more_members(
    client, operator, published, django_assert_max_num_queries
):
    client.force_login(operator)
    for words in ("Pédalier", "PAIN", "VONNE", "Tricoteuses"):
        joined(entry_named(words).organization, operator)
    with django_assert_max_num_queries(18):
        client.get("/bureau/membres/")
    with django_assert_max_num_queries(12):
        client.get("/collectif/")


def test_notes_come_back_on_their_day(client, operator, organization):
    client.force_login(operator)
    page = f"/bureau/structures/{organization.public_id}/"
    assert client.post(page, {"kind": "call", "text": "", "next_on": "31/02/2027"}).status_code == 422
    client.post(
        page, {"kind": "call", "text": "Rappeler la trésorière", "next_on": timezone.localdate().isoformat()}
    )
    note = ContactNote.objects.get()
    assert "Rappeler la trésorière" in client.get("/bureau/?quoi=note").content.decode()
    client.post("/bureau/", {"one": f"accept|note/{note.pk}"})
    assert ContactNote.objects.get().done_at and "À rappeler" not in client.get("/bureau/").content.decode()
    client.post("/bureau/", {"verb": "undo"})
    assert ContactNote.objects.get().done_at is None
    assert "trésorière" not in str(list(Event.objects.values_list("payload", flat=True)))


def test_a_pole_renamed_split_and_merged_keeps_its_history(client, operator):
    client.force_login(operator)
    page = "/bureau/poles/"
    assert (
        "Dites d’abord ce que vous voulez faire"
        in client.post(page, {"pole": "sante", "names": "X"}).content.decode()
    )
    assert Pole.objects.get(code="sante").name != "X"
    assert "Cochez un pôle" in client.post(page, {"verb": "split", "names": "A\nB"}).content.decode()
    assert (
        "au moins deux pôles"
        in client.post(page, {"verb": "split", "pole": "sante", "names": "Un seul"}).content.decode()
    )
    client.post(
        page, {"verb": "rename", "pole": "sante", "names": "Santé pour tous", "decided_by": "Plénière"}
    )
    client.post(page, {"verb": "split", "pole": "sante", "names": "Corps\nÂme"})
    old = Pole.objects.get(code="sante")
    assert old.closed_at and {p.name for p in old.successors.all()} == {"Corps", "Âme"}
    said = client.get("/poles/sante/").content.decode()
    assert "devient « Santé pour tous »" in said and "Plénière" in said and "Il se poursuit dans" in said
    client.post(page, {"verb": "merge", "pole": ["corps", "ame"], "names": "Tout"})
    assert Pole.objects.get(code="tout").predecessors.count() == 2
    client.post(page, {"verb": "reopen", "pole": "corps"})
    assert Pole.objects.get(code="corps").closed_at is None


def test_mandates_give_roles_from_a_day_to_a_day(operator):
    today = timezone.localdate()
    person = somebody()
    poles.give_mandate(person, Mandate.ELECTED, actor="test", starts_on=today + timedelta(days=1))
    poles.give_mandate(
        person,
        Mandate.AGENT,
        actor="test",
        starts_on=today - timedelta(days=9),
        ends_on=today - timedelta(days=1),
    )
    assert again(person).roles == {"citizen"}
    poles.give_mandate(person, Mandate.POLE, actor="test", pole=Pole.objects.first(), ends_on=today)
    assert again(person).roles == {"citizen", "pole_referent"}
    with pytest.raises(Refused, match="avant le début"):
        poles.give_mandate(
            person, Mandate.ELECTED, actor="test", starts_on=today, ends_on=today - timedelta(days=1)
        )
    with pytest.raises(Refused, match="Choisissez le pôle"):
        poles.give_mandate(person, Mandate.POLE, actor="test")


def test_a_mandate_is_given_and_handed_over_from_the_desk(client, operator):
    enter(client, operator)
    bad = client.post(
        "/bureau/mandats/nouveau/",
        {
            "email": "x@example.org",
            "function": "pole_referent",
            "starts_on": "2026-01-02",
            "ends_on": "2026-01-01",
        },
    )
    assert "Choisissez le pôle" in bad.content.decode() and "avant le début" in bad.content.decode()
    client.post(
        "/bureau/mandats/nouveau/",
        {"email": "x@example.org", "name": "Swan", "function": "elected", "themes": ["nourrir"]},
    )
    given = Mandate.objects.get(function="elected")
    assert given.themes == ["nourrir"] and "Swan" in client.get("/bureau/mandats/").content.decode()
    last = Mandate.objects.get(function="operator")
    assert "dernière personne" in client.post(f"/bureau/mandats/{last.pk}/", {"email": ""}).content.decode()
    client.post(f"/bureau/mandats/{last.pk}/", {"email": "y@example.org"})
    assert client.get("/bureau/mandats/").status_code == 403
