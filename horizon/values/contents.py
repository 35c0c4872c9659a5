"""What values show that may be reported: a version, and a visit."""

from __future__ import annotations

from functools import partial

from django.urls import reverse

from horizon.actors.services.links import referents_of
from horizon.kernel.registry import Content, ContentKind, declare_content
from horizon.values.models import Assessment, Visit
from horizon.values.services import assessing, visiting


def declare() -> None:
    """Tells the kernel about both."""
    declare_content(
        "values",
        ContentKind(
            _find_values,
            lambda key, reason, actor: assessing.take_away(_values(key), reason, actor=actor),
            lambda key, actor: assessing.put_back(_values(key), actor=actor),
            partial(_find_values, public=False),
            _values_authors,
        ),
    )
    declare_content(
        "visit",
        ContentKind(
            _find_visit,
            lambda key, reason, actor: visiting.take_away(_visit(key), reason, actor=actor),
            lambda key, actor: visiting.put_back(_visit(key), actor=actor),
            partial(_find_visit, public=False),
            _visit_authors,
        ),
    )


def _values(key: str) -> Assessment:
    return Assessment.objects.get(public_id=key)


def _visit(key: str) -> Visit:
    return Visit.objects.get(public_id=key)


def _find_values(key: str, public: bool = True) -> Content | None:
    row = Assessment.objects.filter(public_id=key).select_related("organization__canonical").first()
    if row is None or public and row.status != Assessment.PUBLISHED:
        return None
    whole = row.organization.whole
    words = " ".join(answer.words for answer in row.answers.order_by("pk") if answer.words)
    return Content(
        "Ses valeurs", f"{whole.name} : {words}"[:600], reverse("values:show", args=[whole.public_id])
    )


def _find_visit(key: str, public: bool = True) -> Content | None:
    row = (
        Visit.objects.filter(public_id=key)
        .select_related("organization__canonical", "visitor__canonical")
        .first()
    )
    if row is None or public and row.status != Visit.DONE:
        return None
    notes = " ".join(seen.note for seen in row.seen.order_by("pk") if seen.note)
    return Content("La visite", f"{row} : {notes} {row.reply}"[:600], reverse("values:visit", args=[key]))


def _values_authors(key: str) -> list[str]:
    row = Assessment.objects.select_related("organization__canonical").filter(public_id=key).first()
    return [person.email for person in referents_of(row.organization.whole)] if row else []


def _visit_authors(key: str) -> list[str]:
    """Both sides wrote it."""
    row = (
        Visit.objects.select_related("organization__canonical", "visitor__canonical")
        .filter(public_id=key)
        .first()
    )
    if row is None:
        return []
    both = {*referents_of(row.organization.whole), *referents_of(row.visitor.whole)}
    return sorted(person.email for person in both)
