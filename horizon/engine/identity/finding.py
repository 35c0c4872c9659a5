"""A whole population of records: which to merge by their numbers, which to show to somebody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from horizon.engine.identity.comparing import Corpus, compare
from horizon.engine.identity.grouping import Pair, groups, pair_of
from horizon.engine.identity.keys import blocks, candidates, rarity, shared_contacts
from horizon.engine.identity.records import Ground, Reading
from horizon.engine.identity.weighing import AUTO, SUGGEST, Verdict, apart, judge


class Population:
    """Records read once, and what is known of them together. With `changed`, only pairs with one of these are looked at."""

    def __init__(self, readings: Iterable[Reading], ground: Ground, changed: set[str] | None = None):
        self.readings = {reading.record.key: reading for reading in readings}
        self.ground, self.changed = ground, changed

    @cached_property
    def corpus(self) -> Corpus:
        """How rare words are here, and which contacts many share."""
        return Corpus(self.ground, rarity(self.readings.values()), shared_contacts(self.readings.values()))

    @cached_property
    def blocked(self) -> dict[str, list[str]]:
        """The records that each key brings together."""
        return blocks(self.readings.values(), self.ground.place_words)

    def part(self, changed: set[str]) -> Population:
        """The same records, of which only some are looked at."""
        found = Population((), self.ground, changed)
        found.readings, found.corpus, found.blocked = self.readings, self.corpus, self.blocked
        return found

    @cached_property
    def verdicts(self) -> dict[Pair, Verdict]:
        """Every pair worth a merge or a look."""
        return {
            pair: verdict for pair, verdict in self._judged.items() if verdict.decision in (AUTO, SUGGEST)
        }

    @property
    def compared(self) -> int:
        """How many pairs a key brought together."""
        return len(self._judged)

    @cached_property
    def _judged(self) -> dict[Pair, Verdict]:
        found: dict[Pair, Verdict] = {}
        self._apart: set[Pair] = set()
        looked = None if self.changed is None else self._with_number_mates(self.changed)
        for one, other in candidates(self.blocked, looked):
            compared = compare(self.readings[one], self.readings[other], self.corpus)
            found[one, other] = judge(compared)
            if apart(compared):
                self._apart.add((one, other))
        return found

    def _with_number_mates(self, start: Collection[str]) -> set[str]:
        """Records, and all those that numbers lead to from them: one alone does not say what stands against its proofs."""
        reached, waiting = set(start), list(start)
        while waiting:
            for number in self._numbers_of(waiting.pop()):
                fresh = [key for key in self._having[number] if key not in reached]
                reached.update(fresh)
                waiting += fresh
        return reached

    def _numbers_of(self, key: str) -> set[str]:
        reading = self.readings.get(key)
        return {reading.siren, reading.rna} - {""} if reading else set()

    @cached_property
    def _having(self) -> dict[str, list[str]]:
        """The records that have each number."""
        found: dict[str, list[str]] = defaultdict(list)
        for key in self.readings:
            for number in self._numbers_of(key):
                found[number].append(key)
        return found

    def merges(self, never: Collection[Pair] = ()) -> list[list[str]]:
        """Groups that numbers prove to be one organisation.

        Where proofs lead from one record to another that must stay apart (two SIREN under one RNA number, a pair in
        `never`), one of the numbers is wrong and nobody knows which: all of them are left to a person.
        """
        proved = {pair: 1.0 for pair, verdict in self.verdicts.items() if verdict.decision == AUTO}
        kept_apart = {pair_of(*pair) for pair in never} | self._numbers_apart(
            {key for pair in proved for key in pair}
        )
        joined = linked(proved)
        place = {key: number for number, group in enumerate(joined) for key in group}
        doubtful = {place[one] for one, other in kept_apart if place.get(one, -1) == place.get(other, -2)}
        inside: dict[int, dict[Pair, float]] = {}
        for pair in proved:
            inside.setdefault(place[pair[0]], {})[pair] = 1.0
        found: list[list[str]] = []
        for number, scores in inside.items():
            if number not in doubtful:
                found += groups(joined[number], scores, (), 0.5)
        return sorted(found)

    def _numbers_apart(self, members: Collection[str]) -> set[Pair]:
        """Pairs whose numbers differ, among records that share one: whether or not a key brought them together."""
        _ = self.verdicts
        found = {pair for pair in self._apart if pair[0] in members and pair[1] in members}
        sharing: dict[str, list[str]] = {}
        for key in sorted(members):
            reading = self.readings[key]
            for number in {reading.rna, reading.siren} - {""}:
                sharing.setdefault(number, []).append(key)
        for same in sharing.values():
            for place, one in enumerate(same):
                a = self.readings[one]
                for other in same[place + 1 :]:
                    b = self.readings[other]
                    if any(x and y and x != y for x, y in ((a.siren, b.siren), (a.siret, b.siret))):
                        found.add(pair_of(one, other))
        return found

    def suggestions(self, never: Collection[Pair] = ()) -> Iterator[tuple[Pair, Verdict]]:
        """What a person should look at, the likeliest first."""
        merged = {key: number for number, group in enumerate(self.merges(never)) for key in group}
        found = [
            (pair, verdict) for pair, verdict in self.verdicts.items()
            if merged.get(pair[0], -1) != merged.get(pair[1], -2)
        ]  # fmt: skip
        yield from sorted(found, key=lambda item: (-item[1].score, item[0]))


def linked(pairs: Collection[Pair]) -> list[set[str]]:
    """The sets of records that pairs lead through."""
    found: dict[str, set[str]] = {}
    for one, other in pairs:
        both = found.get(one, {one}) | found.get(other, {other})
        for key in both:
            found[key] = both
    return list({id(group): group for group in found.values()}.values())
