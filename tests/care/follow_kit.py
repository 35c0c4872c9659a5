"""Every column that points to an organization or to its entry: what a room reads through it, or why it stays on its row.

A reading is asked of one of two organizations and of somebody who acts for it. Once the two are merged, either of them gives what
the two gave before (`BOTH`), or both give the same (`SAME`); once parted, each gives what it gave. A column that is in no table
fails the test: whoever adds one says here how it follows.
"""

from datetime import timedelta
from io import BytesIO

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from horizon.actors import queries
from horizon.actors.access import acts_for
from horizon.actors.models import College, Mandate, Organization
from horizon.actors.services import collective, links, people
from horizon.actors.services.contacts import keep_contact
from horizon.actors.services.poles import give_mandate
from horizon.care.freshness.models import Reminder
from horizon.care.freshness.reminders import _last_letters
from horizon.care.models import Claim
from horizon.directory.models import Entry
from horizon.directory.queries import live_entry
from horizon.directory.said.confirming import confirm_entry
from horizon.directory.said.overlay import ADDED, said_of
from horizon.directory.said.photos import add_photo
from horizon.exchange.parties import parties_of
from horizon.exchange.queries import of_person, open_listings_of
from horizon.kernel import news
from horizon.kernel.pictures import LICENCES
from horizon.listening.access import awaits
from horizon.listening.models import Need
from horizon.relief import access as relief
from horizon.relief.letters import people_of
from horizon.relief.models import UrgentCall, Volunteer
from horizon.relief.queries import holders_of, volunteers_of
from horizon.values.queries import current, draft_of, my_visits, versions, visits_of
from horizon.values.services.assessing import keep_draft, publish
from horizon.values.services.visiting import answer_visit, confirm_visit, propose_visit, write_report
from tests.care.merged_kit import live
from tests.people import a_referent, again, an_operator, entry_named
from tests.relief.kit import a_call, a_volunteer

BOTH, SAME = "both", "same"


def context(person, path):
    """What a page hands to its template, for somebody."""
    client = Client()
    client.force_login(person)
    answer = client.get(path, follow=True)
    assert answer.status_code == 200, path
    return answer.context


def page(organization, person):
    return context(person, f"/structures/{organization.public_id}/")


def fresh(organization):
    """The same organization, read again: whether it is merged is kept on the object."""
    return Organization.objects.select_related("canonical").get(pk=organization.pk)


def told(organization, person):
    """The news that reach whoever follows this structure; that it is new is none once it is a double of another."""
    now = timezone.now() + timedelta(minutes=1)
    found = news.news_between(now - timedelta(days=2), now)
    return {
        item.key
        for item in found
        if (news.ENTRY, organization.public_id) in item.facets and item.kind != "structure"
    }


def relayed(organization, person):
    """The groups for which the people of this relay act."""
    found = Organization.objects.filter(relays__until=None).distinct()
    return {group.pk for group in found if group.root_id != organization.root_id and acts_for(person, group)}


def asked_about_links(organization, person):
    return {link.pk for link in queries.asked_of(person)}


def calling_as(organization, person):
    """The structures in whose name somebody calls for help."""
    found = [one for one in relief.askers_and_companies(person)[0] if one.organization]
    return {one.code for one in found if one.code == one.organization.public_id}


def told_of_needs(organization, person):
    """The needs whose page names this structure, as one of those that answer."""
    found = set()
    for need in Need.objects.all():
        for answer in context(person, f"/besoins/{need.public_id}/")["answers"]:
            if organization.root_id in {one.root_id for one in answer.organizations.all()}:
                found.add(need.pk)
    return found


def written_to(organization, person):
    rows = Volunteer.objects.filter(organization__isnull=False).select_related(
        "person", "organization__canonical"
    )
    return {row.pk for row in rows if person in people_of(row)}


