"""What a structure says of its values: its page, its versions, writing it, taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors import queries as actors
from horizon.actors.access import is_operator, may_edit
from horizon.actors.models import Organization, Person
from horizon.kernel.pages import do_and_return
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import beside
from horizon.kernel.spreadsheets import csv_answer
from horizon.values import queries
from horizon.values.criteria import by_theme, current_edition
from horizon.values.forms import AssessmentForm
from horizon.values.models import Assessment
from horizon.values.services import assessing

BOTH = ["GET", "HEAD", "POST"]
PER_PAGE = 60


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The questions, and the structures that answered them, by name: there is no other order."""
    page = Paginator(queries.published_by_name(), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "values/index.html",
        {"themes": by_theme(), "edition": current_edition(), "page": page, "query": ""},
    )


@require_safe
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    """The current version, criterion by criterion, beside why the structure is in the directory."""
    organization = actors.organization_of(public_id)
    rows = list(queries.versions(organization))
    return _shown(request, organization, rows[0] if rows else None, rows)


@require_safe
def version(request: HttpRequest, public_id: str, number: int) -> HttpResponse:
    """One version, with what changed since the one before. Withdrawn, it is read by those who may put it back."""
    organization = actors.organization_of(public_id)
    rows = list(queries.versions(organization))
    found = next((row for row in rows if row.number == number), None)
    if found is None:
        raise Http404
    return _shown(request, organization, found, rows)


def _shown(
    request: HttpRequest, organization: Organization, shown: Assessment | None, rows: list[Assessment]
) -> HttpResponse:
    editor = may_edit(request.user, organization)
    previous = rows[rows.index(shown) + 1] if shown and shown in rows[:-1] else None
    visits = queries.visits_of(organization)
    taken = (
        Assessment.objects.filter(organization=organization)
        .filter(status__in=[Assessment.WITHDRAWN, Assessment.REMOVED])
        .order_by("-withdrawn_at")
        .first()
        if editor
        else None
    )
    lines = queries.lines(shown, previous, visits) if shown else []
    themes: dict[str, list[queries.Line]] = {}
    for line in lines:
        themes.setdefault(line.criterion.theme, []).append(line)
    return render(
        request,
        "values/show.html",
        {
            "organization": organization,
            "shown": shown,
            "latest": bool(rows) and shown == rows[0],
            "previous": previous,
            "changed": sum(line.changed for line in lines),
            "themes": list(themes.items()),
            "versions": rows,
            "visits": visits,
            "beside": beside("values", organization),
            "may_edit": editor,
            "draft": queries.draft_of(organization) if editor else None,
            "taken": taken,
            "may_note": bool(shown and is_operator(request.user)),
            "may_propose": bool(shown and request.user.is_authenticated),
        },
    )


@require_safe
def export(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Every version and what visits saw, as a spreadsheet reads it (UTF-8 with its mark, semicolons)."""
    organization = actors.organization_of(public_id)
    rows = list(queries.with_answers(queries.versions(organization)))
    if not rows:
        raise Http404
    visits = queries.visits_of(organization)
    columns = (
        "version",
        "publiee_le",
        "critere",
        "question",
        "reponse",
        "comment",
        "lien",
        "visites",
        "source",
    )
    table = []
    for shown in rows:
        assert shown.published_at
        own = [visit for visit in visits if visit.assessment_id == shown.pk]
        for line in queries.lines(shown, visits=own):
            seen = " | ".join(
                f"{w.label} le {w.visit.on.isoformat()} par {w.visit.visitor.whole.name}"
                + (f" : {w.note}" if w.note else "")
                for w in line.witnesses
            )
            answer = line.answer
            cells = (
                str(shown.number), timezone.localdate(shown.published_at).isoformat(), line.criterion.label, line.criterion.question,
                answer.get_answer_display() if answer and answer.answer else "", answer.words if answer else "",
                answer.link if answer else "", seen, line.criterion.source,
            )  # fmt: skip
            table.append(cells)
    return csv_answer(f"valeurs-{organization.public_id}.csv", columns, table)


@require_http_methods(BOTH)
def write(request: HttpRequest, public_id: str) -> HttpResponse:
    """The fifteen questions: kept as a draft at any moment, published when one wants."""
    organization = actors.editable(public_id, request.user)
    person = _person(request)
    draft = queries.draft_of(organization)
    last = queries.current(organization)
    here = reverse("values:show", args=[organization.public_id])
    typed = request.POST.copy() if request.method == "POST" else None
    form = AssessmentForm(
        typed, answers=queries.answers_of(draft or last), stamp=assessing.stamp(organization)
    )
    if typed is not None and typed.get("verb") == "drop":
        return do_and_return(
            request, lambda: assessing.drop_draft(organization, by=person) or "Le brouillon est jeté.", here
        )
    if typed is not None and form.is_valid():
        since = form.cleaned_data["since"]
        try:
            if typed.get("verb") == "publish":
                made = assessing.publish(organization, form.said(), by=person, since=since)
                messages.success(
                    request, f"Publié, version {made.number}. Vous pouvez la retirer à tout moment."
                )
                return HttpResponseRedirect(here)
            assessing.keep_draft(organization, form.said(), by=person, since=since)
            messages.success(
                request,
                "Brouillon gardé : votre équipe et l’animation le voient, personne d’autre. Vous pouvez revenir plus tard.",
            )
            return HttpResponseRedirect(request.path)
        except Refused as problem:
            form.add_error(None, str(problem))
            typed["since"] = assessing.stamp(organization)
    return render(
        request,
        "values/write.html",
        {"organization": organization, "form": form, "draft": draft, "last": last},
        status=200 if typed is None else 422,
    )


@require_POST
def withdraw(request: HttpRequest, public_id: str) -> HttpResponse:
    """Takes every version back, or puts back what was taken."""
    organization = actors.editable(public_id, request.user)
    actor = _person(request).actor

    def do() -> str:
        if request.POST.get("verb") == "restore":
            assessing.restore(organization, actor=actor)
            return "C’est de nouveau montré."
        assessing.withdraw(organization, actor=actor)
        return "C’est retiré : la page ne dit plus rien de vos valeurs. Vous pouvez revenir en arrière."

    return do_and_return(request, do, reverse("values:show", args=[organization.public_id]))
