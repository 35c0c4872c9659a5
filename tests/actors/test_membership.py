"""Being a member: since when, as what, and what each side reads when a structure leaves."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from horizon.actors.models import College, Due, Membership
from horizon.actors.services import collective
from horizon.actors.services.upkeep import forget_who_asked
from horizon.kernel.models import Event
from horizon.kernel.templatetags.atlas import day
from tests.people import a_referent, an_operator, entry_named

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(published):
    return an_operator()


@pytest.fixture
def organization(published):
    return entry_named("Pédalier").organization


def asked(organization, college="associations", motive=""):
    return collective.request_membership(
        organization, College.objects.get(code=college), by=None, actor="test", motive=motive
    )


def test_a_request_is_accepted_since_a_day(
    client, operator, organization, django_capture_on_commit_callbacks
):
    College.objects.update(due_cents=2000)
    a_referent(organization)
    page, today = f"/bureau/adhesions/{asked(organization).pk}/", timezone.localdate()
    client.force_login(operator)
    assert "Membre depuis le" in client.get(page).content.decode()
    late = client.post(page, {"verb": "accept", "since": (today + timedelta(days=1)).isoformat()})
    assert late.status_code == 422 and "pas encore venu" in late.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"verb": "accept", "since": "2019-03-05", "reason": ""})
    assert Membership.objects.get().since.isoformat() == "2019-03-05"
    assert "depuis le 5\u00a0mars 2019" in mail.outbox[-1].body
    assert Due.objects.get().year == today.year, "nobody owes for years that nobody asked"


def test_the_attestation_of_a_partner_says_partner(client, operator, organization, settings):
    settings.CONTACT = "bonjour@example.org"
    collective.decide_membership(asked(organization, "partenaires"), True, actor="test")
    client.force_login(a_referent(organization))
    text = client.get(f"/structures/{organization.public_id}/attestation/").content.decode()
    assert "est partenaire du collectif" in text and "membre du collectif" not in text
    assert "bonjour@example.org" in text


def test_what_each_side_reads_when_a_structure_leaves(
    client, operator, organization, django_capture_on_commit_callbacks
):
    referent = a_referent(organization)
    collective.decide_membership(
        asked(organization, motive="Partager un atelier"), True, actor=operator.actor
    )
    client.force_login(referent)
    page = f"/structures/{organization.public_id}/partir/"
    shown = client.get(page).content.decode()
    assert "L’équipe d’animation lira cette raison" in shown and "ne sera plus membre" in shown
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        after = client.post(page, {"reason": "Nous cessons"}, follow=True).content.decode()
    assert "n’est plus membre" in after and "est prévenue" in after
    assert [m.to for m in mail.outbox] == [[operator.email]] and "Nous cessons" in mail.outbox[0].body
    client.force_login(operator)
    contact = client.get(f"/bureau/structures/{organization.public_id}/").content.decode()
    assert "Partager un atelier" in contact and "Nous cessons" in contact


def test_a_request_taken_back_is_no_departure(
    client, operator, organization, django_capture_on_commit_callbacks
):
    request = asked(organization)
    client.force_login(a_referent(organization))
    page = f"/structures/{organization.public_id}/partir/"
    shown = client.get(page).content.decode()
    assert "ne sera plus" not in shown and f"du {day(request.requested_at)}" in shown
    with django_capture_on_commit_callbacks(execute=True):
        after = client.post(page, {"reason": ""}, follow=True).content.decode()
    assert "La demande est retirée" in after and not mail.outbox


def test_a_request_typed_by_who_animates_keeps_for_whom(client, operator, organization):
    """Asked of those who animate alone; read by them, and forgotten a year later."""
    page = f"/structures/{organization.public_id}/adherer/"
    client.force_login(operator)
    assert "Pour qui, comment" in client.get(page).content.decode()
    empty = client.post(page, {"college": "associations", "motive": "Partager un atelier"})
    assert empty.status_code == 422 and "Partager un atelier" in empty.content.decode()
    client.post(page, {"college": "associations", "motive": "", "heard_from": "la présidente, sur papier"})
    made = Membership.objects.get()
    assert made.heard_from == "la présidente, sur papier"
    event = Event.objects.get(verb="request")
    assert event.payload["entered_for_somebody"] is True and "présidente" not in str(event.payload)
    for shown in (
        "/bureau/",
        f"/bureau/adhesions/{made.pk}/",
        f"/bureau/structures/{organization.public_id}/",
    ):
        assert "la présidente, sur papier" in client.get(shown).content.decode(), shown
    assert forget_who_asked(timezone.now()) == 0
    assert forget_who_asked(timezone.now() + timedelta(days=366)) == 1
    made.refresh_from_db()
    assert made.heard_from == ""
