"""A need is said, read, joined, answered; nothing is lost, nothing is public before it was read."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from horizon.actors.models import Mandate, Organization, Pole
from horizon.actors.services.people import erase_person, export_person
from horizon.actors.services.poles import give_mandate
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import act_on, waiting_for
from horizon.listening import queries, themes
from horizon.listening.models import Answer, Need, Voice
from horizon.listening.services import answering, reading, saying, upkeep
from horizon.territory.models import Commune
from tests.people import a_referent, again, an_operator, entry_named, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _told(monkeypatch):
    """Messages leave at once: a test's transaction never commits."""
    monkeypatch.setattr("horizon.kernel.mail.transaction.on_commit", lambda send: send())


def said(words="Il manque un endroit pour réparer les vélos à Lusignan", **more):
    return saying.say_need(words, once=saying.fresh_once(), **more)


def public(words="Il manque un endroit pour réparer les vélos à Lusignan", **more):
    voice = said(words, **more)
    return reading.publish_need(voice.need, actor="test")


def an_agent(*doors):
    person = somebody("Andrea Palluneau")
    give_mandate(
        person, Mandate.AGENT, actor="test", themes=list(doors), title="chargée de mission mobilités"
    )
    return again(person)


def test_one_sentence_finds_its_commune_its_door_and_waits_to_be_read(published):
    an_operator()
    voice = said(email="Lou@Example.org ")
    need = voice.need
    assert (need.status, need.commune_id, need.door) == (Need.HELD, "86139", "deplacer")
    assert need.pole == Pole.objects.get(code="habitat") and voice.email == "lou@example.org"
    assert list(queries.public_needs()) == []
    assert Event.objects.filter(verb="say", record_id=need.public_id).count() == 1
    assert "vélos" not in str(Event.objects.get(verb="say").payload)


def test_the_same_form_sent_twice_makes_one_voice(published):
    first = saying.say_need("Un four à pain", once="x" * 20)
    assert saying.say_need("Un four à pain", once="x" * 20) == first
    assert Need.objects.count() == Voice.objects.count() == 1


def test_other_words_from_a_page_that_was_sent_already_are_another_sending(published):
    """« Précédent » shows the form that was sent, with its `once`."""
    first = saying.say_need("Un four à pain", once="x" * 20)
    second = saying.say_need("Un garage à vélos", once="x" * 20)
    assert second != first and second.words == "Un garage à vélos"
    assert saying.say_need("Un garage à vélos", once="x" * 20) == second, "sent twice, it counts once"
    assert saying.say_need("Un four à pain", once="x" * 20) == first
    need = reading.publish_need(first.need, actor="test")
    too = saying.say_too(need, once="y" * 20, words="Moi aussi")
    again = saying.say_too(need, once="y" * 20, words="Surtout le dimanche")
    assert again != too and saying.say_too(need, once="y" * 20, words="Surtout le dimanche") == again
    elsewhere = reading.publish_need(second.need, actor="test")
    assert saying.say_too(elsewhere, once="y" * 20, words="Moi aussi").need == elsewhere
    saying.erase_voice(too)
    assert saying.say_too(need, once="y" * 20, words="Moi aussi") == too, "words taken back do not come again"


@pytest.mark.parametrize("words", ["", "   ", "🥐🥐", "\x00", "a"])
def test_words_that_say_nothing_are_refused(published, words):
    with pytest.raises(Refused):
        said(words)
    assert not Need.objects.exists()


def test_published_it_is_addressed_to_whoever_has_the_theme_and_its_voice_is_told(published):
    operator, agent = an_operator(), an_agent("deplacer")
    voice = said(email="lou@example.org")
    assert act_on("need", "accept", voice.need.public_id, operator).startswith("Publié")
    need = Need.objects.get()
    assert need.addressee_mandate.person == agent
    assert need.due_on == timezone.localdate() + timedelta(days=30)
    told = {message.to[0]: message for message in mail.outbox}
    assert len(mail.outbox) == 2 and saying.voice_key(voice) in told["lou@example.org"].body
    assert told[agent.email].subject == "Un besoin attend votre réponse"
    assert [i.room for i in waiting_for(agent)] == ["asked"]
    assert "asked" not in [i.room for i in waiting_for(operator)]
    act_on("need", "undo", need.public_id, operator)
    assert list(queries.public_needs()) == [] and not need.terms.exists()


def test_without_a_mandate_its_pole_is_asked_and_without_a_pole_the_desk(published):
    operator, contact = an_operator(), somebody()
    give_mandate(contact, Mandate.POLE, actor="test", pole=Pole.objects.get(code="habitat"))
    need = public()
    assert (need.addressee_pole.code, need.owner) == ("habitat", contact), "its contact follows it"
    unknown = public("Il manque un truc bidule")
    assert (unknown.addressee_pole, unknown.addressee_mandate) == (None, None)
    assert [i.key for i in waiting_for(operator) if i.room == "asked"] == [unknown.public_id]


