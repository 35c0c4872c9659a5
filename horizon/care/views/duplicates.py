"""Duplicates: a pair side by side, what a page was merged with, parting, and « existe peut-être déjà » while typing."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors import queries
from horizon.actors.access import acts_for, is_operator
from horizon.actors.models import Person
from horizon.care import duplicates as writes
from horizon.care import pairs
from horizon.care.finding import likely_same
from horizon.care.models import DuplicateSuggestion
from horizon.directory.queries import publication_of
from horizon.kernel.answered import remember
from horizon.kernel.pages import do_and_return
from horizon.kernel.refusal import Refused

BOTH = ["GET", "HEAD", "POST"]
LONGEST = 120


@require_http_methods(BOTH)
def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """Two records side by side: one page or two, or ask those who hold them. Those asked say what they know."""
    row = get_object_or_404(
        DuplicateSuggestion.objects.select_related("first__canonical", "second__canonical", "folded"), pk=pk
    )
    person = request.user
    operator = is_operator(person)
    if not operator and not (acts_for(person, row.first) or acts_for(person, row.second)):
        raise Http404
    assert isinstance(person, Person)
    if request.method == "POST":
        return do_and_return(
            request, lambda: _do(request, row, request.POST.get("verb", ""), person, operator),
            reverse("care:desk") if operator and request.POST.get("verb") in {"same", "different"} else request.path,
        )  # fmt: skip
    entries = pairs.entries_of([row.first, row.second])
    sides = [pairs.described(entries.get(one.pk), one) for one in (row.first, row.second)]
    labels = list(dict.fromkeys(label for side in sides for label, _ in side))
    values = [dict(side) for side in sides]
    lines = [(label, *(value.get(label, "") for value in values)) for label in labels]
    return render(
        request,
        "care/duplicate.html",
        {
            "row": row, "operator": operator, "lines": [line for line in lines if any(line[1:])],
            "same": {line[0] for line in lines if line[1] and line[1] == line[2]},
            "answers": pairs.answers_of(row), "waits": row.status == DuplicateSuggestion.OPEN,
        },
    )  # fmt: skip


def _do(request: HttpRequest, row: DuplicateSuggestion, verb: str, person: Person, operator: bool) -> str:
    if verb in {"is_same", "is_different"}:
        writes.answer_for(row, person, verb == "is_same")
        return "Merci, votre réponse est notée ; l’équipe d’animation décide."
    if not operator:
        raise Refused("Cette décision revient à l’équipe d’animation.")
    if verb == "ask":
        people = writes.ask_structures(row, actor=person.actor)
        if people:
            return f"Question envoyée à {people} personne{'s' if people > 1 else ''}."
        raise Refused("Personne ne tient ces pages : appelez l’une des deux structures.")
    known = {"same": "accept", "different": "refuse", "undo": "undo"}
    if verb not in known:
        raise Refused("Choisissez une réponse.")
    said = pairs.answer_pair(known[verb], str(row.pk), person)
    if verb != "undo":
        remember(request, f"duplicate/{row.pk}")
    return said


@require_safe
def merged(request: HttpRequest, public_id: str) -> HttpResponse:
    """What a page was merged with: when, by whom, why; how to contest; one button to part, for those who animate."""
    organization = queries.organization_of(public_id)
    found = pairs.merged_into(organization)
    entries = pairs.entries_of([one for one, _ in found])
    return render(
        request,
        "care/merged.html",
        {
            "organization": organization, "operator": is_operator(request.user),
            "found": [(one, row, pairs.why_merged(one, row), pairs.described(entries.get(one.pk), one)) for one, row in found],
        },
    )  # fmt: skip


@require_POST
def split(request: HttpRequest, pk: int) -> HttpResponse:
    """Parts what was merged, for good: the pair is not asked again."""
    row = get_object_or_404(
        DuplicateSuggestion.objects.select_related("first", "second", "folded__canonical"), pk=pk
    )
    person = request.user
    assert isinstance(person, Person)
    kept = row.folded.whole if row.folded else row.first
    back = reverse("care:merged", args=[kept.public_id])

    def do() -> str:
        writes.say_different(row, actor=person.actor)
        return f"{row.first.name} et {row.second.name} ont de nouveau chacune leur page. Les listes suivent dans la minute."

    return do_and_return(request, do, back)


@require_safe
def likely(request: HttpRequest) -> HttpResponse:
    """A fragment of page: the structures that a name being typed may be. Empty when none is."""
    found = likely_same(
        request.GET.get("nom", "")[:LONGEST],
        publication_of(request),
        commune=request.GET.get("commune", "")[:5],
    )
    response = render(request, "care/_likely.html", {"same": found, "typing": True})
    response["Cache-Control"] = "private, max-age=60"
    return response
