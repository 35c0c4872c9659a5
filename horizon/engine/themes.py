"""What is it about? Doors or poles of a few words, from editable rules, with the words that say so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from horizon.engine.folding import fold

LONGEST = 5
ENOUGH = 300


class Theme(NamedTuple):
    """A theme: its `code`, the `points` of the rules that chose it, and the `words` they saw."""

    code: str
    points: int
    words: tuple[str, ...]


class ThemeRules:
    """Rules as rows of (phrase, code, points); a phrase is one to five folded words.

    >>> rules = ThemeRules([("velo", "deplacer", 1000), ("reparer", "participer", 400), ("cours de velo", "divertir", 1000)])
    >>> rules.of("Réparer mon vélo")[0]
    Theme(code='deplacer', points=1000, words=('velo',))
    """

    def __init__(self, rows: Iterable[tuple[str, str, int]]):
        self._rules: dict[tuple[str, ...], list[tuple[str, int]]] = {}
        for phrase, code, points in rows:
            key = tuple(fold(phrase).split())
            if key:
                self._rules.setdefault(key, []).append((code, points))

    def of(self, text: str) -> list[Theme]:
        """The themes of a text, best first; each word serves the longest rule that reads it. Empty when undecided."""
        words = fold(text).split()
        points: dict[str, int] = {}
        seen: dict[str, list[str]] = {}
        position = 0
        while position < len(words):
            for taken in range(min(LONGEST, len(words) - position), 0, -1):
                matched = self._match(tuple(words[position : position + taken]))
                if matched:
                    phrase, rules = matched
                    for code, worth in rules:
                        if phrase not in seen.get(code, []):
                            points[code] = points.get(code, 0) + worth
                            seen.setdefault(code, []).append(phrase)
                    position += taken
                    break
            else:
                position += 1
        order = sorted(points, key=lambda code: (-points[code], code))
        return [Theme(code, points[code], tuple(seen[code])) for code in order if points[code] >= ENOUGH]

    def _match(self, words: tuple[str, ...]) -> tuple[str, list[tuple[str, int]]] | None:
        for form in (words, tuple(_singular(word) for word in words), tuple(f"{word}s" for word in words)):
            if rules := self._rules.get(form):
                return " ".join(form), rules
        return None


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] in "sx" else word
