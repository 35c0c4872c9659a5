"""Is the same thing said elsewhere? Short texts compared by the rare words that they share."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import NamedTuple

from horizon.engine.search.analysis import content_words, term

LIKELY = 0.4
# Words of asking: everybody who misses something writes them, whatever is missing.
_WORDS_OF_ASKING = (
    "manque manquer manquent besoin besoins faudrait faut aurait avoir cherche cherchons chercher aimerais aimerait "
    "voudrais voudrait souhaite plus assez trop rien aucun aucune endroit lieu pouvoir puisse peut quelque chose "
    "gens personne personnes habitants commune village ville coin ici chez pres autour secteur jamais toujours"
)
ASKING = frozenset(term(word) for word in _WORDS_OF_ASKING.split())


class Alike(NamedTuple):
    """A text that says nearly the same: its key, a likeness from 0 to 1, and the terms shared, rarest first."""

    key: int
    likeness: float
    shared: tuple[str, ...]


def telling_terms(text: str) -> set[str]:
    """The terms of a text that say what it is about, words of asking left out.

    >>> sorted(telling_terms("Il manque un four, et des vélos"))
    ['four', 'velo']
    """
    return {
        root
        for root in map(term, content_words(text))
        if root not in ASKING and len(root) > 1 and not root.isdigit()
    }


def alike(
    terms: Collection[str], others: Mapping[int, Collection[str]], counts: Mapping[str, int], size: int,
    least: float = LIKELY,
) -> list[Alike]:  # fmt: skip
    """The texts that look like one, best first: cosine of the sets of terms, each weighed by its rarity (a capped idf).

    `others` maps a key to terms; `counts` says in how many of the `size` texts a term is. Salton & Buckley (1988).

    >>> alike({"velo", "atelier"}, {1: {"velo", "reparer"}, 2: {"pain"}}, {"velo": 1, "pain": 1, "reparer": 1}, 2)[0].key
    1
    """
    mine = set(terms)
    norm = _norm(mine, counts, size)
    found = []
    for key, theirs in others.items():
        shared = mine & set(theirs)
        if not shared:
            continue
        common = sum(_rarity(word, counts, size) ** 2 for word in shared)
        likeness = common / (norm * _norm(theirs, counts, size))
        if likeness >= least:
            rarest = sorted(shared, key=lambda word: (counts.get(word, 0), word))
            found.append(Alike(key, round(likeness, 4), tuple(rarest)))
    return sorted(found, key=lambda one: (-one.likeness, one.key))


def _rarity(word: str, counts: Mapping[str, int], size: int) -> float:
    """From 1, a word that every text has, to 2: a word that only one text has must not hide all that they share."""
    return min(2.0, 1 + math.log((size + 1) / (1 + min(counts.get(word, 0), size))) / 2)


def _norm(terms: Collection[str], counts: Mapping[str, int], size: int) -> float:
    return math.sqrt(sum(_rarity(word, counts, size) ** 2 for word in terms)) or 1.0
