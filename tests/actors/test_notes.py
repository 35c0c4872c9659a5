"""Notes of calls: corrected, deleted, their next date moved; the list of contacts by that date."""

from datetime import timedelta

import pytest
from django.utils import timezone

from horizon.actors.models import ContactNote
from horizon.actors.services import collective
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from tests.people import a_referent, an_operator, enter, entry_named

pytestmark = pytest.mark.django_db


def in_days(number):
    return timezone.localdate() + timedelta(days=number)


@pytest.fixture
def operator(published):
    return an_operator()


def organization(words):
    return entry_named(words).organization


def test_a_note_is_corrected_and_its_date_moved(client, operator):
    bike = organization("Pédalier")
    note = collective.note_contact(bike, "Appeler Marthe Quillevent", by=operator, next_on=in_days(-2))
    collective.finish_note(note, actor="test")
    enter(client, operator)
    page, back = f"/bureau/notes/{note.pk}/corriger/", f"/bureau/structures/{bike.public_id}/"
    assert page in client.get(back).content.decode()
    assert "Marthe Quillevent" in client.get(page).content.decode()
    wrong = client.post(page, {"kind": "visit", "text": "Passer au local", "next_on": "demain"})
    assert wrong.status_code == 422 and "Passer au local" in wrong.content.decode()
    values = {"kind": "visit", "text": "Passer au local", "next_on": in_days(4).isoformat()}
    for _ in range(2):
        assert client.post(page, values).url == back
    note.refresh_from_db()
    assert (note.text, note.kind, note.next_on, note.done_at) == (
        "Passer au local",
        "visit",
        in_days(4),
        None,
    )
    event = Event.objects.get(verb="correct_note")
    assert (
        event.payload == {"changed": ["done_at", "kind", "next_on", "text"]}
        and event.record_id == bike.public_id
    )
    assert "Marthe" not in str(list(Event.objects.values_list("payload", flat=True)))


def test_a_note_is_deleted_once_it_was_read_again(client, operator):
    bike = organization("Pédalier")
    note = collective.note_contact(bike, "Un numéro d’une autre personne", by=operator)
    enter(client, operator)
    page, back = f"/bureau/notes/{note.pk}/effacer/", f"/bureau/structures/{bike.public_id}/"
    assert "Un numéro d’une autre personne" in client.get(page).content.decode()
    assert ContactNote.objects.exists(), "reading deletes nothing"
    assert client.post(page).url == back and not ContactNote.objects.exists()
    assert "La note est effacée" in client.get(back).content.decode()
    assert Event.objects.get(verb="delete_note").payload == {}
    assert client.post(page).status_code == 404
    for late in (collective.delete_note, collective.finish_note):
        with pytest.raises(Refused, match="effacée"):
            late(note, actor="test")


def test_contacts_come_by_their_next_date_and_what_is_late_is_said(
    client, operator, django_assert_max_num_queries
):
    late, today, later, never = map(organization, ("VONNE", "PAIN", "Tricoteuses", "Pédalier"))
    for one, days in ((later, 9), (today, 0), (late, -9), (late, 30)):
        collective.note_contact(one, "Rappeler", by=operator, next_on=in_days(days))
    collective.note_contact(never, "Rien à reprendre", by=operator)
    done = collective.note_contact(never, "Déjà repris", by=operator, next_on=in_days(-40))
    collective.finish_note(done, actor="test")
    enter(client, operator)

    def shown(query):
        return [row.organization.pk for row in client.get(f"/bureau/contacts/?{query}").context["rows"]]

    assert shown("tri=reprendre") == [late.pk, today.pk, later.pk, never.pk]
    assert shown("quoi=rappel") == [late.pk, today.pk, later.pk]
    assert shown("quoi=rappel&tri=nom") == shown("quoi=rappel&tri=nom&q=") != []
    assert shown("quoi=retard") == [late.pk]
    page = client.get("/bureau/contacts/?tri=reprendre").content.decode()
    assert page.count("En retard") == 1 and page.count("Aujourd’hui") == 1
    lines = client.get("/bureau/contacts.csv?tri=reprendre").getvalue().decode().splitlines()
    assert ";oui;" in lines[1] and ";oui;" not in "".join(lines[2:])
    assert "en retard" in client.get(f"/bureau/structures/{late.public_id}/").content.decode()
    with django_assert_max_num_queries(30):
        client.get("/bureau/contacts/?tri=reprendre")


def test_only_those_who_animate_touch_notes(client, operator):
    bike = organization("Pédalier")
    note = collective.note_contact(bike, "Appelée", by=operator)
    client.force_login(a_referent(bike))
    for verb in ("corriger", "effacer"):
        assert client.post(f"/bureau/notes/{note.pk}/{verb}/").status_code == 403
