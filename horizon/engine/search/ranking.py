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

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from horizon.engine.search.analysis import ASKING, EMPTY, FORMS, content_words, joined_pairs, term, words
from horizon.engine.search.vocabulary import Vocabulary

NAME, ACRONYM, OTHER, OBJECT, COMMUNE, ACTIVITY, FORM = (1 << bit for bit in range(7))
FIELD_WEIGHTS = {NAME: 10.0, ACRONYM: 10.0, OTHER: 6.0, OBJECT: 3.0, COMMUNE: 2.5, ACTIVITY: 1.6, FORM: 1.0}
EXACT, SYNONYM, JOINED, BEGUN, CORRECTED = 1.0, 0.7, 0.9, 0.7, 0.6
KEPT_SHARE = 0.5
KEPT_SHARE_OF_A_SENTENCE = 0.25
UNKNOWN_MODIFIER = 0.5
COMMON = 3
FREQUENT = 0.15
WORTH = 40  # looking for one entry in a list of postings costs about as much as reading forty of them

Groups = Mapping[int, Sequence[int]]
Fetch = Callable[[list[str]], dict[str, Groups]]


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


Phrase = tuple[str, ...]
Synonyms = Mapping[Phrase, Sequence[Phrase]]
LONGEST_PHRASE = 4


NOTHING: Synonyms = {}


def understand(
    query: str, vocabulary: Vocabulary, synonyms: Synonyms, broader: Synonyms = NOTHING
) -> list[Group]:
    """The groups of a query. `synonyms` maps a phrase (terms in order) to the phrases that may stand for it; `broader`, one that
    nobody has to what to look for instead."""
    everything = words(query)
    told = {word for word in content_words(query) if word not in ASKING or word in vocabulary}
    told = told or set(content_words(query))
    groups: list[Group] = []
    position = 0
    while position < len(everything):
        phrase = _phrase(everything, position, vocabulary, synonyms) or _phrase(
            everything, position, vocabulary, broader, instead=True
        )
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
        if word in told and following in told and (parted := _parted(word, following, vocabulary)):
            groups.append(parted)
            position += 2
            continue
        position += 1
        last = position == len(everything)
        if word in told and not (last and groups and len(word) == 1):
            groups.append(_group(word, vocabulary, synonyms, broader, first=not groups, last=last))
    return groups


def _phrase(
    everything: list[str], position: int, vocabulary: Vocabulary, synonyms: Synonyms, instead: bool = False
) -> tuple[Group, int] | None:
    """The longest phrase of two words or more that has synonyms here, as one group, and how many words it takes.

    `instead`: only when a word of the phrase is unknown, and it is said.
    """
    for taken in range(min(LONGEST_PHRASE, len(everything) - position), 1, -1):
        found = everything[position : position + taken]
        key = tuple(term(word) for word in found)
        if key not in synonyms:
            continue
        itself = tuple(term(word) for word in found if word not in EMPTY) or key
        if instead and all(part in vocabulary.terms for part in itself):
            continue
        alternatives = [(itself, EXACT), *((other, SYNONYM) for other in synonyms[key])]
        known = [
            (parts, quality)
            for parts, quality in alternatives
            if all(part in vocabulary.terms for part in parts)
        ]
        if known:
            count = max(min(vocabulary.terms[part] for part in parts) for parts, _ in known)
            said = _instead(" ".join(found)) if instead else ""
            return Group(" ".join(found), known, vocabulary.idf(count), said=said), taken
    return None


def _parted(word: str, following: str, vocabulary: Vocabulary) -> Group | None:
    """One known word, misspelt and cut in two (« ludo teque »): neither half is known."""
    both = word + following
    if word in vocabulary or following in vocabulary or len(both) < 7:
        return None
    near = vocabulary.near(both) or vocabulary.heard(both)
    if not near:
        return None
    alternatives: list[tuple[tuple[str, ...], float]] = [((term(w),), JOINED * CORRECTED) for w in near]
    count = max(vocabulary.terms[term(w)] for w in near)
    said = f"« {word} {following} » compris « {' » ou « '.join(near)} »"
    return Group(f"{word} {following}", alternatives, vocabulary.idf(count), meant=False, said=said)


def _instead(asked: str) -> str:
    return f"Personne n’a écrit « {asked} » : voici ce qui s’en approche"


def _group(
    word: str, vocabulary: Vocabulary, synonyms: Synonyms, broader: Synonyms, first: bool, last: bool
) -> Group:
    """A word understood. In French the head comes first: an unknown word after it is only half as telling."""
    root = term(word)
    alternatives: list[tuple[tuple[str, ...], float]] = []
    if root in vocabulary.terms:
        alternatives.append(((root,), EXACT))
    alternatives += [(other, SYNONYM) for other in _known(synonyms.get((root,), ()), vocabulary)]
    said = ""
    if not alternatives:
        alternatives = [(other, SYNONYM) for other in _known(broader.get((root,), ()), vocabulary)]
        said = _instead(word) if alternatives else ""
    meant = bool(alternatives)
    if last and len(word) >= 3 and root in vocabulary.terms:
        alternatives += [((term(w),), BEGUN * 0.6) for w in vocabulary.begun_by(word)[:10] if term(w) != root]
    if not alternatives:
        alternatives, said = _guess(word, vocabulary, synonyms, broader, first, last)
    count = max((min(vocabulary.terms[part] for part in parts) for parts, _ in alternatives), default=0)
    if root in vocabulary.terms:
        count = vocabulary.terms[root]
    idf = vocabulary.idf(count)
    if not alternatives and not first:
        idf *= UNKNOWN_MODIFIER
    return Group(word, alternatives, idf, bool(alternatives), meant, said=said)


