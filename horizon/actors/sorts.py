"""The sort of a structure that the law tells apart: company (entreprise), public body, or neither."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from horizon.actors.models import Organization

COMPANY, PUBLIC, NONPROFIT = "company", "public", "nonprofit"
Finder = Callable[[Collection[int]], Collection[int]]
_finders: list[Finder] = []


def declare_companies(find: Finder) -> None:
    """A room says which of these whole structures are companies, as the registers say."""
    _finders.append(find)


def companies(wholes: Iterable[tuple[int, str]]) -> frozenset[int]:
    """Those of these whole structures, given as (id, kind), that are companies. One query; none where their kind says it."""
    known, open_ = set(), set()
    for pk, kind in wholes:
        if kind == Organization.PARTNER:
            known.add(pk)
        elif kind != Organization.PUBLIC:
            open_.add(pk)
    return frozenset(known.union(*(find(open_) for find in _finders if open_)))


def sort_of(organization: Organization) -> str:
    """The sort of one structure, as a whole. One query at most."""
    whole = organization.whole
    if whole.kind == Organization.PUBLIC:
        return PUBLIC
    return COMPANY if companies([(whole.pk, whole.kind)]) else NONPROFIT
