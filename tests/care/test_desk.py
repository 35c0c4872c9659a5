"""The desk: what an answer in a batch may do, what its undo undoes, and what was answered lately."""

import re

import pytest

from horizon.actors.models import College, Membership
from horizon.actors.services.collective import request_membership
from horizon.directory.models import Statement
from horizon.directory.said.services import state
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
    assert not batch.search(text) and "triez d’abord par genre" in text, "« Corrigé » is not « Accepter »"
    assert "Rien à corriger" in batch.search(client.get("/bureau/?quoi=report").content.decode())[0]
