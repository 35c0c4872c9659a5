"""What listening tells of what happens: needs published, answers; and the list of needs as something to follow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.http import QueryDict
from django.urls import reverse
from django.utils.text import Truncator

from horizon.kernel import news
from horizon.kernel.doors import DOOR_BY_CODE
from horizon.kernel.news import News, SearchKind, facets
from horizon.listening import filters, queries
from horizon.listening.models import Answer, Need
from horizon.territory.queries import home_communes

NEED, ANSWER = "need:", "answer:"
SHORT = 140


def declare() -> None:
    """Tells the kernel about this room."""
    news.declare_news("listening", find)
    news.declare_search("besoins", SearchKind("listening:list", clean, title, pick))


def find(since: datetime, until: datetime) -> Iterator[News]:
    """Needs published and answers shown between two instants that are still public. Four queries."""
    needs = Need.objects.filter(
        status=Need.PUBLISHED, same_as=None, published_at__gte=since, published_at__lt=until
    )
    for need in needs.select_related("commune", "pole"):
        assert need.published_at
        where = f"À {need.commune.name}. " if need.commune else ""
        yield News(
            f"{NEED}{need.public_id}", need.published_at, "need", _short(need.text), f"{where}Vous aussi, ou une idée ?",
            reverse("listening:need", args=[need.public_id]), _facets(need),
        )  # fmt: skip
    answers = Answer.objects.filter(
        status=Answer.SHOWN, need__status=Need.PUBLISHED, need__same_as=None, shown_at__gte=since, shown_at__lt=until
    )  # fmt: skip
    for answer in answers.select_related("need__commune", "need__pole").prefetch_related(
        "organizations__canonical"
    ):
        assert answer.shown_at
        named = answer.shown_organizations
        names = ", ".join(one.name for one in named)
        said = f"{answer.get_kind_display()}{' : ' + names if names else ''}."
        yield News(
            f"{ANSWER}{answer.public_id}", answer.shown_at, "answer", _short(answer.need.text), said,
            reverse("listening:need", args=[answer.need.public_id]),
            _facets(answer.need).union(*(facets(entry=one.public_id) for one in named)),
        )  # fmt: skip


def _short(text: str) -> str:
    return Truncator(" ".join(text.split())).chars(SHORT)


def _facets(need: Need) -> frozenset[news.Facet]:
    return facets(
        commune=need.commune_id,
        doors=[need.door] if need.door else [],
        pole=need.pole.code if need.pole else "",
    )


def clean(query: QueryDict) -> str:
    """The filters of a list that are understood, in a fixed order. One query."""
    return filters.write(filters.read(query, {commune.code for commune in home_communes()}))


def title(text: str) -> str:
    """A list in words. One query."""
    communes = {commune.code: commune.name for commune in home_communes()}
    chosen = filters.read(QueryDict(text), set(communes))
    door = DOOR_BY_CODE.get(chosen["door"])
    parts = [
        f"« {chosen['words']} »" if chosen["words"] else "", door.name if door else "", communes.get(chosen["commune"], ""),
        filters.STATES.get(chosen["state"], ""),
    ]  # fmt: skip
    said = ", ".join(part for part in parts if part)
    return f"Besoins : {said}" if said else "Tous les besoins"


def pick(text: str, items: list[News]) -> set[str]:
    """The needs of the list, and the answers to them. Two queries."""
    about = {
        item.key: item.href.strip("/").rpartition("/")[2]
        for item in items
        if item.key.startswith((NEED, ANSWER))
    }
    if not about:
        return set()
    chosen = filters.read(QueryDict(text), {commune.code for commune in home_communes()})
    listed = set(
        queries.public_needs(**chosen)
        .filter(public_id__in=set(about.values()))
        .order_by()
        .values_list("public_id", flat=True)
    )
    return {key for key, public_id in about.items() if public_id in listed}
