"""Urgent help: waves, places without overbooking, the waiting list, standing down, the end, and what is forgotten."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from horizon.actors.models import Organization
from horizon.actors.services.merging import merge_organizations
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from horizon.relief.matching import to_ask
from horizon.relief.models import Proposal, UrgentCall, Volunteer
from horizon.relief.services import answering, calling, upkeep, volunteering
from horizon.relief.waiting import kept_of, let_go
from tests.exchange.kit import organization
from tests.people import a_referent, an_operator, somebody
from tests.relief.kit import a_call, a_volunteer, asked, place, said, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(territory):
    """Two communes, two structures."""


def sent(django_capture, act, *arguments, **more):
    mail.outbox.clear()
    with django_capture(execute=True):
        done = act(*arguments, **more)
    return done, [(message.to[0], message.subject) for message in mail.outbox]


def of(call, volunteer):
    return Proposal.objects.get(call=call, volunteer=volunteer)


def test_a_first_wave_is_asked_at_once_by_mail_without_the_address(django_capture_on_commit_callbacks):
    volunteers = [a_volunteer() for _ in range(6)]
    call, letters = sent(django_capture_on_commit_callbacks, a_call)
    assert statuses(call) == ["asked"] * 4, "twice what is missing"
    assert len(letters) == 4 and all("Vider une cave" in subject for _, subject in letters)
    assert "chemin du Gué" not in mail.outbox[0].body and "/entraide/reponse/" in mail.outbox[0].body
    assert {to for to, _ in letters} <= {one.person.email for one in volunteers}


def test_nearest_and_least_asked_first_and_further_at_the_next_wave():
    here, far = a_volunteer(), a_volunteer(commune="86194", km=40)
    for _ in range(3):
        first = a_call(wanted=1)
        calling.cancel_call(first, actor="test")
    call = a_call(publish=False)
    assert [one.pk for one in to_ask(call)] == [here.pk, far.pk]
    assert to_ask(call)[0].asked == 3
    busy = a_call(wanted=1)
    answering.say_yes(of(busy, here), actor="test")
    assert [one.pk for one in to_ask(call)] == [far.pk], "whoever goes elsewhere is left in peace"


def test_places_fill_once_the_rest_waits_and_a_place_freed_goes_to_who_waits(
    django_capture_on_commit_callbacks,
):
    people = [a_volunteer() for _ in range(4)]
    call = a_call()
    first, second, third, fourth = (of(call, one) for one in people)
    for proposal in (first, first, second):
        answering.say_yes(proposal, actor="test")
    call.refresh_from_db()
    assert (call.taken, call.missing) == (2, 0)
    assert statuses(call) == ["going", "going", "released", "released"]
    assert answering.say_yes(third, actor="test").status == Proposal.WAITING
    _, letters = sent(django_capture_on_commit_callbacks, answering.say_no, first, actor="test")
    call.refresh_from_db()
    third.refresh_from_db()
    assert (call.taken, third.status) == (2, Proposal.GOING)
    assert [to for to, _ in letters] == [people[2].person.email]
    assert "12 chemin du Gué" in mail.outbox[0].body
    assert Event.objects.filter(record_type="urgent_call", verb="go").count() == 3


def test_the_last_place_stands_down_those_who_have_not_answered(django_capture_on_commit_callbacks):
    people = [a_volunteer() for _ in range(3)]
    call = a_call(wanted=1)
    _, letters = sent(
        django_capture_on_commit_callbacks, answering.say_yes, of(call, people[0]), actor="test"
    )
    assert sorted(subject.split(" :")[0] for _, subject in letters) == [
        "Merci, c’est bon",
        "Merci, c’est bon",
        "Vous y allez",
    ]


def test_those_stood_down_are_asked_again_when_a_place_is_missing():
    people = [a_volunteer() for _ in range(3)]
    call = a_call(wanted=1)
    answering.say_yes(of(call, people[0]), actor="test")
    answering.say_no(of(call, people[0]), actor="test")
    assert calling.launch_wave(call, actor="test") == 2
    assert statuses(call) == ["asked", "asked", "cancelled"]


def test_a_structure_brings_several_and_never_more_than_what_is_missing():
    team = a_volunteer(organization=organization(), people=8)
    a_referent(organization())
    call = a_call(wanted=5)
    assert answering.say_yes(of(call, team), actor="test", people=8).people == 5
    call.refresh_from_db()
    assert call.missing == 0


def test_the_database_never_overbooks_and_keeps_the_72_hours():
    call = a_call()
    for wrong in ({"taken": 3}, {"wanted": 0}, {"open_minutes": 72 * 60 + 1}, {"erased_at": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            UrgentCall.objects.filter(pk=call.pk).update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Volunteer.objects.create(
            person=somebody(), adult=False, commune=place(), confirmed_on=timezone.localdate()
        )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"until_at": timedelta(hours=73)}, "72 heures"),
        ({"until_at": timedelta(hours=-1)}, "passée"),
        ({"since_at": timedelta(hours=8)}, "avant le début"),
        ({"title": "!!"}, "quelques mots"),
        ({"text": "appelez le 06 12 34 56 78"}, "tout le monde le lirait"),
        ({"wanted": 101}, "Entre 1 et 100"),
        ({"kind": "spy"}, "Choisissez dans la liste"),
    ],
)
def test_what_a_call_may_not_be(change, said):
    moments = {k: timezone.now() + v if isinstance(v, timedelta) else v for k, v in change.items()}
    with pytest.raises(Refused, match=said):
        calling.ask_help(asked(**moments), once="x", actor="test", asker="x")


def test_never_for_a_company_never_a_minor_and_never_without_a_skill():
    company = organization()
    company.kind = Organization.PARTNER
    company.save()
    with pytest.raises(Refused, match="jamais dans une entreprise"):
        calling.ask_help(asked(), once="x", actor="test", asker="x", organization=company)
    for change, words in (
        ({"adult": False}, "18 ans"),
        ({"skills": ""}, "pourriez faire"),
        ({"days": ""}, "un jour"),
    ):
        with pytest.raises(Refused, match=words):
            volunteering.be_available(said(**change), actor="test", person=somebody())


def test_a_person_is_called_back_first_and_those_who_animate_know_at_once(django_capture_on_commit_callbacks):
    operator = an_operator()
    a_volunteer()
    call, letters = sent(django_capture_on_commit_callbacks, a_call, publish=False, callback="05 36 49 00 09")
    assert call.status == UrgentCall.HELD and not call.proposals.exists()
    assert letters[0][0] == operator.email and "à rappeler" in letters[0][1]


def test_one_form_sent_twice_is_one_call():
    first = calling.ask_help(asked(), once="same", actor="test", asker="x", to_read=False)
    assert calling.ask_help(asked(), once="same", actor="test", asker="x", to_read=False) == first


def test_the_end_thanks_who_went_and_stands_down_the_others(django_capture_on_commit_callbacks):
    people = [a_volunteer() for _ in range(3)]
    call = a_call(wanted=2)
    answering.say_yes(of(call, people[0]), actor="test")
    _, letters = sent(
        django_capture_on_commit_callbacks,
        calling.close_call,
        call,
        actor="test",
        thanks="La cave est sèche.",
    )
    assert len(letters) == 3
    thanked = next(message for message in mail.outbox if message.to == [people[0].person.email])
    assert "La cave est sèche." in thanked.body
    with pytest.raises(Refused, match="terminé"):
        answering.say_yes(of(call, people[1]), actor="test")


def test_cancelling_tells_those_who_were_going(django_capture_on_commit_callbacks):
    one = a_volunteer()
    call = a_call(wanted=1)
    answering.say_yes(of(call, one), actor="test")
    _, letters = sent(django_capture_on_commit_callbacks, calling.cancel_call, call, actor="test")
    assert letters == [(one.person.email, "Merci, c’est bon : Vider une cave inondée")]


def test_answers_by_phone_are_typed_undone_and_count_like_the_others():
    one, operator = a_volunteer(), an_operator()
    call = a_call(wanted=1)
    answering.type_answer(call, "away", actor=operator.actor, volunteer=one)
    assert of(call, one).tries == 1 and of(call, one).status == Proposal.ASKED
    answering.type_answer(call, "yes", actor=operator.actor, volunteer=one)
    assert of(call, one).by_phone and of(call, one).status == Proposal.GOING
    stranger = answering.type_answer(call, "yes", actor=operator.actor, name="Une voisine")
    assert stranger.status == Proposal.WAITING
    answering.unsay(of(call, one), actor=operator.actor)
    stranger.refresh_from_db()
    assert stranger.status == Proposal.GOING
    with pytest.raises(Refused, match="nom"):
        answering.type_answer(call, "yes", actor=operator.actor, name=" ")


def test_waves_widen_by_themselves_and_calls_end_at_their_hour():
    for _ in range(7):
        a_volunteer()
    call = a_call(wanted=2)
    assert upkeep.widen_calls() == "", "the first wave has its ten minutes"
    UrgentCall.objects.update(last_wave_at=timezone.now() - timedelta(minutes=11))
    assert upkeep.widen_calls() == "3 sollicités"
    now = timezone.now()
    UrgentCall.objects.update(since_at=now - timedelta(hours=9), until_at=now - timedelta(minutes=1))
    upkeep.widen_calls()
    call.refresh_from_db()
    assert call.status == UrgentCall.CLOSED and statuses(call) == ["released"] * 7


def test_more_people_are_wanted_and_who_waits_goes():
    one, two = a_volunteer(), a_volunteer()
    call = a_call(wanted=1)
    answering.say_yes(of(call, one), actor="test")
    answering.say_yes(of(call, two), actor="test")
    calling.want_more(call, 2, actor="test")
    assert statuses(call) == ["going", "going"]
    with pytest.raises(Refused, match="Entre 2"):
        calling.want_more(call, 1, actor="test")


def test_after_the_case_nothing_names_anybody():
    one = a_volunteer()
    call = a_call(wanted=2, author=somebody())
    answering.say_yes(of(call, one), actor="test")
    answering.type_answer(call, "yes", actor="test", name="Une voisine")
    calling.close_call(call, actor="test", thanks="Merci Lou")
    upkeep.erase_old_calls()
    call.refresh_from_db()
    assert call.place and call.erased_at is None
    UrgentCall.objects.update(ended_at=timezone.now() - timedelta(days=31))
    upkeep.erase_old_calls()
    call.refresh_from_db()
    assert (call.text, call.place, call.contact, call.thanks, call.author) == ("", "", "", "", None)
    assert call.title == "Porter, déménager, mettre à l’abri" and call.taken == 2
    assert list(call.proposals.values_list("volunteer", "name")) == [(None, ""), (None, "")]


def test_a_person_takes_everything_back_and_their_place_goes_to_the_next():
    one, two = a_volunteer(), a_volunteer()
    call = a_call(wanted=1)
    answering.say_yes(of(call, one), actor="test")
    waiting = answering.say_yes(of(call, two), actor="test")
    mine = a_call(author=one.person)
    kept = kept_of(one.person)
    assert (
        kept["available"][0]["phone"]
        and kept["calls"][0]["place"]
        and kept["answers"][0]["status"] == "going"
    )
    let_go(one.person)
    waiting.refresh_from_db()
    mine.refresh_from_db()
    assert waiting.status == Proposal.GOING and not Volunteer.objects.filter(person=one.person).exists()
    assert (mine.status, mine.place, mine.author) == (UrgentCall.CANCELLED, "", None)


def test_silence_is_asked_about_then_forgotten(django_capture_on_commit_callbacks):
    one = a_volunteer()
    Volunteer.objects.update(confirmed_on=timezone.localdate() - timedelta(days=340))
    _, letters = sent(django_capture_on_commit_callbacks, upkeep.ask_silent_volunteers)
    assert [to for to, _ in letters] == [one.person.email]
    assert sent(django_capture_on_commit_callbacks, upkeep.ask_silent_volunteers)[1] == []
    Volunteer.objects.update(confirmed_on=timezone.localdate() - timedelta(days=366))
    upkeep.ask_silent_volunteers()
    assert not Volunteer.objects.exists()


def test_the_queries_of_a_match_do_not_grow(django_assert_num_queries):
    for _ in range(2):
        a_volunteer()
    call = a_call(publish=False)
    with django_assert_num_queries(2):
        to_ask(call)
    for _ in range(5):
        a_volunteer()
    with django_assert_num_queries(2):
        assert len(to_ask(call)) == 7


def merged_pair(*more):
    """« Association 2 » and others merged into « Association 1 ». Returns both."""
    kept, *folded = Organization.objects.order_by("public_id")
    folded += [Organization.objects.create(public_id=name, name=name) for name in more]
    return kept, folded


def merge(kept, folded):
    for one in folded:
        merge_organizations(kept, one, by="test", actor="test")
        one.refresh_from_db()


@pytest.mark.parametrize("act", ["pause", "erase"])
def test_a_merged_structure_that_pauses_or_erases_is_not_asked_by_what_its_parts_had_said(act):
    kept, folded = merged_pair("sibling")
    rows = [a_volunteer(organization=one) for one in [kept, *folded]]
    merge(kept, folded)
    call = a_call(publish=False)
    assert [one.pk for one in to_ask(call)] == [rows[0].pk]
    part = Volunteer.objects.get(pk=rows[1].pk)
    if act == "pause":
        volunteering.pause(part, True, actor="test")
        assert set(Volunteer.objects.values_list("paused", flat=True)) == {True}
    else:
        volunteering.forget_volunteer(part, actor="test")
        assert not Volunteer.objects.exists()
    assert to_ask(call) == []


def test_a_structure_paused_before_it_was_merged_is_not_asked_by_its_parts():
    kept, folded = merged_pair()
    for one in [kept, *folded]:
        a_volunteer(organization=one)
    Volunteer.objects.filter(organization=kept).update(paused=True)
    merge(kept, folded)
    assert to_ask(a_call(publish=False)) == []


def test_parts_of_a_structure_that_said_nothing_itself_are_asked_once():
    kept, folded = merged_pair("sibling")
    rows = [a_volunteer(organization=one) for one in folded]
    merge(kept, folded)
    call = a_call(publish=False)
    assert [one.pk for one in to_ask(call)] == [rows[0].pk]


def test_saying_it_for_the_whole_replaces_what_the_parts_had_said():
    kept, folded = merged_pair("sibling")
    first, second = (a_volunteer(organization=one) for one in folded)
    call = a_call()
    answering.say_yes(of(call, first), actor="test"), answering.say_yes(of(call, second), actor="test")
    merge(kept, folded)
    said_again = a_volunteer(organization=kept, km=5)
    assert Volunteer.objects.get() == said_again == first and said_again.organization == kept
    assert of(call, first).status == "going"
    call.refresh_from_db()
    assert (call.taken, statuses(call)) == (1, ["cancelled", "going"])


def test_a_silent_part_is_erased_alone():
    kept, folded = merged_pair()
    living, silent = a_volunteer(organization=kept), a_volunteer(organization=folded[0])
    merge(kept, folded)
    Volunteer.objects.filter(pk=silent.pk).update(confirmed_on="2020-01-01")
    upkeep.ask_silent_volunteers()
    assert Volunteer.objects.get() == living
