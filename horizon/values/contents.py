"""What values show that may be reported: a version, and a visit."""

from __future__ import annotations

from functools import partial

from django.urls import reverse

from horizon.actors.models import Organization, Person
from horizon.actors.queries import roles_on
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
            lambda key, reason, actor: assessing.take_away(_values(key), reason, actor=actor),
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
    if row is None or row.status == Assessment.DRAFT or public and row.status != Assessment.PUBLISHED:
        return None
    whole = row.organization.whole
    words = " ".join(answer.words for answer in row.answers.order_by("pk") if answer.words)
    page = reverse("values:version", args=[whole.public_id, row.number])
    return Content("Ses valeurs", f"{whole.name} : {words}"[:600], page)


def _find_visit(key: str, public: bool = True) -> Content | None:
    row = (
        Visit.objects.filter(public_id=key)
        .select_related("organization__canonical", "visitor__canonical", "assessment")
        .first()
    )
    if row is None or public and not row.public:
        return None
    notes = " ".join(seen.note for seen in row.seen.order_by("pk") if seen.note)
    return Content("La visite", f"{row} : {notes} {row.reply}"[:600], reverse("values:visit", args=[key]))


def _values_authors(key: str) -> set[str]:
    row = Assessment.objects.select_related("organization__canonical", "author").filter(public_id=key).first()
    return _addresses(row.author, row.organization) if row else set()


def _visit_authors(key: str) -> set[str]:
    """Both sides wrote it."""
    row = (
        Visit.objects.select_related("organization__canonical", "visitor__canonical", "author")
        .filter(public_id=key)
        .first()
    )
    return _addresses(row.author, row.organization, row.visitor) if row else set()


def _addresses(author: Person | None, *organizations: Organization) -> set[str]:
    """Who wrote it, if they are still there, and those who answer for these organizations and for what is one with them."""
    found = {author.email} if author else set()
    for organization in organizations:
        whole = organization.whole
        found |= {person.email for person in referents_of(whole)}
        found |= {role.person.email for role in roles_on(whole)}
    return found
