"""Values and the directory: beside what a structure says of itself, why it is in the directory, or why it is not."""

from __future__ import annotations

from django.urls import reverse

from horizon.actors.models import Organization
from horizon.directory import labels
from horizon.directory.queries import live_entry
from horizon.kernel.registry import Aside, declare_beside
from horizon.kernel.templatetags.atlas import day


def declare() -> None:
    """Shows the legal reasons beside values."""
    declare_beside("values", reasons)


def reasons(organization: Organization) -> Aside | None:
    """The legal reasons of a structure: shown beside its values, never instead of them, nor the other way round."""
    entry = live_entry(organization)
    if entry is None:
        return None
    page = reverse("directory:entry", args=[organization.public_id])
    why = [(page, *labels.REASONS.get(code, (code, ""))) for code in entry.reasons]
    out = [(page, labels.EXCLUSIONS.get(code, code), "") for code in entry.exclusions]
    return Aside(
        title="Pourquoi elle est, ou n’est pas, dans l’annuaire de l’ESS",
        rows=tuple(why + out) or ((page, "Aucun motif connu dans les registres", ""),),
        source=f"D’après les registres publics du {day(entry.publication.vintage)}. Ce que la structure dit de ses valeurs n’y change rien.",
    )  # fmt: skip
