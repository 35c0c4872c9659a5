"""What rooms tell of what happens (nouvelles), and how they read their lists again for whoever follows a search.

A room declares how to find its news between two instants, only what everybody may read now: what was withdrawn
meanwhile is not found any more. Subscriptions read this; the rooms know nothing of who follows what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.http import QueryDict
from django.urls import reverse

COMMUNE, DOOR, POLE, ENTRY, SEARCH = "commune", "porte", "pole", "structure", "liste"
KINDS = {
    "structure": "Nouvelle structure",
    "need": "Ce qui manque",
    "answer": "Réponse à un besoin",
    "offer": "Ce qui est proposé",
    "ask": "Ce qui est demandé",
    "member": "Le collectif",
    "contact": "Les pôles",
    "page": "Page mise à jour",
    "closed": "Structure fermée",
}
Facet = tuple[str, str]


@dataclass(frozen=True)
class News:
    """One thing that happened (nouvelle): a key that never changes, when, a title, one sentence, its page, what it touches.

    `kind` is one of KINDS; `facets` are pairs such as `("commune", "86194")` or `("structure", public id)`.
    """

    key: str
    at: datetime
    kind: str
    title: str
    said: str
    href: str
    facets: frozenset[Facet] = frozenset()

    @property
    def label(self) -> str:
        """Its kind, in French."""
        return KINDS[self.kind]

    @property
    def entries(self) -> list[str]:
        """The public ids of the structures that it touches."""
        return [value for name, value in self.facets if name == ENTRY]


Find = Callable[[datetime, datetime], Iterable[News]]
Place = Callable[[set[str]], dict[str, frozenset[Facet]]]
_news: dict[str, Find] = {}
_places: dict[str, Place] = {}
_fictions: dict[str, Callable[[], bool]] = {}


def facets(
    commune: str | None = "", doors: Iterable[str] = (), pole: str = "", entry: str = ""
) -> frozenset[Facet]:
    """The facets of a news item, empty ones left out."""
    pairs = [(COMMUNE, commune), (POLE, pole), (ENTRY, entry), *((DOOR, door) for door in doors)]
    return frozenset((name, value) for name, value in pairs if value)


def declare_news(room: str, find: Find) -> None:
    """A room says what happened between two instants, the second left out. A fixed number of queries."""
    _news[room] = find


def declare_places(room: str, place: Place) -> None:
    """A room says the facets of structures, by public id, so that others' news reach the communes and doors concerned."""
    _places[room] = place


def declare_fiction(room: str, says: Callable[[], bool]) -> None:
    """A room says whether what this site shows is invented: messages say so too."""
    _fictions[room] = says


def fictitious() -> bool:
    """Whether what this site shows is invented."""
    return any(says() for says in _fictions.values())


def news_between(since: datetime, until: datetime) -> list[News]:
    """What happened from `since` to before `until`, oldest first, each key once, with the facets of its structures."""
    found = {item.key: item for find in _news.values() for item in find(since, until)}
    named = {public_id for item in found.values() for public_id in item.entries}
    places: dict[str, frozenset[Facet]] = {}
    for place in _places.values() if named else ():
        for public_id, more in place(named).items():
            places[public_id] = places.get(public_id, frozenset()) | more
    whole = [
        replace(item, facets=item.facets.union(*(places.get(entry, frozenset()) for entry in item.entries)))
        for item in found.values()
    ]
    return sorted(whole, key=lambda item: (item.at, item.key))


def merged(items: Iterable[News]) -> list[News]:
    """News of one kind on one page as one line, their sentences together, where the first one stood."""
    lines: dict[tuple[str, str], News] = {}
    for item in items:
        known = lines.setdefault((item.kind, item.href), item)
        if item.said not in known.said:
            lines[item.kind, item.href] = replace(known, said=f"{known.said} {item.said}")
    return list(lines.values())


@dataclass(frozen=True)
class SearchKind:
    """A list whose filters are in its address and may be followed (recherche enregistrée).

    `address` names its page; `clean` keeps, in a fixed order, the filters that are understood; `title` says them; `pick` says which news (by key)
    are of something that the list would show.
    """

    address: str
    clean: Callable[[QueryDict], str]
    title: Callable[[str], str]
    pick: Callable[[str, list[News]], set[str]]

    def href(self, filters: str) -> str:
        """The page of the list with its filters."""
        page = reverse(self.address)
        return f"{page}?{filters}" if filters else page


_searches: dict[str, SearchKind] = {}


def declare_search(code: str, kind: SearchKind) -> None:
    """A room says that its list may be followed."""
    _searches[code] = kind


def search_kind(code: str) -> SearchKind | None:
    """How a list is followed; None when no room declared it."""
    return _searches.get(code)
