"""What the directory shows that may be reported: what somebody said of a structure, its pictures."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet
from django.urls import reverse

from horizon.actors.models import Organization
from horizon.actors.services.links import referents_of
from horizon.directory.models import Statement
from horizon.directory.said.fields import FIELDS
from horizon.directory.said.photos import Photo, remove_photo, restore_photo
from horizon.directory.said.services import put_statement_back, take_statement_away
from horizon.kernel.registry import Content, ContentKind, declare_content


def declare() -> None:
    """Tells the kernel about both kinds."""
    declare_content(
        "statement",
        ContentKind(_statements, _take_away, _put_back, _authors),
    )
    declare_content(
        "photo",
        ContentKind(_photos, _take_photo_away, _put_photo_back, _photo_authors, _take_photo_away),
    )  # fmt: skip


def _rows(keys: Collection[str]) -> QuerySet[Statement]:
    rows = Statement.objects.select_related("organization__canonical", "author")
    return rows.filter(pk__in=[int(key) for key in keys if key.isdigit() and len(key) < 10])


def _page(organization: Organization, name: str = "directory:entry") -> str:
    return reverse(name, args=[organization.whole.public_id])


def _statements(keys: Collection[str], public: bool) -> dict[str, Content]:
    """What the page says now, or its history still shows."""
    found = {}
    for row in _rows(keys):
        if row.field not in FIELDS or public and not row.shown_to_all:
            continue
        said = f"{row.organization.whole.name}, {FIELDS[row.field].label.lower()} : {row.said}"
        past = row.status == Statement.REPLACED
        page = _page(row.organization, "care:history" if past else "directory:entry")
        found[str(row.pk)] = Content("L’historique" if past else "La page", said, page)
    return found


def _take_away(key: str, reason: str, actor: str) -> None:
    take_statement_away(Statement.objects.get(pk=int(key)), reason, actor=actor)


def _put_back(key: str, actor: str) -> None:
    put_statement_back(Statement.objects.get(pk=int(key)), actor=actor)


def _authors(key: str) -> list[str]:
    row = _rows([key]).first()
    if row is None:
        return []
    return [row.author.email] if row.author else _who_holds(row.organization)


def _who_holds(organization: Organization) -> list[str]:
    return [person.email for person in referents_of(organization.whole)]


def _photo(key: str) -> Photo | None:
    return Photo.objects.select_related("organization__canonical", "added_by").filter(public_id=key).first()


def _photos(keys: Collection[str], public: bool) -> dict[str, Content]:
    found = {}
    for row in Photo.objects.select_related("organization__canonical").filter(public_id__in=keys):
        if not public or not row.removed_at:
            shown = f"{row.alt} (image de la page de {row.organization.whole.name}, par {row.author})"
            found[row.public_id] = Content("La page", shown, _page(row.organization))
    return found


def _take_photo_away(key: str, reason: str, actor: str) -> None:
    remove_photo(Photo.objects.get(public_id=key), actor=actor, reason=reason)


def _put_photo_back(key: str, actor: str) -> None:
    restore_photo(Photo.objects.get(public_id=key), actor=actor, read=True)


def _photo_authors(key: str) -> list[str]:
    row = _photo(key)
    if row is None:
        return []
    return [row.added_by.email] if row.added_by else _who_holds(row.organization)
