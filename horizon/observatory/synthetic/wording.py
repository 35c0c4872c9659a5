"""A small text grammar: patterns with named lists, French articles, and memory.

`{fleur}` draws from the list `fleur` and remembers the draw for the rest of the entity, so that a name and
its purpose speak of the same thing; `{fleur!}` draws again. `{de:fleur}`, `{a:fleur}` and `{nu:fleur}` treat
the article ("du coquelicot", "au coquelicot", "coquelicot"). An item "le judo|011140" also fixes the RNA
social object of the entity. Items may hold tokens themselves.
"""

import re
from collections.abc import Mapping, Sequence
from random import Random

from horizon.observatory.synthetic import french

_TOKEN = re.compile(r"\{(?:(de|a|nu|Maj):)?([a-z_0-9]+)(!?)\}")
_TREATMENTS = {
    "de": french.with_de,
    "a": french.with_a,
    "nu": french.without_article,
    "Maj": french.upper_first,
}


class Wording:
    """Draws text for one entity; `facts` are values known beforehand (commune, place…).

    Raises KeyError when a pattern names a list that does not exist.
    """

    def __init__(self, rng: Random, lists: Mapping[str, Sequence[str]], facts: Mapping[str, str]):
        self._rng = rng
        self._lists = lists
        self._memory = dict(facts)
        self.rna_object: str | None = None

    def _draw(self, name: str) -> str:
        text, _, code = self._rng.choice(self._lists[name]).partition("|")
        if code and self.rna_object is None:
            self.rna_object = code
        return self._expand(text)

    def _replace(self, match: re.Match[str]) -> str:
        treatment, name, again = match.groups()
        if again or name not in self._memory:
            self._memory[name] = self._draw(name)
        text = self._memory[name]
        return _TREATMENTS[treatment](text) if treatment else text

    def _expand(self, pattern: str) -> str:
        return _TOKEN.sub(self._replace, pattern)

    def write(self, pattern: str) -> str:
        """The pattern with every token replaced, first letter capital, spaces tidied."""
        text = re.sub(r"\s+", " ", self._expand(pattern)).strip()
        return french.upper_first(text)
