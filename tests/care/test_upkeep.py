"""Upkeep that holds: limits, what was taken away, pages withdrawn and added again, merged pages, what was answered lately."""

import re

import pytest

from horizon.actors.models import Organization
from horizon.care import contents, duplicates, services
from horizon.care.claims import open_claim
from horizon.care.models import ContentReport, Missing, Report
from horizon.care.services import receive_report
from horizon.care.views import corrections, reports
from horizon.care.waiting import missing as missing_waiting
from horizon.directory.models import Statement
from horizon.directory.queries import current_publication, live_entry
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import state, undo_statement
from horizon.kernel.refusal import Refused
from tests.care.merged_kit import a_suggestion, twins
from tests.care.test_corrections import fill
from tests.people import a_referent, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization(published):
    return entry_named("Pédalier").organization


def test_who_does_not_hold_the_page_proposes_twenty_times_at_once(client, organization, monkeypatch):
    """Suggestions, missing structures and reports share one count; what was typed is still there."""
    for module in (corrections, reports):
        monkeypatch.setattr(module, "AT_ONCE", 2)
    here = f"/structures/{organization.public_id}"
    missing = {"name": "La Laverie qui chante", "commune": "86139", "description": "On y lave"}
    report = {"subject": "erreur", "message": "L’adresse est fausse"}
    assert fill(client, f"{here}/corriger/", hours="Mardi").status_code == 302
    assert client.post(f"{here}/signaler/", report).status_code == 201
    answers = {
        "Jeudi matin": fill(client, f"{here}/corriger/", hours="Jeudi matin"),
        "L’adresse est fausse": client.post(f"{here}/signaler/", report),
        "On y lave": client.post("/ajouter/", missing),
    }
    for typed, answer in answers.items():
        text = answer.content.decode()
        assert answer.status_code == 422 and "attendez quelques minutes" in text and typed in text
    assert (Statement.objects.count(), Report.objects.count(), Missing.objects.count()) == (1, 1, 0)
    client.force_login(a_referent(organization))
    assert fill(client, f"{here}/corriger/", hours="Jeudi matin").status_code == 302


def test_a_structure_added_again_has_the_page_it_had(client, published, django_capture_on_commit_callbacks):
    client.post(
        "/ajouter/", {"name": "La Laverie qui chante", "commune": "86139", "description": "On y lave"}
    )
    row = Missing.objects.get()
    client.force_login(an_operator())
    handle = {"one": f"accept|missing/{row.public_id}"}
    client.post("/bureau/", handle)
    refresh_directory()
    row.refresh_from_db()
    page = f"/structures/{row.organization.public_id}/"
    own = f"/bureau/manquantes/{row.public_id}/"
    state(row.organization, {"hours": "Mardi"}, origin="operator", actor="test", publish=True)
    assert "Annuler cette réponse" in client.get(own).content.decode()
    client.post(own, {"verb": "undo"})
    gone = client.get(page)
    assert gone.status_code == 410 and "retirée par l’équipe d’animation" in gone.content.decode()
    refresh_directory()
    assert (
        client.get(page).status_code == 410
        and current_publication().counts["closed"] == published.counts["closed"]
    )
    client.post("/bureau/", handle)
    refresh_directory()
    text = client.get(page).content.decode()
    assert "On y lave" in text and "Mardi" in text
    assert Organization.objects.filter(name="La Laverie qui chante").count() == 1
    with pytest.raises(Refused, match="déjà"):
        services.add_missing(row, actor="test")
    services.reopen_missing(row, actor="test")
    with pytest.raises(Refused, match="attend déjà"):
        services.reopen_missing(row, actor="test")


def test_a_stale_desk_changes_no_answer_to_a_report(organization):
    report = receive_report(organization, subject="erreur", message="faux")
    services.close_report(report, status="done", answer="Corrigé", actor="test")
    with pytest.raises(Refused, match="déjà reçu"):
        services.close_report(report, status="refused", answer="Rien", actor="test")
    services.reopen_report(report, actor="test")
    with pytest.raises(Refused, match="attend déjà"):
        services.reopen_report(report, actor="test")


def test_the_desk_says_where_and_that_it_may_be_there_already(
    client, published, django_assert_max_num_queries
):
    for name in ("Atelier du Pédalier", "Tout autre chose"):
        Missing.objects.create(values={"name": name, "commune": "86139"})
    client.force_login(an_operator())
    text = client.get("/bureau/?quoi=missing").content.decode()
    assert text.count("Lusignan") == 2 and text.count("Existe peut-être déjà") == 1
    assert "Existe peut-être déjà : L&#x27;Atelier du Pédalier" in text
    operator = an_operator()
    assert "operator" in operator.roles
    with django_assert_max_num_queries(5):
        assert len(list(missing_waiting(operator))) == 2
    report = client.get(
        f"/structures/{entry_named('Pédalier').organization.public_id}/signaler/"
    ).content.decode()
    assert "L’équipe d’animation lit" in report and "L’animateur" not in report


