"""What somebody chooses as a name or types as a telephone never blanks what others wrote of something else."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from horizon.actors.models import ContactNote, LeftName, Person
from horizon.actors.proconnect import Agent
from horizon.actors.services import people
from horizon.actors.services.agents import welcome_agent
from horizon.actors.services.names import forget_left_names
from horizon.directory.models import Closure, Statement
from horizon.directory.said.services import state
from horizon.kernel import naming
from horizon.kernel.journal import record_event
from horizon.kernel.models import Event, PrivateReference
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import act_on, waiting_for
from tests.people import a_referent, again, an_operator, enter, entry_named, somebody
from tests.relief.kit import a_volunteer

pytestmark = pytest.mark.django_db
TEXT = "Local de la Maison de la Culture, 05 63 45 67 89, contact@rival.fr, avec Jean Dupont"


@pytest.fixture
def structure(published):
    return entry_named("Pédalier").organization


def notes(structure, *texts):
    return [ContactNote.objects.create(organization=structure, kind="call", text=text) for text in texts]


def erased(name, **more):
    """Erases somebody who went by any name, kept before the rules or brought from elsewhere."""
    who = somebody()
    Person.objects.filter(pk=who.pk).update(name=name, **more)
    who.refresh_from_db()
    people.erase_person(who)


@pytest.mark.parametrize(
    "name", ["de la", "05 63 45 67 89", "contact@rival.fr", "de la Maison", "Maison de la", "Lou", "la de pour avec",
             "contact@rival.fr avec Jean", "LOCAL DE LA", "d’une l’avec", ""],
)  # fmt: skip
def test_no_choice_of_name_blanks_words_telephones_or_addresses(structure, name):
    (note,) = notes(structure, TEXT)
    erased(name)
    note.refresh_from_db()
    assert note.text == TEXT


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("Jean Dupont", "vu Jean\nDupont", "vu (effacé)"),
        ("Jean Dupont", "vu Jean  Dupont", "vu (effacé)"),
        ("Jean Dupont", "vu Jean\u00a0Dupont", "vu (effacé)"),
        ("Jean Dupont", "vu Dupont Jean, DUPONT, Jean", "vu (effacé), (effacé)"),
        ("Hélène Lefèvre", "HELENE LEFEVRE et Hele\u0300ne Lefevre", "(effacé) et (effacé)"),
        ("Helene Lefevre", "Hélène Lefèvre", "(effacé)"),
        ("Zoé de la Tour", "chez De la Tour Zoé", "chez (effacé)"),
        ("Jean-Marie L’Hôte", "Jean Marie L'Hote", "(effacé)"),
        ("Ève Aÿe", "ÈVE AYE", "(effacé)"),
        ("Олег Иванов", "vu Олег Иванов", "vu (effacé)"),
        ("Solidaire Jardin", "un jardin solidaire", "un jardin solidaire"),
    ],
)  # fmt: skip
def test_a_name_is_found_however_it_is_written(structure, name, text, left):
    (note,) = notes(structure, text)
    listed = apps.get_model("care.Missing").objects.create(values={"name": text})
    erased(name)
    note.refresh_from_db(), listed.refresh_from_db()
    assert (note.text, listed.values) == (left, {"name": left}), "as a text and inside JSON"


def test_a_name_is_neither_a_number_nor_an_address(client, structure):
    who, operator = somebody("Nour Vonnelune"), an_operator()
    enter(client, who)
    for name in ("05 63 45 67 89", "contact@rival.fr"):
        answer = client.post("/moi/", {"name": name})
        assert "sans chiffre ni adresse" in answer.content.decode()
        assert welcome_agent(Agent(f"{len(name)}@example.org", name, "")).name == ""
        assert people.find_or_create_person(f"m{len(name)}@example.org", name=name).name == ""
        with pytest.raises(people.Refused):
            people.rename_person(who, name)
    who.refresh_from_db()
    assert who.name == "Nour Vonnelune"
    enter(client, operator)
    answer = client.post("/bureau/mandats/nouveau/", {"name": "05 63 45 67 89"})
    assert "sans chiffre ni adresse" in answer.content.decode()


def test_the_name_of_a_structure_is_nobodys(structure):
    name = structure.name
    rows = notes(structure, f"Vu {name}")
    for one in (name.upper(), " ".join(reversed(name.split()))):
        erased(one)
    rows[0].refresh_from_db()
    assert rows[0].text == f"Vu {name}"


def test_a_published_telephone_or_address_stays_on_the_page_of_others(structure):
    referent = a_referent(structure)
    state(
        structure, {"phone": "05 63 45 67 89", "email": "contact@rival.fr", "description": TEXT},
        origin=Statement.REFERENT, actor=referent.actor, author=referent, publish=True,
    )  # fmt: skip
    who = somebody()
    a_volunteer(person=who, phone="05 63 45 67 89")
    Person.objects.filter(pk=who.pk).update(email="contact@rival.fr")
    who.refresh_from_db()
    people.erase_person(who)
    said = dict(Statement.objects.filter(status=Statement.PUBLISHED).values_list("field", "value"))
    assert said == {"phone": "05 63 45 67 89", "email": "contact@rival.fr", "description": TEXT}


def test_a_telephone_that_a_page_shows_is_nobodys(structure):
    shown = entry_named("Pédalier")
    type(shown).objects.filter(pk=shown.pk).update(phone="05 63 45 67 89")
    (note,) = notes(structure, TEXT)
    who = somebody()
    a_volunteer(person=who, phone="+33 5 63 45 67 89")
    people.erase_person(who)
    note.refresh_from_db()
    assert note.text == TEXT


def test_what_stands_in_more_than_twenty_texts_of_others_is_left_and_told(structure):
    rows = notes(structure, *["Merci Bonjour à toute l’équipe"] * 21)
    who = somebody("Bonjour Merci")
    (own,) = notes(structure, "Merci Bonjour, dit la personne")
    ContactNote.objects.filter(pk=own.pk).update(author=who)
    people.erase_person(who)
    assert not ContactNote.objects.filter(
        pk__in=[row.pk for row in rows], text__contains=naming.ERASED
    ).exists()
    own.refresh_from_db()
    assert own.text.startswith(naming.ERASED)
    told = Event.objects.get(verb="leave_name")
    assert (told.record_id, told.payload) == (who.public_id, {"rows": 21})
    ContactNote.objects.filter(pk=rows[0].pk).delete()
    erased("Bonjour Merci")
    assert ContactNote.objects.filter(text__contains=naming.ERASED).count() == 21


def test_the_desk_reads_where_a_name_was_left_and_takes_it_out_or_leaves_it(client, structure):
    """Two names, each in 21 notes: one is taken out after reading, the other is left, undone, then forgotten after thirty days."""
    operator = an_operator()
    enter(client, operator)
    for name in ("Bonjour Merci", "Grand Large"):
        notes(structure, *[f"Avis n°{n} : {name} à toute l’équipe, en mars" for n in range(21)])
        erased(name)
    first, second = LeftName.objects.order_by("pk")
    assert (first.texts, first.word) == (21, "Bonjour Merci")
    assert first.word not in str(list(Event.objects.values_list("payload", flat=True)))
    kept, untouched = notes(structure, "Bonjour Merci, écrit depuis", "rien")
    page = f"/bureau/noms/{first.public_id}/"
    shown = client.get(page).content.decode()
    assert (
        shown.count("Avis n°") == 21
        and "Retirer de tous ces textes" in shown
        and "1. Les notes d’appel : « Avis n°" in shown
        and "Noms laissés (2)" in client.get("/bureau/?quoi=left-name").content.decode()
    )
    assert [item.room for item in waiting_for(again(operator))].count("left-name") == 2
    assert "retiré de 21 textes" in client.post(page, {"verb": "take"}, follow=True).content.decode()
    first.refresh_from_db()
    assert (first.status, first.word, first.rows) == ("taken", "", [])
    assert ContactNote.objects.filter(text__contains="Bonjour Merci").get() == kept
    with pytest.raises(Refused):
        act_on("left-name", "undo", first.public_id, operator)
    act_on("left-name", "refuse", second.public_id, operator)
    assert ContactNote.objects.filter(text__contains="Grand Large").count() == 21
    act_on("left-name", "undo", second.public_id, operator)
    now = timezone.now()
    forget_left_names(now + timedelta(days=29))
    assert LeftName.objects.filter(word="Grand Large", status="waiting").exists()
    forget_left_names(now + timedelta(days=31))
    second.refresh_from_db()
    assert (second.status, second.word) == ("past", "")
    assert [e.verb for e in Event.objects.filter(record_type="left_name", record_id=second.public_id).order_by("pk")] == [
        "file", "leave", "reopen", "forget",
    ]  # fmt: skip
    client.force_login(somebody())
    assert client.get(page).status_code == 403


def test_a_telephone_left_in_many_texts_is_found_again(structure):
    notes(structure, *["Standard : 05 63 45 67 89"] * 21)
    (name,) = naming.names_from("563456789")
    rows = {"actors.ContactNote": set(ContactNote.objects.values_list("pk", flat=True))}
    assert naming.take_out_of([name], rows) == 21
    assert naming.texts_naming([name], rows) == []


@pytest.mark.django_db(transaction=False)
def test_the_journal_forgets_only_the_address_and_the_checked_name(structure):
    private = {
        "a": "05 63 45 67 89",
        "b": "de la",
        "c": "Jean Dupont",
        "d": "j@example.org",
        "e": "Maison de la Culture",
    }
    record_event("call", "person", "x", actor="test", private=private)
    who = somebody("de la")
    a_volunteer(person=who, phone="05 63 45 67 89")
    people.erase_person(who)
    assert PrivateReference.objects.filter(value__in=private.values()).count() == 5
    erased("Jean Dupont", email="j@example.org")
    left = PrivateReference.objects.filter(value__in=private.values()).values_list("name", flat=True)
    assert sorted(left) == ["a", "b", "e"]


def test_what_is_longer_without_the_name_is_cut_to_its_field(structure):
    text = "x" * 190 + " Ann Bot !"
    closure = Closure.objects.create(
        organization=structure, vintage="2026-01-01", due_on="2026-01-01", note=text[-Closure._meta.get_field("note").max_length :]
    )  # fmt: skip
    statement = Statement.objects.create(
        organization=structure, field="hours", value="", origin=Statement.OPERATOR, heard_from="Ann Bot " * 25
    )
    erased("Ann Bot")
    closure.refresh_from_db(), statement.refresh_from_db()
    assert "Ann" not in closure.note + statement.heard_from and len(statement.heard_from) == 200


def test_the_desk_never_takes_a_name_out_unread(client, structure):
    """On a page of several kinds, the common button would say « Accepter » and could not be undone."""
    operator = an_operator()
    rows = notes(structure, *["Bonjour Merci à toute l’équipe"] * 21)
    erased("Bonjour Merci")
    (item,) = [one for one in waiting_for(again(operator)) if one.room == "left-name"]
    assert item.actions == {"refuse": "Laisser"} and item.href.startswith("/bureau/noms/")
    enter(client, operator)
    answer = client.post(
        "/bureau/", {"verb": "accept", "item": [f"left-name/{item.key}"], "query": ""}, follow=True
    )
    assert "Cette réponse se donne sur sa page : ouvrez-la." in answer.content.decode()
    assert ContactNote.objects.filter(pk__in=[row.pk for row in rows], text__contains="Bonjour").count() == 21
    assert LeftName.objects.get().status == "waiting"


def test_a_name_taken_out_everywhere_opens_the_journal_no_more(client, structure):
    notes(structure, *["Bonjour Merci à toute l’équipe"] * 21)
    record_event("call", "person", "x", actor="test", private={"by": "vu Bonjour Merci", "to": "Jean Dupont"})
    erased("Bonjour Merci")
    assert PrivateReference.objects.filter(value="vu Bonjour Merci").exists(), "left until the desk answers"
    row = LeftName.objects.get()
    enter(client, an_operator())
    client.post(f"/bureau/noms/{row.public_id}/", {"verb": "take"})
    assert not PrivateReference.objects.filter(value__contains="Bonjour").exists()
    assert PrivateReference.objects.filter(value="Jean Dupont").exists()
