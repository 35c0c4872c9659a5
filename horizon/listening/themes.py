"""What is proposed from the words of a need: a door, a pole, a commune, needs that say the same. Never required."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from django.db.models import Count, Q

from horizon.engine.folding import fold
from horizon.engine.likeness import alike, telling_terms
from horizon.engine.places import Places
from horizon.engine.search.analysis import content_words, term
from horizon.listening.models import Need, NeedTerm
from horizon.observatory import shipped
from horizon.observatory.themes import door_of, pole_code_of
from horizon.territory.models import Commune
from horizon.territory.queries import home_communes

CANDIDATES = 400
__all__ = ["Similar", "commune_of", "door_of", "index_terms", "pole_code_of", "similar_needs"]


def commune_of(text: str) -> Commune | None:
    """The commune of the territory that the words name, former and delegated names included. One query."""
    communes = {row.code: row for row in home_communes()}
    names = [(row.code, row.name) for row in communes.values()]
    names += [(parent, name) for parent, name in _former() if parent in communes]
    return communes.get(Places(names).of(text))


@lru_cache(maxsize=1)
def _former() -> tuple[tuple[str, str], ...]:
    return tuple(
        (row["parent_code"], row["name"])
        for row in shipped.rows("communes")
        if row["parent_code"] and row["kind"] != "arrondissement-municipal"
    )


class Similar(NamedTuple):
    """A published need that may say the same, and the words that make think so."""

    need: Need
    shared: tuple[str, ...]


def similar_needs(
    text: str,
    commune: Commune | None = None,
    *,
    here: bool = False,
    besides: int | None = None,
    limit: int = 5,
) -> list[Similar]:
    """Published needs that may say the same, best first; `here`: in the same commune, or in none. Five queries at most.

    The name of the commune is no likeness: two needs of one place may have nothing else in common.
    """
    terms = telling_terms(text) - _terms_of_place(commune)
    if not terms:
        return []
    counts = dict(
        NeedTerm.objects.filter(term__in=terms).values_list("term").annotate(n=Count("pk")).order_by()
    )
    rarest = sorted((t for t in terms if t in counts), key=lambda t: (counts[t], t))[:6]
    public = NeedTerm.objects.filter(need__status=Need.PUBLISHED, need__same_as=None)
    if here and commune is not None:
        public = public.filter(Q(need__commune=commune) | Q(need__commune=None))
    ids = list(
        public.filter(term__in=rarest)
        .exclude(need_id=besides or 0)
        .values_list("need_id", flat=True)
        .distinct()
        .order_by("-need_id")[:CANDIDATES]
    )
    others: dict[int, set[str]] = {}
    for need_id, root in NeedTerm.objects.filter(need_id__in=ids).values_list("need_id", "term"):
        others.setdefault(need_id, set()).add(root)
    size = Need.objects.filter(status=Need.PUBLISHED).count()
    best = alike(terms, others, counts, size)[:limit]
    needs = {
        need.pk: need
        for need in Need.objects.filter(pk__in=[one.key for one in best]).select_related("commune")
    }
    return [Similar(needs[one.key], _as_written(one.shared, text)) for one in best]


def _as_written(shared: tuple[str, ...], text: str) -> tuple[str, ...]:
    words = {term(fold(word)): word.lower() for word in reversed(re.findall(r"\w+", text))}
    return tuple(words[root] for root in shared if root in words)


def _terms_of_place(commune: Commune | None) -> set[str]:
    return {term(word) for word in content_words(commune.name)} if commune else set()


def index_terms(need: Need) -> None:
    """Keeps the telling terms of a published need; those of any other go."""
    need.terms.all().delete()
    if need.status == Need.PUBLISHED:
        NeedTerm.objects.bulk_create(
            NeedTerm(need=need, term=t[:40]) for t in telling_terms(need.text) - _terms_of_place(need.commune)
        )
