"""What was said of a structure: who wrote it, what was asked of it, and taking it back in one gesture."""

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from horizon.actors.services.people import erase_person
from horizon.directory.models import Statement
from horizon.directory.said.services import publish_statement, state
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
