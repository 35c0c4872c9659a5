"""Reads of the territory that several rooms share."""

from __future__ import annotations

from horizon.engine.folding import fold
from horizon.territory.models import Commune

# Under this many inhabitants, a few words may be enough to know who writes.
SMALL = 1000


def is_small(commune: Commune | None) -> bool:
    """Whether so few people live there that nothing may point at one of them."""
    return commune is not None and (commune.population or 0) < SMALL


def home_communes() -> list[Commune]:
    """The communes of the territory that this site publishes, by name. One query."""
    return sorted(Commune.objects.filter(epci__home=True), key=lambda commune: fold(commune.name))
