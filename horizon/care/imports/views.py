"""Pages of imports: bring a table, say what its columns are, look before writing, see line by line what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from horizon.actors.models import Organization, Person
from horizon.care.imports import services
from horizon.care.imports.forms import LineForm, MappingForm, TableForm
from horizon.care.imports.models import Import, ImportFile, ImportLine
from horizon.care.imports.upkeep import FILE_DAYS, UNDO_DAYS, go_on
from horizon.directory.said.fields import FIELDS as SAID
from horizon.engine.tables.meaning import FIELDS, Column, propose
from horizon.kernel.refusal import Refused
from horizon.kernel.spreadsheets import csv_answer
from horizon.kernel.templatetags.atlas import plural

BOTH = ["GET", "HEAD", "POST"]
PER_PAGE = 50
SHOWN = (("name", "Nom"), ("commune", "Commune"), ("address", "Adresse"), ("phone", "Téléphone"), ("email", "Courriel"),
         ("website", "Site"))  # fmt: skip


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user


def _find(public_id: str) -> Import:
    return get_object_or_404(Import.objects.select_related("author"), public_id=public_id)


@require_http_methods(BOTH)
def imports(request: HttpRequest) -> HttpResponse:
    """The imports made so far, and the form that brings another table."""
    form = TableForm(request.POST, request.FILES) if request.method == "POST" else TableForm()
    if request.method == "POST" and form.is_valid():
        try:
            data, name = form.bytes_and_name()
            batch = services.receive_table(data, name, author=_person(request), actor=_person(request).actor)
            return redirect("care:import", batch.public_id)
        except Refused as problem:
            form.add_error("file" if request.FILES else "pasted", str(problem))
    page = Paginator(Import.objects.select_related("author"), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "care/imports.html",
        {"form": form, "page": page, "file_days": FILE_DAYS, "undo_days": UNDO_DAYS, "query": ""},
        status=422 if form.errors else 200,
    )


@require_http_methods(BOTH)
def one_import(request: HttpRequest, public_id: str) -> HttpResponse:
    """One import, at the step where it is; POST goes to the next one."""
    batch = _find(public_id)
    if request.method == "POST" and request.POST.get("verb") in VERBS:
        return _act(request, batch)
    remap = request.GET.get("colonnes") and batch.state == Import.READY
    if batch.state == Import.DRAFT or remap or request.method == "POST":
        return _columns(request, batch)
    if batch.at_work:
        return render(request, "care/import_progress.html", {"batch": batch})
    return _lines(request, batch)


def _act(request: HttpRequest, batch: Import) -> HttpResponse:
    verb, actor = request.POST["verb"], _person(request).actor
    try:
        VERBS[verb](batch, actor)
    except Refused as problem:
        messages.error(request, str(problem))
        return redirect("care:import", batch.public_id)
    if verb == "forget":
        messages.success(request, "Import abandonné : rien n’a été écrit, le fichier est effacé.")
        return redirect("care:imports")
    batch.refresh_from_db()
    go_on(batch)
    return redirect("care:import", batch.public_id)


VERBS = {
    "confirm": lambda batch, actor: services.confirm_import(batch, actor=actor),
    "undo": lambda batch, actor: services.undo_import(batch, actor=actor),
    "forget": lambda batch, actor: services.forget_import(batch, actor=actor),
}


def _columns(request: HttpRequest, batch: Import) -> HttpResponse:
    """What each column says: proposed, or as the last time for a table with these headers."""
    try:
        table = services.table_of(batch, request.GET.get("feuille"))
    except Refused as problem:
        messages.error(request, str(problem))
        return redirect("care:imports")
    columns = propose(table)
    kept, row = services.remembered(table)
    if batch.mapping:
        kept = batch.columns
    initial: dict[str, object] = {}
    if kept is not None:
        field_of = {header: code for code, headers in kept.columns.items() for header in headers}
        columns = [
            Column(
                c.header,
                field_of.get(c.header, ""),
                "comme la dernière fois" if row else "votre choix",
                c.personal,
                c.samples,
            )
            for c in columns
        ]
        initial = {
            "source": kept.source,
            "licence": kept.licence,
            "places": kept.places,
            "replace": kept.replace,
        }
        initial |= {
            f"f{n}": True for n, c in enumerate(columns) if c.personal and c.header in kept.functional
        }
    decided = services.decided_lines(batch).count()
    form = MappingForm(
        request.POST if request.method == "POST" else None,
        initial=initial, columns=columns, sheets=table.sheets, sheet=table.sheet,
    )  # fmt: skip
    if decided and form.sheet != batch.columns.sheet:
        form.may_drop(decided)
    if request.method == "POST" and form.is_valid():
        try:
            batch = services.map_columns(
                batch,
                form.mapping(),
                actor=_person(request).actor,
                drop=bool(form.cleaned_data.get("drop")),
            )
            if decided and "drop" not in form.fields:
                messages.success(
                    request, f"{plural(decided, 'ligne décidée est gardée', 'lignes décidées sont gardées')}."
                )
            go_on(batch)
            return redirect("care:import", batch.public_id)
        except Refused as problem:
            form.add_error(None, str(problem))
    return render(
        request,
        "care/import_columns.html",
        {
            "batch": batch, "form": form, "table": table, "remembered": row, "same": services.same_file(batch),
            "personal": [column for column in columns if column.personal], "file_days": FILE_DAYS,
        },
        status=422 if form.errors else 200,
    )  # fmt: skip


MANY = {
    ImportLine.NEW: "nouvelles structures", ImportLine.COMPLETES: "fiches complétées", ImportLine.LIKELY: "doublons possibles",
    ImportLine.TWICE: "répètent une autre ligne", ImportLine.APPLIED: "importées", ImportLine.ASIDE: "laissées de côté",
    ImportLine.UNDONE: "annulées", ImportLine.KEPT: "gardées : des personnes les ont changées depuis",
}  # fmt: skip


def _tally(code: str, label: str, rows: Sequence[Mapping[str, Any]], kind: str) -> tuple[str, str, int]:
    count = sum(row["n"] for row in rows if row[kind] == code)
    return code, MANY.get(code, label) if count > 1 else label, count


def _lines(request: HttpRequest, batch: Import) -> HttpResponse:
    """The lines of an import, before or after it is written: figures, filter, and what each is. Four queries."""
    counts = list(batch.lines.order_by().values("outcome", "state").annotate(n=Count("pk")))
    outcomes = [_tally(code, label, counts, "outcome") for code, label in ImportLine.OUTCOMES]
    states = [_tally(code, label, counts, "state") for code, label in ImportLine.STATES]
    wanted, state = request.GET.get("quoi", ""), request.GET.get("suite", "")
    lines = batch.lines.order_by("number")
    if wanted in dict(ImportLine.OUTCOMES):
        lines = lines.filter(outcome=wanted)
    if state in dict(ImportLine.STATES):
        lines = lines.filter(state=state)
    page = Paginator(
        lines.prefetch_related(Prefetch("organization", Organization.objects.all())), PER_PAGE
    ).get_page(request.GET.get("page"))
    by = {code: n for code, _, n in outcomes}
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "care/import_lines.html",
        {
            "batch": batch, "page": page, "outcomes": outcomes, "states": [s for s in states if s[2]], "wanted": wanted,
            "state": state, "by": by, "query": query.urlencode(), "total": sum(by.values()),
            "written": next((n for code, _, n in states if code == ImportLine.APPLIED), 0),
            "kept": next((n for code, _, n in states if code == ImportLine.KEPT), 0),
            "to_write": sum(
                row["n"] for row in counts
                if row["outcome"] in services.READY_TO_WRITE and row["state"] == ImportLine.WAITING
            ),
            "rows": [_row(line) for line in page], "has_file": ImportFile.objects.filter(batch=batch).exists(),
            "answers": ImportLine.ANSWERS, "undo_days": UNDO_DAYS,
        },
    )  # fmt: skip


def _row(line: ImportLine) -> dict:
    """A line as the page shows it."""
    said = {**line.values, "commune": line.where}
    return {
        "line": line,
        "problems": [
            (FIELDS.get(code, code), "" if why.startswith("«") else line.values.get(code, ""), why)
            for code, why in line.problems.items()
        ],
        "changes": [
            (SAID[code].label, SAID[code].shown(before) or "(rien)", SAID[code].shown(after))
            for code, (before, after) in line.changes.items()
            if code in SAID
        ],
        "versus": [
            {
                **one,
                "rows": [
                    (label, said.get(code, ""), one.get("values", {}).get(code, ""))
                    for code, label in SHOWN
                    if said.get(code) or one.get("values", {}).get(code)
                ],
            }
            for one in line.candidates
        ],
    }


@require_http_methods(BOTH)
def line(request: HttpRequest, public_id: str, number: int) -> HttpResponse:
    """One line: correct it, say what it is, leave it aside, take back or write again what it wrote."""
    batch = _find(public_id)
    found = get_object_or_404(ImportLine.objects.select_related("organization"), batch=batch, number=number)
    found.batch = batch
    fields = [code for code in batch.columns.columns if code in FIELDS]
    make = lambda **kw: LineForm(values=found.values, fields=fields, problems=found.problems, **kw)  # noqa: E731
    form = make()
    if request.method == "POST":
        try:
            return _act_on_line(request, found, make(data=request.POST))
        except Refused as problem:
            messages.error(request, str(problem))
            form = make(data=request.POST) if request.POST.get("verb") == "correct" else form
    return render(
        request,
        "care/import_line.html",
        {"batch": batch, "row": _row(found), "line": found, "form": form, "answers": ImportLine.ANSWERS},
        status=422 if request.method == "POST" else 200,
    )


def _act_on_line(request: HttpRequest, found: ImportLine, form: LineForm) -> HttpResponse:
    verb, actor = request.POST.get("verb", ""), _person(request).actor
    back = reverse("care:import", args=[found.batch.public_id])
    if request.POST.get("query"):
        back += f"?{request.POST['query']}"
    if verb == "correct":
        if not form.is_valid():
            raise Refused(" ".join(str(form.errors[name][0]) for name in form.errors))
        done = services.correct_line(found, form.cleaned_data, actor=actor)
    elif verb == "answer":
        answer, _, chosen = request.POST.get("answer", "").partition(":")
        done = services.answer_line(found, answer, chosen, actor=actor)
    elif verb in LINE_VERBS:
        done = LINE_VERBS[verb](found, actor)
    else:
        raise Refused("Choisissez ce qu’il faut faire.")
    if done.outcome == ImportLine.BROKEN and verb == "correct":
        messages.error(request, f"Ligne {done.number} : il reste à corriger.")
        return HttpResponseRedirect(reverse("care:import-line", args=[done.batch.public_id, done.number]))
    messages.success(request, f"Ligne {done.number}, {done.title} : {said_of_line(done)}.")
    return HttpResponseRedirect(back)


LINE_VERBS = {
    "aside": lambda found, actor: services.set_aside(found, True, actor=actor),
    "take_up": lambda found, actor: services.set_aside(found, False, actor=actor),
    "undo": lambda found, actor: services.undo_line(found, actor=actor),
    "redo": lambda found, actor: services.redo_line(found, actor=actor),
    "reopen": lambda found, actor: services.reopen_line(found, actor=actor),
}


def said_of_line(found: ImportLine) -> str:
    """What became of a line, in a few words."""
    if found.state == ImportLine.WAITING:
        return found.get_outcome_display()
    return f"{found.get_outcome_display()}, {found.get_state_display()}"


@require_safe
def progress(request: HttpRequest, public_id: str) -> JsonResponse:
    """How far the work is, for the bar."""
    batch = _find(public_id)
    return JsonResponse(
        {"state": batch.state, "done": batch.done, "total": batch.total, "at_work": batch.at_work}
    )


@require_safe
def original(request: HttpRequest, public_id: str) -> HttpResponse:
    """The file as it was sent, while it is kept."""
    batch = _find(public_id)
    kept = get_object_or_404(ImportFile, batch=batch)
    response = HttpResponse(bytes(kept.body), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, batch.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
def result(request: HttpRequest, public_id: str) -> StreamingHttpResponse:
    """Every line with what became of it and why, for a spreadsheet."""
    batch = _find(public_id)
    fields = [code for code in FIELDS if code in batch.columns.columns]
    columns = ["Ligne", "Ce qu’elle est", "Suite", "Pourquoi", "Page", *(FIELDS[code] for code in fields)]
    name = f"import-{batch.public_id}-{timezone.localdate().isoformat()}.csv"
    return csv_answer(name, columns, _results(batch, request, fields))


def _results(batch: Import, request: HttpRequest, fields: Sequence[str]) -> Iterator[list[object]]:
    lines = batch.lines.select_related("organization").order_by("number")
    for one in lines.iterator(chunk_size=500):
        page = ""
        if one.organization:
            page = request.build_absolute_uri(reverse("directory:entry", args=[one.organization.public_id]))
        yield [
            one.number, one.get_outcome_display(), one.get_state_display(), " ".join(reasons(one)), page,
            *(one.values.get(code, "") for code in fields),
        ]  # fmt: skip


def reasons(one: ImportLine) -> list[str]:
    """Why a line is what it is."""
    said = [f"{FIELDS.get(code, code)} : {why}" for code, why in one.problems.items()]
    said += one.notes
    said += [f"Ressemble à {c.get('name', '')} ({c['why']})." for c in one.candidates]
    said += [
        f"{SAID[c].label} : {SAID[c].shown(after)}." for c, (_, after) in one.changes.items() if c in SAID
    ]
    return said
