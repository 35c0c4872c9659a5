"""What is kept of a person: the versions that they wrote. A kept path says nothing of who keeps it."""

from __future__ import annotations

from horizon.actors.models import Person
from horizon.pages.models import Version


def kept_of(person: Person) -> object:
    """The versions that a person wrote."""
    rows = Version.objects.filter(author=person)
    return {
        "versions": [
            {"text": row.code, "number": row.number, "at": row.created_at.isoformat()} for row in rows
        ]
    }


def let_go(person: Person) -> None:
    """The texts stay; nothing says any more who wrote them."""
    Version.objects.filter(author=person).update(author=None)
