"""Dues of a selection: asked once a year of each, told, reminded, taken back, counted; at most a few requests for eighty members."""

import csv
import io

import pytest
from django.core import mail
from django.utils import timezone

from horizon.actors.models import College, Contact, Due, Membership, Organization
from horizon.actors.services import collective, contacts, dues
from horizon.kernel.mail import send_waiting
from horizon.kernel.models import Event, OutgoingMail
from horizon.kernel.refusal import Refused
from tests.people import a_referent, an_operator, enter, entry_named

pytestmark = pytest.mark.django_db
PAGE = "/bureau/membres/cotisations/"
ROSE = {"name": "Rose Trémière", "function": "", "phone": "", "email": "rose@example.org"}


@pytest.fixture
def operator(published):
    return an_operator()


@pytest.fixture
def two(operator):
    """Somebody acts for the first, of the associations; nobody for the second, of the cooperatives."""
    made = []
    for words, college in (("Pédalier", "associations"), ("PAIN", "cooperatives")):
        asked = collective.request_membership(
            entry_named(words).organization, College.objects.get(code=college), by=None, actor="test"
        )
        made.append(collective.decide_membership(asked, True, actor="test"))
    return *made, a_referent(made[0].organization)


def many(number):
    college = College.objects.get(code="associations")
    made = [
        Membership.objects.create(organization=Organization.objects.create(public_id=f"many{n}", name=f"Structure {n}"), college=college, status="active",
                                  since=timezone.localdate())
        for n in range(number)
    ]  # fmt: skip
    Contact.objects.bulk_create(
        Contact(organization=one.organization, name="A", email=f"a{one.pk}@example.org") for one in made
    )
    return made


def test_a_due_is_asked_of_all_once_with_the_amount_of_each_college(client, operator, two, settings):
    settings.CONTACT = "bonjour@example.org"
    bike, bakery, person = two
    enter(client, operator)
    members = client.get("/bureau/membres/").content.decode()
    assert "Demander la cotisation à toutes" in members and PAGE in members
    assert "à cette sélection" in client.get("/bureau/membres/?college=associations").content.decode()
    wrong = client.post(
        f"{PAGE}?annee=2027",
        {"verb": "ask", "annee": 2027, "amount_associations": "vingt", "amount_cooperatives": "30"},
    )
    assert wrong.status_code == 422 and 'value="30"' in wrong.content.decode() and not Due.objects.exists()
    values = {"verb": "ask", "annee": 2027, "amount_associations": "20,50", "amount_cooperatives": ""}
    said = client.post(f"{PAGE}?annee=2027", values, follow=True).content.decode().replace("\xa0", " ")
    assert "Cotisation 2027 demandée à 1 structure ; 1 dans un collège sans montant." in said
    (due,) = Due.objects.all()
    assert (due.membership_id, due.year, due.amount_cents) == (bike.pk, 2027, 2050)
    (letter,) = OutgoingMail.objects.all()
    assert letter.to == person.email and "20,50\xa0€" in letter.body and "répondez simplement" in letter.body
    assert not mail.outbox, "the request leaves the letters to the worker"
    assert send_waiting(timezone.now()) == "1 messages sent" and mail.outbox[0].reply_to == [
        "bonjour@example.org"
    ]
    again = client.get(f"{PAGE}?annee=2028").content.decode()
    assert 'value="20,5' in again, "the amount of last time is there"
    values["amount_cooperatives"] = "40"
    said = client.post(f"{PAGE}?annee=2027", values, follow=True).content.decode().replace("\xa0", " ")
    assert "à 1 structure ; 1 à qui elle l’était déjà ; aucune adresse pour" in said and "appelez-la" in said
    assert Due.objects.get(membership=bakery).amount_cents == 4000
    assert [e.record_id for e in Event.objects.filter(verb="ask_due")] == [str(bike.pk), str(bakery.pk)]
    nobody = client.post(f"{PAGE}?annee=2027", values)
    assert nobody.status_code == 422 and "déjà demandée à toute la sélection" in nobody.content.decode()