def test_moi_aussi_adds_a_voice_and_a_known_person_only_one(published):
    need, person = public(), somebody()
    saying.say_too(need, once=saying.fresh_once(), author=person)
    with pytest.raises(Refused, match="déjà dit"):
        saying.say_too(need, once=saying.fresh_once(), author=person)
    voice = saying.say_too(need, once=saying.fresh_once(), words="Surtout le samedi", public="citizen")
    assert queries.public_needs().get().voice_count == 3
    assert not queries.shown_voices(need)
    reading.read_voice(voice, True, actor="test")
    assert [v.words for v in queries.shown_voices(need)] == ["Surtout le samedi"]
    reading.read_voice(voice, False, reason="Ils visent quelqu’un.", actor="test")
    assert not queries.shown_voices(need) and queries.public_needs().get().voice_count == 3


def test_a_need_not_public_takes_no_voice(published):
    with pytest.raises(Refused):
        saying.say_too(said().need, once=saying.fresh_once())


def test_an_answer_changes_the_state_is_told_to_every_voice_once_and_is_taken_back(published):
    agent = an_agent("deplacer")
    need = public(email="lou@example.org")
    saying.say_too(need, once=saying.fresh_once(), email="nour@example.org")
    saying.say_too(need, once=saying.fresh_once(), email="nour@example.org")
    mail.outbox.clear()
    bike = entry_named("Pédalier").organization
    answer = answering.answer_need(
        need, kind=Need.EXISTS, text="Le samedi.", author=agent, speaks_as="authority", organizations=[bike]
    )
    need.refresh_from_db()
    assert need.state == Need.EXISTS and need.answered_at is not None
    assert sorted(m.to[0] for m in mail.outbox) == ["lou@example.org", "nour@example.org"]
    assert "Pédalier" in mail.outbox[0].body
    answering.take_back_answer(answer, actor=agent.actor)
    need.refresh_from_db()
    assert (need.state, need.answered_at) == (Need.WAITING, None) and queries.answers_of(need) == []


def test_what_may_not_be_answered(published):
    need, passer, agent = public(), somebody(), an_agent()
    with pytest.raises(Refused, match="piste"):
        answering.answer_need(need, kind=Need.IMPOSSIBLE, text="Non.", author=passer, speaks_as="citizen")
    with pytest.raises(Refused, match="structure"):
        answering.answer_need(need, kind=Need.EXISTS, text="Oui", author=agent, speaks_as="authority")
    with pytest.raises(Refused, match="phrase"):
        answering.answer_need(need, kind=Need.STUDIED, text=" ", author=agent, speaks_as="authority")
    assert not Answer.objects.exists()


def test_a_lead_from_anybody_is_read_first_and_settles_nothing(published):
    operator, need = an_operator(), public()
    lead = answering.answer_need(
        need, kind=Answer.LEAD, text="Demandez au lycée", author=somebody(), speaks_as="citizen"
    )
    assert lead.status == Answer.HELD and queries.answers_of(need) == []
    act_on("lead", "accept", lead.public_id, operator)
    need.refresh_from_db()
    assert queries.answers_of(need) == [lead] and need.state == Need.WAITING
    act_on("lead", "undo", lead.public_id, operator)
    assert queries.answers_of(need) == []


def test_undo_brings_back_no_words_that_changed_since(published, monkeypatch):
    operator, need = an_operator(), public()
    lead = answering.answer_need(
        need, kind=Answer.LEAD, text="Demandez au lycée", author=somebody(), speaks_as="citizen"
    )
    answering.publish_answer(lead, actor="test")
    voice = saying.say_too(need, once="t2", words="Moi aussi")
    reading.read_voice(voice, True, actor="test")
    keys = [("lead", lead.public_id), ("voice", voice.public_id), ("need", need.public_id)]
    with monkeypatch.context() as reported:
        reported.setattr("horizon.listening.waiting.contestable", lambda kind: {key for _, key in keys})
        for room, key in keys:
            with pytest.raises(Refused, match="signalement"):
                act_on(room, "undo", key, operator)
    answering.take_back_answer(lead, actor="test")
    saying.erase_voice(voice, actor="test")
    for room, key in keys[:2]:
        with pytest.raises(Refused, match="changé depuis"):
            act_on(room, "undo", key, operator)
    assert Answer.objects.get().status == Answer.TAKEN_BACK and not Event.objects.filter(verb="hold").exists()


def test_many_that_are_alike_get_one_answer_or_none(published):
    agent = an_agent()
    needs = [public(f"Un banc devant la mairie {i}") for i in range(3)]
    reading.hold_need(needs[2], actor="test")
    with pytest.raises(Refused):
        answering.answer_many(needs, kind=Need.STUDIED, text="Au budget", author=agent, speaks_as="authority")
    assert not Answer.objects.exists()
    answering.answer_many(needs[:2], kind=Need.STUDIED, text="Au budget", author=agent, speaks_as="authority")
    assert Need.objects.filter(state=Need.STUDIED).count() == 2


def test_late_needs_go_up_once(published):
    operator = an_operator()
    need = public()
    Need.objects.update(due_on=timezone.localdate() - timedelta(days=1))
    assert upkeep.escalate_late_needs() == "1 late" and upkeep.escalate_late_needs() == ""
    assert [m.to for m in mail.outbox] == [[operator.email]]
    assert "En retard" in next(i.detail for i in waiting_for(operator) if i.key == need.public_id)
    assert Event.objects.filter(verb="escalate", record_id=need.public_id).count() == 1


