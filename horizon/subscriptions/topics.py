"""What may be followed: read from an address, named, and led back to its page."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse

from horizon.actors.models import Organization, Pole
from horizon.kernel import news
from horizon.kernel.doors import DOOR_BY_CODE
from horizon.territory.models import Commune

LONGEST = 600


@dataclass(frozen=True)
class Topic:
    """Something to follow: its kind, its value, its name, and the page it is about."""

    kind: str
    value: str
    title: str
    href: str


def find_topic(kind: str, value: str, query: QueryDict | None = None) -> Topic | None:
    """What an address means, or None when there is no such thing here. Two queries at most, besides a list's title."""
    if kind == news.SEARCH:
        return _list(value, query)
    if kind == news.DOOR:
        door = DOOR_BY_CODE.get(value)
        return Topic(kind, door.code, door.name, page_of(kind, door.code)) if door else None
    if kind == news.COMMUNE:
        commune = Commune.objects.filter(code=value, epci__home=True).first()
        return Topic(kind, commune.code, commune.name, page_of(kind, commune.code)) if commune else None
    if kind == news.POLE:
        pole = Pole.objects.filter(code=value, closed_at=None).first()
        return Topic(kind, pole.code, f"Pôle {pole.name}", page_of(kind, pole.code)) if pole else None
    if kind == news.ENTRY:
        found = Organization.objects.select_related("canonical").filter(public_id=value).first()
        entry = (found.canonical or found) if found else None
        return (
            Topic(kind, entry.public_id, entry.name[:200], page_of(kind, entry.public_id)) if entry else None
        )
    return None


def _list(code: str, query: QueryDict | None) -> Topic | None:
    search = news.search_kind(code)
    if search is None:
        return None
    filters = search.clean(query if query is not None else QueryDict())
    value = f"{code}?{filters}"
    if len(value) > LONGEST:
        return None
    return Topic(news.SEARCH, value, search.title(filters)[:200], search.href(filters))


def again(kind: str, value: str) -> Topic | None:
    """The topic of a value as it is kept."""
    if kind == news.SEARCH:
        code, _, filters = value.partition("?")
        return find_topic(kind, code, QueryDict(filters))
    return find_topic(kind, value)


def follow_path(topic: Topic) -> str:
    """Where one subscribes to it."""
    code, _, filters = topic.value.partition("?") if topic.kind == news.SEARCH else (topic.value, "", "")
    path = reverse("subscriptions:follow", args=[topic.kind, code])
    return f"{path}?{filters}" if filters else path


def page_of(kind: str, value: str) -> str:
    """The page of something followed, without asking the database."""
    if kind == news.SEARCH:
        code, _, filters = value.partition("?")
        search = news.search_kind(code)
        return search.href(filters) if search else ""
    name = {
        news.COMMUNE: "portal:commune",
        news.DOOR: "portal:door",
        news.POLE: "actors:pole",
        news.ENTRY: "directory:entry",
    }[kind]
    return reverse(name, args=[value])