def test_a_selection_alone_is_asked_and_its_college_narrows_it(client, operator, two):
    enter(client, operator)
    client.post(
        f"{PAGE}?college=cooperatives&annee=2027", {"verb": "ask", "annee": 2027, "amount_cooperatives": "15"}
    )
    (due,) = Due.objects.all()
    assert due.membership_id == two[1].pk
    assert College.objects.get(code="cooperatives").due_cents == 1500


def test_reminders_leave_once_a_day_to_those_still_due(client, operator, two):
    bike, bakery, person = two
    enter(client, operator)
    dues.ask_dues([bike, bakery], 2027, {"associations": 2000, "cooperatives": 3000}, actor="test")
    OutgoingMail.objects.all().delete()
    page = client.get(f"{PAGE}?annee=2027").content.decode()
    assert (
        "Aucune adresse pour" in page
        and "appelez-la." in page
        and f"/bureau/structures/{bakery.organization.public_id}/" in page
    )
    contacts.keep_contact(bakery.organization, None, ROSE, by=operator)
    for _ in range(2):
        answer = client.post(f"{PAGE}?annee=2027", {"verb": "remind", "annee": 2027}, follow=True)
    assert "déjà parti aujourd’hui" in answer.content.decode()
    assert {one.to for one in OutgoingMail.objects.all()} == {person.email, "rose@example.org"}
    assert Event.objects.filter(verb="remind_due").count() == 2
    for due in Due.objects.all():
        dues.receive_due(due, actor="test")
    with pytest.raises(Refused, match="aucune n’est attendue"):
        dues.remind_dues([bike, bakery], 2027, actor="test")


def test_what_was_asked_is_taken_back_while_it_is_not_received(client, operator, two):
    bike, bakery, person = two
    enter(client, operator)
    dues.ask_dues([bike, bakery], 2027, {"associations": 2000, "cooperatives": 3000}, actor="test")
    dues.receive_due(Due.objects.get(membership=bike), actor="test")
    page = f"/bureau/cotisations/{Due.objects.get(membership=bike).pk}/"
    assert "annulez d’abord" in client.post(page, {"verb": "withdraw"}, follow=True).content.decode()
    said = client.post(
        f"{PAGE}?annee=2027", {"verb": "withdraw", "annee": 2027}, follow=True
    ).content.decode()
    assert "retirée à 1\xa0structure ; aucune adresse pour" in said and "appelez-la" in said
    (left,) = Due.objects.all()
    assert left.membership_id == bike.pk and Event.objects.get(verb="withdraw_due").record_id == str(
        bakery.pk
    )
    dues.unreceive_due(left, actor="test")
    OutgoingMail.objects.all().delete()
    client.post(page, {"verb": "withdraw"})
    assert (
        not Due.objects.exists() and "n’est plus demandée" in OutgoingMail.objects.get(to=person.email).body
    )
    dues.ask_dues([bike], 2027, {"associations": 2000}, actor="test")
    assert Due.objects.count() == 1, "taken back, it may be asked again"
    alone, _ = dues.ask_due(bakery, 2028, 1500, actor="test")
    said = client.post(f"/bureau/cotisations/{alone.pk}/", {"verb": "withdraw"}, follow=True).content.decode()
    assert "n’a aucune adresse : appelez-la" in said


