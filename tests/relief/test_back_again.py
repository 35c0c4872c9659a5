"""A call taken away then put back: its places are free, those who were told not to come are asked first."""

import pytest
from django.core import mail

from horizon.relief import contents
from horizon.relief.models import Proposal, UrgentCall
from horizon.relief.services import answering, calling
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
