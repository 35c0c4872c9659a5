"""On the page of a structure, beside the legal reasons: what it says of its values, in the order of the criteria."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from horizon.kernel.registry import Cell, Table, declare_table
from horizon.kernel.templatetags.atlas import day
from horizon.values.models import Assessment
from horizon.values.queries import Line, current, lines, visits_of

TITLE, NEAR = "Ce qu’elle dit de ses valeurs", "reasons"
HEAD = ("Principe", "Ce qu’elle répond", "Vu par une visite")


def declare() -> None:
    """Shows it on an entry."""
    declare_table("entry", table)


def table(entry: Any) -> Table:
    """The answers of the current version; one query when there is none, four otherwise."""
    organization = entry.organization.whole
    here = reverse("values:show", args=[organization.public_id])
    write = (reverse("values:write", args=[organization.public_id]), "Dire comment nous les vivons")
    shown = current(organization)
    if shown is None:
        return Table(
            title=TITLE, head=HEAD, near=NEAR, rows=(), acts=(write,), links=((reverse("values:index"), "Les quinze questions"),),
            empty="Elle n’a pas encore dit comment elle vit les principes de l’économie sociale et solidaire. "
                  "Toute structure peut le faire, quelle que soit sa forme juridique.",
        )  # fmt: skip
    rows = tuple(
        (
            Cell(line.criterion.label, f"{here}#{line.criterion.code}"),
            Cell(line.answer.get_answer_display() if line.answer and line.answer.answer else "Sans réponse"),
            Cell(_seen(line, shown)),
        )
        for line in lines(shown, visits=visits_of(organization))
    )
    return Table(
        title=TITLE, head=HEAD, near=NEAR, rows=rows, empty="", acts=((write[0], "Mettre à jour"),), links=((here, "Ses réponses en entier"),),
        source=f"Dit par elle-même le {day(shown.published_at)}, version {shown.number}. Ni note, ni total, ni classement : "
               "ce n’est pas ce qui décide de sa place dans l’annuaire.",
    )  # fmt: skip


def _seen(line: Line, shown: Assessment) -> str:
    """The last visit, and which version it read when another one is shown: what was seen may not be what is said now."""
    if not line.witnesses:
        return "–"
    last = line.witnesses[0]
    read = last.visit.assessment
    return (
        f"{last.label}, {day(last.visit.on)}".replace(" ", "\u00a0")
        + (f" (version\u00a0{read.number})" if read.pk != shown.pk else "")
        + (" (visite ancienne)" if last.visit.old else "")
    )
