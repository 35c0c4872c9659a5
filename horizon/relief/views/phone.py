"""The desk of urgent calls, and the screen of who telephones: one page, whom to call next, what was answered, by keyboard."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from horizon.actors.models import Person
from horizon.kernel.pages import ask
from horizon.kernel.refusal import Refused
from horizon.relief import queries
from horizon.relief.forms import ReasonForm
from horizon.relief.models import Proposal, UrgentCall, Volunteer
from horizon.relief.services import answering, calling

BOTH = ["GET", "HEAD", "POST"]
RECENT = 40
SAID = {"yes": "y va", "no": "ne peut pas", "away": "n’a pas répondu"}


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """All calls, those that press first; how many people are available."""
    calls = UrgentCall.objects.select_related("commune")
    return render(
        request,
        "relief/desk.html",
        {
            "held": calls.filter(status=UrgentCall.HELD).order_by("created_at", "pk"),
            "open": calls.filter(status=UrgentCall.OPEN).order_by("until_at", "pk"),
            "past": calls.exclude(status__in=[UrgentCall.HELD, UrgentCall.OPEN]).order_by("-created_at")[:RECENT],
            "available": Volunteer.objects.filter(paused=False).count(), "paused": Volunteer.objects.filter(paused=True).count(),
        },
    )  # fmt: skip


@require_http_methods(BOTH)
def phone(request: HttpRequest, public_id: str) -> HttpResponse:
    """One call on one page. POST keeps one answer heard on the telephone, or publishes, widens, ends."""
    call = get_object_or_404(
        UrgentCall.objects.select_related("commune", "organization", "author"), public_id=public_id
    )
    words = request.GET.get("q", "")[:60].strip()
    if request.method == "POST":
        return _keep(request, call, words)
    rows, more, others = queries.whom_to_call(call, words)
    answers = queries.answers_to(call)
    settled = (Proposal.GOING, Proposal.WAITING, Proposal.DECLINED, Proposal.CANCELLED, Proposal.RELEASED)
    # no letter reaches somebody known by a name alone, and the list of whom to call has only volunteers
    answers[Proposal.RELEASED] = [row for row in answers[Proposal.RELEASED] if row.volunteer_id is None]
    return render(
        request,
        "relief/phone.html",
        {
            "call": call, "rows": rows, "more": more, "others": others, "words": words,
            "settled": [(dict(Proposal.STATUSES)[status], status, answers[status]) for status in settled if answers[status]],
        },
    )  # fmt: skip


def _keep(request: HttpRequest, call: UrgentCall, words: str) -> HttpResponse:
    person = request.user
    assert isinstance(person, Person)
    here = reverse("relief:phone", args=[call.public_id])
    verb, _, key = request.POST.get("one", "").partition("|")
    try:
        said = _do(request, call, verb, key, person)
    except Refused as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, said)
    return HttpResponseRedirect(f"{here}#appeler" if not words or verb in SAID else here)


def _do(request: HttpRequest, call: UrgentCall, verb: str, key: str, person: Person) -> str:
    if verb in SAID:
        volunteer = Volunteer.objects.select_related("person", "organization").filter(public_id=key).first()
        if volunteer is None:
            raise Refused("Cette personne n’est plus disponible.")
        people = volunteer.people
        proposal = answering.type_answer(call, verb, actor=person.actor, volunteer=volunteer, people=people)
        if proposal.status == Proposal.WAITING:
            return f"{volunteer} : en liste d’attente, tout est pourvu."
        return f"{volunteer} {SAID[verb]}."
    if verb == "somebody":
        name = request.POST.get("name", "")
        proposal = answering.type_answer(call, "yes", actor=person.actor, name=name)
        return (
            f"{proposal} y va." if proposal.status == Proposal.GOING else f"{proposal} : en liste d’attente."
        )
    if verb == "unsay":
        row = get_object_or_404(Proposal.objects.select_related("call"), public_id=key, call=call)
        answering.unsay(row, actor=person.actor)
        return "Annulé : sans réponse."
    if verb == "publish":
        calling.publish_call(call, actor=person.actor)
        return "L’appel est lancé, les premières personnes sont sollicitées."
    if verb == "widen":
        asked = calling.launch_wave(call, actor=person.actor)
        return f"{asked} de plus." if asked else "Plus personne à solliciter pour ce moment et ce lieu."
    if verb == "close":
        calling.close_call(call, actor=person.actor)
        return "C’est terminé. Les personnes venues sont remerciées, les autres prévenues."
    if verb == "cancel":
        calling.cancel_call(call, actor=person.actor)
        return "L’appel est annulé ; tout le monde est prévenu."
    raise Refused("Choisissez une action.")


@require_http_methods(BOTH)
def refuse(request: HttpRequest, public_id: str) -> HttpResponse:
    """Not publishing a call, with a reason."""
    call = get_object_or_404(UrgentCall, public_id=public_id)

    def do(cleaned: dict) -> str:
        calling.refuse_call(call, cleaned["reason"], actor=request.user.actor)  # type: ignore[union-attr]
        messages.success(request, "L’appel n’est pas publié.")
        return reverse("relief:desk")

    return ask(
        request, ReasonForm, do, title="Ne pas publier", button="Ne pas publier", lead=f"« {call.title} »",
        back=(reverse("relief:phone", args=[call.public_id]), "L’appel"),
    )  # fmt: skip
