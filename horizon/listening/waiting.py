"""What waits in listening, how it is answered and undone; and what is kept of a person."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

from horizon.actors.access import is_operator
from horizon.actors.models import Person, Pole
from horizon.engine.wording import remarks
from horizon.kernel.journal import record_event
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import (
    Aside,
    Waiting,
    contestable,
    declare_beside,
    declare_filed,
    declare_personal_data,
    declare_waiting,
)
from horizon.kernel.templatetags.atlas import day, plural
from horizon.listening import access, answered
from horizon.listening.asked import asked_of_nobody
from horizon.listening.models import Answer, KnownGap, Need, Sequel, Voice
from horizon.listening.queries import AGREED, agreed_for, missing_in
from horizon.listening.services import answering, reading
from horizon.listening.services.saying import erase_voice, voice_path

AT_MOST = 300
IN_MY_SPACE = 50
READ = {"accept": "Publier", "refuse": "Ne pas publier"}
VOICE_NO = "Ces mots visent quelqu’un, ou ne disent rien de plus de ce besoin."
SAID_NO = "Ce texte ne dit ni un manque ni une idée pour le territoire, ou vise quelqu’un. Vous pouvez le redire autrement."


def declare() -> None:
    """Tells the desk and the privacy pages about this room."""
    declare_waiting("need", held_needs, answer_need, answered=answered.needs_read)
    declare_waiting("voice", held_voices, answer_voice, answered=answered.voices_read)
    declare_waiting("lead", held_leads, answer_lead, answered=answered.leads_read)
    declare_waiting("asked", asked_needs)
    declare_beside("pole", missing_in)
    declare_beside("me", mine)
    declare_filed("pole", filed)
    declare_personal_data(
        "listening", kept_of, let_go,
        rows=("listening.Voice", "listening.Answer", "listening.Need", "listening.KnownGap"),
    )  # fmt: skip


def filed(pole: Pole) -> str:
    """The needs of a pole, and those that it is asked to answer, whatever their state. One query."""
    count = Need.objects.filter(Q(pole=pole) | Q(addressee_pole=pole)).count()
    return plural(count, "besoin", "besoins") if count else ""


def held_needs(person: Person) -> Iterator[Waiting]:
    """Needs to read before they are public, with what a careful reader would remark."""
    if not is_operator(person):
        return
    to_read = Q(same_as=None) | Q(
        published_at__isnull=False
    )  # joined before any reading, its words are read as a voice
    rows = Need.objects.filter(to_read, status=Need.HELD).select_related("commune")
    for need in rows.order_by("created_at", "pk")[:AT_MOST]:
        seen = remarks(need.text)
        told = " ".join(f"« {remark.excerpt} » : {remark.sentence}" for remark in seen)
        where = need.commune.name if need.commune else "sans commune"
        yield Waiting(
            key=need.public_id, room="need", title=need.text[:90], since=need.created_at,
            href=reverse("listening:manage", args=[need.public_id]),
            detail=f"{need.text} ({where}) {'À voir : ' + told if told else ''}",
            actions=READ, alike="remarked" if seen else "plain",
        )  # fmt: skip


def answer_need(verb: str, key: str, person: Person) -> str:
    """Publishes or refuses a need; undone, it waits again."""
    need = Need.objects.filter(public_id=key).first()
    if need is None or not is_operator(person):
        raise Refused("Ce besoin n’existe plus.")
    if verb == "accept":
        reading.publish_need(need, actor=person.actor)
        return f"Publié : {need}."
    if verb == "refuse":
        reading.refuse_need(need, SAID_NO, actor=person.actor)
        return f"Non publié : {need}."
    refuse_reported("need", key)
    reading.hold_need(need, actor=person.actor)
    return f"À lire de nouveau : {need}."


def refuse_reported(record_type: str, key: str) -> None:
    """What a report took away, or may take away, is undone by its report."""
    if key in contestable(record_type):
        raise Refused("Un signalement porte sur ces mots : c’est sa décision qui s’annule.")


def held_voices(person: Person) -> Iterator[Waiting]:
    """Words that people added to a need, or said apart before theirs was grouped, to read before they are shown."""
    if not is_operator(person):
        return
    public = Q(need__status=Need.PUBLISHED) | Q(need__status=Need.HELD, need__same_as__status=Need.PUBLISHED)
    rows = Voice.objects.filter(public, words_status=Voice.HELD).exclude(words="")
    for voice in rows.select_related("need__same_as").order_by("created_at", "pk")[:AT_MOST]:
        need = voice.need.same_as or voice.need
        seen = " ".join(f"« {remark.excerpt} » : {remark.sentence}" for remark in remarks(voice.words))
        yield Waiting(
            key=voice.public_id, room="voice", title=f"Une voix de plus : {voice.words[:80]}", since=voice.created_at,
            href=reverse("listening:need", args=[need.public_id]),
            detail=f"{voice.words} Sur : {need.text[:120]} {seen}",
            actions={"accept": "Montrer", "refuse": "Ne pas montrer"}, alike="remarked" if seen else "plain",
        )  # fmt: skip


def answer_voice(verb: str, key: str, person: Person) -> str:
    """Shows the words of a voice, or not; undone, they wait again."""
    voice = Voice.objects.filter(public_id=key).first()
    if voice is None or not is_operator(person):
        raise Refused("Cette voix n’existe plus.")
    if verb == "undo":
        refuse_reported("voice", key)
        reading.hold_voice(voice, actor=person.actor)
        return "Ces mots sont de nouveau à lire."
    reading.read_voice(voice, verb == "accept", reason=VOICE_NO, actor=person.actor)
    return (
        "Ces mots sont montrés."
        if verb == "accept"
        else "Ces mots ne sont pas montrés, la personne sait pourquoi ; la voix compte."
    )


def held_leads(person: Person) -> Iterator[Waiting]:
    """Leads proposed by people who answer for nobody."""
    if not is_operator(person):
        return
    rows = Answer.objects.filter(status=Answer.HELD).select_related("need")
    for answer in rows.order_by("created_at", "pk")[:AT_MOST]:
        yield Waiting(
            key=answer.public_id, room="lead", title=f"Une piste pour : {answer.need.text[:80]}", since=answer.created_at,
            href=reverse("listening:need", args=[answer.need.public_id]), detail=answer.text,
            actions=READ, alike="lead",
        )  # fmt: skip


def answer_lead(verb: str, key: str, person: Person) -> str:
    """Publishes a lead or not; undone, it waits again."""
    answer = Answer.objects.filter(public_id=key).first()
    if answer is None or not is_operator(person):
        raise Refused("Cette piste n’existe plus.")
    if verb == "accept":
        answering.publish_answer(answer, actor=person.actor)
        return "La piste est publiée."
    if verb == "refuse":
        answering.refuse_answer(answer, "Après lecture, cette piste n’est pas publiée.", actor=person.actor)
        return "La piste n’est pas publiée."
    refuse_reported("answer", key)
    answering.hold_answer(answer, actor=person.actor)
    return "La piste est de nouveau à lire."


def asked_needs(person: Person) -> Iterator[Waiting]:
    """Public needs that this person is asked to answer, or to conclude once studied long enough.

    For who animates, also the late ones, those that nobody in office is asked to answer, and those that a deal answers.
    """
    today = timezone.localdate()
    due = Q(state=Need.WAITING) | Q(AGREED | Q(due_on__lte=today), state=Need.STUDIED)
    rows = Need.objects.filter(due, status=Need.PUBLISHED, same_as=None)
    animates = is_operator(person)
    if animates:
        nobody = Q(pk__in=asked_of_nobody(rows).values("pk"))
        late_ones = Q(escalated_at__isnull=False)
        rows = rows.filter(nobody | access.awaits(person) | late_ones | AGREED)
    else:
        rows = rows.filter(access.awaits(person))
    found = list(rows.select_related("commune").order_by("published_at", "pk")[:AT_MOST])
    deals = agreed_for(found)
    for need in found:
        deal = deals.get(need.pk)
        late = need.due_on is not None and need.due_on < today
        when = f"{'En retard, attendu' if late else 'Attendu'} avant le {need.due_on:%d/%m/%Y}."
        yield Waiting(
            key=need.public_id, room="asked", since=need.published_at or need.created_at,
            title=f"{_what_is_asked(need, deal)} : {need.text[:90]}",
            href=_answer_page(need, deal),
            detail=f"{when} {need.commune.name if need.commune else ''}", alike=f"door:{need.door}",
            urgent=need.escalated_at is not None and animates,
        )  # fmt: skip


def _what_is_asked(need: Need, deal: Sequel | None) -> str:
    if deal:
        return "À dire, un accord y répond"
    return "À conclure, c’est à l’étude" if need.state == Need.STUDIED else "À répondre"


def _answer_page(need: Need, deal: Sequel | None) -> str:
    """The form of an answer; where a deal was concluded for the need, prepared: somebody reads it and sends it."""
    page = reverse("listening:answer", args=[need.public_id])
    if deal is None:
        return page
    said = {"texte": f"Un accord a été conclu pour ce besoin le {day(timezone.localdate(deal.at))}."}
    if deal.organization:
        said |= {"reponse": Need.TAKEN_UP, "structure": deal.organization.whole.public_id}
    return f"{page}?{urlencode(said)}"


def mine(person: Person) -> Aside | None:
    """What somebody said and the leads that they left, and what became of each. Two queries."""
    voices = Voice.objects.filter(Q(author=person) | Q(email=person.email)).exclude(words_status=Voice.ERASED)
    leads = Answer.objects.filter(author=person, kind=Answer.LEAD)
    rows = [
        (voice.created_at, voice_path(voice), voice.words or voice.need.text, _became(voice))
        for voice in voices.select_related("need__same_as").order_by("-created_at", "-pk")[:IN_MY_SPACE]
    ]
    rows += [
        (
            lead.created_at,
            _page(lead.need),
            lead.text,
            _lead_became(lead),
        )
        for lead in leads.select_related("need__same_as").order_by("-created_at", "-pk")[:IN_MY_SPACE]
    ]
    rows.sort(key=lambda row: row[0], reverse=True)
    shown = tuple((href, Truncator(text).chars(120), said) for _, href, text, said in rows)
    return Aside("Ce que j’ai dit", shown, anchor="dit") if shown else None


def _became(voice: Voice) -> str:
    need = voice.carried_by
    return need.get_state_display() if need.status == Need.PUBLISHED else need.get_status_display()


def _lead_became(lead: Answer) -> str:
    return f"piste {lead.get_status_display()}{' : ' + lead.reason if lead.reason else ''}"


def _page(need: Need) -> str:
    need = need.same_as or need
    public = need.status == Need.PUBLISHED
    return reverse("listening:need", args=[need.public_id]) if public else reverse("listening:list")


def kept_of(person: Person) -> object:
    """The voices and answers of a person."""
    return {
        "voices": [
            {
                "need": voice.need.public_id,
                "words": voice.words,
                "at": voice.created_at.isoformat(),
                "status": voice.words_status,
                "reason": voice.reason,
            }  # fmt: skip
            for voice in Voice.objects.filter(Q(author=person) | Q(email=person.email)).select_related("need")
        ],
        "answers": [
            {
                "need": answer.need.public_id,
                "text": answer.text,
                "at": answer.created_at.isoformat(),
                "status": answer.status,
                "reason": answer.reason,
            }  # fmt: skip
            for answer in Answer.objects.filter(author=person).select_related("need")
        ],
        "in_charge_of": list(Need.objects.filter(owner=person).values_list("public_id", flat=True)),
        "gaps_noted": [
            {"commune": gap.commune_id, "door": gap.door, "until": gap.until_on.isoformat()}
            for gap in KnownGap.objects.filter(noted_by=person)
        ],
    }


def let_go(person: Person) -> None:
    """Voices keep their place in the count and nothing else; answers given in a function stay, without the person."""
    for voice in Voice.objects.filter(author=person):
        erase_voice(voice, actor=person.actor)
    for voice in Voice.objects.filter(email=person.email):
        erase_voice(voice, actor=person.actor)
    for answer in Answer.objects.filter(author=person):
        answer.author = None
        if answer.kind == Answer.LEAD:
            answer.text, answer.title, answer.reason, answer.status = "", "", "", Answer.TAKEN_BACK
        answer.save(update_fields=["author", "text", "title", "reason", "status"])
        record_event("forget_author", "answer", answer.public_id, actor=person.actor)
    Need.objects.filter(owner=person).update(owner=None)
    KnownGap.objects.filter(noted_by=person).update(noted_by=None)
