"""Messages that wait to leave: kept with the write, tried again, joined, given up at the desk, gone with the person."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from horizon.actors.services.people import erase_person
from horizon.directory.models import Statement
from horizon.directory.said.services import state
from horizon.kernel.mail import _leased, forget_given_up, one_mail_each, send_waiting, write_to
from horizon.kernel.models import OutgoingMail
from horizon.kernel.registry import export_personal_data
from tests.people import an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db
SMTP = "django.core.mail.backends.smtp.EmailBackend"
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def away(settings):
    """A mail server that is not there."""
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = (
        SMTP,
        "127.0.0.1",
        1,
        1,
    )


def test_it_leaves_at_once_and_nothing_is_kept(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        write_to("nour@example.org", "Bonjour\nà vous", " Un mot. ")
        write_to("", "À personne", "rien")
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["nour@example.org"], "Bonjour à vous")
    assert message.body.startswith("Un mot.\n\n—\nHorizon Commun, ") and not OutgoingMail.objects.exists()


def test_what_is_rolled_back_tells_nobody(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            write_to("nour@example.org", "Bonjour", "Un mot.")
            1 / 0  # noqa: B018
        with pytest.raises(ZeroDivisionError), one_mail_each(), transaction.atomic():
            write_to("nour@example.org", "Bonjour", "Un mot.")
            1 / 0  # noqa: B018
    assert not mail.outbox and not OutgoingMail.objects.exists()


def test_a_server_away_for_a_while_makes_nobody_untold(away, settings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        write_to("nour@example.org", "Bonjour", "Un mot.")
    row, now = OutgoingMail.objects.get(), timezone.now()
    assert row.tries == 1 and row.given_up_at is None
    assert send_waiting(now) == "" and OutgoingMail.objects.get().tries == 1, "not before its time"
    send_waiting(now + timedelta(minutes=5))
    assert OutgoingMail.objects.get().tries == 2
    settings.EMAIL_BACKEND = LOCMEM
    assert send_waiting(now + timedelta(hours=1)) == "1 messages sent"
    assert mail.outbox[0].to == ["nour@example.org"] and not OutgoingMail.objects.exists()


def test_a_dead_server_is_not_asked_for_each(away):
    now = timezone.now()
    for _ in range(5):
        OutgoingMail.objects.create(to="nour@example.org", subject="a", body="b", next_at=now)
    send_waiting(now)
    assert OutgoingMail.objects.filter(tries=1).count() == 3


def test_given_up_it_is_said_at_the_desk_and_tried_again(client, away, settings):
    now = timezone.now()
    row = OutgoingMail.objects.create(
        to="nour@exemple.fr",
        subject="Votre proposition",
        body="b",
        next_at=now,
        written_at=now - timedelta(days=5),
    )
    send_waiting(now)
    client.force_login(an_operator())
    text = client.get("/bureau/?quoi=unsent").content.decode()
    assert "Votre proposition" in text and "nour@exemple.fr" in text and "Réessayer" in text
    send_waiting(now + timedelta(days=1))
    row.refresh_from_db()
    assert row.tries == 1, "given up"
    client.post("/bureau/", {"one": f"accept|unsent/{row.pk}"})
    client.post("/bureau/", {"verb": "undo"})
    assert OutgoingMail.objects.get().given_up_at is not None
    client.post("/bureau/", {"one": f"accept|unsent/{row.pk}"})
    settings.EMAIL_BACKEND = LOCMEM
    send_waiting(timezone.now())
    assert mail.outbox[0].to == ["nour@exemple.fr"] and not OutgoingMail.objects.exists()
    assert "est parti" in client.post("/bureau/", {"verb": "undo"}, follow=True).content.decode()
    OutgoingMail.objects.create(
        to="a@exemple.fr", subject="a", body="b", next_at=now, given_up_at=now - timedelta(days=31)
    )
    assert forget_given_up(now) == 1


def test_answers_given_together_are_read_together(client, published, django_capture_on_commit_callbacks):
    """Two answers to one person in one message, one to another in another; after an undo, a known author is told again."""
    organization, author = entry_named("Pédalier").organization, somebody()
    rows = [
        state(
            organization, {field: value}, origin=Statement.VISITOR, actor=author.actor, author=author, email=author.email
        )[0]
        for field, value in (("hours", "Mardi"), ("acronym", "AP"))
    ]  # fmt: skip
    rows += state(
        organization, {"phone": "0549000000"}, origin="visitor", actor="visitor", email="autre@example.org"
    )
    client.force_login(an_operator())
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/bureau/", {"item": [f"suggestion/{row.pk}" for row in rows], "verb": "accept"})
    told = {message.to[0]: message for message in mail.outbox}
    assert len(mail.outbox) == 2 and told["autre@example.org"].subject.endswith("merci")
    both = told[author.email]
    assert both.subject.startswith("2 messages") and "horaires" in both.body and "sigle" in both.body
    assert both.body.count("Bonjour") == 1 and not OutgoingMail.objects.exists()
    client.post("/bureau/", {"verb": "undo"})
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/bureau/", {"one": f"refuse|suggestion/{rows[0].pk}"})
    assert mail.outbox[-1].to == [author.email] and "n’a pas été retenue" in mail.outbox[-1].body


def test_it_goes_with_the_person(db):
    person, other = somebody("Nour Vonnelune"), somebody()
    for to, body in ((person.email, "a"), (other.email, "Nour Vonnelune demande"), (other.email, "sans nom")):
        write_to(to, "Bonjour", body)
    assert [row["body"] for row in export_personal_data(person)["mail"]] == ["a"]
    erase_person(person)
    assert [row.body for row in OutgoingMail.objects.all()] == ["(effacé) demande", "sans nom"]


def test_a_server_that_is_away_is_asked_once_for_many_answers(away, django_capture_on_commit_callbacks):
    """Whoever answered fifty things does not wait fifty times: the worker goes on."""
    with django_capture_on_commit_callbacks(execute=True), one_mail_each():
        for number in range(3):
            write_to(f"p{number}@example.org", "Réponse", "Oui.")
    assert sorted(OutgoingMail.objects.values_list("tries", flat=True)) == [0, 0, 1]


def test_many_things_for_one_person_are_one_message_that_says_so():
    with one_mail_each():
        for body in ("Un.", "Deux."):
            write_to("nour@example.org", "Un besoin attend votre réponse", f"Bonjour,\n\n{body}")
    joined = OutgoingMail.objects.get()
    assert joined.subject == "2 messages : Un besoin attend votre réponse" and "Deux." in joined.body


def test_a_message_is_sent_by_one_process_only():
    """The worker may take what the process that wrote it is about to send."""
    write_to("nour@example.org", "Bonjour", "Un mot.")
    seen_by_both = OutgoingMail.objects.get()
    now = timezone.now()
    assert _leased(seen_by_both, now) and not _leased(seen_by_both, now)
