"""Needs and pages: beside a need, what is done elsewhere."""

from __future__ import annotations

from django.urls import reverse

from horizon.kernel.registry import Aside, declare_beside
from horizon.listening.models import Need
from horizon.pages.queries import examples_for

SHOWN = 3


def declare() -> None:
    """Shows examples beside a need."""
    declare_beside("need", elsewhere)


def elsewhere(need: Need) -> Aside | None:
    """Examples that somebody attached to a need, then those behind its door or of its pole; None without one. One query."""
    found = examples_for(need.public_id, need.door, need.pole.code if need.pole else "", SHOWN)
    if not found:
        return None
    page = reverse("pages:elsewhere")
    return Aside(
        title="Ailleurs",
        rows=tuple((f"{page}#{text.code}", text.values["title"], text.values["where"]) for text in found),
        source="Exemples réels, avec leurs sources.",
    )  # fmt: skip
