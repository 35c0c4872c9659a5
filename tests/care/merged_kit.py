"""Two structures that are one, each with its own life in every room; and everything that the database holds."""

from django.apps import apps

from horizon.actors.models import College, Organization
from horizon.actors.services import collective, people
from horizon.care import claims
from horizon.care.models import Claim, DuplicateSuggestion
from horizon.care.services import receive_report
from horizon.directory.models import Statement
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import declare_organization, state
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Listing
from horizon.exchange.parties import Party
from horizon.exchange.services import dealing
from horizon.exchange.services import listing as listings
from horizon.listening.models import ANIMATION, Need
from horizon.listening.services import answering, reading, saying
from tests.exchange.kit import values
from tests.people import a_referent, an_operator, entry_named, somebody

LEFT_OUT = {
    "kernel", "sessions", "usersessions", "contenttypes", "auth", "account", "django_tasks_database", "care.LookedAt", "care.DuplicateSuggestion",
    "actors.Touched", "directory.SearchTerm", "directory.Publication",
}  # fmt: skip


def twins():
    """The workshop of the registers, and the same one declared by telephone under another name."""
    known = entry_named("Pédalier").organization
    other = declare_organization(
        {"name": "Atelier vélo Le Pédalier", "commune": "86139", "description": "On y répare son vélo", "phone": "05 36 49 12 34"},
        kind=Organization.DECLARED, origin=Statement.OPERATOR, actor="test",
    )  # fmt: skip
    refresh_directory()
    return known, other


def live(organization: Organization, number: int) -> dict:
    """People, membership, due, note, invitation, relay, statements, claim, report, listings, deal, answer to a need."""
    referent, operator = a_referent(organization), an_operator()
    college = College.objects.order_by("pk")[number]
    college.due_cents = 2000
    college.save()
    membership = collective.request_membership(organization, college, by=referent, actor="test")
    collective.decide_membership(membership, True, actor="test")
    collective.note_contact(organization, "Rappeler lundi", by=operator)
    people.invite(organization, f"invitee{number}@example.org", by=referent)
    helper = entry_named("VONNE").organization
    people.give_relay(helper, organization, "le bureau, en réunion", actor="test")
    field = ("website", "hours")[number]
    said = ("https://pedalier.example", "Mardi 14 h")[number]
    state(organization, {field: said}, origin=Statement.REFERENT, actor="test", author=referent, publish=True)
    claims.open_claim(organization, somebody(), Claim.EVIDENCE, "trésorière")
    receive_report(organization, subject="erreur", message="faux")
    listing = listings.write_listing(
        Listing.OFFER, Party(organization), values(f"Barnum {number}"), once=fresh_once(), actor="test"
    )
    listings.publish_listing(listing, actor="test", read=True)
    opener = entry_named("Pain").organization
    deal = dealing.propose_deal(
        listing, Party(opener), "Bonjour", once=fresh_once(), author=a_referent(opener)
    )
    voice = saying.say_need(f"Il manque un vélo cargo numéro {number} à Lusignan", once=saying.fresh_once())
    need = reading.publish_need(voice.need, actor="test")
    reading.address_need(need, actor="test", organization=organization)
    answering.answer_need(
        need,
        kind=Need.EXISTS,
        text="Elle le prête",
        organizations=[organization],
        author=operator,
        speaks_as=ANIMATION,
    )
    return {"referent": referent, "listing": listing, "deal": deal, "need": need, "membership": membership}


def everything() -> dict[str, dict[int, dict]]:
    """Each row of each table that people's acts fill, by table and primary key."""
    found = {}
    for model in apps.get_models():
        label = model._meta.label
        if model._meta.app_label in LEFT_OUT or label in LEFT_OUT:
            continue
        rows = {}
        for row in model._default_manager.all():
            kept = {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
            for field in model._meta.many_to_many:
                kept[field.name] = sorted(getattr(row, field.name).values_list("pk", flat=True))
            rows[row.pk] = kept
        found[label] = rows
    return found


def a_suggestion(first: Organization, second: Organization) -> DuplicateSuggestion:
    """The question about two organizations, as the job files it."""
    one, other = sorted((first, second), key=lambda organization: organization.pk)
    return DuplicateSuggestion.objects.create(first=one, second=other, score=0.8, reasons=["même commune"])
