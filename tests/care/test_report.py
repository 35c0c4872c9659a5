"""Reporting an error: nothing typed is lost, what is kept is the least."""

import pytest

from horizon.care.models import Report
from horizon.care.services import close_report
from horizon.directory.models import Entry
from horizon.kernel.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(published):
    return f"/structures/{Entry.objects.get(siren='111111111').organization.public_id}/signaler/"


def test_a_report_is_kept_and_journalled_without_its_message(client, address):
    answer = client.post(
        address, {"subject": "erreur", "message": "Le nom est faux", "email": "a@exemple.fr"}
    )
    report = Report.objects.get()
    assert answer.status_code == 201 and report.public_id in answer.content.decode()
    event = Event.objects.get(record_type="report")
    assert "faux" not in str(event.payload) and "exemple" not in str(event.payload)


def test_what_was_typed_is_still_there(client, address):
    answer = client.post(
        address, {"subject": "porte", "message": "Ma longue phrase", "email": "pas une adresse"}
    )
    text = answer.content.decode()
    assert answer.status_code == 422 and not Report.objects.exists()
    assert "Ma longue phrase" in text and "pas une adresse" in text and "n’est pas complète" in text


def test_an_empty_message_says_what_to_do(client, address):
    assert (
        "même en trois mots" in client.post(address, {"subject": "erreur", "message": " "}).content.decode()
    )


def test_reading_the_form_writes_nothing(client, address):
    assert client.get(address + "?sujet=porte").status_code == 200
    assert not Report.objects.exists()


def test_a_robot_is_thanked_and_forgotten(client, address):
    assert (
        client.post(address, {"subject": "erreur", "message": "buy", "second_message": "spam"}).status_code
        == 200
    )
    assert not Report.objects.exists()


def test_a_post_without_its_token_is_refused(address):
    from django.test import Client

    assert (
        Client(enforce_csrf_checks=True).post(address, {"subject": "erreur", "message": "x"}).status_code
        == 403
    )


def test_closing_erases_the_address(client, address):
    client.post(address, {"subject": "erreur", "message": "x", "email": "a@exemple.fr"})
    report = close_report(Report.objects.get(), status="done", answer="Corrigé.", actor="operator")
    assert Report.objects.get(pk=report.pk).email == ""
    with pytest.raises(ValueError, match="closes as"):
        close_report(report, status="open", answer="", actor="operator")


def test_an_unknown_structure_is_not_found(client, published):
    assert client.get("/structures/zzzzzzzzzz/signaler/").status_code == 404


def test_the_operator_closes_a_report_and_the_address_goes(tmp_path, small_marts):
    """Through the command, as an operator does, on a database of its own."""
    import os
    import re
    import subprocess
    import sys

    from tests.databases import own_database
    from tests.published import TERRITORY

    environment = {**os.environ, "HORIZON_VAR": str(tmp_path)}
    receive = (
        "from horizon.actors.models import Organization; from horizon.care.services import receive_report; "
        "receive_report(Organization.objects.first(), subject='erreur', message='Nom faux', email='a@exemple.fr')"
    )

    def horizon(*arguments, expected=0):
        command = [sys.executable, "-m", "horizon.config.cli", *arguments]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert result.returncode == expected, result.stderr
        return result.stdout + result.stderr

    with own_database(tmp_path, environment, migrated=True):
        horizon("publish", "--territory", TERRITORY, "--marts", str(small_marts))
        horizon("manage", "shell", "-c", receive)
        listed = horizon("reports")
        reference = re.search(r"  ([0-9a-z]{10})  ", listed).group(1)
        assert "Nom faux" in listed
        assert "fermé" in horizon("reports", "--close", reference, "--answer", "corrigé")
        assert "Aucun signalement à traiter" in horizon("reports")
        assert "Aucun signalement ouvert" in horizon("reports", "--close", reference, expected=3)
        kept = (
            "from horizon.care.models import Report; r = Report.objects.get(); print(r.status, repr(r.email))"
        )
        assert "done ''" in horizon("manage", "shell", "-c", kept)
