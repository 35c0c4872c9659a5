"""Who is taken off a team, by whom, and how it is undone; what becomes of the page."""

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from horizon.actors.access import acts_for
from horizon.actors.models import Invitation, OrganizationRole
from horizon.actors.services import people
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from tests.people import a_referent, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization(published):
    return entry_named("Pédalier").organization


def ending(organization, person):
    role = OrganizationRole.objects.filter(person=person).latest("pk")
    return f"/structures/{organization.public_id}/equipe/roles/{role.pk}/fin/"


def test_a_colleague_takes_somebody_off_who_reads_why_and_an_operator_gives_it_back(
    client, organization, django_capture_on_commit_callbacks
):
    holder, gone, operator = a_referent(organization), a_referent(organization), an_operator()
    people.invite(organization, "ami@example.org", by=gone)
    people.invite(organization, "autre@example.org", by=holder)
    page = ending(organization, gone)
    client.force_login(holder)
    assert page in client.get(f"/structures/{organization.public_id}/equipe/").content.decode()
    empty = client.post(page, {"reason": " "})
    assert empty.status_code == 422 and "lira cette raison" in empty.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"reason": "A quitté l’association"})
    assert not acts_for(gone, organization)
    assert mail.outbox[-1].to == [gone.email] and "A quitté l’association" in mail.outbox[-1].body
    assert [i.email for i in Invitation.objects.all()] == ["autre@example.org"]
    assert "A quitté" not in str(list(Event.objects.values_list("payload", flat=True)))
    assert client.post(page, {"verb": "give-back"}).status_code == 403
    client.force_login(operator)
    contact = client.get(f"/bureau/structures/{organization.public_id}/").content.decode()
    assert "A quitté l’association" in contact and page in contact
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"verb": "give-back"})
    assert acts_for(gone, organization) and "de nouveau" in mail.outbox[-1].body
    with pytest.raises(Refused, match="agit déjà"):
        people.give_back_role(OrganizationRole.objects.get(person=gone), actor="test")


def test_only_who_holds_the_page_takes_somebody_off(client, organization):
    other = entry_named("PAIN").organization
    relayer, holder = a_referent(other), a_referent(organization)
    people.give_relay(other, organization, "de vive voix", actor="test")
    page = ending(organization, holder)
    for person in (relayer, somebody(), holder):
        client.force_login(person)
        assert client.post(page, {"reason": "Je prends la page"}).status_code == 403
    assert acts_for(holder, organization)
    client.force_login(an_operator())
    assert client.get(page.replace(organization.public_id, other.public_id)).status_code == 404


def test_a_role_ends_once_and_only_an_ended_one_says_how(organization):
    role = OrganizationRole.objects.get(person=a_referent(organization))
    people.end_role_of(role, by=an_operator(), reason="Usurpation")
    with pytest.raises(Refused, match="déjà plus"):
        people.end_role_of(role, by=an_operator(), reason="Usurpation")
    with pytest.raises(IntegrityError), transaction.atomic():
        OrganizationRole.objects.update(until=None)
