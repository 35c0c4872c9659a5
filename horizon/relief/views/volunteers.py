"""Saying that one is available, and answering a call: by the link of a message, or from the page of the call."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from horizon.actors.models import Person
from horizon.kernel.pages import do_and_return
from horizon.kernel.refusal import Refused
from horizon.relief import letters, queries
from horizon.relief.forms import AvailableForm, PeopleForm
from horizon.relief.law import REMINDERS
from horizon.relief.models import Proposal, UrgentCall, Volunteer
from horizon.relief.services import answering, volunteering
from horizon.territory.queries import home_communes

BOTH = ["GET", "HEAD", "POST"]
JOINED = ("skills", "days", "parts")


@require_http_methods(BOTH)
def available(request: HttpRequest) -> HttpResponse:
    """What one could do, where and when; for oneself or a structure. Seen by those who animate alone."""
    person = request.user
    assert isinstance(person, Person)
    holders = queries.holders_of(person)
    code = request.GET.get("pour", "moi")
    holder = next((one for one in holders if one[0] == code), None)
    if holder is None:
        raise Http404
    organization = holder[2]
    rows = queries.volunteers_of(person)
    wanted = organization.pk if organization else None
    said = [row for row in rows if (row.organization.root_id if row.organization else None) == wanted]
    mine = min(said, key=lambda row: row.organization_id != wanted, default=None)
    communes = home_communes()
    sent = request.method == "POST"
    form = AvailableForm(
        data=request.POST if sent else None, initial=None if sent else _initial(mine),
        communes=[(c.code, c.name) for c in communes], person=organization is None,
    )  # fmt: skip
    call = UrgentCall.objects.filter(
        public_id=request.GET.get("appel", "")[:10], status=UrgentCall.OPEN
    ).first()
    if sent and form.is_valid():
        by_code = {c.code: c for c in communes}
        data = form.cleaned_data
        values = {
            **{name: " ".join(data[name]) for name in JOINED}, "commune": by_code[data["commune"]], "km": int(data["km"]),
            "people": data.get("people", 1), "phone": data["phone"], "adult": data.get("adult", False),
            "places": [by_code[place] for place in data["places"]],
        }  # fmt: skip
        try:
            volunteering.be_available(
                values, actor=person.actor, organization=organization, person=None if organization else person
            )
        except Refused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(
                request, "C’est noté. Vous pouvez mettre en pause ou tout effacer ici, quand vous voulez."
            )
            return redirect(
                reverse("relief:call", args=[call.public_id]) if call else request.get_full_path()
            )
    return render(
        request,
        "relief/available.html",
        {
            "form": form, "holders": holders, "code": code, "label": holder[1], "mine": mine, "rows": rows,
            "reminders": REMINDERS, "call": call,
        },
        status=422 if form.errors else 200,
    )  # fmt: skip


def _initial(row: Volunteer | None) -> dict:
    if row is None:
        return {"days": [code for code, _ in Volunteer.DAYS]}
    start = {name: getattr(row, name).split() for name in JOINED}
    return {
        **start, "commune": row.commune_id, "km": str(row.km), "people": row.people, "phone": row.phone, "adult": row.adult,
        "places": [place.code for place in row.places.all()],
    }  # fmt: skip


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Pauses, resumes, or erases what one said."""
    person = request.user
    assert isinstance(person, Person)
    rows = {row.public_id: row for row in queries.volunteers_of(person)}
    row = rows.get(request.POST.get("volunteer", ""))
    if row is None:
        raise Http404

    def do() -> str:
        verb = request.POST.get("verb", "")
        if verb == "erase":
            volunteering.forget_volunteer(row, actor=person.actor)
            return "C’est effacé. Personne ne vous sollicitera plus."
        volunteering.pause(row, verb == "pause", actor=person.actor)
        return (
            "En pause : personne ne vous sollicite."
            if verb == "pause"
            else "Vous êtes de nouveau disponible."
        )

    code = row.organization.whole.public_id if row.organization else "moi"
    return do_and_return(request, do, f"{reverse('relief:available')}?pour={code}")


@require_POST
def help_out(request: HttpRequest, public_id: str) -> HttpResponse:
    """Somebody available offers to go, without having been asked."""
    person = request.user
    assert isinstance(person, Person)
    call = get_object_or_404(UrgentCall, public_id=public_id, status=UrgentCall.OPEN)
    rows = {row.public_id: row for row in queries.volunteers_of(person)}
    row = rows.get(request.POST.get("volunteer", ""))
    if row is None:
        return redirect(f"{reverse('relief:available')}?appel={call.public_id}")
    try:
        proposal = answering.join_call(call, row, actor=person.actor, people=_people(request, row))
    except Refused as problem:
        messages.error(request, str(problem))
        return redirect("relief:call", public_id)
    return redirect(letters.answer_path(proposal))


@require_http_methods(BOTH)
def answer(request: HttpRequest, public_id: str, key: str) -> HttpResponse:
    """The page of a message: what is asked, one prepared button; once yes, where to go. No account is needed."""
    proposal = get_object_or_404(
        Proposal.objects.select_related(
            "call__commune", "call__organization", "volunteer__person", "volunteer__organization"
        ),
        public_id=public_id,
    )
    if not letters.opens(proposal, key) or proposal.volunteer is None:
        raise Http404
    volunteer = proposal.volunteer
    counted = volunteer.people > 1
    form = PeopleForm(initial={"people": volunteer.people}) if counted else None
    problem, status = "", 200
    if request.method == "POST":
        actor = f"volunteer:{volunteer.public_id}"
        try:
            if request.POST.get("verb") == "yes":
                answering.say_yes(proposal, actor=actor, people=_people(request, volunteer))
            else:
                answering.say_no(proposal, actor=actor)
            return redirect(request.path)
        except Refused as refused:
            problem, status = str(refused), 422
    return render(
        request,
        "relief/answer.html",
        {
            "proposal": proposal, "call": proposal.call, "form": form, "problem": problem, "reminders": REMINDERS,
            "over": not proposal.call.is_open,
        },
        status=status,
    )  # fmt: skip


def _people(request: HttpRequest, volunteer: Volunteer) -> int:
    """How many come: one for a person."""
    if volunteer.people <= 1:
        return 1
    form = PeopleForm(data=request.POST)
    if not form.is_valid():
        raise Refused(str(form.errors["people"][0]))
    return form.cleaned_data["people"]