def test_what_comes_from_a_merged_page_can_be_emptied(client, published):
    known, other = twins()
    state(other, {"hours": "Mardi 14 h"}, origin="operator", actor="test", publish=True)
    duplicates.say_same(a_suggestion(known, other), actor="test")
    refresh_directory()
    kept = Organization.objects.get(pk=other.pk).whole
    assert kept == known
    assert live_entry(kept).hours == "Mardi 14 h"
    client.force_login(an_operator())
    assert fill(client, f"/structures/{kept.public_id}/corriger/", hours="").status_code == 302
    assert live_entry(kept).hours == ""
    assert state(kept, {"hours": ""}, origin="operator", actor="test", publish=True) == []


def test_what_a_report_took_away_is_not_typed_again(client, organization):
    """Neither by its structure nor through a suggestion that the structure accepts; by those who animate, yes."""
    referent, operator = a_referent(organization), an_operator()
    said = {"origin": "referent", "actor": referent.actor, "author": referent, "publish": True}
    away = state(organization, {"description": "Des menteurs"}, **said)[0]
    contents.report_content("statement", str(away.pk), ground="insult", message="")
    contents.decide_content(ContentReport.objects.get(), True, actor=operator.actor)
    page = f"/structures/{organization.public_id}/corriger/"
    for who in (None, referent):
        if who:
            client.force_login(who)
        answer = fill(client, page, description="des  MENTEURS", hours="Mardi 14 h")
        text = answer.content.decode()
        assert answer.status_code == 422 and "comment contester" in text and "Mardi 14 h" in text
    proposed = state(organization, {"description": "Des menteurs"}, origin="visitor", actor="visitor")[0]
    handle = {"one": f"accept|suggestion/{proposed.pk}"}
    assert "comment contester" in client.post("/bureau/", handle, follow=True).content.decode()
    assert fill(client, page, description="Des gens sérieux").status_code == 302
    client.force_login(operator)
    assert fill(client, page, description="Des menteurs").status_code == 302


def test_what_was_answered_lately_is_undone_from_one_page(client, organization):
    operator, referent = an_operator(), a_referent(organization)
    one, other = (
        state(organization, {field: value}, origin="visitor", actor="visitor")[0]
        for field, value in (("hours", "Mardi"), ("acronym", "AP"))
    )
    report = receive_report(organization, subject="erreur", message="faux")
    row = Missing.objects.create(values={"name": "La Laverie", "commune": "86139"})
    asked = open_claim(organization, somebody(), "evidence", "moi")
    client.force_login(operator)
    handles = (
        f"suggestion/{one.pk}",
        f"suggestion/{other.pk}",
        f"report/{report.public_id}",
        f"missing/{row.public_id}",
    )
    for handle in (*handles, f"claim/{asked.public_id}"):
        client.post("/bureau/", {"one": f"refuse|{handle}"})
    text = client.get("/bureau/repondu/").content.decode()
    shown = re.findall(r'value="undo\|([^"]+)"', text)
    assert shown == [f"claim/{asked.public_id}", *reversed(handles)] and "La Laverie" in text
    back = client.post("/bureau/", {"one": f"undo|{handles[0]}", "from": "answered"})
    one.refresh_from_db()
    assert back.url == "/bureau/repondu/" and one.status == "proposed"
    client.post("/bureau/", {"verb": "undo"})
    asked.refresh_from_db()
    assert asked.status == "open", "the last answer is still the last"
    client.force_login(referent)
    assert re.findall(r'value="undo\|([^"]+)"', client.get("/bureau/repondu/").content.decode()) == [
        handles[1]
    ]
    client.force_login(somebody())
    assert "Rien n’a eu de réponse" in client.get("/bureau/repondu/").content.decode()


def test_an_undone_statement_says_so(client, organization):
    referent = a_referent(organization)
    made = state(
        organization, {"hours": "Mardi"}, origin="referent", actor="test", author=referent, publish=True
    )[0]
    undo_statement(made, actor="test")
    with pytest.raises(Refused, match="déjà annulée"):
        undo_statement(made, actor="test")
    client.force_login(referent)
    assert client.get(f"/bureau/suggestions/{made.pk}/").url.endswith("/historique/")
