"""How well does an offer answer an ask? Hard facts first, then a score that can be said in a sentence.

Relevance is the share of what is asked that the offer's words hold, each unit weighed by its rarity (idf). An offer that
falls short of one fact (days, terms, distance, quantity, law) is kept apart, with what would be needed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from math import exp, log
from typing import NamedTuple

import numpy as np

from horizon.engine.labels import number
from horizon.engine.pairing.facts import (
    LEAST,
    Side,
    covered,
    distance,
    kinship,
    missing_facts,
    usable,
)
from horizon.engine.pairing.judging import CROWD, Asker, Judge, Meant, Reading, Weighed, compared, crowd
from horizon.engine.pairing.lexicon import Lexicon
from horizon.engine.pairing.reading import GENERIC_TERMS, Asked, Unit, read_ask, read_offer

EXACT, CONCEPT, NARROWER, BROADER = 1.0, 0.95, 0.9, 0.5
PLACE, ASIDE, RIVAL = 0.6, 0.7, 0.7
SERVES_VAGUE, SERVES_NAMED = 0.85, 0.6
LOST, LOST_NAMED = 0.85, 0.5
ENOUGH, RELATED = 0.5, 0.2
# Of a judge: from which probability an offer answers, and is shown; from which cosine a purpose is a reason.
JUDGED_ENOUGH, ALONE_ENOUGH, JUDGED_RELATED, NEAR_ENOUGH = 0.1, 0.2, 0.005, 0.6
# Of the rule that looks at all offers together: under which probability nobody answers.
SURE = 0.7
# Of an offer weighed by itself: surely it, whatever the others say.
SURELY = 0.6
# Of an offer weighed by itself: beside one that answers, and instead of one that would but cannot be used.
BESIDE, INSTEAD = 0.1, 0.3
FITS, PART, ALMOST = 3, 2, 1
PARTLY = "cela n’y répond peut-être qu’en partie"


@dataclass(frozen=True)
class Match:
    """One offer for one ask. `level`: FITS, PART (something less than asked) or ALMOST (see `missing`)."""

    key: str
    level: int
    score: float
    relevance: float
    km: float | None
    words: tuple[str, ...]
    missing: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    covers: float | None = None
    asked: float | None = None
    left: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class _Held:
    """How much of an ask an offer holds, the words and the purpose that say so, whether it answers."""

    relevance: float
    words: tuple[str, ...]
    purpose: str
    answers: bool
    shown: bool
    by_itself: float = 0.0


@dataclass
class Corpus:
    """How many offers have each term: what is rare says more."""

    counts: Mapping[str, int]
    size: int

    def rarity(self, word: str) -> float:
        """From 1 (every offer has it) to 2.5 (few or none has it)."""
        count = self.counts.get(word, 0)
        return min(2.5, 1 + log((max(self.size, count) + 1) / (1 + count)) / 3)


class Told(NamedTuple):
    """What the words of an offer say of an ask: how likely it is it, the words, the purpose; the share of the ask that they cover,
    how well the thing asked first is in the title, and the strongest word."""

    relevance: float
    words: tuple[str, ...]
    purpose: str
    covered: float
    head: float
    strongest: float


class Seen(NamedTuple):
    """Offers as a judge sees them for one ask, with the words and the purpose of each."""

    weighed: Weighed
    said: list[tuple[tuple[str, ...], str]]


_Touched = tuple[frozenset[str], frozenset[int], frozenset[int]]


@dataclass
class Pairing:
    """Pairs an ask with offers; keeps the reading of an offer while it lives.

    With a `judge`, `meanings` may hold the vectors of offers and asks by key; those that it lacks are computed.
    `read` may be shared by pairings of one lexicon: offers already read, by title and text.
    """

    lexicon: Lexicon
    corpus: Corpus
    today: date
    judge: Judge | None = None
    meanings: Mapping[str, Meant] = field(default_factory=dict)
    read: dict[tuple[str, str], tuple[Unit, ...]] = field(default_factory=dict)
    _met: dict[tuple[Unit, ...], _Touched] = field(default_factory=dict)

    def best(self, ask: Side, offers: Iterable[Side], limit: int = 10) -> list[Match]:
        """The offers worth showing, best first: those that fit, those that answer in part, those that almost do."""
        asked = read_ask(self.lexicon, ask.title, ask.text)
        others = [offer for offer in offers if not (ask.holder and ask.holder == offer.holder)]
        if not others or not (asked.units or self.judge):
            return []
        if self.judge:
            return self.chosen(ask, asked, others, self.weigh(ask, asked, others, among=True))[:limit]
        found = self._matches(ask, others, self._held(ask, asked, others))
        closest = max((match.relevance for match in found), default=0.0)
        return sorted((_beside(match, closest) for match in found), key=_order)[:limit]

    def chosen(self, ask: Side, asked: Asked, offers: Sequence[Side], seen: Seen) -> list[Match]:
        """Of offers that a judge has weighed, those worth showing; all as doubtful when surely none answers."""
        judge = self.judge
        assert judge is not None
        held = self._judged(seen, among=True)
        found = self._matches(ask, offers, held)
        if any(one.answers for one in held):
            # Where one offer says it in the very words, another that says it otherwise still answers; surely so when the
            # first one cannot be used.
            least = BESIDE if answered(found) else INSTEAD
            late = [
                (offer, replace(one, answers=True, shown=True))
                for offer, one in zip(offers, held, strict=True)
                if one.by_itself >= least and not one.answers
            ]
            again = {offer.key for offer, _ in late}
            found = [match for match in found if match.key not in again]
            found += self._matches(ask, [offer for offer, _ in late], [one for _, one in late])
        if answered(found):
            may = np.array(
                [one.shown and usable(ask, offer) for offer, one in zip(offers, held, strict=True)]
            )
            signs = crowd(
                np.array([one.relevance for one in held]), np.array([one.by_itself for one in held]), may, seen.weighed.signs, asked
            )  # fmt: skip
            # What by itself is surely it stays an answer when a better one cannot be used: that one took its place in the rule.
            instead = signs[CROWD.index("blocked")] and any(
                one.by_itself >= SURELY for one, free in zip(held, may, strict=True) if free
            )
            if not instead and judge.anybody.probabilities(signs[None])[0] < SURE:
                found = [_doubted(match) for match in found]
        return sorted(found, key=_order)

    def match(self, ask: Side, asked: Asked, offer: Side) -> Match | None:
        """How one offer answers, by itself; None when it does not, or when it is the asker's own."""
        if ask.holder and ask.holder == offer.holder:
            return None
        if self.judge:
            held = self._judged(self.weigh(ask, asked, [offer], among=False), among=False)
        else:
            held = self._held(ask, asked, [offer])
        return self._match(ask, offer, held[0])

    def _held(self, ask: Side, asked: Asked, offers: Sequence[Side]) -> list[_Held]:
        found = []
        for offer in offers:
            relevance, words, purpose = self.relevance(asked, self._units(offer))
            share = relevance * kinship(ask.kind, offer.kind)
            found.append(_Held(share, words, purpose, share >= ENOUGH, share >= RELATED))
        return found

    def weigh(self, ask: Side, asked: Asked, offers: Sequence[Side], *, among: bool) -> Seen:
        """What a judge sees of each offer, and the words and the purpose that say so."""
        judge = self.judge
        assert judge is not None
        readings, said = [], []
        for offer in offers:
            units = self._units(offer)
            found = self.told(asked, units)
            readings.append(
                Reading(
                    units, found.relevance, kinship(ask.kind, offer.kind), self.serves(asked, units)[0], bool(found.words),
                    found.covered, found.head, found.strongest,
                    self.meanings.get(offer.key) or judge.meant(offer.title, offer.text),
                )
            )  # fmt: skip
            said.append((found.words, found.purpose))
        asker = Asker(ask.title, ask.text, ask.kind, self.meanings.get(ask.key))
        return Seen(judge.signs(asker, asked, readings, brief=not among), said)

    def _judged(self, seen: Seen, *, among: bool) -> list[_Held]:
        judge, weighed = self.judge, seen.weighed
        assert judge is not None
        alone = judge.alone.probabilities(weighed.brief)
        shares = judge.among.probabilities(compared(weighed.signs)) if among else alone
        enough = JUDGED_ENOUGH if among else ALONE_ENOUGH
        held = []
        for share, by_itself, (words, purpose), (near, concept) in zip(
            shares, alone, seen.said, weighed.nearest, strict=True
        ):
            if not purpose and concept and near >= NEAR_ENOUGH:
                purpose = f"proche par le sens : {concept}"
            if not words and not purpose:
                purpose = "rapprochement incertain"
            held.append(
                _Held(
                    float(share), words, purpose, bool(share >= enough), bool(share >= JUDGED_RELATED), float(by_itself)
                )
            )  # fmt: skip
        return held

    def _matches(self, ask: Side, offers: Sequence[Side], held: Sequence[_Held]) -> list[Match]:
        pairs = zip(offers, held, strict=True)
        return [match for offer, one in pairs if (match := self._match(ask, offer, one))]

    def _match(self, ask: Side, offer: Side, held: _Held) -> Match | None:
        relevance, words, purpose = held.relevance, held.words, held.purpose
        if not held.shown:
            return None
        km, missing, covers = distance(ask, offer), missing_facts(ask, offer), covered(ask, offer)
        level = FITS if held.answers else ALMOST
        if level == ALMOST:
            missing.append(PARTLY)
        elif covers and covers < 1:
            level = PART if covers >= LEAST else ALMOST
            missing.append(f"{number(offer.quantity)} proposés, {number(ask.quantity)} demandés")
        blocked = len(missing) - (1 if level == PART else 0)
        if level != ALMOST and blocked:
            level = ALMOST
        score = relevance * (exp(-km / 60) if km is not None else 0.8) * self._fresh(offer)
        score *= 1 + min(offer.deals, 5) / 50
        if covers is not None and covers < 1:
            score *= 0.6 + 0.4 * covers
        return Match(
            offer.key, level, round(score, 4), round(relevance, 4), km, words, tuple(missing),
            tuple(self._reasons(ask, offer, km, words, purpose)), covers, ask.quantity, offer.quantity,
            offer.unit,
        )  # fmt: skip

    def relevance(self, asked: Asked, offered: Sequence[Unit]) -> tuple[float, tuple[str, ...], str]:
        """How likely the offer is what is asked, by its words; the words that say so, and the purpose that it serves."""
        return self.told(asked, offered)[:3]

    def told(self, asked: Asked, offered: Sequence[Unit]) -> Told:
        """How likely the offer is what is asked, from 0 to 1, the words that say so, and the purpose that it serves.

        Each unit of the ask that the offer holds is one more piece of evidence (noisy or); a thing named and not held
        halves it. What the ask tells without naming a thing is evidence for what serves it.
        """
        doubt = 1.0
        said: list[str] = []
        things = [unit for unit in asked.units if unit.weight >= 1]
        named = [unit for unit in things if unit.concepts]
        titled = [unit for unit in offered if unit.weight >= 1]
        held = headed = False
        all_of_it = covered_of_it = strongest = 0.0
        head: float | None = None
        touched = self._touched(tuple(offered))
        for unit in asked.units:
            best, word = self._quality(unit, offered) if self._touches(unit, touched) else (0.0, "")
            telling = min(1.0, self._telling(unit))
            in_title = self._quality(unit, titled)[0] if best and unit.weight >= 1 else 0.0
            if unit.weight >= 1 and head is None:
                head = in_title
            all_of_it += unit.weight * telling
            covered_of_it += unit.weight * telling * best
            strongest = max(strongest, unit.weight * telling * best)
            if not best:
                continue
            if unit.weight >= 1:
                held = True
                headed = headed or bool(in_title)
            doubt *= 1 - min(0.97, unit.weight * best * telling)
            if word not in said:
                said.append(word)
        serves, purpose = self.serves(asked, offered)
        found = 1 - doubt
        if things and not held:
            found *= LOST_NAMED if named else LOST
        elif things and not headed:
            found *= ASIDE
        weight = SERVES_NAMED if named else SERVES_VAGUE
        if serves and (not named or held or serves * weight > found):
            found = 1 - (1 - found) * (1 - serves * weight)
        else:
            purpose = ""
        return Told(
            found,
            tuple(said),
            purpose,
            covered_of_it / all_of_it if all_of_it else 0.0,
            head or 0.0,
            strongest,
        )

    def _telling(self, unit: Unit) -> float:
        """A concept of the lexicon tells; an unknown word tells as it is rare."""
        return 1.0 if unit.concepts else 0.45 + 0.2 * max(self.corpus.rarity(word) for word in unit.terms)

    def serves(self, asked: Asked, offered: Sequence[Unit]) -> tuple[float, str]:
        """How surely what is told is a purpose of what is offered, word for word, and the purpose."""
        best, words = 0.0, ""
        for unit in offered:
            for concept in unit.concepts:
                strength, purpose = asked.served.get(concept, (0.0, ""))
                strength *= 0.4 + 0.6 * min(unit.weight, 1.0)
                if strength > best:
                    best = strength
                    words = (
                        f"utile pour « {purpose} » : {unit.words}"
                        if purpose
                        else f"souvent utile à cela : {unit.words}"
                    )
        return best, words

    def _touched(self, offered: tuple[Unit, ...]) -> _Touched:
        """What an offer can be matched by, at all: its terms, its concepts, these with what they are a kind of."""
        found = self._met.get(offered)
        if found is None:
            if len(self._met) > 5000:
                self._met.clear()
            concepts = frozenset(c for unit in offered for c in unit.concepts)
            kin = frozenset(above for c in concepts for above in self.lexicon.broader[c])
            terms = frozenset(term for unit in offered for term in unit.terms)
            found = self._met[offered] = terms, concepts, concepts | kin
        return found

    def _touches(self, unit: Unit, touched: _Touched) -> bool:
        terms, concepts, kin = touched
        return (
            not terms.isdisjoint(unit.terms) or not kin.isdisjoint(unit.concepts)
            or any(not concepts.isdisjoint(self.lexicon.broader[c]) for c in unit.concepts)
        )  # fmt: skip

    def _quality(self, unit: Unit, offered: Sequence[Unit]) -> tuple[float, str]:
        best, word = 0.0, ""
        for other in offered:
            place = PLACE + (1 - PLACE) * min(other.weight, 1.0)
            if unit.terms == other.terms:
                quality = EXACT * place
            elif unit.concepts & other.concepts:
                quality = CONCEPT * place
            else:
                quality = self._kin(unit, other) * place
                if shared := (set(unit.terms) & set(other.terms)) - GENERIC_TERMS:
                    quality = max(quality, 0.7 * place * len(shared) / max(len(unit.terms), len(other.terms)))
            if quality > best:
                best, word = quality, other.words
        return best, word

    def _kin(self, unit: Unit, other: Unit) -> float:
        """What is a kind of what is asked answers it; what it is a kind of may."""
        if any(self.lexicon.broader[c] & unit.concepts for c in other.concepts):
            return NARROWER
        if any(self.lexicon.broader[c] & other.concepts for c in unit.concepts):
            return BROADER
        return 0.0

    def _units(self, offer: Side) -> tuple[Unit, ...]:
        key = (offer.title, offer.text)
        found = self.read.get(key)
        if found is None:
            found = self.read[key] = tuple(read_offer(self.lexicon, offer.title, offer.text))
        return found

    def _fresh(self, offer: Side) -> float:
        if offer.confirmed is None:
            return 0.9
        return max(0.8, 1 - max((self.today - offer.confirmed).days, 0) / 1800)

    def _reasons(
        self, ask: Side, offer: Side, km: float | None, words: Sequence[str], purpose: str
    ) -> Iterable[str]:
        if words:
            yield "en commun : " + ", ".join(words)
        if purpose:
            yield purpose
        if km is not None:
            yield f"à {km:.0f} km" if km >= 1 else "dans la commune"
        if offer.quantity and offer.total and offer.quantity < offer.total:
            yield f"il en reste {number(offer.quantity)} sur {number(offer.total)}"
        if offer.confirmed:
            yield f"confirmée le {offer.confirmed:%d/%m/%Y}"
        if offer.deals:
            yield f"déjà {offer.deals} accord{'s' if offer.deals > 1 else ''} conclu{'s' if offer.deals > 1 else ''}"


def answered(matches: Collection[Match]) -> bool:
    """Whether somebody answers the ask, wholly or in part; otherwise « personne ne le propose »."""
    return any(match.level > ALMOST for match in matches)


def _beside(match: Match, closest: float) -> Match:
    """What is far less what is asked than another offer, be that one blocked by a fact, does not answer in its place."""
    if match.level == ALMOST or match.relevance >= RIVAL * closest:
        return match
    return replace(match, level=ALMOST, missing=(*match.missing, PARTLY))


def _doubted(match: Match) -> Match:
    """What would answer, where all offers together say that nobody does."""
    return replace(match, level=ALMOST, missing=(*match.missing, PARTLY)) if match.level > ALMOST else match


def _order(match: Match) -> tuple[float, str]:
    """Fits and parts compete by score; what almost fits comes after, whatever its words."""
    return -match.score - (10 if match.level > ALMOST else 0), match.key
