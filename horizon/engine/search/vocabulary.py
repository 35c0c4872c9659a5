"""The words of a corpus, and those that a word typed may have meant: begun, joined, misspelt, heard, of the same root."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from math import log

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from horizon.engine.search.analysis import EMPTY, term
from horizon.engine.search.sounds import sound

MANY_PREFIXES = 40
MOST_JOINED = 5


class Vocabulary:
    """The words of a corpus with how many entries have them, and the size of the corpus."""

    def __init__(self, counts: Mapping[str, int], size: int):
        self.words = sorted(counts)
        self.counts = dict(counts)
        self.size = max(size, 1)
        self.terms: dict[str, int] = {}
        for word, count in counts.items():
            self.terms[term(word)] = self.terms.get(term(word), 0) + count
        self._by_length: dict[int, list[str]] = {}
        self.standing: tuple[object, object, list[str]] | None = None
        self._starts: dict[int, list[str]] = {}
        self._by_sound: dict[int, dict[str, list[str]]] = {}
        for word in self.words:
            self._by_length.setdefault(len(word), []).append(word)

    def __contains__(self, word: str) -> bool:
        return term(word) in self.terms

    def begun_by(self, start: str) -> list[str]:
        """Words that begin so, the most frequent first."""
        position = bisect_left(self.words, start)
        found = []
        while position < len(self.words) and self.words[position].startswith(start):
            found.append(self.words[position])
            position += 1
        return sorted(found, key=lambda word: (-self.counts[word], word))[:MANY_PREFIXES]

    def near(self, word: str) -> list[str]:
        """The nearest words: one letter apart from four letters on, two from seven on, three from eleven; a first letter
        kept wins."""
        allowed = 0 if len(word) < 4 else 1 if len(word) < 7 else 2 if len(word) < 11 else 3
        if not allowed:
            return []
        scored = [
            found
            for length in range(len(word) - allowed, len(word) + allowed + 1)
            for found in extract(
                word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=allowed, limit=30
            )
        ]
        if not scored:
            return []
        best = min((distance, found[0] != word[0]) for found, distance, _ in scored)
        kept = [found for found, distance, _ in scored if (distance, found[0] != word[0]) == best]
        return sorted(kept, key=lambda found: (-self.counts[found], found))[:4]

    def heard(self, word: str) -> list[str]:
        """The words that sound the same, the most frequent first, two letters longer or shorter at most."""
        wanted = sound(word)
        if len(word) < 5 or len(wanted) < 3:
            return []
        found = []
        for length in range(len(word) - 2, len(word) + 3):
            if length not in self._by_sound:
                heard: dict[str, list[str]] = {}
                for other in self._by_length.get(length, ()):
                    heard.setdefault(sound(other), []).append(other)
                self._by_sound[length] = heard
            found += self._by_sound[length].get(wanted, [])
        return sorted(found, key=lambda other: (-self.counts[other], other))[:4]

    def near_begun(self, word: str) -> list[str]:
        """The words of which this one is the beginning, one letter apart (« resour » for « ressourcerie »)."""
        if len(word) < 5:
            return []
        starts: set[str] = set()
        for length in range(len(word) - 1, len(word) + 2):
            if length not in self._starts:
                self._starts[length] = sorted({other[:length] for other in self.words if len(other) > length})
            starts.update(
                found
                for found, _, _ in extract(
                    word, self._starts[length], scorer=OSA.distance, score_cutoff=1, limit=10
                )
                if found[0] == word[0]
            )
        found = {other for start in starts for other in self.begun_by(start)}
        return sorted(found, key=lambda other: (-self.counts[other], other))[:10]

    def split(self, word: str) -> tuple[str, ...]:
        """The known words that this one joins, the fewest, then the most frequent; () when there are none.

        Between two words, empty ones may stand (« permisdeconduire »).
        """
        found = self._split(word, MOST_JOINED)
        return tuple(part for part in found if part in self.counts) if found and len(found) > 1 else ()

    def _split(self, word: str, most: int) -> tuple[str, ...] | None:
        if most == 0:
            return None
        if len(word) >= 3 and word in self.counts:
            return (word,)
        best: tuple[tuple[int, int], tuple[str, ...]] | None = None
        for cut in range(2, len(word) - 2):
            head = word[:cut]
            empty = head in EMPTY and most < MOST_JOINED
            if not empty and (cut < 3 or head not in self.counts):
                continue
            rest = self._split(word[cut:], most - 1)
            if rest is None:
                continue
            parts = (head, *rest)
            rarest = min(self.counts[part] for part in parts if part in self.counts)
            worth = (-len(parts), rarest), parts
            best = max(best, worth) if best else worth
        return best[1] if best else None

    def rooted(self, word: str) -> list[str]:
        """Words of the same root: at least five first letters and most of both words in common."""
        if len(word) < 6:
            return []
        found = [
            other
            for other in self.begun_by(word[:5])
            if 10 * _common_start(word, other) >= 6 * max(len(word), len(other))
        ]
        return found[:6]

    def idf(self, count: int) -> float:
        """How telling a word is: ln(1 + N / (1 + n))."""
        return log(1 + self.size / (1 + count))


def _common_start(a: str, b: str) -> int:
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
