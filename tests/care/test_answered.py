"""What every room answered these thirty days is on one page, each with its undo, days after and in another session."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from horizon.actors.models import College, ContactNote, LeftName, Membership, Organization, SeenAgent
from horizon.actors.services import collective
from horizon.care import claims, contents, services
from horizon.care.models import Claim, ContentReport, DuplicateSuggestion
from horizon.directory.models import Closure, Entry, SiteCheck, Statement
from horizon.directory.said.services import state
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Listing
from horizon.exchange.parties import Party
from horizon.exchange.services import listing as listings
from horizon.kernel.answered import AT_MOST, LATELY
from horizon.kernel.registry import answered_for, waiting_for
from horizon.listening.models import Answer, Need, Voice
from horizon.listening.services import answering, reading, saying
from tests.exchange.kit import an_offer, values
from tests.people import a_referent, again, an_operator, enter, somebody
from tests.relief.kit import a_call, place

pytestmark = pytest.mark.django_db
PAGE = "/bureau/repondu/"


@pytest.fixture
def operator(published):
    return an_operator()


def structures(number):
    """Two published structures, others for each number: the small territory has few."""
    rows = list(Organization.objects.filter(entry__isnull=False).order_by("pk"))
    return [rows[number % len(rows)], rows[(number + 1) % len(rows)]]


def a_need(text="Il manque un banc"):
    return saying.say_need(text, once=saying.fresh_once(), commune=place()).need


def a_public_need():
    return reading.publish_need(a_need(f"Il manque un four {saying.fresh_once()}"), actor="test")


def a_voice():
    said = saying.say_too(
        a_public_need(), once=saying.fresh_once(), words="Oui, ici aussi", author=somebody()
    )
    return said.public_id


def a_lead():
    need = a_public_need()
    made = answering.answer_need(
        need, kind=Answer.LEAD, text="Voyez la mairie", author=somebody(), speaks_as="citizen"
    )
    return made.public_id


def a_listing():
    made = listings.write_listing(
        Listing.OFFER, Party(person=somebody()), values("Un barnum"), once=fresh_once(), actor="test"
    )
    return listings.publish_listing(made, actor="test").public_id


def a_content(subject=None):
    need = subject or a_public_need()
    return contents.report_content("need", need.public_id, ground="insult", message="Non").public_id


def an_orphan(number):
    one = structures(number)[0]
    Organization.objects.filter(pk=one.pk).update(orphan_since=timezone.now())
    return one.public_id


def a_site(number):
    one, now = structures(number)[0], timezone.now()
    Entry.objects.filter(organization=one).update(website="https://vonne.invalid")
    return SiteCheck.objects.create(
        organization=one, address="https://vonne.invalid", outcome=SiteCheck.SILENT, checked_at=now,
        failing_since=now - timedelta(days=15), told_at=now - timedelta(days=8),
    ).pk  # fmt: skip


def a_closure(number):
    today = timezone.localdate()
    Entry.objects.filter(organization=structures(number)[0]).update(active=False)
    return Closure.objects.create(
        organization=structures(number)[0], vintage=today, due_on=today + timedelta(days=30)
    ).pk


def a_request(number):
    college = College.objects.order_by("pk")[0]
    return collective.request_membership(structures(number)[0], college, by=somebody(), actor="test").pk


def a_pair(number):
    first, second = sorted(structures(number), key=lambda one: one.pk)
    return DuplicateSuggestion.objects.create(first=first, second=second, score=0.9, reasons=["même nom"]).pk


def a_note(number):
    return ContactNote.objects.create(
        organization=structures(number)[0], kind="call", text="À rappeler", next_on=timezone.localdate()
    ).pk


def a_claim(number):
    return claims.open_claim(structures(number)[0], somebody(), Claim.EVIDENCE, "Trésorière").public_id


MADE = {
    "need": lambda n: a_need().public_id,
    "voice": lambda n: a_voice(),
    "lead": lambda n: a_lead(),
    "listing": lambda n: a_listing(),
    "content": lambda n: a_content(),
    "orphan": an_orphan,
    "site": a_site,
    "agent": lambda n: SeenAgent.objects.create(person=somebody(), siret="20006985400019").pk,
    "left-name": lambda n: LeftName.objects.create(word=f"vonne{n}", texts=21).public_id,
    "membership": a_request,
    "note": a_note,
    "closure": a_closure,
    "duplicate": a_pair,
    "urgent": lambda n: a_call(publish=False).public_id,
    "suggestion": lambda n: (
        state(structures(n)[0], {"hours": "Mardi"}, origin=Statement.VISITOR, actor="visitor")[0].pk
    ),
    "missing": lambda n: services.suggest_missing({"name": "Le Bol", "commune": "86139"}, email="").public_id,
    "claim": a_claim,
    "report": lambda n: (
        services.receive_report(structures(n)[0], subject="autre", message="Faux", email="").public_id
    ),
}
ONLY = {"orphan": "refuse", "left-name": "refuse", "membership": "accept", "note": "accept", "site": "accept"}


def shown(client, page=PAGE):
    """The handles that the page undoes."""
    return re.findall(r'value="undo\|([^"]+)"', client.get(page).content.decode())


def waits(operator):
    return {f"{item.room}/{item.key}" for item in waiting_for(again(operator))}


@pytest.mark.parametrize("verb", ["accept", "refuse"])
def test_every_room_shows_what_it_answered_and_undoes_it(client, operator, verb):
    """Answered on the desk; the day after, in another session, each is there and waits again once undone."""
    rooms = {room: make for room, make in MADE.items() if ONLY.get(room, verb) == verb}
    if verb == "accept":
        rooms.pop("missing"), rooms.pop("duplicate")  # each makes or folds a structure: tested beside
    handles = [f"{room}/{make(number)}" for number, (room, make) in enumerate(rooms.items())]
    enter(client, operator)
    assert set(handles) <= waits(operator)
    for handle in handles:
        client.post("/bureau/", {"item": handle, "verb": verb})
    assert not set(handles) & waits(operator)
    client.logout()
    enter(client, operator)
    assert sorted(shown(client)) == sorted(handles)
    for handle in handles:
        answer = client.post("/bureau/", {"one": f"undo|{handle}", "from": "answered", "query": "page=1"})
        assert answer.url == f"{PAGE}?page=1"
    assert shown(client) == [] and set(handles) <= waits(operator)
    assert "Rien n’a eu de réponse" in client.get(PAGE).content.decode()


def test_what_is_answered_is_shown_for_thirty_days_to_those_who_animate(client, operator):
    client.force_login(operator)
    handle = f"voice/{a_voice()}"
    client.post("/bureau/", {"item": handle, "verb": "accept"})
    orphan = an_orphan(3)
    client.post("/bureau/", {"item": f"orphan/{orphan}", "verb": "refuse"})
    assert shown(client) == [f"orphan/{orphan}", handle]
    assert answered_for(operator, timezone.now() + timedelta(seconds=1)) == []
    assert answered_for(somebody(), timezone.now() - LATELY) == []


def test_those_who_hold_a_page_come_back_on_its_closure_alone(client, operator):
    person = a_referent(structures(2)[0])
    mine, other = a_closure(2), a_closure(4)
    client.force_login(operator)
    client.post("/bureau/", {"item": [f"closure/{mine}", f"closure/{other}"], "verb": "accept"})
    client.force_login(person)
    assert shown(client) == [f"closure/{mine}"]
    client.post("/bureau/", {"one": f"undo|closure/{other}", "from": "answered"})
    client.post("/bureau/", {"one": f"undo|closure/{mine}", "from": "answered"})
    assert set(Closure.objects.filter(status=Closure.WAITING).values_list("pk", flat=True)) == {mine}


def test_what_a_report_took_away_is_undone_by_its_report_alone(client, operator):
    """Undone as a mere reading, it would come back while its report still says that it is away."""
    client.force_login(operator)
    need = a_need()
    client.post("/bureau/", {"item": f"need/{need.public_id}", "verb": "accept"})
    assert shown(client) == [f"need/{need.public_id}"]
    first, second = a_content(need), a_content(need)
    client.post("/bureau/", {"item": f"content/{first}", "verb": "accept"})
    assert Need.objects.get().status == Need.REFUSED
    found = shown(client)
    assert len(found) == 1 and found[0] in {f"content/{first}", f"content/{second}"}, "one line for both"
    client.post("/bureau/", {"one": f"undo|{found[0]}", "from": "answered"})
    assert Need.objects.get().status == Need.PUBLISHED
    assert set(ContentReport.objects.values_list("status", "away")) == {(ContentReport.OPEN, False)}


def test_what_holders_publish_themselves_is_no_answer_of_the_desk(client, operator):
    client.force_login(operator)
    an_offer(title="Un four")
    person = a_referent(structures(1)[0])
    mine = listings.write_listing(
        Listing.OFFER, Party(structures(1)[0]), values("Un barnum"), once=fresh_once(), actor=person.actor
    )
    listings.publish_listing(mine, actor=person.actor)
    assert shown(client) == []


def test_a_listing_taken_back_or_a_voice_erased_is_no_longer_there_to_undo(client, operator):
    client.force_login(operator)
    handles = [f"listing/{a_listing()}", f"voice/{a_voice()}"]
    client.post("/bureau/", {"item": handles, "verb": "accept"})
    assert sorted(shown(client)) == handles
    listings.close_listing(Listing.objects.get(), actor="test")
    saying.erase_voice(Voice.objects.get(first=False), actor="test")
    assert shown(client) == []


def test_queries_do_not_grow_with_what_was_answered(client, operator):
    enter(client, operator)
    counted = []
    for turn in range(3):
        handles = [
            f"{room}/{MADE[room](turn)}"
            for room in ("need", "voice", "lead", "listing", "content", "orphan", "site", "closure", "agent", "suggestion", "report")
        ]  # fmt: skip
        for handle in handles:
            client.post("/bureau/", {"item": handle, "verb": ONLY.get(handle.split("/")[0], "refuse")})
        person = again(operator)
        assert person.roles
        with CaptureQueriesContext(
            connection,
        ) as queries:
            found = answered_for(person, timezone.now() - LATELY)
        counted.append(len(queries))
        assert len(found) == 11 * (turn + 1)
    assert counted[0] == counted[1] == counted[2] <= 32


def test_many_answers_are_on_several_pages_and_undoing_stays_there(client, operator):
    client.force_login(operator)
    now = timezone.now()
    Organization.objects.bulk_create(
        Organization(public_id=f"seule{n:04}", name=f"Seule {n:04}", orphan_since=now, orphan_left_at=now)
        for n in range(AT_MOST + 5)
    )
    assert len(shown(client)) == 40
    last = shown(client, f"{PAGE}?page=5")
    assert len(last) == 40 and "Page 5 sur 5" in client.get(f"{PAGE}?page=5").content.decode()
    answer = client.post(
        "/bureau/", {"one": f"undo|{last[0]}", "from": "answered", "query": "page=5"}, follow=True
    )
    assert "Page 5 sur 5" in answer.content.decode()


def test_accepted_members_and_doubles_are_undone_too(client, operator):
    client.force_login(operator)
    handles = [f"duplicate/{a_pair(0)}", f"missing/{MADE['missing'](0)}"]
    for handle in handles:
        client.post("/bureau/", {"item": handle, "verb": "accept"})
    assert sorted(shown(client)) == handles
    for handle in handles:
        client.post("/bureau/", {"one": f"undo|{handle}", "from": "answered"})
    assert not Organization.objects.exclude(canonical=None).exists() and set(handles) <= waits(operator)
    assert not Membership.objects.exists()
