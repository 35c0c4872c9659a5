"""Structures by their commune, door and pole, for the lists of other rooms."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from horizon.actors.plan import plan
from horizon.directory.models import Entry
from horizon.directory.queries import communes_of, current_publication
from horizon.kernel.doors import DOORS
from horizon.kernel.registry import Narrowing, declare_narrowing


def declare() -> None:
    """Tells the kernel the three ways."""
    declare_narrowing(
        Narrowing("commune", "Commune", lambda: communes_of(current_publication()), _of_commune),
        Narrowing("porte", "Porte", lambda: [(door.code, door.name) for door in DOORS], _of_door),
        Narrowing("pole", "Pôle", lambda: plan().choices(), _of_pole),
    )


def _of_commune(code: str) -> QuerySet:
    return _shown().filter(commune_id=code).values("organization_id")


def _of_door(code: str) -> QuerySet:
    return carrying("doors", [code]).values("organization_id")


def _of_pole(code: str) -> QuerySet:
    return carrying("poles", plan().held(code)).values("organization_id")


def carrying(column: str, codes: Iterable[str]) -> QuerySet[Entry]:
    """The entries of the publication that carry one of these codes. A list of codes is written the same way on both databases: quoted."""
    any_of = Q()
    for code in codes:
        any_of |= Q(written__contains=f'"{code}"')
    return _shown().annotate(written=Cast(column, TextField())).filter(any_of)


def _shown() -> QuerySet[Entry]:
    return Entry.objects.filter(publication__current=True).order_by()
