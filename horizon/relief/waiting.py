"""What waits in relief: people to call back, calls where places are missing; and what is kept of a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from horizon.actors.access import is_operator
from horizon.actors.models import Person
from horizon.kernel.answered import decisions
from horizon.kernel.journal import record_event
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import (
    Aside,
    Waiting,
    contestable,
    declare_beside,
    declare_personal_data,
    declare_waiting,
)
from horizon.kernel.templatetags.atlas import moment, plural
from horizon.relief.models import Proposal, UrgentCall, Volunteer
from horizon.relief.processing import phones_of
from horizon.relief.services import calling
from horizon.relief.services.volunteering import forget_volunteer

AT_MOST = 100
SAID_NO = "Cette demande ne peut pas devenir un appel à des bénévoles. Rappelez-nous si la situation change."


def declare() -> None:
    """Tells the desk and the privacy pages about this room."""
    declare_waiting("urgent", urgent_calls, answer_call, answered=calls_read)
    declare_beside("me", mine)
    declare_personal_data(
        "relief", kept_of, let_go, rows=("relief.Volunteer", "relief.UrgentCall"), identifies=phones_of
    )


def mine(_person: Person) -> Aside:
    """The way from one's own space to being available."""
    return Aside("Entraide", ((reverse("relief:available"), "Je peux aider en cas d’urgence", ""),))


def urgent_calls(person: Person) -> Iterator[Waiting]:
    """For those who animate: who waits to be called back, then calls where places are missing."""
    if not is_operator(person):
        return
    held = UrgentCall.objects.filter(status=UrgentCall.HELD).select_related("commune")
    for call in held.order_by("created_at", "pk")[:AT_MOST]:
        yield Waiting(
            key=call.public_id, room="urgent", title=f"À rappeler : {call.title}", since=call.created_at, now=True,
            href=reverse("relief:phone", args=[call.public_id]),
            detail=f"{call.callback} · {call.commune.name}, {plural(call.wanted, 'personne', 'personnes')}, avant le {moment(call.until_at)}. {call.text}",
            actions={"accept": "Publier", "refuse": "Ne pas publier"}, alike="held",
        )  # fmt: skip
    short = UrgentCall.objects.filter(status=UrgentCall.OPEN, taken__lt=F("wanted")).select_related("commune")
    for call in short.order_by("until_at", "pk")[:AT_MOST]:
        yield Waiting(
            key=f"{call.public_id}-", room="urgent", title=f"Il manque {call.missing} sur {call.wanted} : {call.title}",
            since=call.published_at or call.created_at, now=True, href=reverse("relief:phone", args=[call.public_id]),
            detail=f"{call.commune.name}, avant le {moment(call.until_at)}.",
        )  # fmt: skip


def calls_read(person: Person, since: datetime) -> Iterator[Waiting]:
    """Calls published or refused, while they may still be: what a report took away is undone by its report."""
    if not is_operator(person):
        return
    read = decisions("urgent_call", ("publish", "refuse"), since)
    rows = UrgentCall.objects.filter(
        public_id__in=read.keys() - contestable("urgent_call"), status__in=[UrgentCall.OPEN, UrgentCall.REFUSED],
        until_at__gt=timezone.now(),
    )  # fmt: skip
    for call in rows:
        yield Waiting(
            key=call.public_id, room="urgent", title=f"Appel {call.get_status_display()} : {call.title}", detail=call.reason,
            since=read[call.public_id].at, href=reverse("relief:phone", args=[call.public_id]),
        )  # fmt: skip


def answer_call(verb: str, key: str, person: Person) -> str:
    """Publishes or refuses a call; undone, it waits again."""
    call = UrgentCall.objects.filter(public_id=key).first()
    if call is None or not is_operator(person):
        raise Refused("Cet appel n’existe plus.")
    if verb == "accept":
        calling.publish_call(call, actor=person.actor)
        return f"Publié, et les premières personnes sont sollicitées : {call}."
    if verb == "refuse":
        calling.refuse_call(call, SAID_NO, actor=person.actor)
        return f"Non publié : {call}."
    if key in contestable("urgent_call"):
        raise Refused("Un signalement porte sur cet appel : c’est sa décision qui s’annule.")
    calling.hold_call(call, actor=person.actor)
    return f"À rappeler de nouveau : {call}."


def kept_of(person: Person) -> object:
    """What a person said of their availability, the calls they made, what they answered."""
    return {
        "available": [
            {
                "skills": row.skills, "commune": row.commune_id, "km": row.km, "days": row.days, "parts": row.parts,
                "phone": row.phone, "paused": row.paused, "confirmed_on": row.confirmed_on.isoformat(),
                "places": [place.code for place in row.places.all()],
            }
            for row in Volunteer.objects.filter(person=person).prefetch_related("places")
        ],
        "calls": [
            {
                "title": row.title, "text": row.text, "place": row.place, "contact": row.contact, "callback": row.callback,
                "status": row.status, "at": row.created_at.isoformat(),
            }
            for row in UrgentCall.objects.filter(author=person)
        ],
        "answers": [
            {"call": row.call.title, "status": row.status, "asked_at": row.asked_at.isoformat()}
            for row in Proposal.objects.filter(volunteer__person=person).select_related("call")
        ],
    }  # fmt: skip


def let_go(person: Person) -> None:
    """Their availability is erased, their place goes to the next; their calls in the name of nobody else are cancelled."""
    for volunteer in Volunteer.objects.filter(person=person):
        forget_volunteer(volunteer, actor=person.actor)
    for call in UrgentCall.objects.filter(author=person):
        own = call.organization_id is None
        if own and call.status in {UrgentCall.HELD, UrgentCall.OPEN}:
            call = calling.cancel_call(call, actor=person.actor)
        call.author = None
        if own:
            call.text = call.place = call.contact = call.callback = call.thanks = call.reason = ""
            call.title = call.get_kind_display().capitalize()[:120]
        call.save()
        record_event("forget_author", "urgent_call", call.public_id, actor=person.actor)
