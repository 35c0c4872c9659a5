"""In what order? Understands a query against a vocabulary, then scores candidates.

A query word becomes a group of alternatives: itself, its synonyms, else its corrections (one or two letters), the words
it begins, the two words it joins. An entry must answer every group; when nobody does, words are left aside last, the
least telling first, and the reader is told. Weights: field × rarity (idf, Spärck Jones 1972) × quality of the match.
Same input, same order: ties follow the alphabet (the ordinal).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from horizon.engine.search.analysis import ASKING, EMPTY, FORMS, content_words, joined_pairs, term, words
from horizon.engine.search.sounds import sound

NAME, ACRONYM, OTHER, OBJECT, COMMUNE, ACTIVITY, FORM = (1 << bit for bit in range(7))
FIELD_WEIGHTS = {NAME: 10.0, ACRONYM: 10.0, OTHER: 6.0, OBJECT: 3.0, COMMUNE: 2.5, ACTIVITY: 1.6, FORM: 1.0}
EXACT, SYNONYM, JOINED, BEGUN, CORRECTED = 1.0, 0.7, 0.9, 0.7, 0.6
MANY_PREFIXES = 40
KEPT_SHARE = 0.5
KEPT_SHARE_OF_A_SENTENCE = 0.25
UNKNOWN_MODIFIER = 0.5
COMMON = 3
FREQUENT = 0.15
WORTH = 40  # looking for one entry in a list of postings costs about as much as reading forty of them

Groups = Mapping[int, Sequence[int]]
Fetch = Callable[[list[str]], dict[str, Groups]]


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

    def split(self, word: str) -> tuple[str, str] | None:
        """The two known words that this one joins, the most frequent pair; None when there is none."""
        pairs = [
            (word[:cut], word[cut:])
            for cut in range(3, len(word) - 2)
            if word[:cut] in self.counts and word[cut:] in self.counts
        ]
        return max(pairs, key=lambda pair: (min(self.counts[p] for p in pair), pair), default=None)

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


@dataclass
class Group:
    """One query word understood: alternatives as (terms all needed, quality). `said` tells what was understood;
    `meant`: the word or a synonym is here, nothing was guessed; `own`: entries with the word in name or purpose;
    `whole`: every entry is scored."""

    word: str
    alternatives: list[tuple[tuple[str, ...], float]]
    idf: float
    known: bool = True
    meant: bool = True
    own: int = 0
    said: str = ""
    scores: dict[int, float] = field(default_factory=dict)
    whole: bool = False


@dataclass
class Ranked:
    """Ordinals, best first; `explanation` in French says what was corrected or left aside."""

    ordinals: list[int]
    explanation: list[str]


def _common_start(a: str, b: str) -> int:
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


Phrase = tuple[str, ...]
Synonyms = Mapping[Phrase, Sequence[Phrase]]
LONGEST_PHRASE = 4


def understand(query: str, vocabulary: Vocabulary, synonyms: Synonyms) -> list[Group]:
    """The groups of a query. `synonyms` maps a phrase (terms in order) to the phrases that may stand for it."""
    everything = words(query)
    told = {word for word in content_words(query) if word not in ASKING or word in vocabulary}
    told = told or set(content_words(query))
    groups: list[Group] = []
    position = 0
    while position < len(everything):
        phrase = _phrase(everything, position, vocabulary, synonyms)
        if phrase is not None:
            group, taken = phrase
            groups.append(group)
            position += taken
            continue
        word = everything[position]
        following = everything[position + 1] if position + 1 < len(everything) else ""
        if word in told and following in told and (both := word + following) in vocabulary.counts:
            pair = (term(word), term(following))
            alternatives = [((term(both),), JOINED), (pair, EXACT)]
            groups.append(
                Group(f"{word} {following}", alternatives, vocabulary.idf(vocabulary.terms[term(both)]))
            )
            position += 2
            continue
        position += 1
        last = position == len(everything)
        if word in told and not (last and groups and len(word) == 1):
            groups.append(_group(word, vocabulary, synonyms, first=not groups, last=last))
    return groups


def _phrase(
    everything: list[str], position: int, vocabulary: Vocabulary, synonyms: Synonyms
) -> tuple[Group, int] | None:
    """The longest phrase of two words or more that has synonyms here, as one group, and how many words it takes."""
    for taken in range(min(LONGEST_PHRASE, len(everything) - position), 1, -1):
        found = everything[position : position + taken]
        key = tuple(term(word) for word in found)
        if key not in synonyms:
            continue
        itself = tuple(term(word) for word in found if word not in EMPTY) or key
        alternatives = [(itself, EXACT), *((other, SYNONYM) for other in synonyms[key])]
        known = [
            (parts, quality)
            for parts, quality in alternatives
            if all(part in vocabulary.terms for part in parts)
        ]
        if known:
            count = max(min(vocabulary.terms[part] for part in parts) for parts, _ in known)
            return Group(" ".join(found), known, vocabulary.idf(count)), taken
    return None


def _group(word: str, vocabulary: Vocabulary, synonyms: Synonyms, first: bool, last: bool) -> Group:
    """A word understood. In French the head comes first: an unknown word after it is only half as telling."""
    root = term(word)
    alternatives: list[tuple[tuple[str, ...], float]] = []
    if root in vocabulary.terms:
        alternatives.append(((root,), EXACT))
    alternatives += [
        (other, SYNONYM)
        for other in synonyms.get((root,), ())
        if all(part in vocabulary.terms for part in other)
    ]
    meant = bool(alternatives)
    said = ""
    if last and len(word) >= 3 and root in vocabulary.terms:
        alternatives += [((term(w),), BEGUN * 0.6) for w in vocabulary.begun_by(word)[:10] if term(w) != root]
    if not alternatives:
        alternatives, said = _guess(word, vocabulary, synonyms, last and not first)
    count = max((min(vocabulary.terms[part] for part in parts) for parts, _ in alternatives), default=0)
    if root in vocabulary.terms:
        count = vocabulary.terms[root]
    idf = vocabulary.idf(count)
    if not alternatives and not first:
        idf *= UNKNOWN_MODIFIER
    return Group(word, alternatives, idf, bool(alternatives), meant, said=said)


def _guess(
    word: str, vocabulary: Vocabulary, synonyms: Synonyms, last: bool
) -> tuple[list[tuple[tuple[str, ...], float]], str]:
    """What an unknown word may be: begun, joined, or misspelt."""
    if len(word) >= (2 if last else 3) and (begun := vocabulary.begun_by(word)):
        return [((term(w),), BEGUN) for w in begun], ""
    if pair := vocabulary.split(word):
        return [((term(pair[0]), term(pair[1])), JOINED)], f"« {word} » compris « {pair[0]} {pair[1]} »"
    near = vocabulary.near(word) or vocabulary.heard(word) or vocabulary.rooted(word)
    alternatives: list[tuple[tuple[str, ...], float]] = [((term(w),), CORRECTED) for w in near]
    for w in near:
        alternatives += [
            (other, CORRECTED * SYNONYM)
            for other in synonyms.get((term(w),), ())
            if all(p in vocabulary.terms for p in other)
        ]
    return alternatives, f"« {word} » compris « {' » ou « '.join(near)} »" if near else ""


def rank(
    query: str, vocabulary: Vocabulary, synonyms: Synonyms, fetch: Fetch, name_lengths: Sequence[int]
) -> Ranked:
    """Ranks the corpus for a query. `fetch(terms)` gives, by term, {fields mask: ordinals}; called once.

    `name_lengths[ordinal]` is the number of terms of the name: a short name wholly matched comes first.
    """
    groups = understand(query, vocabulary, synonyms)
    if not groups:
        return Ranked([], [])
    postings = fetch(sorted({part for group in groups for parts, _ in group.alternatives for part in parts}))
    explanation = [f"{group.said}." for group in groups if group.said]
    asked = [group for group in groups if not _frequent(group, postings, vocabulary)] or groups
    candidates = _answering_all(asked, postings)
    left_aside: list[str] = []
    if not candidates:
        for group in asked:
            _score(group, postings)
        candidates, left_aside = _relax(asked)
    for group in groups:
        _score(group, postings, candidates)
    if left_aside:
        explanation.append(
            "Personne ne répond à tous les mots : "
            + ", ".join(f"« {w} »" for w in left_aside)
            + " laissé de côté."
        )
    scores = _total(groups, candidates, name_lengths)
    return Ranked(sorted(candidates, key=lambda ordinal: (-scores[ordinal], ordinal)), explanation)


def _answering_all(groups: list[Group], postings: Mapping[str, Groups]) -> set[int]:
    """The entries that answer every group, from the rarest group to the most common."""
    candidates: set[int] | None = None
    for group in sorted(groups, key=lambda group: _most(group, postings)):
        _score(group, postings, candidates)
        candidates = set(group.scores) if candidates is None else candidates & group.scores.keys()
        if not candidates:
            break
    return candidates or set()


def _most(group: Group, postings: Mapping[str, Groups]) -> int:
    """How many entries a group may have at most: those of each alternative, its rarest part."""
    return sum(min(_size(postings, part) for part in parts) for parts, _ in group.alternatives)


def _size(postings: Mapping[str, Groups], part: str) -> int:
    return sum(map(len, postings.get(part, {}).values()))


def _frequent(group: Group, postings: Mapping[str, Groups], vocabulary: Vocabulary) -> bool:
    """A word that so many entries have that it only sorts them (« association »)."""
    limit = FREQUENT * vocabulary.size
    if not group.known or vocabulary.size <= 100 or _most(group, postings) <= limit:
        return False
    if any(len(parts) == 1 and _size(postings, parts[0]) > limit for parts, _ in group.alternatives):
        return True
    _score(group, postings)
    return len(group.scores) > limit


def _weight(mask: int) -> float:
    return max(weight for bit, weight in FIELD_WEIGHTS.items() if mask & bit)


def _score(group: Group, postings: Mapping[str, Groups], within: set[int] | None = None) -> None:
    """For each entry, its best alternative: field weight × quality. Only for those of `within`, when they are given.

    Nothing is done twice: a group scored whole stays so.
    """
    if group.whole:
        return
    single = all(len(parts) == 1 for parts, _ in group.alternatives)
    if within is not None and single and len(within) * WORTH < _most(group, postings):
        group.scores = _scores_of(group, postings, within)
        return
    group.whole = True
    group.scores = {}
    found: list[tuple[float, Sequence[int]]] = []
    for parts, quality in group.alternatives:
        if len(parts) == 1:
            masks = postings.get(parts[0], {})
            found += [(quality * _weight(mask), ordinals) for mask, ordinals in masks.items()]
            if quality == EXACT:
                group.own = sum(len(o) for mask, o in masks.items() if _weight(mask) >= FIELD_WEIGHTS[OBJECT])
            continue
        each = []
        for part in parts:
            best: dict[int, float] = {}
            for mask, ordinals in sorted(postings.get(part, {}).items(), key=lambda item: _weight(item[0])):
                best.update(dict.fromkeys(ordinals, _weight(mask)))
            each.append(best)
        common = set(each[0]).intersection(*each[1:])
        found += [(quality * min(best[o] for best in each), (o,)) for o in common]
    for weight, ordinals in sorted(found, key=lambda item: item[0]):
        group.scores.update(dict.fromkeys(ordinals, weight))


def _scores_of(group: Group, postings: Mapping[str, Groups], within: set[int]) -> dict[int, float]:
    """The same for a few entries, looked for in each list of postings (they are ascending)."""
    found: dict[int, float] = {}
    for parts, quality in group.alternatives:
        for mask, ordinals in postings.get(parts[0], {}).items():
            weight = quality * _weight(mask)
            for ordinal in within:
                place = bisect_left(ordinals, ordinal)
                if place < len(ordinals) and ordinals[place] == ordinal and weight > found.get(ordinal, 0.0):
                    found[ordinal] = weight
    return found


def _relax(groups: list[Group]) -> tuple[set[int], list[str]]:
    """The entries that answer the most telling share of the query, and the words then left aside.

    Nobody, when even the best answer keeps less than KEPT_SHARE of what the query says (a sentence has more to lose), or when one of
    two words is unknown and the other is no head of its own: « chorale débutants » is about choirs, « agence matrimoniale » about nothing here,
    for an agency says nothing without what it is for.
    """
    whole = sum(group.idf for group in groups)
    answered: dict[int, float] = {}
    for group in groups:
        for ordinal in group.scores:
            answered[ordinal] = answered.get(ordinal, 0.0) + group.idf
    best = max(answered.values(), default=0.0)
    if best < (KEPT_SHARE if len(groups) < 3 else KEPT_SHARE_OF_A_SENTENCE) * whole:
        return set(), []
    sure = sum(len(group.word.split()) for group in groups if group.meant)
    guessed = not all(group.meant for group in groups)
    telling = any(_common(group) or (group.meant and group.own and len(groups) >= 3) for group in groups)
    head = groups[0]
    telling = telling or bool(head.meant and head.own and head.word not in FORMS)
    if guessed and sure < 2 and not telling:
        return set(), []
    kept = {ordinal for ordinal, share in answered.items() if share > best - 1e-9}
    aside = [group.word for group in groups if not kept & group.scores.keys()]
    return kept, aside


def _common(group: Group) -> bool:
    """Whether the word itself is in the names or purposes of several entries."""
    return group.own >= COMMON


def _total(groups: list[Group], candidates: set[int], name_lengths: Sequence[int]) -> dict[int, float]:
    totals = {}
    named = FIELD_WEIGHTS[NAME] * CORRECTED * 0.99
    for ordinal in candidates:
        total, in_name = 0.0, 0
        for group in groups:
            weight = group.scores.get(ordinal)
            if weight is not None:
                total += group.idf * weight
                in_name += weight >= named
        totals[ordinal] = total * (1 + 0.5 * min(1.0, in_name / max(name_lengths[ordinal], 1)))
    return totals


__all__ = ["EMPTY", "Ranked", "Vocabulary", "joined_pairs", "rank", "understand"]
