"""Needs and pages: beside a need, what is done elsewhere behind the same door."""

from __future__ import annotations

from django.urls import reverse

from horizon.kernel.registry import Aside, declare_beside
from horizon.listening.models import Need
from horizon.pages.queries import examples

SHOWN = 3


def declare() -> None:
    """Shows examples beside a need."""
    declare_beside("need", elsewhere)


def elsewhere(need: Need) -> Aside | None:
    """Examples behind the door of a need; None without one. One query at most."""
    found = examples(door=need.door, limit=SHOWN) if need.door else []
    if not found:
        return None
    page = reverse("pages:elsewhere")
    return Aside(
        title="Ailleurs",
        rows=tuple((f"{page}?porte={need.door}#{text.code}", text.values["title"], text.values["where"]) for text in found),
        source="Exemples réels, avec leurs sources, derrière la même porte.",
    )  # fmt: skip
