"""What people say over what registers say: nothing overwritten, everything undone, lists that follow."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from horizon.actors.models import Touched
from horizon.directory.listing import iter_entries, list_entries
from horizon.directory.models import Entry, Publication, Statement
from horizon.directory.queries import current_publication, find_entry, live_entry
from horizon.directory.said.fields import FIELDS, clean, clean_website
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import (
    declare_organization,
    publish_statement,
    refuse_statement,
    state,
    undo_statement,
    withdraw_declared,
)
from horizon.directory.search import find
from horizon.directory.selection import Selection
from horizon.directory.services import publish_directory
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from horizon.observatory.read import Marts
from tests.directory.test_publish import publish
from tests.observatory.registers_kit import association, unit
from tests.people import a_referent, entry_named
from tests.published import TERRITORY

pytestmark = pytest.mark.django_db
OTHER = [unit("552013500", "AUTRE")]


def say(organization, publish=True, origin=Statement.REFERENT, **changes):
    return state(organization, changes, origin=origin, actor="test", publish=publish)


@pytest.fixture
def organization(published):
    return entry_named("Pédalier").organization


def names(**selection):
    return [entry.name for entry in iter_entries(Selection(view="registre", **selection))]


@pytest.mark.parametrize("answer", [publish_statement, lambda s, **more: refuse_statement(s, "non", **more)])
def test_every_answer_locks_the_organization_before_the_statement(organization, answer):
    """One that took them in the other order would wait for the first, and the first for it: PostgreSQL ends one of the two."""
    [made] = say(organization, publish=False, origin=Statement.VISITOR, hours="Mardi")
    with CaptureQueriesContext(connection) as seen:
        answer(made, actor="test")
        undo_statement(made, actor="test")
    read = [q["sql"] for q in seen if q["sql"].startswith("SELECT")]
    locked = [sql.split(" FROM ")[1].split('"')[1] for sql in read][:2]
    assert locked == ["actors_organization", "directory_statement"]


@pytest.mark.parametrize(
    "typed", ["www.exemple.fr:port", "https://exemple.fr:99999", "exemple.fr:0", "https://..fr", "exemple"]
)
def test_a_web_address_that_nobody_can_open_is_refused(typed):
    with pytest.raises(ValidationError, match="pas complète"):
        clean_website(typed)


def test_a_web_address_is_kept_as_typed():
    assert clean_website("www.exemple.fr:8443/a") == "https://www.exemple.fr:8443/a"
    assert clean_website("Épicerie.fr") == "https://Épicerie.fr"


def test_a_correction_shows_at_once_on_the_page_and_in_a_minute_in_the_lists(client, organization):
    say(organization, name="Zébulon Vélo", hours="Mardi 14 h", phone="0536491234", doors=["instruire"])
    page = client.get(f"/structures/{organization.public_id}/").content.decode()
    assert "Zébulon Vélo" in page and "05 36 49 12 34" in page and "la structure elle-même" in page.lower()
    assert "Zébulon Vélo" not in names()
    assert refresh_directory() == 1 and refresh_directory() == 0
    assert names()[-1] == "Zébulon Vélo"
    publication = current_publication()
    assert publication.revision == 1
    found = find(publication, "zebulon").ordinals
    assert [list(iter_entries(Selection(view="registre")))[o].name for o in found] == ["Zébulon Vélo"]
    assert names(doors=("instruire",)) == ["Zébulon Vélo"]
    assert publication.counts["by_door"]["instruire"]["register"] == 1
    assert "confirmed" in Entry.objects.get(organization=organization).signs


def test_undone_everything_is_as_before(organization):
    before = Entry.objects.filter(organization=organization).values().get()
    counts = current_publication().counts
    for statement in say(
        organization,
        name="Autre",
        address="2 rue Neuve, 86000 Poitiers",
        state="closed",
        website="exemple.fr",
    ):
        refresh_directory()
        undo_statement(statement, actor="test")
    refresh_directory()
    after = Entry.objects.filter(organization=organization).values().get()
    assert after == before and current_publication().counts == counts


def test_a_new_register_files_a_suggestion_and_overwrites_nothing(tmp_path):
    publish(
        tmp_path, "one", OTHER, associations=[association("W861000009", titre="LES TILLEULS", objet="jardin")]
    )
    organization = entry_named("TILLEULS").organization
    say(organization, description="Un jardin ouvert le samedi", name="Les Tilleuls de Lusignan")
    publish(
        tmp_path,
        "same",
        OTHER,
        associations=[association("W861000009", titre="LES TILLEULS", objet="jardin")],
    )
    assert not Statement.objects.filter(origin="register").exists()
    for name in ("two", "three"):
        publish(
            tmp_path,
            name,
            OTHER,
            associations=[association("W861000009", titre="LES TILLEULS", objet="jardin et compost")],
        )
        filed = Statement.objects.get(origin="register")
        assert (filed.field, filed.value.lower(), filed.status) == (
            "description",
            "jardin et compost",
            "proposed",
        )
        assert Event.objects.get(verb="file_register_change").record_id == str(filed.pk)
        assert Entry.objects.get(organization=organization).description == "Un jardin ouvert le samedi"
        assert Entry.objects.get(organization=organization).name == "Les Tilleuls de Lusignan"
    publish_statement(filed, actor="test")
    refresh_directory()
    assert Entry.objects.get(organization=organization).description.lower() == "jardin et compost"
    undo_statement(filed, actor="test")
    refresh_directory()
    assert Entry.objects.get(organization=organization).description == "Un jardin ouvert le samedi"
    refuse_statement(filed, "Déjà dit mieux", actor="test")
    publish(
        tmp_path,
        "four",
        OTHER,
        associations=[association("W861000009", titre="LES TILLEULS", objet="jardin et compost")],
    )
    assert Statement.objects.filter(origin="register").count() == 1


def test_publishing_again_gives_the_same_lists(organization, small_marts):
    say(organization, name="Aaa", commune="86194")
    declare_organization(
        {"name": "Le Banc vert", "commune": "86139"}, kind="declared", origin="operator", actor="test"
    )
    refresh_directory()
    rows = [(e.name, e.commune_id, e.signs, e.ordinal) for e in Entry.objects.all()]
    counts = current_publication().counts
    with Marts(small_marts) as marts:
        publish_directory(marts, TERRITORY, actor="test")
    assert [(e.name, e.commune_id, e.signs, e.ordinal) for e in Entry.objects.all()] == rows
    assert current_publication().counts == counts and not Touched.objects.exists()


def test_a_structure_no_register_knows_has_its_page_and_can_be_withdrawn(client, published):
    made = declare_organization(
        {"name": "Le Banc vert", "commune": "86139", "description": "Jardin partagé"},
        kind="declared",
        origin="operator",
        actor="test",
    )
    page = f"/structures/{made.public_id}/"
    assert "dans la minute" in client.get(page).content.decode()
    refresh_directory()
    text = client.get(page).content.decode()
    assert "Le Banc vert" in text and "Elle l’a déclaré" in text and "Le Banc vert" in names(commune="86139")
    assert current_publication().counts["register"] == published.counts["register"] + 1
    withdraw_declared(made, actor="test")
    assert client.get(page).status_code == 410, "before the lists follow too"
    refresh_directory()
    assert (
        "Le Banc vert" not in names()
        and current_publication().counts["register"] == published.counts["register"]
    )
    gone = client.get(page)
    assert gone.status_code == 410 and "retirée par l’équipe d’animation" in gone.content.decode()
    assert "noindex" in gone.content.decode() and current_publication().counts == published.counts


def test_a_partner_is_marked_and_stays_out_of_the_lists(client, published):
    made = declare_organization(
        {"name": "Quincaillerie", "commune": "86139"}, kind="partner", origin="operator", actor="test"
    )
    refresh_directory()
    page = client.get(f"/structures/{made.public_id}/").content.decode()
    assert "ce n’est pas une structure de l’ESS" in page and "Quincaillerie" not in names()
    assert current_publication().counts["excluded"] == published.counts["excluded"]


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "  ", "a un nom"), ("name", "x" * 301, "301"), ("website", "javascript:alert(1)", "pas complète"),
        ("website", "pas de site", "pas complète"), ("phone", "12", "dix chiffres"), ("email", "a@", "pas complète"),
        ("state", "peut-être", "dans la liste"), ("family", "pirate", "dans la liste"), ("description", "é" * 2001, "2001"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_in_french(organization, field, typed, said):
    with pytest.raises(Refused, match=said):
        say(organization, **{field: typed})
    assert not Statement.objects.exists()


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("phone", "+33 (0)5.36-49 12 34", "05 36 49 12 34"), ("phone", "+352 26 12 34 56", "+35226123456"),
        ("website", " exemple.fr/a ", "https://exemple.fr/a"), ("email", " Contact@Exemple.FR", "contact@exemple.fr"),
        ("doors", ["nourrir", "inconnue", "instruire"], ["instruire", "nourrir"]), ("name", "A\u0000B \t C", "AB C"),
        ("description", "Ligne\nAutre", "Ligne\nAutre"),
    ],
)  # fmt: skip
def test_a_value_is_tidied(field, typed, kept):
    assert clean(field, typed) == kept
    assert clean(field, kept) == kept


def test_saying_the_same_says_nothing(organization):
    assert say(organization, name=entry_named("Pédalier").name) == []
    say(organization, hours="Mardi")
    assert say(organization, hours="Mardi") == []


def test_the_database_keeps_one_published_statement_per_field(organization):
    made = say(organization, hours="Mardi")[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        Statement.objects.create(
            organization=organization, field="hours", value="x", origin="visitor", status="published"
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Statement.objects.filter(pk=made.pk).update(email="x@example.org")


def test_an_answer_is_given_once(organization):
    made = say(organization, publish=False, origin=Statement.VISITOR, hours="Mardi")[0]
    publish_statement(made, actor="test")
    with pytest.raises(Refused, match="déjà reçu une réponse"):
        refuse_statement(made, "non", actor="test")
    later = say(organization, hours="Jeudi")[0]
    with pytest.raises(Refused, match="remplacée depuis"):
        undo_statement(made, actor="test")
    undo_statement(later, actor="test")
    assert Statement.objects.get(status="published").value == "Mardi"


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["say", "propose", "publish", "refuse", "undo"]),
        st.sampled_from(["hours", "name"]),
        st.integers(0, 5),
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_happens_one_value_is_published_and_the_page_shows_it(organization, acts):
    """The model: per field, a stack of published values; undo pops it; a refused or proposed one never shows."""
    with transaction.atomic():
        stacks = {"hours": [], "name": []}
        base = {code: FIELDS[code].read(live_entry(organization)) for code in stacks}
        for act, field, number in acts:
            value = f"{field} {number}"
            stack = stacks[field]
            waiting = Statement.objects.filter(
                organization=organization, field=field, status="proposed"
            ).first()
            if act == "say":
                made = say(organization, **{field: value})
                assert bool(made) == (not stack or stack[-1][1] != value)
                stack += [(made[0].pk, value)] if made else []
            elif act == "propose":
                say(organization, publish=False, origin=Statement.VISITOR, **{field: value})
            elif act == "publish" and waiting:
                publish_statement(waiting, actor="test")
                stack.append((waiting.pk, waiting.value))
            elif act == "refuse" and waiting:
                refuse_statement(waiting, "", actor="test")
            elif act == "undo" and stack:
                undo_statement(Statement.objects.get(pk=stack.pop()[0]), actor="test")
            shown = FIELDS[field].read(live_entry(organization))
            assert shown == (stack[-1][1] if stack else base[field])
        transaction.set_rollback(True)


def test_every_step_is_journalled(organization):
    referent = a_referent(organization)
    before = Event.objects.count()
    made = state(
        organization,
        {"hours": "Mardi"},
        origin="referent",
        actor=referent.actor,
        author=referent,
        publish=True,
    )[0]
    undo_statement(made, actor=referent.actor)
    told = list(Event.objects.order_by("pk").values_list("verb", "record_type", "actor")[before:])
    assert told == [
        ("state", "organization", referent.actor),
        ("publish", "statement", referent.actor),
        ("undo", "statement", referent.actor),
    ]


def test_the_page_costs_the_same_with_more_said(client, organization, django_assert_max_num_queries):
    page = f"/structures/{organization.public_id}/"
    client.get(page)
    say(
        organization,
        name="Un",
        hours="Deux",
        phone="0536491234",
        email="a@exemple.fr",
        website="b.fr",
        description="c",
        acronym="d",
    )
    with django_assert_max_num_queries(20):
        client.get(page)
    assert find_entry(organization.public_id).name != "Un", "the row itself waits for the lists to follow"


def test_a_list_being_published_meanwhile_is_left_for_the_next_minute(organization, monkeypatch):
    from horizon.directory import search

    say(organization, hours="Mardi")
    prepare = search.terms_of

    def published_meanwhile(*arguments):
        Publication.objects.update(revision=9)
        return prepare(*arguments)

    monkeypatch.setattr(search, "terms_of", published_meanwhile)
    assert refresh_directory() == 0 and Touched.objects.exists()
    monkeypatch.undo()
    assert refresh_directory() == 1
    assert list_entries(Selection(view="registre")).total == 7


def test_an_address_that_is_a_home_leaves_the_whole_page(client, published):
    """The table of sources too: the register's street is not shown beside the empty address."""
    bread = entry_named("PAIN")
    path = f"/structures/{bread.organization.public_id}/"
    assert client.get(path).content.decode().count(bread.address) > 1
    say(bread.organization, address="")
    assert bread.address not in client.get(path).content.decode()