def test_needs_that_say_the_same_are_found_grouped_and_split_without_moving_a_voice(published):
    one = public("Il manque un endroit pour réparer les vélos")
    for i in range(6):
        public(f"Un banc numéro {i} devant la mairie")
    two = public("Réparer son vélo, personne ne le fait")
    saying.say_too(two, once=saying.fresh_once())
    assert [s.need for s in themes.similar_needs(two.text, besides=two.pk)] == [one]
    before = list(Voice.objects.values_list("pk", "need_id").order_by("pk"))
    reading.group_needs(two, one, actor="test")
    assert queries.public_needs(words="vélos").get().voice_count == 3
    assert two not in queries.public_needs()
    assert list(Voice.objects.values_list("pk", "need_id").order_by("pk")) == before
    reading.split_need(Need.objects.get(pk=two.pk), actor="test")
    assert {n.pk: n.voice_count for n in queries.public_needs(words="vélo")} == {one.pk: 1, two.pk: 2}


def test_whoever_spoke_says_it_is_the_same(published):
    one = public()
    voice = said("réparer mon vélo")
    saying.join_need(voice, one)
    assert queries.public_needs().get().voice_count == 2
    assert Need.objects.get(pk=voice.need_id).same_as == one


def test_erasing_who_spoke_keeps_the_count_and_nothing_else(published):
    person = somebody()
    need = public(author=person)
    other = saying.say_too(need, once=saying.fresh_once(), words="Oui", author=again(somebody()))
    kept = export_person(person)["listening"]["voices"][0]
    assert kept["words"].startswith("Il manque") and (kept["status"], kept["reason"]) == ("shown", "")
    erase_person(person)
    voice = need.voices.get(first=True)
    assert (voice.words, voice.email, voice.author_id, voice.words_status) == ("", "", None, Voice.ERASED)
    shown = queries.public_needs().get()
    assert shown.voice_count == 2 and "vélos" in shown.text
    saying.erase_voice(other)
    assert queries.public_needs().get().voice_count == 2


def test_erased_alone_the_words_leave_the_site(published):
    voice = said()
    need = reading.publish_need(voice.need, actor="test")
    saying.erase_voice(voice)
    shown = queries.public_needs().get()
    assert shown.voice_count == 1 and "vélos" not in shown.text
    assert themes.similar_needs("réparer les vélos", besides=need.pk + 1) == []


def test_addresses_are_forgotten_after_a_final_answer(published):
    agent, need = an_agent(), public(email="lou@example.org")
    answering.answer_need(need, kind=Need.IMPOSSIBLE, text="Trop cher.", author=agent, speaks_as="authority")
    assert upkeep.forget_addresses() == ""
    Need.objects.update(answered_at=timezone.now() - timedelta(days=91))
    assert upkeep.forget_addresses() == "1 forgotten" and not Voice.objects.exclude(email="").exists()


def test_a_small_commune_says_nothing_of_who_speaks(published):
    need = public()
    for _ in range(4):
        saying.say_too(need, once=saying.fresh_once(), public="company")
    need = queries.public_needs().get()
    Commune.objects.filter(pk="86139").update(population=2556)
    need.commune.refresh_from_db()
    assert queries.publics_of(need).said == [("d’entreprises conventionnelles", 4)]
    Commune.objects.filter(pk="86139").update(population=184)
    need.commune.refresh_from_db()
    assert queries.publics_of(need).said == [] and queries.publics_of(need).total == 5


def test_the_share_answered_counts_what_is_old_enough(published):
    agent = an_agent()
    needs = [public(f"Un banc {word}") for word in ("rouge", "vert", "bleu", "neuf")]
    day = timezone.now() - timedelta(days=100)
    Need.objects.filter(pk__in=[n.pk for n in needs[:3]]).update(published_at=day)
    answering.answer_need(needs[0], kind=Need.STUDIED, text="Oui", author=agent, speaks_as="authority")
    Need.objects.filter(pk=needs[0].pk).update(answered_at=day + timedelta(days=59))
    answering.answer_need(needs[1], kind=Need.STUDIED, text="Oui", author=agent, speaks_as="authority")
    share = queries.answered_share()
    assert (share.due, share.in_time, share.waiting, share.total) == (3, 1, 2, 4)


def test_a_member_may_answer_for_its_structure_and_a_paper_form_is_typed_once(published):
    organization: Organization = entry_named("Pédalier").organization
    referent = a_referent(organization)
    need = public()
    reading.address_need(need, organization=organization, actor="test")
    answering.answer_need(
        Need.objects.get(), kind=Need.TAKEN_UP, text="", author=referent, speaks_as="member", organizations=[organization]
    )  # fmt: skip
    said("Un banc", origin=Voice.PAPER, reference="ab12cd34")
    with pytest.raises(Refused, match="AB12CD34"):
        said("Un autre banc", origin=Voice.PAPER, reference="AB12 CD34")