READINGS = {
    "actors.OrganizationRole.organization": (BOTH, lambda o, p: {role.person_id for role in queries.roles_on(o)}),
    "actors.Invitation.organization": (
        BOTH, lambda o, p: {row.pk for row in context(p, f"/structures/{o.public_id}/equipe/")["invited"]},
    ),
    "actors.RelayConsent.group": (
        BOTH, lambda o, p: {row.pk for row in context(p, f"/structures/{o.public_id}/equipe/")["relays"]},
    ),
    "actors.RelayConsent.relay": (BOTH, relayed),
    "actors.Membership.organization": (SAME, lambda o, p: {queries.living_membership(o).status}),
    "actors.ContactNote.organization": (
        BOTH, lambda o, p: {row.pk for row in context(an_operator(), f"/bureau/structures/{o.public_id}/")["notes"]},
    ),
    "actors.Contact.organization": (
        BOTH, lambda o, p: {row.pk for row in context(an_operator(), f"/bureau/structures/{o.public_id}/")["contacts"]},
    ),
    "actors.OrganizationLink.origin": (BOTH, lambda o, p: {link.pk for link in queries.links_of(o.whole)}),
    "actors.OrganizationLink.target": (BOTH, asked_about_links),
    "actors.Mandate.organization": (
        SAME, lambda o, p: {one.organization.root_id for one in relief.askers_and_companies(p)[0] if one.code.startswith("m") and one.organization},
    ),
    "directory.Entry.organization": (SAME, lambda o, p: {live_entry(o).pk}),
    "directory.Statement.organization": (
        BOTH, lambda o, p: {s.pk for s in said_of([o.root_id])[o.root_id].statements.values() if s.field in ADDED},
    ),
    "directory.Confirmation.organization": (SAME, lambda o, p: {said_of([o.root_id])[o.root_id].confirmation.pk}),
    "directory.Photo.organization": (BOTH, lambda o, p: {row.pk for row in page(o, p)["photos"] if row.kind == "photo"}),
    "listening.Need.addressee_organization": (BOTH, lambda o, p: set(Need.objects.filter(awaits(p)).values_list("pk", flat=True))),
    "listening.Answer.organizations": (BOTH, told_of_needs),
    "exchange.Listing.organization": (BOTH, lambda o, p: {row.pk for row in open_listings_of(o)}),
    "exchange.Deal.organization": (BOTH, lambda o, p: set(of_person(p)[1].values_list("pk", flat=True))),
    "relief.Volunteer.organization": (BOTH, lambda o, p: {row.pk for row in volunteers_of(p)}),
    "relief.UrgentCall.organization": (
        BOTH, lambda o, p: {call.pk for call in UrgentCall.objects.select_related("organization__canonical") if relief.may_follow(p, call)},
    ),
    "values.Assessment.organization": (BOTH, lambda o, p: {row.pk for row in versions(o)}),
    "values.Visit.organization": (BOTH, lambda o, p: {row.pk for row in visits_of(o)}),
    "values.Visit.visitor": (BOTH, lambda o, p: {row.pk for row in my_visits(p)}),
    "care.Claim.organization": (
        BOTH, lambda o, p: {claim.pk for claim in Claim.objects.all() if Client_of(p).get(f"/revendications/{claim.public_id}/").status_code == 200},
    ),
    "care.Reminder.organization": (SAME, lambda o, p: {_last_letters([o.root_id])[o.root_id].first_on}),
}  # fmt: skip
BESIDE = {  # read through no column of its own
    "people: as whom one offers": (SAME, lambda o, p: {party.organization.pk for *_, party in parties_of(p) if party.organization}),
    "people: as whom one is available": (SAME, lambda o, p: {one.root_id for *_, one in holders_of(p) if one}),
    "people: as whom one calls for help": (SAME, calling_as),
    "people: who is written to when somebody is available": (BOTH, written_to),
    "people: those asked about a link": (BOTH, lambda o, p: {one.pk for one in links.referents_of(o)}),
    "links: those that nobody may answer": (
        SAME, lambda o, p: {link.pk for link in queries.unanswerable_links() if o.root_id in {link.first.root_id, link.second.root_id}},
    ),
    "values: the version that is shown": (SAME, lambda o, p: {current(o).pk}),
    "values: the draft": (SAME, lambda o, p: {draft_of(o).pk}),
    "photos: one logo": (SAME, lambda o, p: {len([row for row in page(o, p)["photos"] if row.kind == "logo"])}),
    "news: who follows it": (BOTH, told),
    "open data: one record": (SAME, lambda o, p: {Client_of(p).get(f"/api/v1/structures/{o.public_id}").json()["identifiant"]}),
}  # fmt: skip
STAYS = {
    "actors.Organization.canonical": "the merge itself",
    "listening.Sequel.organization": "who gave, told by the name of the whole",
    "actors.Touched.organization": "a queue: the lists follow, then it is empty",
    "directory.Identifier.organization": "the crosswalk of the registers: a number stays on its row, so that parting gives it back",
    "directory.SourceRecord.organization": "what one register says of one number: shown beside the page, on what it was merged with",
    "directory.EntryReason.entry": "evidence of one entry, which is folded with it",
    "directory.EntryTheme.entry": "themes of one entry, which is folded with it",
    "directory.Closure.organization": "a register closes one number: no question about the other (waiting_closures)",
    "directory.SiteCheck.organization": "whether the address of one entry answers",
    "care.Report.organization": "the desk reads each as it was written; its address leads to the page that stays",
    "care.Missing.organization": "what became of a suggestion; its address leads to the page that stays",
    "care.DuplicateSuggestion.first": "the question about the merge",
    "care.DuplicateSuggestion.second": "the question about the merge",
    "care.DuplicateSuggestion.folded": "the answer to it",
    "care.LookedAt.organization": "what the job has compared: merged ones are read once, under the one that stays",
    "care.ImportLine.organization": "what a table said; applying it writes on the one that stays",
}


