"""What was said of a structure: who wrote it, what was asked of it, and taking it back in one gesture."""

import re

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from horizon.actors.models import Organization
from horizon.actors.services.people import erase_person
from horizon.care.contents import decide_content, report_content
from horizon.directory.models import Statement
from horizon.directory.queries import live_entry
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import declare_organization, publish_statement, state
from horizon.kernel.models import Event
from tests.people import a_referent, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization(published):
    return entry_named("Pédalier").organization


def proposed(organization, author=None, **changes):
    """What a visitor proposes, together."""
    return state(organization, changes, origin=Statement.VISITOR, actor="visitor", author=author)


def said(organization, person, **changes):
    """What its own people publish, together."""
    return state(
        organization, changes, origin=Statement.REFERENT, actor=person.actor, author=person, publish=True
    )


def text(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode().replace("\xa0", " ")


def test_the_desk_says_who_wrote_even_once_their_account_is_erased(client, organization):
    author, history = somebody("Lise Vau"), f"/structures/{organization.public_id}/historique/"
    made = proposed(organization, author, hours="Mardi")[0]
    proposed(organization, acronym="X")
    operator = an_operator()
    client.force_login(operator)
    desk = text(client, "/bureau/")
    assert "Écrit par Lise Vau." in desk and "Écrit par une personne sans compte." in desk
    assert "Écrit par Lise Vau." in text(client, f"/bureau/suggestions/{made.pk}/")
    publish_statement(made, actor=operator.actor)
    assert "Écrit par Lise Vau." in text(client, "/bureau/repondu/")
    erase_person(author)
    made.refresh_from_db()
    assert made.author is None and made.author_erased
    for page in (history, "/bureau/repondu/"):
        assert "Écrit par une personne qui a effacé son compte." in text(client, page), page
    client.logout()
    assert "Mardi" in text(client, history) and "effacé son compte" not in text(client, history)


def test_the_history_asks_as_much_for_one_line_as_for_many(client, organization):
    client.force_login(an_operator())

    def asked():
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/structures/{organization.public_id}/historique/")
        return len(captured)

    said(organization, somebody("Personne 0"), hours="Mardi 0")
    asked()
    before = asked()
    for rank in range(1, 6):
        said(organization, somebody(f"Personne {rank}"), hours=f"Mardi {rank}", acronym=f"P{rank}")
    assert asked() == before


def test_asking_the_structure_is_one_event_and_one_letter(
    client, organization, django_capture_on_commit_callbacks
):
    made = proposed(organization, hours="Dimanche", acronym="LAP")
    referent = a_referent(organization)
    client.force_login(an_operator())
    page = f"/bureau/suggestions/{made[0].pk}/"
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"verb": "ask"})
        again = client.post(page, {"verb": "ask"})
        other = client.post(f"/bureau/suggestions/{made[1].pk}/", {"verb": "ask"})
    assert again.status_code == other.status_code == 422 and "déjà demandé" in again.content.decode()
    letter = mail.outbox[-1]
    assert (
        len(mail.outbox) == 1
        and letter.to == [referent.email]
        and "« Dimanche »" in letter.body
        and "« LAP »" in letter.body
    )
    event = Event.objects.get(verb="ask")
    assert (event.record_type, event.record_id) == ("statement", str(made[0].pk))
    assert event.payload == {
        "organization": organization.public_id,
        "fields": ["hours", "acronym"],
        "people": 1,
    }
    assert text(client, "/bureau/").count(
        "Demandé à la structure le 2"
    ) == 2 and "Demandé à la structure le" in text(client, page)
    Statement.objects.update(asked_at=made[0].created_at.replace(year=2025))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"verb": "ask"})
    assert len(mail.outbox) == 2, "the next day it may be asked again"


def test_nobody_to_ask_leaves_no_trace(client, organization):
    made = proposed(organization, hours="Dimanche")[0]
    client.force_login(an_operator())
    answer = client.post(f"/bureau/suggestions/{made.pk}/", {"verb": "ask"}, follow=True)
    assert "appelez la structure" in answer.content.decode()
    made.refresh_from_db()
    assert made.asked_at is None and not Event.objects.filter(verb="ask").exists()


def buttons(client, organization):
    """What may be done from the history: names and values of its buttons, with their words."""
    page = text(client, f"/structures/{organization.public_id}/historique/")
    found = re.findall(r'<button class="btn small" name="(\w+)" value="(\w+)">(.*?)</button>', page)
    return {(name, value): re.sub(r"<[^>]+>", "", words) for name, value, words in found}


def press(client, organization, name, value):
    answer = client.post(
        f"/structures/{organization.public_id}/historique/annuler/", {name: value}, follow=True
    )
    assert answer.redirect_chain == [(f"/structures/{organization.public_id}/historique/", 302)]
    return answer.content.decode().replace("\xa0", " ")


def shown(organization):
    entry = live_entry(organization)
    return entry.hours, entry.acronym, entry.description


