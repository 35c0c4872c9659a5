"""Reads of the territory that several rooms share."""

from __future__ import annotations

from horizon.territory.models import Commune


def home_communes() -> list[Commune]:
    """The communes of the territory that this site publishes, by name. One query."""
    return list(Commune.objects.filter(epci__home=True).order_by("name"))
