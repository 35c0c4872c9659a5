"""What the directory shows that may be reported: what somebody said of a structure, its pictures."""

from __future__ import annotations

from functools import partial

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
        ContentKind(_find, _take_away, _put_back, partial(_find, public=False), _authors),
    )
    declare_content(
        "photo",
        ContentKind(_find_photo, _take_photo_away, _put_photo_back, partial(_find_photo, public=False), _photo_authors, _take_photo_away),
    )  # fmt: skip


def _statement(key: str) -> Statement | None:
    rows = Statement.objects.select_related("organization__canonical", "author")
    return rows.filter(pk=int(key)).first() if key.isdigit() and len(key) < 10 else None


def _page(organization: Organization, name: str = "directory:entry") -> str:
    return reverse(name, args=[organization.whole.public_id])


def _find(key: str, public: bool = True) -> Content | None:
    """What the page says now, or its history still shows."""
    row = _statement(key)
    if row is None or row.field not in FIELDS or public and not row.shown_to_all:
        return None
    said = f"{row.organization.whole.name}, {FIELDS[row.field].label.lower()} : {row.said}"
    if row.status == Statement.REPLACED:
        return Content("L’historique", said, _page(row.organization, "care:history"))
    return Content("La page", said, _page(row.organization))


def _take_away(key: str, reason: str, actor: str) -> None:
    take_statement_away(Statement.objects.get(pk=int(key)), reason, actor=actor)


def _put_back(key: str, actor: str) -> None:
    put_statement_back(Statement.objects.get(pk=int(key)), actor=actor)


def _authors(key: str) -> list[str]:
    row = _statement(key)
    if row is None:
        return []
    return [row.author.email] if row.author else _who_holds(row.organization)


def _who_holds(organization: Organization) -> list[str]:
    return [person.email for person in referents_of(organization.whole)]


def _photo(key: str) -> Photo | None:
    return Photo.objects.select_related("organization__canonical", "added_by").filter(public_id=key).first()


def _find_photo(key: str, public: bool = True) -> Content | None:
    row = _photo(key)
    if row is None or public and row.removed_at:
        return None
    shown = f"{row.alt} (image de la page de {row.organization.whole.name}, par {row.author})"
    return Content("La page", shown, _page(row.organization))


def _take_photo_away(key: str, reason: str, actor: str) -> None:
    remove_photo(Photo.objects.get(public_id=key), actor=actor, reason=reason)


def _put_photo_back(key: str, actor: str) -> None:
    restore_photo(Photo.objects.get(public_id=key), actor=actor, read=True)


def _photo_authors(key: str) -> list[str]:
    row = _photo(key)
    if row is None:
        return []
    return [row.added_by.email] if row.added_by else _who_holds(row.organization)