def test_totals_are_in_the_page_and_in_the_file(client, operator, two):
    bike, bakery, _ = two
    enter(client, operator)
    dues.ask_dues([bike, bakery], 2027, {"associations": 2050, "cooperatives": 3000}, actor="test")
    dues.ask_due(bike, 2026, 1000, actor="test")
    dues.receive_due(Due.objects.get(membership=bike, year=2027), actor="test")
    page = client.get("/bureau/membres/")
    assert [(t.year, t.asked, t.received, t.left, t.paid, t.structures) for t in page.context["totals"]] == [
        (2027, 5050, 2050, 3000, 1, 2), (2026, 1000, 0, 1000, 0, 1)]  # fmt: skip
    assert "50,50\xa0€" in page.content.decode()
    body = client.get("/bureau/membres.csv").getvalue().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body), delimiter=";"))
    assert len(rows) == 3 and rows[-1]["structure"].startswith("Total (2")
    assert [row["cotisation 2027 demandée"] for row in rows] == ["20,50", "30,00", "50,50"]
    assert rows[-1]["cotisation 2027 restante"] == "30,00" and rows[1]["cotisation 2026 demandée"] == ""


def test_a_structure_made_one_with_another_is_asked_once(operator, two):
    bike, bakery, _ = two
    dues.ask_due(bakery, 2027, 1000, actor="test")
    Organization.objects.filter(pk=bakery.organization_id).update(
        canonical=bike.organization, merged_by="people", merged_at=timezone.now()
    )
    bike.organization.refresh_from_db()
    with pytest.raises(Refused, match="déjà demandée"):
        dues.ask_dues([bike], 2027, {"associations": 2000}, actor="test")


def test_eighty_members_are_asked_and_reminded_in_one_request_each(
    client, operator, django_assert_max_num_queries
):
    members = many(80)
    enter(client, operator)
    client.post(f"{PAGE}?annee=2027", {"verb": "ask", "annee": 2027, "amount_associations": "20"})
    assert (
        Due.objects.count()
        == 80
        == OutgoingMail.objects.count()
        == Event.objects.filter(verb="ask_due").count()
    )
    client.post(f"{PAGE}?annee=2027", {"verb": "remind", "annee": 2027})
    assert OutgoingMail.objects.count() == 160
    with django_assert_max_num_queries(28):
        client.get(f"{PAGE}?annee=2027")
    assert len(members) == 80


def test_what_is_too_much_for_one_request_is_said_and_goes_on(client, operator, monkeypatch):
    many(5)
    monkeypatch.setattr(dues, "AT_MOST", 3)
    enter(client, operator)
    values = {"verb": "ask", "annee": 2027, "amount_associations": "20"}
    said = client.post(f"{PAGE}?annee=2027", values, follow=True).content.decode().replace("\xa0", " ")
    assert "à 3 structures ; il en reste 2 : recommencez." in said
    client.post(f"{PAGE}?annee=2027", values)
    assert Due.objects.count() == 5


def test_who_is_accepted_reads_the_due_in_the_same_letter(
    operator, published, django_capture_on_commit_callbacks
):
    College.objects.filter(code="associations").update(due_cents=1250)
    organization = entry_named("Pédalier").organization
    a_referent(organization)
    with django_capture_on_commit_callbacks(execute=True):
        asked = collective.request_membership(
            organization, College.objects.get(code="associations"), by=None, actor="test"
        )
        collective.decide_membership(asked, True, actor="test")
    (letter,) = mail.outbox
    assert "est membre du collectif" in letter.body and "12,50\xa0€" in letter.body
    with django_capture_on_commit_callbacks(execute=True):
        dues.ask_due(Membership.objects.get(), 2031, 3000, actor="test")
    assert "30\xa0€" in mail.outbox[1].body


