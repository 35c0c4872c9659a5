"""What values show that may be reported: a version, and a visit."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Prefetch
from django.urls import reverse

from horizon.actors.models import Organization, Person
from horizon.actors.queries import roles_on
from horizon.actors.services.links import referents_of
from horizon.kernel.registry import Content, ContentKind, declare_content
from horizon.values.models import Assessment, Seen, Visit
from horizon.values.queries import with_answers
from horizon.values.services import assessing, visiting


def declare() -> None:
    """Tells the kernel about both."""
    declare_content(
        "values",
        ContentKind(
            _versions,
            lambda key, reason, actor: assessing.take_away(_values(key), reason, actor=actor),
            lambda key, actor: assessing.put_back(_values(key), actor=actor),
            _values_authors,
            lambda key, reason, actor: assessing.take_away(_values(key), reason, actor=actor),
        ),
    )
    declare_content(
        "visit",
        ContentKind(
            _visits,
            lambda key, reason, actor: visiting.take_away(_visit(key), reason, actor=actor),
            lambda key, actor: visiting.put_back(_visit(key), actor=actor),
            _visit_authors,
        ),
    )


def _values(key: str) -> Assessment:
    return Assessment.objects.get(public_id=key)


def _visit(key: str) -> Visit:
    return Visit.objects.get(public_id=key)


def _versions(keys: Collection[str], public: bool) -> dict[str, Content]:
    rows = Assessment.objects.filter(public_id__in=keys).exclude(status=Assessment.DRAFT)
    found = {}
    for row in with_answers(rows.select_related("organization__canonical")):
        if not public or row.status == Assessment.PUBLISHED:
            whole = row.organization.whole
            words = " ".join(one.words for one in row.answers.all() if one.words)
            page = reverse("values:version", args=[whole.public_id, row.number])
            found[row.public_id] = Content("Ses valeurs", f"{whole.name} : {words}"[:600], page)
    return found


def _visits(keys: Collection[str], public: bool) -> dict[str, Content]:
    rows = Visit.objects.filter(public_id__in=keys).prefetch_related(
        Prefetch("seen", Seen.objects.order_by("pk"))
    )
    found = {}
    for row in rows.select_related("organization__canonical", "visitor__canonical", "assessment"):
        if not public or row.public:
            notes = " ".join(one.note for one in row.seen.all() if one.note)
            page = reverse("values:visit", args=[row.public_id])
            found[row.public_id] = Content("La visite", f"{row} : {notes} {row.reply}"[:600], page)
    return found


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
