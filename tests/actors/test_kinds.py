"""Partners: what a structure is said to be, and what its page says of its place in the collective."""

import pytest

from horizon.actors.models import College, Organization
from horizon.actors.services import collective, kinds
from horizon.care import services
from horizon.care.models import Missing
from horizon.directory.models import Entry
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import declare_organization
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from tests.people import an_operator, entry_named

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(published):
    return an_operator()


def declared(kind, name="La Banque du Coin"):
    commune = Entry.objects.first().commune_id
    made = declare_organization(
        {"name": name, "commune": commune}, kind=kind, origin="operator", actor="test"
    )
    refresh_directory()
    return made


def page_of(client, organization):
    return client.get(f"/structures/{organization.public_id}/").content.decode()


def joined(organization, operator, code="partenaires"):
    asked = collective.request_membership(organization, College.objects.get(code=code), by=None, actor="test")
    return collective.decide_membership(asked, True, actor=operator.actor)


def test_a_register_structure_accepted_as_a_partner_is_marked_so(client, operator):
    organization = entry_named("PAIN").organization
    assert "partenaire du collectif" not in page_of(client, organization)
    membership = joined(organization, operator)
    page = page_of(client, organization)
    assert "<b>partenaire du collectif</b>" in page and "membre du collectif" not in page
    assert "Pourquoi cette structure est ici" in page
    collective.leave_collective(membership, actor="test")
    assert "partenaire du collectif" not in page_of(client, organization)


def test_a_company_is_a_partner_only_once_it_is_accepted(client, operator):
    bank = declared(Organization.PARTNER)
    page = page_of(client, bank).lower()
    assert "économie conventionnelle" in page and "partenaire du collectif" not in page
    joined(bank, operator)
    assert "<b>partenaire du collectif</b>" in page_of(client, bank)


def test_a_missing_structure_is_added_as_what_it_is(client, operator):
    commune = Entry.objects.first().commune_id
    row = services.suggest_missing({"name": "Mairie de Là-Bas", "commune": commune})
    client.force_login(operator)
    page = f"/bureau/manquantes/{row.public_id}/"
    assert "une collectivité ou une administration" in client.get(page).content.decode()
    client.post(page, {"verb": "accept", "kind": "public", "reason": ""})
    added = Missing.objects.get().organization
    assert added.kind == Organization.PUBLIC
    refresh_directory()
    assert Entry.objects.get(organization=added).exclusions == ["public"]


def test_what_it_is_changes_from_the_desk_and_the_lists_follow(client, operator):
    shop = declared(Organization.DECLARED, "Épicerie du Coin")
    entry = Entry.objects.get(organization=shop)
    assert entry.in_perimeter and entry.is_actor
    client.force_login(operator)
    page = f"/bureau/structures/{shop.public_id}/"
    assert "Aucun registre ne la connaît" in client.get(page).content.decode()
    client.post(f"{page}nature/", {"kind": "partner"})
    assert Event.objects.get(verb="change_kind").payload == {"from": "declared", "to": "partner"}
    refresh_directory()
    entry.refresh_from_db()
    assert (entry.in_perimeter, entry.is_actor, entry.exclusions) == (False, False, ["partner"])
    assert [row.code for row in entry.reason_rows.all()] == ["partner"]
    assert "Pourquoi cette structure est ici" not in page_of(client, shop)
    client.post(f"{page}nature/", {"kind": "declared"})
    refresh_directory()
    entry.refresh_from_db()
    assert entry.in_perimeter and entry.is_actor and entry.reasons == ["declared"]


def test_what_the_registers_say_is_not_changed_there(client, operator):
    known = entry_named("PAIN").organization
    client.force_login(operator)
    assert (
        "Aucun registre ne la connaît"
        not in client.get(f"/bureau/structures/{known.public_id}/").content.decode()
    )
    for kind, organization in (
        ("partner", known),
        ("register", declared("public")),
        ("public", declared("public", "Autre")),
    ):
        with pytest.raises(Refused):
            kinds.change_kind(organization, kind, actor="test")
