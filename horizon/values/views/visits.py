"""A visit: asked, answered, told, confirmed by both."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors import queries as actors
from horizon.actors.access import acts_for
from horizon.actors.models import Organization, Person
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.refusal import Refused
from horizon.kernel.templatetags.atlas import day
from horizon.values import queries
from horizon.values.access import may_answer, may_see, side_of
from horizon.values.criteria import criteria
from horizon.values.forms import AnswerForm, NoteForm, ProposeForm, ReplyForm, ReportForm
from horizon.values.models import Visit
from horizon.values.services import visiting

OTHER_VERSION = (
    "Ce jour-là, c’est une autre version que l’on lisait : la voici. Relisez, puis notez de nouveau."
)
BOTH = ["GET", "HEAD", "POST"]


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user


def _visit(public_id: str) -> Visit:
    found = queries.visit_of(public_id)
    if found is None:
        raise Http404
    return found


def _mine(request: HttpRequest, public_id: str, side: str = "") -> Visit:
    """A visit of somebody's own side. Raises PermissionDenied otherwise."""
    found = _visit(public_id)
    here = side_of(request.user, found)
    if not here or (side and here != side):
        raise PermissionDenied
    return found


@require_http_methods(BOTH)
def propose(request: HttpRequest, public_id: str) -> HttpResponse:
    """Asking for a visit: those of the page invite a structure of the collective, any other of the collective offers to come."""
    organization, person = actors.organization_of(public_id), _person(request)
    page = reverse("values:show", args=[organization.public_id])
    own = acts_for(person, organization)
    others = (
        queries.by_name(queries.in_collective().exclude(pk=organization.pk))
        if own
        else queries.mine_in_collective(person)
    )
    others = [one for one in others if one.pk != organization.pk]
    if not own and not others:
        messages.error(
            request, "Une visite se propose au nom d’une structure du collectif, pour laquelle vous agissez."
        )
        return HttpResponseRedirect(page)

    def do(cleaned: dict) -> str:
        visitor = get_object_or_404(Organization, public_id=cleaned["other"])
        made = visiting.propose_visit(
            organization, visitor, cleaned["on"], cleaned["who"], by=person, from_visitor=not own
        )
        messages.success(request, f"C’est demandé : {made.asked.name} va répondre.")
        return reverse("values:visit", args=[made.public_id])

    return ask(
        request,
        lambda **kw: ProposeForm(
            others=[("", ""), *((one.public_id, one.name) for one in others)] if own else [(one.public_id, one.name) for one in others],
            label="Qui inviter ?" if own else "Au nom de quelle structure ?",
            **kw,
        ),
        do, title=f"Une visite chez {organization.name}", back=(page, "Ses valeurs"),
        lead="Une structure du collectif vient, regarde, et dit pour chaque principe ce qu’elle a vu. La visite n’est montrée que si "
             "les deux la confirment.",
        button="Inviter" if own else "Proposer de venir",
    )  # fmt: skip


@require_http_methods(BOTH)
def note(request: HttpRequest, public_id: str) -> HttpResponse:
    """Those who animate type a visit that was told on paper or by telephone."""
    organization, person = actors.organization_of(public_id), _person(request)
    page = reverse("values:show", args=[organization.public_id])
    version = queries.current(organization)
    if version is None:
        messages.error(
            request, f"{organization.name} n’a encore rien publié de ses valeurs : il n’y a rien à noter."
        )
        return HttpResponseRedirect(page)
    others = {
        one.public_id: one
        for one in queries.by_name(queries.in_collective().exclude(pk=organization.root_id))
    }

    def form_of(edition: str) -> NoteForm:
        sent = request.POST if request.method == "POST" else None
        return NoteForm(sent, edition=edition, others=[(code, one.name) for code, one in others.items()])

    form = form_of(version.edition)
    if request.method == "POST":
        form.full_clean()
        on = form.cleaned_data.get("on")
        version = (queries.version_on(organization, on) if on else None) or version
        form = form_of(version.edition)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            if typed["stamp"] not in {"", version.public_id}:
                raise Refused(OTHER_VERSION)
            made = visiting.note_visit(
                organization, others[typed["other"]], typed["on"], typed["who"], form.said(), by=person,
                heard_visitor=typed["heard_visitor"], heard_visited=typed["heard_visited"], reply=typed["reply"],
            )  # fmt: skip
        except Refused as problem:
            form.add_error(None, str(problem))
        else:
            done = made.status == Visit.DONE
            messages.success(
                request, "C’est noté, et publié : les deux sont prévenues." if done
                else f"C’est noté. {organization.name} reçoit un message pour confirmer.",
            )  # fmt: skip
            return HttpResponseRedirect(reverse("values:visit", args=[made.public_id]))
    answers = queries.answers_of(version)
    return render(
        request, "values/note.html",
        {
            "organization": organization, "form": form, "version": version,
            "asked": [form[name] for name in ("other", "on", "who", "heard_visitor", "heard_visited")],
            "rows": [(one, fields, answers.get(one.code)) for one, fields in form.rows()],
        },
        status=422 if request.method == "POST" else 200,
    )  # fmt: skip