def test_what_was_paid_before_leaving_is_not_asked_again_the_same_year(
    operator, published, django_capture_on_commit_callbacks
):
    year, college = timezone.localdate().year, College.objects.get(code="associations")
    College.objects.update(due_cents=1250)
    bike, bakery = (entry_named(words).organization for words in ("Pédalier", "PAIN"))
    for one, paid in ((bike, True), (bakery, False)):
        a_referent(one)
        asked = collective.request_membership(one, college, by=None, actor="test")
        first = collective.decide_membership(asked, True, actor="test")
        if paid:
            dues.receive_due(Due.objects.get(membership=first), actor="test")
        collective.leave_collective(first, actor="test")
        with django_capture_on_commit_callbacks(execute=True):
            asked = collective.request_membership(one, college, by=None, actor="test")
            again = collective.decide_membership(asked, True, actor="test")
        assert Due.objects.filter(membership=again, year=year).exists() is not paid
        assert ("12,50" in mail.outbox[-1].body) is not paid
    with pytest.raises(Refused, match="déjà demandée"):
        dues.ask_dues(
            list(Membership.objects.filter(status="active")), year, {"associations": 1250}, actor="test"
        )


def test_what_is_said_of_letters_is_what_left(client, operator, two):
    bike, bakery, _ = two
    enter(client, operator)
    said = []
    for one, amount in ((bike, "20"), (bike, "20"), (bike, "0"), (bakery, "20")):
        page = f"/bureau/adhesions/{one.pk}/cotisation/"
        text = client.post(page, {"year": 2027, "amount": amount}, follow=True).content.decode()
        said.append(
            [
                w
                for w in (
                    "1\xa0adresse prévenue",
                    "aucun courriel n’est parti",
                    "aucune adresse : appelez-la",
                )
                if w in text
            ]
        )
    assert said == [["1\xa0adresse prévenue"], ["aucun courriel n’est parti"], ["aucun courriel n’est parti"],
                    ["aucune adresse : appelez-la"]]  # fmt: skip


def test_nothing_is_asked_of_a_structure_that_left_meanwhile(client, operator, two):
    bike, bakery, _ = two
    collective.leave_collective(Membership.objects.get(pk=bike.pk), actor="test")
    enter(client, operator)
    refused = client.post(f"/bureau/adhesions/{bike.pk}/cotisation/", {"year": 2027, "amount": "20"})
    assert refused.status_code == 422 and "n’est pas membre" in refused.content.decode()
    assert bike.status == "active", "read before it left"
    dues.ask_dues([bike, bakery], 2027, {"associations": 2000, "cooperatives": 3000}, actor="test")
    assert [due.membership_id for due in Due.objects.all()] == [bakery.pk]


def test_a_structure_without_a_team_reads_the_due_of_its_acceptance_and_that_it_is_withdrawn(
    operator, published, django_capture_on_commit_callbacks
):
    College.objects.update(due_cents=1250)
    bike = entry_named("Pédalier").organization
    contacts.keep_contact(bike, None, ROSE, by=operator)
    with django_capture_on_commit_callbacks(execute=True):
        asked = collective.request_membership(
            bike, College.objects.get(code="associations"), by=operator, actor=operator.actor
        )
        accepted = collective.decide_membership(asked, True, actor=operator.actor)
    said = {letter.to[0]: letter.body for letter in mail.outbox}
    assert "12,50" in said["rose@example.org"] and "12,50" not in said[operator.email]
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        collective.reopen_membership(accepted, actor=operator.actor)
    (letter,) = mail.outbox
    assert letter.to == ["rose@example.org"] and "vous n’avez rien à régler" in letter.body


def test_an_acceptance_taken_back_says_that_no_due_is_asked_any_more(
    operator, two, django_capture_on_commit_callbacks
):
    bike, _, person = two
    for year, cents in ((2027, 2000), (2028, 0)):
        dues.ask_due(bike, year, cents, actor="test")
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        collective.reopen_membership(bike, actor="test")
    (letter,) = mail.outbox
    assert letter.to == [person.email] and "Aucune cotisation n’est plus demandée." in letter.body
    withdrawn = Event.objects.filter(verb="withdraw_due", record_id=str(bike.pk))
    assert [event.payload["cents"] for event in withdrawn] == [2000, 0] and not bike.dues.exists()


def test_only_those_who_animate_ask(client, two):
    client.force_login(two[2])
    assert client.get(PAGE).status_code == 403
