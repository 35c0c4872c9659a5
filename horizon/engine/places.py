"""Which commune do these words speak of? A short text, the communes it may mean, and an honest silence."""

from __future__ import annotations

import re
from collections.abc import Iterable

from horizon.engine.communes import commune_label
from horizon.engine.folding import fold

# Names that are also ordinary words: they count only as a name, with a capital, after a word of place.
ORDINARY = frozenset({"bonnes", "cloue", "puye", "terce", "biard", "jardres", "dissay"})
_BEFORE = frozenset(
    {"a", "de", "sur", "vers", "pres", "autour", "entre", "dans", "commune", "la", "le", "les", "et"}
)
_TOKEN = re.compile(r"[^\W_]+", re.UNICODE)


class Places:
    """Finds communes in texts.

    >>> places = Places([("86139", "Lusignan"), ("86031", "Bonnes"), ("86214", "Saint-Benoît")])
    >>> places.of("Il manque un café à Lusignan"), places.of("de bonnes volontés"), places.of("à st benoit")
    ('86139', '', '86214')
    """

    def __init__(self, communes: Iterable[tuple[str, str]]):
        """Rows of (code, name); several names, former or delegated, may lead to one code."""
        self._names: dict[tuple[str, ...], str] = {}
        for code, name in communes:
            words = tuple(commune_label(name).split())
            if words:
                self._names.setdefault(words, code)
        self._longest = max((len(words) for words in self._names), default=0)

    def of(self, text: str) -> str:
        """The code of the one commune named in a text; empty when none is, or more than one."""
        tokens = _TOKEN.findall(text)
        folded = [_opened(fold(token)) for token in tokens]
        found: set[str] = set()
        position = 0
        while position < len(folded):
            for taken in range(min(self._longest, len(folded) - position), 0, -1):
                words = tuple(folded[position : position + taken])
                code = self._names.get(words)
                if code and self._is_a_name(tokens, folded, position, words):
                    found.add(code)
                    position += taken
                    break
            else:
                position += 1
        return found.pop() if len(found) == 1 else ""

    @staticmethod
    def _is_a_name(tokens: list[str], folded: list[str], position: int, words: tuple[str, ...]) -> bool:
        if len(words) > 1:
            return True
        capital = tokens[position][:1].isupper()
        after_place = position > 0 and folded[position - 1] in _BEFORE
        if words[0] in ORDINARY:
            return capital and after_place
        return capital or after_place


def _opened(word: str) -> str:
    return {"st": "saint", "ste": "sainte"}.get(word, word)
