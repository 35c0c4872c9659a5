"""Somebody acts for a group in every room as its relay: each event of the journal says through which structure."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from horizon.actors.access import through
from horizon.actors.models import College, OrganizationLink, RelayConsent
from horizon.actors.services import collective, links, people
from horizon.care import claims, duplicates
from horizon.care.models import Claim, DuplicateSuggestion
from horizon.directory.models import Closure, Entry, Statement
from horizon.directory.said import closing, confirming, photos
from horizon.directory.said.services import publish_statement, refuse_statement, state, undo_statement
from horizon.exchange.forms import fresh_once
from horizon.exchange.models import Listing, ListingPicture
from horizon.exchange.parties import Party
from horizon.exchange.services import dealing, picturing
from horizon.exchange.services import listing as listings
from horizon.kernel.journal import record_event
from horizon.kernel.models import Event
from horizon.listening.models import Answer, Need
from horizon.listening.services import answering, reading, saying
from horizon.relief.forms import fresh_once as fresh_call
from horizon.relief.models import Proposal
from horizon.relief.services import answering as places
from horizon.relief.services import calling, volunteering
from horizon.values.services import assessing, visiting
from tests.exchange.kit import an_offer, values
from tests.people import a_referent, again, an_operator, entry_named
from tests.privacy.everywhere_kit import picture
from tests.relief.kit import a_call, asked, place, said

pytestmark = pytest.mark.django_db


class Crowd:
    """A group, its relay, the person who acts for it, another structure and who holds it, and who animates."""

    def __init__(self):
        self.operator = an_operator()
        self.group, self.relay, self.other = (
            entry_named(words).organization for words in ("Pédalier", "PAIN", "VONNE")
        )
        self.by, self.across = a_referent(self.relay), a_referent(self.other)
        people.give_relay(self.relay, self.group, "En réunion", actor="test")
        self.by, self.across = again(self.by), again(self.across)


@pytest.fixture
def crowd(published):
    return Crowd()


def said_of(crowd, act):
    """What the journal keeps of an act: (what, verb) of each event of the relayer, each saying through which relay."""
    last = Event.objects.order_by("-pk").values_list("pk", flat=True).first()
    act(crowd)
    events = list(Event.objects.filter(pk__gt=last, actor=crowd.by.actor).order_by("pk"))
    silent = [str(one) for one in events if one.payload.get("through") != crowd.relay.public_id]
    assert not silent
    return {(one.record_type, one.verb) for one in events}


def in_the_collective(c):
    college = College.objects.filter(partner=False).order_by("pk")[0]
    member = collective.request_membership(c.group, college, by=c.by, actor=c.by.actor)
    collective.decide_membership(member, True, actor=c.operator.actor)
    collective.leave_collective(member, actor=c.by.actor, by=c.by)


def in_links(c):
    actor, kw = c.by.actor, {"author": c.by, "through": OrganizationLink.RELAY}
    mine = links.declare_link(c.group, "supplies", c.other, actor=actor, **kw)
    links.end_link(mine, actor=actor)
    links.reopen_link(mine, actor=actor)
    for accept in (True, False):
        theirs = links.declare_link(
            c.other, "hosts" if accept else "partner", c.group, actor=c.across.actor, author=c.across
        )
        links.answer_link(theirs, accept, actor=actor, reason="Non.")


def in_values(c):
    words = {"but": ("yes", "Réparer.", "")}
    assessing.keep_draft(c.group, words, by=c.by)
    assessing.drop_draft(c.group, by=c.by)
    assessing.publish(c.group, words, by=c.by)
    assessing.withdraw(c.group, actor=c.by.actor)
    assessing.restore(c.group, actor=c.by.actor)


def in_visits(c):
    college = College.objects.filter(partner=False).order_by("pk")[0]
    for one, by in ((c.other, c.across), (c.group, c.operator)):
        member = collective.request_membership(one, college, by=by, actor="test")
        collective.decide_membership(member, True, actor="test")
        assessing.publish(one, {"but": ("yes", "Réparer.", "")}, by=by)
    today = timezone.localdate()
    mine = visiting.propose_visit(c.other, c.group, today, "deux", by=c.by, from_visitor=True)
    visiting.cancel_visit(mine, by=c.by)
    visiting.reopen_visit(mine, by=c.by)
    visiting.answer_visit(mine, True, by=c.across)
    visiting.write_report(mine, {"but": ("seen", "Vu.")}, by=c.by)
    visiting.confirm_visit(mine, visiting.VISITOR, by=c.by)
    theirs = visiting.propose_visit(c.group, c.other, today, "deux", by=c.across, from_visitor=True)
    visiting.answer_visit(theirs, False, by=c.by, reason="Pas ce mois-ci.")
    visiting.reopen_visit(theirs, by=c.by)
    visiting.answer_visit(theirs, True, by=c.by)
    visiting.write_report(theirs, {"but": ("seen", "Vu.")}, by=c.across)
    visiting.reply_to(theirs, "Merci.", by=c.by)
    visiting.confirm_visit(theirs, visiting.VISITOR, by=c.across)
    visiting.confirm_visit(theirs, visiting.VISITED, by=c.by)


def on_the_page(c):
    actor = c.by.actor
    state(
        c.group, {"phone": "05 49 00 00 01"}, origin=Statement.RELAY, actor=actor, author=c.by, publish=True
    )
    undo_statement(Statement.objects.get(field="phone"), actor=actor)
    first, second = (
        state(c.group, {"email": f"{one}@example.org"}, origin=Statement.VISITOR, actor="visitor")[0]
        for one in ("a", "b")
    )
    publish_statement(first, actor=actor)
    undo_statement(first, actor=actor)
    refuse_statement(second, "Ce n’est pas elle.", actor=actor)
    kept = photos.add_photo(
        c.group, picture(), kind="photo", alt="Vélo", author="Elle", licence="cc-by", by=c.by
    )
    photos.remove_photo(kept, actor=actor)
    photos.restore_photo(kept, actor=actor)


def in_freshness(c):
    made = confirming.confirm_entry(c.group, by=c.by, origin=Statement.RELAY)
    confirming.undo_confirmation(made, actor=c.by.actor)
    Entry.objects.filter(organization=c.group).update(active=False)
    today = timezone.localdate()
    asked_of = Closure.objects.create(organization=c.group, vintage=today, due_on=today)
    for answer in (Closure.YES, Closure.MISTAKE):
        closing.answer_closure(asked_of, answer, origin=Statement.RELAY, actor=c.by.actor, author=c.by)
        closing.reopen_closure(asked_of, actor=c.by.actor)


def in_needs(c):
    made = saying.say_need("Il manque un banc", once=saying.fresh_once(), commune=place())
    need = reading.publish_need(made.need, actor="test")
    reading.address_need(need, actor="test", organization=c.group)
    found = answering.answer_need(
        need, kind=Need.STUDIED, text="On regarde.", author=c.by, speaks_as="member", speaks_for=c.group
    )
    answering.take_back_answer(found, actor=c.by.actor)


def in_listings(c):
    actor, party = c.by.actor, Party(c.group)
    kept = listings.write_listing(Listing.OFFER, party, values("Un four"), once=fresh_once(), actor=actor)
    one, two = (
        picturing.add_picture(kept, picture(), alt=alt, author="Elle", licence="cc-by", by=c.by)
        for alt in "ab"
    )
    picturing.move_picture(two, actor=actor)
    picturing.remove_picture(one, actor=actor)
    picturing.restore_picture(ListingPicture.objects.get(pk=one.pk), actor=actor)
    listings.edit_listing(kept, values("Un four à pain"), actor=actor)
    listings.publish_listing(kept, actor=actor)
    listings.close_listing(kept, actor=actor)
    listings.renew_listing(kept, actor=actor)
    secret = listings.write_listing(
        Listing.OFFER, party, values("Appelez le 05 49 00 00 02"), once=fresh_once(), actor=actor
    )
    listings.publish_listing(secret, actor=actor)
    listings.close_listing(secret, actor=actor)


def in_deals(c):
    theirs = an_offer(holder=Party(c.other), title="Deux barnums", kind="space")
    deal = dealing.propose_deal(theirs, Party(c.group), "Bonjour", once=fresh_once(), author=c.by)
    dealing.write_message(deal, "Encore", once=fresh_once(), author=c.by, from_holder=False)
    dealing.accept_deal(deal, author=c.across)
    dealing.agree(deal, {}, author=c.by, from_holder=False)
    dealing.agree(deal, {}, author=c.across, from_holder=True)
    dealing.reopen_deal(deal, "Pas venu.", author=c.by)
    dealing.decline_deal(deal, "Non.", author=c.by)
    mine = an_offer(holder=Party(c.group), title="Un four", kind="equipment")
    deal = dealing.propose_deal(mine, Party(c.other), "Bonjour", once=fresh_once(), author=c.across)
    dealing.accept_deal(deal, author=c.by)
    terms = {"from_on": timezone.localdate(), "until_on": timezone.localdate() + timedelta(days=3)}
    dealing.agree(deal, terms, author=c.across, from_holder=False)
    dealing.agree(deal, terms, author=c.by, from_holder=True)
    dealing.note_return(deal, author=c.by)
    ask = an_offer(holder=Party(c.group), side=Listing.ASK, title="Un barnum", kind="equipment")
    deal = dealing.propose_deal(ask, Party(c.other), "", once=fresh_once(), author=c.across)
    dealing.decline_deal(deal, "Non.", author=c.by)
    deal = dealing.propose_deal(
        an_offer(holder=Party(c.other), side=Listing.ASK, title="Une sono", kind="equipment"),
        Party(c.group), "", once=fresh_once(), author=c.by,
    )  # fmt: skip
    dealing.accept_deal(deal, author=c.across)
    dealing.agree(deal, {}, author=c.across, from_holder=True)
    dealing.agree(deal, {}, author=c.by, from_holder=False)


def in_urgent_calls(c):
    actor = c.by.actor
    mine = volunteering.be_available(said(), actor=actor, organization=c.group)
    volunteering.be_available(said(people=2), actor=actor, organization=c.group)
    volunteering.pause(mine, True, actor=actor)
    volunteering.pause(mine, False, actor=actor)
    call = a_call(organization=c.other)
    proposal = places.join_call(call, mine, actor=actor)
    places.give_place_back(proposal, actor=actor)
    places.say_no(Proposal.objects.get(pk=proposal.pk), actor=actor)
    volunteering.forget_volunteer(mine, actor=actor)
    for end in (calling.close_call, calling.cancel_call):
        call = calling.ask_help(
            asked(), once=fresh_call(), actor=actor, asker=c.group.name, organization=c.group, author=c.by
        )
        calling.publish_call(call, actor=actor)
        calling.want_more(call, 3, actor=actor)
        end(call, actor=actor)


def at_the_desk(c):
    first, second = sorted((c.group, c.other), key=lambda one: one.pk)
    pair = DuplicateSuggestion.objects.create(first=first, second=second, score=0.9, reasons=["même nom"])
    duplicates.answer_for(pair, c.by, False)
    a_referent(c.group)
    claim = claims.open_claim(c.group, c.across, Claim.EVIDENCE, "Je suis trésorière.")
    claims.answer_dispute(claim, c.by, "Nous ne la connaissons pas.")


def events(what: str, verbs: str) -> set[tuple[str, str]]:
    return {(what, verb) for verb in verbs.split()}


EXPECTED = {
    in_the_collective: events("membership", "request leave"),
    in_links: events("link", "declare end reopen confirm refuse"),
    in_values: events("values", "draft drop_draft publish withdraw restore"),
    in_visits: events("visit", "propose cancel reopen write confirm decline accept reply conclude"),
    on_the_page: events("statement", "publish undo refuse")
    | events("organization", "state add_photo remove_photo restore_photo"),
    in_freshness: events("statement", "publish undo")
    | events("organization", "confirm undo_confirm answer_closure close reopen_closure state"),
    in_needs: events("need", "answer due") | events("answer", "take_back"),
    in_listings: events("listing", "write edit submit unsubmit publish close renew")
    | events("listing", "add_picture move_picture remove_picture restore_picture"),
    in_deals: events("deal", "propose write accept agree conclude reopen cancel decline return")
    | events("listing", "close"),
    in_urgent_calls: events("volunteer", "offer change pause resume forget")
    | events("urgent_call", "go cancel decline ask publish widen want close"),
    at_the_desk: events("duplicate", "answer") | events("claim", "answer"),
}


def test_every_event_of_a_relay_says_which_one_in_every_room(crowd):
    """Each room from the same state: what one act wrote is rolled back before the next."""
    for act, expected in EXPECTED.items():
        with transaction.atomic():
            assert said_of(crowd, act) == expected, act.__name__
            transaction.set_rollback(True)


def test_who_speaks_for_itself_or_animates_is_no_relay(crowd, django_assert_num_queries):
    """Somebody of the group, who animates, a machine, a visitor: none speaks through a relay; one query where there is none."""
    group, relay = crowd.group, {"through": crowd.relay.public_id}
    assert through(crowd.by, group) == through(crowd.by.actor, group) == relay
    assert through(crowd.by.actor, crowd.other, None, group) == relay
    for speaker in (crowd.operator, crowd.operator.actor, crowd.across.actor, "worker", "visitor", None):
        assert through(speaker, group) == {}
    with django_assert_num_queries(1):
        assert through(crowd.by.actor, crowd.other) == {}
    with django_assert_num_queries(0):
        assert through(crowd.by.actor, None) == through("worker", group) == {}
    people.join_as_referent(crowd.by, group, obtained_by="operator", actor="test")
    assert through(crowd.by.actor, group) == {}


def test_who_answers_for_both_sides_of_a_link_answers_for_the_one_they_hold(crowd):
    made = links.declare_link(
        crowd.group,
        "supplies",
        crowd.relay,
        actor=crowd.by.actor,
        author=crowd.by,
        through=OrganizationLink.RELAY,
    )
    links.end_link(made, actor=crowd.by.actor)
    assert Event.objects.get(verb="declare").payload["through"] == crowd.relay.public_id
    assert "through" not in Event.objects.get(verb="end").payload


def test_the_public_history_and_the_link_name_the_relay(client, crowd, django_assert_max_num_queries):
    page = f"/structures/{crowd.group.public_id}/"
    made = state(
        crowd.group, {"phone": "05 49 00 00 01"}, origin=Statement.RELAY, actor=crowd.by.actor, author=crowd.by,
        publish=True,
    )[0]  # fmt: skip
    record_event("publish", "statement", made.pk, actor=crowd.operator.actor)  # undone, and published again
    link = links.declare_link(
        crowd.group,
        "supplies",
        crowd.other,
        actor=crowd.by.actor,
        author=crowd.by,
        through=OrganizationLink.RELAY,
    )
    people.end_relay(RelayConsent.objects.get(), actor="test")
    with django_assert_max_num_queries(14):
        history = client.get(f"{page}historique/").content.decode()
    assert f"sa structure relais ({crowd.relay.name})" in history
    told = client.get(f"/liens/{link.public_id}/").content.decode()
    assert f"(par sa structure relais, {crowd.relay.name})" in told


def test_an_answer_given_for_a_group_says_so_from_the_page(client, crowd):
    """The person chooses for whom they answer; for themselves, no relay is said."""
    made = saying.say_need("Il manque un banc", once=saying.fresh_once(), commune=place())
    need = reading.publish_need(made.need, actor="test")
    client.force_login(crowd.by)
    page = f"/besoins/{need.public_id}/repondre/"
    for label, relay in (
        (f"{crowd.group.name}, par {crowd.relay.name}", True),
        ("Une personne du territoire", False),
    ):
        form = client.get(page).context["form"]
        choice = next(key for key, shown in form.fields["speaks_as"].choices if shown == label)
        client.post(
            page, {"kind": Answer.LEAD, "text": "Voyez la mairie.", "speaks_as": choice, "structures": ""}
        )
        assert ("through" in Event.objects.filter(verb="answer").latest("pk").payload) is relay
