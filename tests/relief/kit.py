"""Small acts that the tests of relief share."""

from datetime import timedelta

from django.utils import timezone

from horizon.relief.forms import fresh_once
from horizon.relief.models import Volunteer
from horizon.relief.services import calling, volunteering
from horizon.territory.models import Commune
from tests.people import somebody

LUSIGNAN = "86139"
DAYS = " ".join(code for code, _ in Volunteer.DAYS)
PARTS = " ".join(code for code, _ in Volunteer.PARTS)


def place(code=LUSIGNAN):
    return Commune.objects.get(code=code)


def said(**more):
    return {
        "skills": "carry", "commune": place(more.pop("commune", LUSIGNAN)), "km": 10, "days": DAYS, "parts": PARTS,
        "people": 1, "phone": "05 36 49 00 01", "adult": True, **more,
    }  # fmt: skip


def a_volunteer(person=None, organization=None, **more):
    """Somebody available in Lusignan, at any hour, to carry things."""
    person = None if organization else person or somebody()
    return volunteering.be_available(said(**more), actor="test", person=person, organization=organization)


def asked(**more):
    return {
        "kind": "carry", "title": "Vider une cave inondée", "text": "Apportez des bottes.", "commune": place(),
        "place": "12 chemin du Gué", "contact": "Ade, 05 36 49 00 00", "callback": "", "wanted": 2, "since_at": None,
        "until_at": timezone.now() + timedelta(hours=6), **more,
    }  # fmt: skip


def a_call(publish=True, asker="Le théâtre", organization=None, author=None, **more):
    """A call open now for two people."""
    call = calling.ask_help(
        asked(**more), once=fresh_once(), actor="test", asker=asker, organization=organization, author=author,
        to_read=not publish,
    )  # fmt: skip
    return calling.publish_call(call, actor="test") if publish else call


def statuses(call):
    return sorted(call.proposals.values_list("status", flat=True))