@require_safe
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    """What is planned, what was seen, what is answered; who confirmed."""
    visit = _visit(public_id)
    if not may_see(request.user, visit):
        if not request.user.is_authenticated:
            return HttpResponseRedirect(f"{reverse('account_login')}?next={request.path}")
        raise PermissionDenied
    side = side_of(request.user, visit) if request.user.is_authenticated else ""
    seen = {row.criterion: row for row in visit.seen.all()}
    agreed = {"visitor": visit.visitor_agreed_at, "visited": visit.visited_agreed_at}
    return render(
        request,
        "values/visit.html",
        {
            "visit": visit,
            "side": side,
            "rows": [(one, seen[one.code]) for one in criteria(visit.assessment.edition) if one.code in seen],
            "may_answer": request.user.is_authenticated and may_answer(request.user, visit),
            "i_agreed": bool(agreed.get(side)),
            "stamp": visiting.stamp(visit),
            "may_reopen": side
            and (
                visit.status == Visit.CANCELLED
                or (visit.status == Visit.DECLINED and acts_for(request.user, visit.asked))
            ),
        },
    )


@require_http_methods(BOTH)
def answer(request: HttpRequest, public_id: str) -> HttpResponse:
    """The side that was asked accepts, on another day if it wants, or declines."""
    visit, person = _visit(public_id), _person(request)
    page = reverse("values:visit", args=[visit.public_id])
    if visit.status == Visit.PROPOSED and not may_answer(person, visit):
        raise PermissionDenied
    if not side_of(person, visit):
        raise PermissionDenied

    def do(cleaned: dict) -> str:
        accept = cleaned["verb"] != "decline"
        visiting.answer_visit(visit, accept, by=person, on=cleaned["on"], reason=cleaned["reason"])
        messages.success(
            request, "C’est accepté." if accept else "C’est décliné ; l’autre structure lira votre raison."
        )
        return page

    return ask(
        request, AnswerForm, do, title="Répondre à cette visite", back=(page, "La visite"), initial={"on": visit.on},
        lead=f"{visit}, le {day(visit.on)}." + (f" {visit.who}." if visit.who else ""),
        button="Accepter", verb="accept", others=[("decline", "Décliner")],
    )  # fmt: skip


def _stamped(typed: QueryDict, now: str) -> QueryDict:
    """What was typed, to show again with the text as it is now: sent once more, it is kept."""
    shown = typed.copy()
    shown["stamp"] = now
    return shown


@require_http_methods(BOTH)
def report(request: HttpRequest, public_id: str) -> HttpResponse:
    """The visitor says what they saw of each principle; kept as often as one wants, confirmed apart."""
    visit, person = _mine(request, public_id, visiting.VISITOR), _person(request)
    page = reverse("values:visit", args=[visit.public_id])
    known = {row.criterion: row for row in visit.seen.all()}
    now = visiting.stamp(visit)
    typed = _stamped(request.POST, now) if request.method == "POST" else None
    form = ReportForm(typed, edition=visit.assessment.edition, seen=known, who=visit.who, stamp=now)
    if request.method == "POST" and form.is_valid():
        try:
            visiting.write_report(
                visit,
                form.said(),
                by=person,
                who=form.cleaned_data["who"],
                since=request.POST.get("stamp", ""),
            )
            messages.success(
                request, "Gardé. Relisez, puis confirmez : l’autre structure confirmera à son tour."
            )
            return HttpResponseRedirect(page)
        except Refused as problem:
            form.add_error(None, str(problem))
    answers = queries.answers_of(visit.assessment)
    return render(
        request,
        "values/report.html",
        {
            "visit": visit,
            "form": form,
            "rows": [(one, fields, answers.get(one.code)) for one, fields in form.rows()],
        },
        status=422 if request.method == "POST" else 200,
    )


@require_http_methods(BOTH)
def reply(request: HttpRequest, public_id: str) -> HttpResponse:
    """The visited structure answers the report."""
    visit, person = _mine(request, public_id, visiting.VISITED), _person(request)
    page = reverse("values:visit", args=[visit.public_id])

    def do(cleaned: dict) -> str:
        visiting.reply_to(visit, cleaned["reply"], by=person, since=request.POST.get("stamp", ""))
        messages.success(request, "Votre réponse est gardée. Confirmez quand le compte rendu vous convient.")
        return page

    now = visiting.stamp(visit)

    def form_of(**given) -> ReplyForm:
        if "data" in given:
            given["data"] = _stamped(given["data"], now)
        return ReplyForm(**given)

    return ask(
        request, form_of, do, title="Répondre au compte rendu", back=(page, "La visite"), button="Garder ma réponse",
        lead=f"{visit}, le {day(visit.on)}.", initial={"reply": visit.reply, "stamp": now},
    )  # fmt: skip


@require_POST
def act(request: HttpRequest, public_id: str) -> HttpResponse:
    """Confirms, cancels, or undoes."""
    visit, person = _mine(request, public_id), _person(request)
    side = side_of(person, visit)

    def do() -> str:
        verb = request.POST.get("verb")
        if verb == "confirm":
            done = visiting.confirm_visit(visit, side, by=person, since=request.POST.get("stamp", ""))
            return (
                "Les deux ont confirmé : la visite est publiée."
                if done.status == Visit.DONE
                else "Confirmé. L’autre structure doit confirmer à son tour."
            )
        if verb == "cancel":
            visiting.cancel_visit(visit, by=person)
            return "La visite est annulée. Vous pouvez revenir en arrière."
        visiting.reopen_visit(visit, by=person)
        return "La visite est de nouveau proposée."

    return do_and_return(request, do, reverse("values:visit", args=[visit.public_id]))
