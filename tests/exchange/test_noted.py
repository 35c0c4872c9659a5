"""Offers and asks heard by telephone or read on paper, typed by those who animate in the name of who told them."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from horizon.actors.models import Person
from horizon.actors.services import people
from horizon.actors.services.people import erase_person
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Deal, Listing
from horizon.exchange.parties import Party, holder_of
from horizon.exchange.services import dealing
from horizon.exchange.services.forgetting import forget_who_told
from horizon.exchange.services.noting import note_listing
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import waiting_for
from tests.exchange.kit import LUSIGNAN, an_offer, values
from tests.people import a_referent, again, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db
OFFER, ASK = "/bureau/echanges/noter/offre/", "/bureau/echanges/noter/demande/"
HEARD = "la trésorière, au téléphone"


@pytest.fixture
def operator(published):
    return an_operator()


@pytest.fixture
def group(operator):
    return entry_named("Pédalier").organization


def typed(**more):
    return {
        "whom": "structure", "organization": "Pédalier", "email": "", "heard_from": HEARD, "title": "Deux barnums", "kind": "equipment",
        "commune": LUSIGNAN, "audience": Listing.EVERYBODY, "once": fresh_once(), **more,
    }  # fmt: skip


def deals_at_the_desk(person):
    return [item.key for item in waiting_for(again(person)) if item.room == "deal"]


def test_an_offer_of_a_structure_is_public_and_its_people_are_told(
    client, operator, group, django_capture_on_commit_callbacks
):
    referent = a_referent(group)
    client.force_login(operator)
    assert "De qui, comment" in client.get(OFFER).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(OFFER, typed())
    made = Listing.objects.get()
    assert (made.organization, made.status, made.noted, made.heard_from) == (
        group,
        Listing.PUBLISHED,
        True,
        HEARD,
    )
    event = Event.objects.get(verb="write", record_type="listing")
    assert event.payload["entered_for_somebody"] is True and HEARD not in str(
        Event.objects.values_list("payload")
    )
    assert [m.to for m in mail.outbox] == [[referent.email]] and "noté cette annonce" in mail.outbox[0].body
    page = f"/echanges/{made.public_id}/"
    assert f"D’après : {HEARD}" in client.get(page).content.decode()
    for reader in (referent, None):
        client.force_login(reader) if reader else client.logout()
        text = client.get(page).content.decode()
        assert "L’équipe d’animation l’a noté pour elle" in text and HEARD not in text
    deal = dealing.propose_deal(
        made, Party(person=somebody()), "Bonjour", once=fresh_once(), author=somebody()
    )
    assert deals_at_the_desk(referent) == [deal.public_id] and deals_at_the_desk(operator) == []
    client.force_login(operator)
    assert client.get(f"/accords/{deal.public_id}/").status_code == 404, (
        "somebody acts for it: it is between them"
    )


def test_who_notes_for_the_structure_they_hold_is_not_told_that_nobody_does(client, operator, group):
    people.join_as_referent(operator, group, obtained_by="operator", actor="test")
    client.force_login(operator)
    assert "Personne ne tient la page" not in client.post(OFFER, typed(), follow=True).content.decode()


def test_answers_to_a_structure_that_nobody_holds_come_to_the_desk(
    client, operator, group, django_capture_on_commit_callbacks
):
    client.force_login(operator)
    said = client.post(OFFER, typed(), follow=True).content.decode()
    assert "Personne ne tient la page" in said
    made = Listing.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        deal = dealing.propose_deal(
            made, Party(entry_named("Pain").organization), "Bonjour", once=fresh_once(), author=a_referent(entry_named("Pain").organization)
        )  # fmt: skip
    assert [operator.email] in [m.to for m in mail.outbox]
    assert deals_at_the_desk(operator) == [deal.public_id]
    client.post(f"/accords/{deal.public_id}/accepter/")
    deal.refresh_from_db()
    assert (
        deal.status == Deal.TALKING
        and Event.objects.get(verb="accept", record_type="deal").actor == operator.actor
    )
    referent = a_referent(group)
    assert holder_of(Listing.objects.get()).people() == [referent]
    assert client.get(f"/accords/{deal.public_id}/").status_code == 404, "somebody acts for it now"
    relay = entry_named("VONNE").organization
    people.leave_organization(referent.organization_roles.get(), actor="test", alone=True)
    people.give_relay(relay, group, "En réunion", actor="test")
    relayer = a_referent(relay)
    assert holder_of(Listing.objects.get()).people() == [relayer] and deals_at_the_desk(operator) == []


def test_the_ask_of_a_person_is_theirs_at_their_address(client, operator, django_capture_on_commit_callbacks):
    client.force_login(operator)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            ASK, typed(whom="person", organization="", email="Mado@Example.org", title="Un fauteuil roulant")
        )
    made, person = Listing.objects.get(), Person.objects.get(email="mado@example.org")
    assert (made.person, made.side, made.status) == (person, Listing.ASK, Listing.PUBLISHED)
    letter = mail.outbox[-1]
    assert (
        letter.to == ["mado@example.org"]
        and f"/echanges/{made.public_id}/" in letter.body
        and "Retirez-la" in letter.body
    )
    client.force_login(person)
    assert client.get(f"/echanges/{made.public_id}/changer/").status_code in {200, 302}
    with django_capture_on_commit_callbacks(execute=True):
        dealing.propose_deal(
            made, Party(person=somebody()), "J’en ai un", once=fresh_once(), author=somebody()
        )
    assert mail.outbox[-1].to == ["mado@example.org"]


def test_for_somebody_without_an_address_who_typed_it_passes_answers_on(client, operator):
    client.force_login(operator)
    said = client.post(ASK, typed(whom="me", organization="", title="Un fauteuil roulant"), follow=True)
    made = Listing.objects.get()
    assert made.person == operator and "transmettez-les" in said.content.decode()
    dealing.propose_deal(made, Party(person=somebody()), "Voici", once=fresh_once(), author=somebody())
    assert len(deals_at_the_desk(operator)) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"heard_from": " "}, "Dites de qui vous le tenez"),
        ({"organization": ""}, "Dites quelle structure"),
        ({"organization": "introuvablement"}, "ne porte ces mots"),
        ({"whom": "person", "email": ""}, "Écrivez son adresse"),
        ({"whom": "person", "email": "mado@"}, "n’est pas complète"),
        ({"whom": "person", "email": "mado@example.org", "kind": "staff"}, "structures"),
        ({"title": ""}, "Dites en quelques mots"),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(client, operator, wrong, said):
    client.force_login(operator)
    answer = client.post(OFFER, typed(text="Avec leurs poids", **wrong))
    text = answer.content.decode()
    assert answer.status_code == 422 and said in text and "Avec leurs poids" in text
    assert not Listing.objects.exists() and not Person.objects.filter(email="mado@example.org").exists()


def test_several_structures_are_offered_to_choose(client, operator):
    client.force_login(operator)
    text = client.post(OFFER, typed(organization="association")).content.decode()
    found = re.findall(r'name="which" value="([^"]+)"', text)
    assert "Laquelle ?" in text and len(found) > 1 and HEARD in text
    client.post(OFFER, typed(organization="association", which=found[1]))
    assert Listing.objects.get().organization.public_id == found[1]


def test_sent_twice_it_is_one_listing(client, operator):
    client.force_login(operator)
    form = typed()
    for _ in range(2):
        assert client.post(OFFER, form).status_code == 302
    assert Listing.objects.count() == 1


def test_only_those_who_animate_note_for_others(client, operator, group):
    client.force_login(a_referent(group))
    for page in (OFFER, ASK):
        assert client.get(page).status_code == client.post(page, typed()).status_code == 403
    assert "Noter une offre entendue" not in client.get("/echanges/").content.decode()
    client.force_login(operator)
    assert OFFER in client.get("/echanges/").content.decode()
    assert client.get("/bureau/echanges/noter/autre/").status_code == 404


def test_from_whom_it_was_heard_goes_after_a_year_or_with_the_person(operator, group):
    made = note_listing(
        Listing.OFFER, values(), once=fresh_once(), heard_from=HEARD, by=operator, organization=group
    )
    theirs = note_listing(
        Listing.ASK,
        values("Un lit"),
        once=fresh_once(),
        heard_from="son fils",
        by=operator,
        email="mado@example.org",
    )
    erase_person(theirs.person)
    theirs.refresh_from_db()
    assert (theirs.heard_from, theirs.title) == ("", "Annonce reprise")
    assert forget_who_told(timezone.now()) == 0
    assert forget_who_told(timezone.now() + timedelta(days=366)) == 1
    made.refresh_from_db()
    assert (made.heard_from, made.noted, made.status) == ("", True, Listing.PUBLISHED)
    with pytest.raises(IntegrityError), transaction.atomic():
        Listing.objects.filter(pk=made.pk).update(noted=False, heard_from="quelqu’un")
    with pytest.raises(Refused, match="de qui vous le tenez"):
        note_listing(Listing.OFFER, values(), once=fresh_once(), heard_from=" ", by=operator)


def test_what_its_people_wrote_themselves_is_not_carried_by_the_desk(client, operator, group):
    referent = a_referent(group)
    made = an_offer(holder=Party(group))
    people.leave_organization(referent.organization_roles.get(), actor="test", alone=True)
    assert not holder_of(made).includes(operator) and holder_of(made).people() == []


def test_who_animates_is_not_told_of_what_they_typed(operator, group, django_capture_on_commit_callbacks):
    """Passed on by who typed it, or of a structure that nobody holds: answers reach them, letters that thank nobody do not."""
    an_operator()
    with django_capture_on_commit_callbacks(execute=True):
        note_listing(Listing.ASK, values("Un lit"), once=fresh_once(), heard_from=HEARD, by=operator)
        note_listing(
            Listing.OFFER, values(), once=fresh_once(), heard_from=HEARD, by=operator, organization=group
        )
    assert Listing.objects.filter(status=Listing.PUBLISHED).count() == 2 and mail.outbox == []


def test_what_was_remarked_is_said_to_be_public_as_it_is(client, operator):
    """Nobody reads it after who typed it: the form promises no reading."""
    client.force_login(operator)
    form = typed(text="Appelez le 06 12 34 56 78")
    text = client.post(OFFER, form).content.decode()
    assert "ce sera public tel quel" in text and "lira avant de publier" not in text
