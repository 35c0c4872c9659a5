"""Who has a mandate today, as everybody may read it: a name only where the person agreed to that mandate showing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from horizon.actors.access import current_mandates
from horizon.actors.models import Mandate, Organization, Pole
from horizon.kernel.doors import DOOR_BY_CODE

ORDER = [code for code, _ in Mandate.FUNCTIONS]


@dataclass(frozen=True)
class Mandated:
    """A mandate in force; where the person did not agree, `who` is empty and so are the words typed by the desk, which may name them."""

    who: str
    email: str
    phone: str
    function: str
    title: str
    organization: Organization | None
    pole: Pole | None
    themes: list[str]
    starts_on: date
    ends_on: date | None
    decided_by: str


def mandated() -> list[Mandated]:
    """Every mandate in force, by function then pole then day. One query, whatever the mandates."""
    rows = current_mandates().select_related("person", "pole", "organization__canonical")
    in_order = sorted(
        rows, key=lambda m: (ORDER.index(m.function), m.pole.rank if m.pole else -1, m.starts_on, m.pk)
    )
    return [_said(row) for row in in_order]


def _said(mandate: Mandate) -> Mandated:
    who = _who(mandate)
    said = mandate if who else Mandate()
    return Mandated(
        who, said.shown_email, said.shown_phone, mandate.get_function_display(), said.title,
        mandate.organization.whole if mandate.organization else None, mandate.pole, themes_said(mandate),
        mandate.starts_on, mandate.ends_on, said.decided_by,
    )  # fmt: skip


def _who(mandate: Mandate) -> str:
    """The name of the holder where they agreed to show it."""
    return mandate.person.name if mandate.public and mandate.person.is_active else ""


def title_said(mandate: Mandate) -> str:
    """The title of a mandate where its holder agreed to show it, while it lasts; else its function, which names nobody."""
    in_force = not (mandate.is_over or mandate.is_to_come)
    return (mandate.title if _who(mandate) and in_force else "") or mandate.get_function_display()


def themes_said(mandate: Mandate) -> list[str]:
    """The themes of a mandate by their names, in the order of the doors."""
    return [door.name for code, door in DOOR_BY_CODE.items() if code in mandate.themes]
