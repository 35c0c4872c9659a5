"""Which days of the week does a short text speak of?"""

from __future__ import annotations

import re
from functools import lru_cache

from horizon.engine.folding import fold

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_DAY = "|".join(DAYS)
_SPAN = re.compile(rf"\b({_DAY})s?\s+(?:a|au|jusqu au)\s+({_DAY})s?\b")
_EXCEPT = re.compile(
    rf"\bsauf\s+(?:le\s+|les\s+)?((?:{_DAY})s?(?:\s+(?:et\s+)?(?:le\s+|les\s+)?(?:{_DAY})s?)*)"
)
_ONE = re.compile(rf"\b({_DAY})s?\b")


@lru_cache(maxsize=8192)
def weekdays(text: str) -> frozenset[int]:
    """The days that a text names, Monday being 0; empty when it names none, so that all may do.

    >>> sorted(weekdays("du lundi au jeudi, sauf le mardi")), sorted(weekdays("tous les week-ends")), weekdays("à la journée")
    ([0, 2, 3], [5, 6], frozenset())
    """
    folded = fold(text)
    found: set[int] = set()
    refused: set[int] = set()
    for match in _EXCEPT.finditer(folded):
        refused |= {DAYS.index(day) for day in _ONE.findall(match[1])}
    folded = _EXCEPT.sub(" ", folded)
    for first, last in _SPAN.findall(folded):
        begin, end = DAYS.index(first), DAYS.index(last)
        found |= set(range(begin, end + 1)) if begin <= end else {*range(begin, 7), *range(end + 1)}
    found |= {DAYS.index(day) for day in _ONE.findall(_SPAN.sub(" ", folded))}
    if re.search(r"\b(?:week ?end|we|fin de semaine)s?\b", folded):
        found |= {5, 6}
    if re.search(r"\ben semaine\b|\bsemaine uniquement\b", folded):
        found |= {0, 1, 2, 3, 4}
    if refused and not found:
        found = set(range(7))
    return frozenset(found - refused)
