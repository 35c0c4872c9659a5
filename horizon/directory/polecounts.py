"""How many structures of a pole the directory shows: said on the pole's page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from horizon.actors.models import Pole
from horizon.directory.catalogue import catalogue
from horizon.directory.queries import current_publication
from horizon.kernel.registry import Aside, declare_beside
from horizon.kernel.templatetags.atlas import figure


def declare() -> None:
    """Shows them on the page of a pole."""
    declare_beside("pole", figures)


def figures(pole: Pole) -> Aside | None:
    """Its actors and those that employ, with the lists of both; those of a pole that it came from too. One query once warm."""
    publication = current_publication()
    if publication is None:
        return None
    entries = catalogue(publication)
    bits = entries.facets.bits("pole", [pole.code]) & entries.actors
    rows = []
    for count, one, many, more in (
        (bits.bit_count(), "acteur", "acteurs", {}),
        ((bits & entries.facets.bits("employeur", ["1"])).bit_count(), "employeur", "employeurs", {"employeur": "1"}),
    ):  # fmt: skip
        address = f"{reverse('directory:list')}?{urlencode({'pole': pole.code, **more})}"
        rows.append((address, f"{figure(count)} {one if count < 2 else many}", ""))
    return Aside("Ses structures", tuple(rows), anchor="chiffres")
