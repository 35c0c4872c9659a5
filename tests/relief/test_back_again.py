"""A call taken away then put back: its places are free, those who were told not to come are asked first."""

import pytest
from django.core import mail

from horizon.relief import contents
from horizon.relief.models import Proposal, UrgentCall
from horizon.relief.services import answering, calling, volunteering
from tests.people import an_operator
from tests.relief.kit import a_call, a_volunteer, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(territory):
    """Two communes, two structures."""


def going(call, *volunteers):
    for one in volunteers:
        answering.say_yes(Proposal.objects.get(call=call, volunteer=one), actor="test")
    call.refresh_from_db()


@pytest.mark.parametrize("path", ["report", "desk"])
def test_a_call_put_back_asks_first_those_who_had_said_yes(client, path, django_capture_on_commit_callbacks):
    people = [a_volunteer() for _ in range(6)]
    call = a_call()
    going(call, *people[2:4])
    assert call.missing == 0
    if path == "report":
        contents._take_away(call.public_id, "Propos déplacés.", "test")
    else:
        calling.refuse_call(calling.hold_call(call, actor="test"), "À revoir.", actor="test")
    call.refresh_from_db()
    assert (call.taken, set(statuses(call))) == (0, {"released"})
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        if path == "report":
            contents._put_back(call.public_id, "test")
        else:
            calling.publish_call(calling.hold_call(call, actor="test"), actor="test")
    call.refresh_from_db()
    asked = {row.volunteer for row in call.proposals.filter(status=Proposal.ASKED)}
    assert call.missing == 2 and set(people[2:4]) < asked
    assert {one.person.email for one in people[2:4]} <= {message.to[0] for message in mail.outbox}
    page = client.get(f"/entraide/appels/{call.public_id}/").content.decode()
    assert "Il en manque 2" in page and "C’est pourvu" not in page
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        going(call, people[2])
        calling.close_call(call, actor="test")
    thanked = [message.to[0] for message in mail.outbox if message.subject.startswith("Merci : ")]
    assert thanked == [people[2].person.email]


def test_a_cancelled_call_has_nobody_who_comes():
    one = a_volunteer()
    call = a_call(wanted=1)
    going(call, one)
    calling.cancel_call(call, actor="test")
    call.refresh_from_db()
    assert (call.status, call.taken, statuses(call)) == (UrgentCall.CANCELLED, 0, ["released"])


def test_whoever_came_unasked_is_asked_again_and_a_name_alone_stays_on_the_phone_page(client):
    joined, paused = a_volunteer(skills="drive"), a_volunteer(skills="drive")
    call = a_call(wanted=4)
    for one in (joined, paused):
        answering.join_call(call, one, actor="test")
    answering.type_answer(call, "yes", actor="test", name="Une voisine")
    volunteering.pause(paused, True, actor="test")
    calling.refuse_call(call, "À revoir.", actor="test")
    calling.publish_call(calling.hold_call(call, actor="test"), actor="test")
    asked = call.proposals.filter(status=Proposal.ASKED)
    assert [row.volunteer for row in asked] == [joined]
    client.force_login(an_operator())
    page = client.get(f"/bureau/entraide/{call.public_id}/?q=05 36").content.decode()
    assert "Une voisine" in page and f"yes|{joined.public_id}" in page
    assert f"unsay|{call.proposals.get(volunteer=None).public_id}" not in page
