"""What exchange tells of what happens: offers and asks that everybody sees; and their list as something to follow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.http import QueryDict
from django.urls import reverse

from horizon.exchange import filters
from horizon.exchange.models import Listing
from horizon.kernel import news
from horizon.kernel.doors import DOOR_BY_CODE, UNDECIDED
from horizon.kernel.news import News, SearchKind, facets
from horizon.territory.queries import home_communes

KEY = "listing:"


def declare() -> None:
    """Tells the kernel about this room."""
    news.declare_news("exchange", find)
    news.declare_search("echanges", SearchKind("exchange:list", clean, title, pick))


def find(since: datetime, until: datetime) -> Iterator[News]:
    """Offers and asks opened to everybody between two instants, and still so. One query."""
    rows = Listing.objects.filter(
        status=Listing.PUBLISHED, audience=Listing.EVERYBODY, public_at__gte=since, public_at__lt=until
    )
    for row in rows.select_related("organization__canonical", "commune"):
        assert row.public_at
        holder = row.organization.whole if row.organization else None
        said = f"{row.get_kind_display().capitalize()}, à {row.commune.name}{', par ' + holder.name if holder else ''}."
        yield News(
            f"{KEY}{row.public_id}", row.public_at, row.side, row.title, said,
            reverse("exchange:listing", args=[row.public_id]),
            facets(commune=row.commune_id, doors=[row.door] if row.door else [], entry=holder.public_id if holder else ""),
        )  # fmt: skip


def clean(query: QueryDict) -> str:
    """The filters of a list that are understood, in a fixed order. One query."""
    return filters.write(filters.read(query, {commune.code for commune in home_communes()}))


def title(text: str) -> str:
    """A list in words. One query."""
    communes = {commune.code: commune.name for commune in home_communes()}
    chosen = filters.read(QueryDict(text), set(communes))
    door = DOOR_BY_CODE.get(chosen["door"])
    parts = [
        f"« {chosen['words']} »" if chosen["words"] else "", filters.SIDE_NAMES.get(chosen["side"], ""),
        filters.KINDS.get(chosen["kind"], ""), door.name if door else "porte à préciser" if chosen["door"] == UNDECIDED else "",
        communes.get(chosen["commune"], ""), filters.TERMS.get(chosen["terms"], ""),
        "sans offre" if chosen["nobody"] else "",
    ]  # fmt: skip
    said = ", ".join(part for part in parts if part)
    return f"Échanges : {said}" if said else "Tous les échanges"


def pick(text: str, items: list[News]) -> set[str]:
    """The offers and asks of the list. Two queries."""
    ids = {item.key.removeprefix(KEY) for item in items if item.key.startswith(KEY)}
    if not ids:
        return set()
    chosen = filters.read(QueryDict(text), {commune.code for commune in home_communes()})
    listed = filters.rows(chosen, members=False).filter(public_id__in=ids).order_by()
    return {f"{KEY}{public_id}" for public_id in listed.values_list("public_id", flat=True)}
