"""How many structures of a pole the directory shows: said on the pole's page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.urls import reverse

from horizon.actors.models import Organization, Pole
from horizon.directory.catalogue import catalogue
from horizon.directory.models import Statement
from horizon.directory.narrowing import carrying
from horizon.directory.queries import current_publication
from horizon.kernel.registry import Aside, declare_beside, declare_filed
from horizon.kernel.templatetags.atlas import figure, plural


def declare() -> None:
    """Shows them on the page of a pole."""
    declare_beside("pole", figures)
    declare_filed("pole", filed)


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


def filed(pole: Pole) -> str:
    """The structures, shown or not, that are filed under a pole or that somebody would file there. Two queries."""
    entries = carrying("poles", [pole.code]).values("organization_id")
    said = Statement.objects.filter(field="poles", status__in=(Statement.PROPOSED, Statement.PUBLISHED))
    stated = (
        said.annotate(written=Cast("value", TextField()))
        .filter(written__contains=f'"{pole.code}"')
        .values("organization_id")
    )
    count = Organization.objects.filter(Q(pk__in=entries) | Q(pk__in=stated)).count()
    return plural(count, "structure", "structures") if count else ""
