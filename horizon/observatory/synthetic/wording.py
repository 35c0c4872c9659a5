"""A small text grammar: patterns with named lists, French articles, and memory.

`{fleur}` draws from the list `fleur` and remembers the draw for the rest of the entity, so that a name and
its purpose speak of the same thing; `{fleur!}` draws again. `{de:fleur}`, `{a:fleur}` and `{nu:fleur}` treat
the article ("du coquelicot", "au coquelicot", "coquelicot"), `{d:fleur}` drops it ("de coquelicot"),
`{Maj:fleur}` starts with a capital. After a bar come tags: "le judo|011140" fixes the RNA social object of
the entity, any tag on a name selects the purposes that bear it, and "discipline=le judo" settles a list
before it is drawn. Items may hold tokens themselves.
"""

import re
from collections.abc import Mapping, Sequence
from random import Random

from horizon.observatory.synthetic import french

_TOKEN = re.compile(r"\{(?:(de|a|d|nu|Maj):)?([a-z_0-9]+)(!?)\}")
_TREATMENTS = {
    "de": french.with_de,
    "a": french.with_a,
    "d": lambda text: french.with_de(french.without_article(text)),
    "nu": french.without_article,
    "Maj": french.upper_first,
}
# Words that become part of a proper name take a capital there, and none in running text.
_PROPER = frozenset(
    (
        "fleur",
        "arbre",
        "animal",
        "objet",
        "bete_pluriel",
        "chose_pluriel",
        "legume",
        "gourmandise",
        "adjectif",
    )
)


def split_tags(pattern: str) -> tuple[str, tuple[str, ...]]:
    """'Scrabble {de:pays}|007005|cartes' -> ('Scrabble {de:pays}', ('007005', 'cartes'))."""
    text, *tags = pattern.split("|")
    return text, tuple(tags)


class Wording:
    """Draws text for one entity; `facts` are values known beforehand (commune, place…).

    `tags` gathers the tags of every pattern and item drawn. Raises KeyError when a pattern names a list that
    does not exist.
    """

    def __init__(self, rng: Random, lists: Mapping[str, Sequence[str]], facts: Mapping[str, str]):
        self._rng = rng
        self._lists = lists
        self._memory = dict(facts)
        self.tags: list[str] = []

    @property
    def rna_object(self) -> str:
        """The first RNA social object (six digits) among the tags, or an empty string."""
        return next((tag for tag in self.tags if tag.isdigit()), "")

    def _draw(self, name: str) -> str:
        text, tags = split_tags(self._rng.choice(self._lists[name]))
        self.tags.extend(tags)
        return self._expand(text, proper=False)

    def _expand(self, pattern: str, *, proper: bool) -> str:
        def replace(match: re.Match[str]) -> str:
            treatment, name, again = match.groups()
            if again or name not in self._memory:
                self._memory[name] = self._draw(name)
            text = self._memory[name]
            if proper and name in _PROPER:
                text = french.upper_noun(text)
            return _TREATMENTS[treatment](text) if treatment else text

        return _TOKEN.sub(replace, pattern)

    def write(self, pattern: str, *, proper: bool = False, sentence: bool = True) -> str:
        """The pattern with every token replaced, spaces tidied, first letter capital when it is a `sentence`.

        `proper` capitalises the words of proper names ("Compagnie du Tamis").
        """
        text, tags = split_tags(pattern)
        for tag in tags:
            name, bound, value = tag.partition("=")
            if bound:
                self._memory[name] = value
            else:
                self.tags.append(tag)
        written = re.sub(r"\s+", " ", self._expand(text, proper=proper)).strip()
        return french.upper_first(written) if sentence else written