def Client_of(person):
    client = Client()
    client.force_login(person)
    return client


def columns():
    """Every column of the product that points to an organization or an entry."""
    found = set()
    for model in apps.get_models():
        for field in [*model._meta.concrete_fields, *model._meta.many_to_many]:
            if field.related_model in (Organization, Entry):
                found.add(f"{model._meta.label}.{field.name}")
    return found


def picture(colour):
    body = BytesIO()
    Image.new("RGB", (60, 40), colour).save(body, "PNG")
    return SimpleUploadedFile("a.png", body.getvalue(), content_type="image/png")


def live_everywhere(organization, number):
    """`live`, then in the rooms that it leaves: links, values, visits, urgent help, pictures, freshness, being a relay."""
    world = live(organization, number)
    person = world["referent"]
    others = [entry_named(words).organization for words in ("Tricoteuses", "Avenir")]
    links.declare_link(others[number], ("supplies", "supplies")[number], organization, actor="test")
    links.declare_link(organization, "supplies", others[1 - number], actor="test")
    people.give_relay(organization, others[number], "le bureau", actor="test")
    give_mandate(person, Mandate.AGENT, actor="test", organization=organization)
    keep_contact(organization, None, {"name": f"Ami {'ab'[number]}", "phone": "0549000000"}, by=an_operator())
    confirm_entry(organization, by=person, origin="referent")
    for kind in ("photo", "logo"):
        add_photo(organization, picture(("teal", "olive")[number]), kind=kind, alt=f"{kind} {number}", author="Nous",
                  licence=next(iter(LICENCES)), by=person)  # fmt: skip
    said = {"but": ("yes", f"Réparer {number}", "")}
    publish(organization, said, by=person)
    keep_draft(organization, {"but": ("going", f"brouillon {number}", "")}, by=person)
    guest, host = a_guest()
    seen = propose_visit(organization, guest, timezone.localdate(), "Deux", by=host, from_visitor=True)
    write_report(answer_visit(seen, True, by=person), {"but": ("seen", "Ça tourne.")}, by=host)
    confirm_visit(seen, "visitor", by=host)
    confirm_visit(seen, "visited", by=person)
    propose_visit(guest, organization, timezone.localdate(), "Deux", by=person, from_visitor=True)
    a_volunteer(organization=organization)
    call = a_call(organization=organization, asker=organization.name)
    Reminder.objects.create(organization=organization, year=2025, first_on="2025-11-03")
    return {**world, "referent": again(person), "call": call}


def a_guest():
    """A member of the collective that said something of its values, and somebody of it."""
    guest = entry_named("Pain").organization
    host = a_referent(guest)
    if queries.living_membership(guest) is None:
        asked = collective.request_membership(
            guest, College.objects.filter(partner=False).first(), by=host, actor="test"
        )
        collective.decide_membership(asked, True, actor="test")
        publish(guest, {"but": ("yes", "Le pain.", "")}, by=host)
    return guest, again(host)


def read_all(pairs):
    """Every reading of each organization, for somebody who acts for it."""
    return {
        name: [read(fresh(organization), again(person)) for organization, person in pairs]
        for name, (_, read) in {**READINGS, **BESIDE}.items()
    }
