"""The history of a page: what was said, by whom, and what became of it; taking back and putting back."""

from __future__ import annotations

from collections import Counter

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from horizon.actors import queries
from horizon.actors.access import is_operator, may_edit
from horizon.actors.merged import of
from horizon.actors.models import Organization, Person
from horizon.actors.spoken import relays_told
from horizon.care import contents
from horizon.care.waiting import answer_suggestion
from horizon.directory.models import Statement
from horizon.directory.said.fields import FIELDS
from horizon.directory.said.undoing import (
    AGAIN,
    founds,
    may_come_back,
    redo_statement,
    redo_together,
    undo_together,
)
from horizon.kernel.pages import do_and_return
from horizon.kernel.refusal import Refused
from horizon.kernel.templatetags.atlas import plural

SHOWN = 200


@require_safe
def history(request: HttpRequest, public_id: str) -> HttpResponse:
    """What was said of the organization, by what kind of author, and what became of it.

    Everybody reads what is or was published, but for the addresses and telephones that a correction took off. Its people and
    operators also read those, what waits, was refused or taken away, who wrote each line and from whom they had it.
    """
    organization = queries.organization_of(public_id)
    editing = may_edit(request.user, organization)
    found = Statement.objects.filter(of(organization)).select_related("author", "organization")
    if not editing:
        found = found.filter(status__in=[*Statement.PUBLIC, Statement.UNDONE])
    rows = [row for row in found.order_by("-created_at", "-pk")[:SHOWN] if row.field in FIELDS]
    relays = relays_told("statement", [row.pk for row in rows if row.origin == Statement.RELAY], "publish")
    return render(
        request,
        "care/history.html",
        {
            "organization": organization,
            "rows": [
                (row, FIELDS[row.field], editing or row.shown_to_all, relays.get(str(row.pk), ""))
                for row in rows
            ],
            "together": _together(rows) if editing else {},
            "may_edit": editing,
        },
    )


def _together(rows: list[Statement]) -> dict[int, tuple[str, str, int]]:
    """For the first line shown of each correction of several lines: the verb that is left, its batch, and how many lines it takes."""
    published = Counter(row.batch for row in rows if row.status == Statement.PUBLISHED)
    undone = Counter(row.batch for row in rows if row.status in AGAIN and may_come_back(row))
    founding = {row.batch for row in rows if row.status == Statement.PUBLISHED and founds(row)}
    found: dict[int, tuple[str, str, int]] = {}
    seen = {""}
    for row in rows:
        if row.batch in seen:
            continue
        seen.add(row.batch)
        if published[row.batch] > 1 and row.batch not in founding:
            found[row.pk] = ("undo", row.batch, published[row.batch])
        elif undone[row.batch] > 1:
            found[row.pk] = ("redo", row.batch, undone[row.batch])
    return found


@require_POST
def undo(request: HttpRequest, public_id: str) -> HttpResponse:
    """Takes back one line or a whole correction, or publishes it again: one button each."""
    organization = queries.editable(public_id, request.user)
    person = request.user
    assert isinstance(person, Person)
    page = reverse("care:history", args=[organization.public_id])
    return do_and_return(request, lambda: _done(request, organization, person), page)


def _done(request: HttpRequest, organization: Organization, person: Person) -> str:
    def check(row: Statement) -> None:
        """What a report took away comes back by those who decide reports alone."""
        if not is_operator(person):
            contents.keep_away("statement", [str(pk) for pk in (row.pk, row.previous_id) if pk])

    def check_words(row: Statement) -> None:
        check(row)
        if not is_operator(person):
            contents.keep_words_away(organization, {row.field: row.value})

    if batch := request.POST.get("undo_together"):
        made = undo_together(organization, batch, actor=person.actor, check=check)
        return (
            f"Annulé : {plural(len(made), 'ligne est', 'lignes sont')} comme avant. « Rétablir » les remet."
        )
    if batch := request.POST.get("redo_together"):
        made = redo_together(organization, batch, actor=person.actor, check=check_words)
        return f"Rétabli : {plural(len(made), 'ligne est publiée', 'lignes sont publiées')} de nouveau."
    again = request.POST.get("redo", "")
    key = again or request.POST.get("undo", "")
    if not (key.isascii() and key.isdecimal() and len(key) < 19):
        raise Refused("Dites quelle ligne annuler.")
    row = get_object_or_404(Statement.objects.filter(of(organization)), pk=key)
    if again:
        check_words(row)
        redo_statement(row, actor=person.actor)
        return f"{FIELDS[row.field].label} : publié de nouveau."
    return answer_suggestion("undo", key, person)
