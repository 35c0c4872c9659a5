"""The desk: what an answer in a batch may do, what its undo undoes, and what was answered lately."""

import re

import pytest

from horizon.actors.models import College, Membership
from horizon.actors.services.collective import request_membership
from horizon.directory.models import Statement
from horizon.directory.said.services import state, undo_statement
from tests.people import an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization(published):
    return entry_named("Pédalier").organization


@pytest.fixture
def operator(client):
    operator = an_operator()
    client.force_login(operator)
    return operator


def proposed(organization, **values):
    made = state(organization, values, origin=Statement.VISITOR, actor="visitor")
    return made[0]


def asked_to_join(organization):
    college = College.objects.filter(partner=False).first()
    return request_membership(organization, college, by=somebody(), actor="test", motive="")


def desk(client, **typed):
    return client.post("/bureau/", typed, follow=True).content.decode()


def test_a_batch_never_does_what_was_not_offered(client, organization, operator):
    asked = asked_to_join(organization)
    suggestion = proposed(organization, hours="Mardi")
    both = [f"membership/{asked.pk}", f"suggestion/{suggestion.pk}"]
    said = desk(client, item=both, verb="refuse")
    assert Membership.objects.get().status == Membership.REQUESTED
    assert Statement.objects.get().status == Statement.REFUSED
    assert "se donne sur sa page" in said
    for verb in ("unknown", ""):
        assert "se donne sur sa page" in desk(client, item=both, verb=verb)
    assert Membership.objects.get().status == Membership.REQUESTED


def test_a_batch_button_says_one_thing(client, organization, operator):
    asked_to_join(organization)
    proposed(organization, hours="Mardi")
    batch = re.compile(r'<p class="acts mt3 batch">.*?</p>', re.S)
    shown = batch.search(client.get("/bureau/").content.decode())[0]
    assert 'value="accept"' in shown and 'value="refuse"' in shown
    client.post(f"/structures/{organization.public_id}/signaler/", {"subject": "erreur", "message": "faux"})
    text = client.get("/bureau/").content.decode()
    assert not batch.search(text) and "choisissez d’abord un genre" in text, "« Corrigé » is not « Accepter »"
    assert "Rien à corriger" in batch.search(client.get("/bureau/?quoi=report").content.decode())[0]


def test_undo_goes_back_through_the_answers(client, organization, operator):
    """Two proposals for one field: the last accepted is undone first, or the first would stay published."""
    rows = [proposed(organization, hours=value) for value in ("Mardi", "Jeudi")]
    desk(client, item=[f"suggestion/{row.pk}" for row in rows], verb="accept")
    assert sorted(Statement.objects.values_list("status", flat=True)) == ["published", "replaced"]
    desk(client, verb="undo")
    assert set(Statement.objects.values_list("status", flat=True)) == {"proposed"}
    assert "Rien n’était coché" in desk(client, verb="undo"), "nothing is left to undo"


def test_undo_undoes_what_was_answered_last_wherever_it_was(client, organization, operator):
    first, second = proposed(organization, hours="Mardi"), proposed(organization, acronym="AP")
    desk(client, item=[f"suggestion/{first.pk}"], verb="accept")
    client.post(f"/bureau/suggestions/{second.pk}/", {"verb": "refuse", "reason": "Non"})
    desk(client, verb="accept")
    assert "Annuler la dernière réponse" in desk(client, verb="refuse"), (
        "a button pressed with nothing ticked"
    )
    desk(client, verb="undo")
    second.refresh_from_db()
    first.refresh_from_db()
    assert (first.status, second.status) == ("published", "proposed")


def test_what_cannot_be_undone_yet_may_be_undone_later(client, organization, operator):
    first = proposed(organization, hours="Mardi")
    desk(client, item=[f"suggestion/{first.pk}"], verb="accept")
    state(organization, {"hours": "Jeudi"}, origin="operator", actor="test", publish=True)
    assert "Une autre valeur" in desk(client, verb="undo")
    undo_statement(Statement.objects.get(value="Jeudi"), actor="test")
    desk(client, verb="undo")
    assert Statement.objects.get(value="Mardi").status == "proposed"