def test_a_correction_sent_together_is_undone_in_one_gesture_and_back(client, organization):
    referent = a_referent(organization)
    client.force_login(referent)
    before = shown(organization)
    said(organization, referent, hours="Lundi")
    batch = said(organization, referent, hours="Mardi", acronym="LAP", description="On répare")[0].batch
    now = shown(organization)
    assert now == ("Mardi", "LAP", "On répare")
    undo, redo = ("undo_together", batch), ("redo_together", batch)
    assert buttons(client, organization)[undo].startswith("Annuler cette correction (3 lignes)")
    assert "3 lignes sont comme avant" in press(client, organization, *undo)
    assert shown(organization) == ("Lundi", *before[1:])
    assert undo not in buttons(client, organization)
    assert buttons(client, organization)[redo].startswith("Rétablir cette correction (3 lignes)")
    assert "déjà annulée" in press(client, organization, *undo), "pressed again, it does nothing"
    assert "3 lignes sont publiées" in press(client, organization, *redo)
    assert shown(organization) == now
    press(client, organization, *undo)
    assert shown(organization) == ("Lundi", *before[1:]), "what was before is still known"
    told = list(
        Event.objects.filter(verb__endswith="_together")
        .order_by("pk")
        .values_list("verb", "actor", "payload")
    )
    fields = {"batch": batch, "fields": ["hours", "acronym", "description"]}
    assert told == [
        (verb, referent.actor, fields) for verb in ("undo_together", "redo_together", "undo_together")
    ]


def test_one_line_is_one_button(client, organization):
    referent = a_referent(organization)
    client.force_login(referent)
    first = said(organization, referent, hours="Mardi", acronym="LAP")[0]
    last = said(organization, referent, hours="Jeudi")[0]
    seen = buttons(client, organization)
    assert ("undo", str(last.pk)) in seen and ("undo", str(first.pk)) not in seen, (
        "a replaced line waits its turn"
    )
    assert not [name for name, _ in seen if name.endswith("_together")], "one line of two is left"
    press(client, organization, "undo", last.pk)
    assert shown(organization)[0] == "Mardi"
    press(client, organization, "redo", last.pk)
    assert shown(organization)[0] == "Jeudi"
    said(organization, referent, hours="Samedi")
    assert (
        "la plus récente" in press(client, organization, "undo", last.pk)
        and shown(organization)[0] == "Samedi"
    )


def test_what_a_visitor_proposed_together_waits_again_and_comes_back(client, organization):
    made = proposed(organization, hours="Mardi", acronym="LAP")
    operator = an_operator()
    client.force_login(operator)
    assert ("redo_together", made[0].batch) not in buttons(client, organization), "nobody answered yet"
    for one in made:
        publish_statement(one, actor=operator.actor)
    press(client, organization, "undo_together", made[0].batch)
    assert set(Statement.objects.values_list("status", flat=True)) == {"proposed"}
    assert len(text(client, "/bureau/").split("Accepter<span")) == 3, "two wait at the desk"
    press(client, organization, "redo_together", made[0].batch)
    assert shown(organization)[:2] == ("Mardi", "LAP")


def test_a_get_changes_nothing_and_a_stranger_has_no_button(client, organization):
    referent = a_referent(organization)
    batch = said(organization, referent, hours="Mardi", acronym="LAP")[0].batch
    path = f"/structures/{organization.public_id}/historique/annuler/"
    client.force_login(referent)
    assert client.get(f"{path}?undo_together={batch}").status_code == 405
    for other in (somebody(), a_referent(entry_named("PAIN").organization)):
        client.force_login(other)
        assert buttons(client, organization) == {}
        assert client.post(path, {"undo_together": batch}).status_code == 403
    client.logout()
    assert client.post(path, {"undo_together": batch}).status_code in {302, 403}
    assert shown(organization)[:2] == ("Mardi", "LAP")
    client.force_login(referent)
    other = said(entry_named("PAIN").organization, referent, hours="Dimanche")[0]
    assert client.post(path, {"undo": other.pk}).status_code == 404, "a line of another page"
    for wrong in ({}, {"undo": "x"}, {"redo": "9" * 30}, {"undo_together": "zz"}):
        assert client.post(path, wrong).status_code == 302
    assert shown(organization)[:2] == ("Mardi", "LAP")


def test_one_line_that_may_not_come_back_keeps_all_of_them(client, organization):
    """All or none: what a report took away is not brought back by the lines sent with it."""
    referent, operator = a_referent(organization), an_operator()
    batch = said(organization, referent, hours="Mardi", acronym="LAP")[0].batch
    client.force_login(referent)
    press(client, organization, "undo_together", batch)
    away = said(organization, referent, acronym="LAP")[0]
    report = report_content("statement", str(away.pk), ground="insult", message="")
    decide_content(report, True, actor=operator.actor)
    assert "signalement" in press(client, organization, "redo_together", batch)
    assert (
        shown(organization)[0] != "Mardi"
        and Statement.objects.filter(batch=batch, status="undone").count() == 2
    )


def test_the_lines_that_a_structure_stands_on_are_no_correction(client, organization):
    made = declare_organization({"name": "La Remise", "commune": "86139"}, kind=Organization.DECLARED,
                                origin=Statement.OPERATOR, actor="test")  # fmt: skip
    refresh_directory()
    client.force_login(an_operator())
    batch = Statement.objects.filter(organization=made).first().batch
    assert ("undo_together", batch) not in buttons(client, made)
    assert "annulez l’import" in press(client, made, "undo_together", batch)
    assert live_entry(made).name == "La Remise"