def _guess(
    word: str, vocabulary: Vocabulary, synonyms: Synonyms, broader: Synonyms, first: bool, last: bool
) -> tuple[list[tuple[tuple[str, ...], float]], str]:
    """What an unknown word may be: begun, joined, or misspelt."""
    if len(word) >= (2 if last and not first else 3) and (begun := vocabulary.begun_by(word)):
        return [((term(w),), BEGUN) for w in begun], ""
    if parts := vocabulary.split(word):
        joined = tuple(dict.fromkeys(term(part) for part in parts))
        return [(joined, JOINED)], f"« {word} » compris « {' '.join(parts)} »"
    near = vocabulary.near(word) or vocabulary.heard(word) or vocabulary.rooted(word)
    alternatives: list[tuple[tuple[str, ...], float]] = [((term(w),), CORRECTED) for w in near]
    for w in near:
        alternatives += [
            (other, CORRECTED * SYNONYM) for other in _known(synonyms.get((term(w),), ()), vocabulary)
        ]
    if alternatives:
        return alternatives, f"« {word} » compris « {' » ou « '.join(near)} »"
    if key := _near_key(term(word), vocabulary, synonyms, broader, last):
        standing = [*synonyms.get((key,), ()), *broader.get((key,), ())]
        return [(other, CORRECTED * SYNONYM) for other in _known(standing, vocabulary)], _instead(word)
    if last and (begun := vocabulary.near_begun(word)):
        return [((term(w),), BEGUN * CORRECTED) for w in begun], f"« {word} » compris « {begun[0]}… »"
    return [], ""


def _known(phrases: Sequence[Phrase], vocabulary: Vocabulary) -> list[Phrase]:
    return [phrase for phrase in phrases if all(part in vocabulary.terms for part in phrase)]


def _keys(vocabulary: Vocabulary, synonyms: Synonyms, broader: Synonyms) -> list[str]:
    """The words of the tables that something here stands for, in order; made once for a vocabulary and its tables."""
    kept = vocabulary.standing
    if kept is None or kept[0] is not synonyms or kept[1] is not broader:
        found = {
            phrase[0]
            for table in (synonyms, broader)
            for phrase, standing in table.items()
            if len(phrase) == 1 and _known(standing, vocabulary)
        }
        kept = vocabulary.standing = (synonyms, broader, sorted(found))
    return kept[2]


def _near_key(
    root: str, vocabulary: Vocabulary, synonyms: Synonyms, broader: Synonyms, last: bool
) -> str | None:
    """The word of the tables that this term misspells or, while it is being typed, begins: its synonyms are here, it is not."""
    if len(root) < 4:
        return None
    keys = _keys(vocabulary, synonyms, broader)
    if last and len(root) >= 5 and (begun := next((key for key in keys if key.startswith(root)), None)):
        return begun
    allowed = 1 if len(root) < 7 else 2
    found = extract(root, keys, scorer=OSA.distance, score_cutoff=allowed, limit=3)
    return min(found, key=lambda one: (one[1], one[0][0] != root[0], one[0]))[0] if found else None


def rank(
    query: str,
    vocabulary: Vocabulary,
    synonyms: Synonyms,
    fetch: Fetch,
    name_lengths: Sequence[int],
    broader: Synonyms = NOTHING,
) -> Ranked:
    """Ranks the corpus for a query. `fetch(terms)` gives, by term, {fields mask: ordinals}; called once.

    `name_lengths[ordinal]` is the number of terms of the name: a short name wholly matched comes first.
    """
    groups = understand(query, vocabulary, synonyms, broader)
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
        candidates, left_aside = _without_asking(asked, postings) or _relax(asked)
    for group in groups:
        _score(group, postings, candidates)
    if left_aside:
        explanation.append(
            "Personne ne répond à tous les mots : "
            + ", ".join(f"« {w} »" for w in left_aside)
            + (" laissés de côté." if len(left_aside) > 1 else " laissé de côté.")
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


def _without_asking(groups: list[Group], postings: Mapping[str, Groups]) -> tuple[set[int], list[str]] | None:
    """The entries that answer all but the words of those who ask (« … le samedi »); None when nobody does."""
    telling = [group for group in groups if group.word not in ASKING]
    if not any(len(group.word) >= 4 for group in telling) or len(telling) == len(groups):
        return None
    found = _answering_all(telling, postings)
    return (found, [group.word for group in groups if group.word in ASKING]) if found else None


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


__all__ = ["EMPTY", "Ranked", "joined_pairs", "rank", "understand"]
