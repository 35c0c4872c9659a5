"""Is this offer what is asked? What the words say, what the texts mean, what each thing serves: weighed as people judged.

Each sign is a number that a person can understand; their weights were learned from asks that readers judged, and are kept in
a file beside the lexicon. Among several offers, each is also compared with the best of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from horizon.engine.pairing.learning import Rule
from horizon.engine.pairing.lexicon import Lexicon
from horizon.engine.pairing.meaning import Encoder, Purposes, Vectors, read_purposes, sentences, whole
from horizon.engine.pairing.reading import Asked, Unit

# The signs, in their order: what each says of one ask and one offer.
SIGNS = (
    "words",  # the hand-written rule: units of the ask that the offer holds
    "words_of_kin",  # the same, less when the two are of different kinds
    "serves",  # what is told of is a purpose of the thing offered, word for word
    "told",  # rare words of the ask among those that speak of what is offered
    "kin",  # the same kind, or kinds that meet
    "kind_unsaid",  # the ask does not say its kind
    "held",  # at least one unit is held
    "covered", "head", "strongest",  # of the ask: the share that is held, its first thing in the title, its best held unit
    "whole_whole", "title_title", "whole_title", "title_whole",  # cosines of ask and offer
    "close_whole", "close_title", "close_whole_title", "close_title_whole",  # the same along the directions that were learned
    "close_sentence",  # the same, of the nearest sentence
    "serves_meaning", "serves_whole",  # along them, with the purposes of the thing: of one sentence, of the whole
)  # fmt: skip
AT = {name: at for at, name in enumerate(SIGNS)}
COMPARED = tuple(at for name, at in AT.items() if name not in {"words", "kin", "kind_unsaid", "held"})
# What all offers together say of whether anybody answers.
CROWD = (
    "best", "best_by_itself", "second", "best_of_all", "all_together", "blocked", "covered", "head", "strongest", "most_covered",
    "words", "told", "whole_whole", "close_whole", "serves_meaning", "close_over_next", "serves_over_next", "close_from_most",
    "words_from_most", "first_by_words", "first_by_closeness", "first_by_purpose", "units", "vague", "named",
)  # fmt: skip
NEXT = 10


@dataclass(frozen=True)
class Meant:
    """The vectors of a text: its title, its title and text."""

    title: Vectors
    whole: Vectors


@dataclass(frozen=True)
class Asker:
    """An ask as it is weighed; `meant` when its vectors are known."""

    title: str
    text: str
    kind: str
    meant: Meant | None = None


@dataclass(frozen=True)
class Reading:
    """One offer against one ask, by its words: what the hand-written rule found."""

    units: Sequence[Unit]
    relevance: float
    kinship: float
    serves: float
    held: bool
    covered: float
    head: float
    strongest: float
    meant: Meant


class Weighed(NamedTuple):
    """Of each offer: its signs, an array (offers, signs); the same with the ask read in brief; the concept nearest in meaning,
    with the cosine of its nearest purpose."""

    signs: NDArray[np.float64]
    brief: NDArray[np.float64]
    nearest: list[tuple[float, str]]


# How much an offer speaks, its own words, and the words that define each thing it names, with a weight.
Speaking = tuple[float, dict[str, float], list[tuple[float, dict[str, float]]]]


@dataclass
class Judge:
    """Weighs the signs. `among`: the rule for offers compared with each other; `alone`: for one by itself; `anybody`: whether one of
    them answers."""

    lexicon: Lexicon
    encode: Encoder
    purposes: Purposes
    among: Rule
    alone: Rule
    anybody: Rule
    _meant: dict[tuple[str, str], Meant] = field(default_factory=dict)
    _defined: dict[int, tuple[dict[str, float], float]] = field(default_factory=dict)
    _spoken: dict[str, int] = field(default_factory=dict)
    _speaking: dict[tuple[Unit, ...], Speaking] = field(default_factory=dict)

    def meant(self, title: str, text: str) -> Meant:
        """The vectors of a text, kept while the judge lives."""
        known = self._meant.get((title, text))
        if known is None:
            if len(self._meant) > 2000:
                self._meant.clear()
            rows = self.encode([title, whole(title, text)])
            known = self._meant[(title, text)] = Meant(rows[0], rows[1])
        return known

    def signs(self, ask: Asker, asked: Asked, readings: Sequence[Reading], *, brief: bool = False) -> Weighed:
        """What each offer says of an ask. `brief`: the ask is read as a title and as a whole only, not sentence by sentence."""
        mine, kind = ask.meant or self.meant(ask.title, ask.text), ask.kind
        said = np.vstack([mine.title, mine.whole])
        if not brief:
            said = np.vstack([said, self.encode(sentences(ask.title, ask.text))])
        short = self.purposes.shorten(said)
        near = self.purposes.near(short)
        told = {one: unit.weight for unit in reversed(asked.units) for one in unit.terms}
        length = sqrt(sum((weight * self._rarity(one)) ** 2 for one, weight in told.items())) or 1.0
        titles = np.vstack([reading.meant.title for reading in readings])
        wholes = np.vstack([reading.meant.whole for reading in readings])
        by_title, by_whole = titles @ said[:2].T, wholes @ said[:2].T
        close_title, close_whole = (
            self.purposes.shorten(titles) @ short.T,
            self.purposes.shorten(wholes) @ short.T,
        )
        rows, nearest, in_short = [], [], []
        for at, reading in enumerate(readings):
            concepts = sorted({c for unit in reading.units if unit.weight >= 1 for c in unit.concepts})
            found = near[concepts] if concepts else np.zeros((1, len(said)), dtype=np.float32)
            best = found.max(axis=0)
            top = float(best.max())
            nearest.append(
                (top, self.lexicon.name(concepts[int(found.max(axis=1).argmax())]) if top > 0 else "")
            )
            sentence = np.maximum(close_title[at], close_whole[at])
            in_short.append((float(sentence[:2].max()), float(best[:2].max())))
            rows.append([
                reading.relevance, reading.relevance * reading.kinship, reading.serves,
                self._told(told, length, tuple(reading.units)), reading.kinship if kind else 0.87, float(not kind),
                float(reading.held), reading.covered, reading.head, reading.strongest,
                float(by_whole[at, 1]), float(by_title[at, 0]), float(by_title[at, 1]), float(by_whole[at, 0]),
                float(close_whole[at, 1]), float(close_title[at, 0]), float(close_title[at, 1]), float(close_whole[at, 0]),
                float(sentence.max()), top, float(best[1]),
            ])  # fmt: skip
        whole = np.array(rows, dtype=np.float64).reshape(len(rows), len(SIGNS))
        in_brief = whole.copy()
        in_brief[:, [AT["close_sentence"], AT["serves_meaning"]]] = in_short
        return Weighed(whole, in_brief, nearest)

    def _told(self, told: dict[str, float], length: float, units: tuple[Unit, ...]) -> float:
        """The cosine of what is told with what speaks of the offer: its own words, the definitions of its concepts."""
        speaking = self._speaking.get(units)
        if speaking is None:
            if len(self._speaking) > 5000:
                self._speaking.clear()
            speaking = self._speaking[units] = self._speaks(units)
        size, own, definitions = speaking
        best = {one: own[one] for one in told.keys() & own.keys()}
        for weight, defined in definitions:
            for one in told.keys() & defined.keys():
                best[one] = max(best.get(one, 0.0), weight)
        held = sum(told[one] * weight * self._rarity(one) ** 2 for one, weight in best.items())
        return held / (length * size) if size else 0.0

    def _speaks(self, units: tuple[Unit, ...]) -> Speaking:
        square = 0.0
        own: dict[str, float] = {}
        definitions = []
        for unit in units:
            square += sum((unit.weight * self._rarity(one)) ** 2 for one in unit.terms)
            for one in unit.terms:
                own[one] = max(own.get(one, 0.0), unit.weight)
            for concept in unit.concepts:
                defined, size = self._definition(concept)
                weight = 0.5 * unit.weight / sqrt(len(unit.concepts))
                square += (weight * size) ** 2
                definitions.append((weight, defined))
        return sqrt(square), own, definitions

    def _definition(self, concept: int) -> tuple[dict[str, float], float]:
        if concept not in self._defined:
            words = {one: self._rarity(one) for one in self.lexicon.spoken_of(concept)}
            self._defined[concept] = words, sqrt(sum(value**2 for value in words.values()))
        return self._defined[concept]

    def _rarity(self, one: str) -> float:
        """How few concepts a term speaks of (idf)."""
        if not self._spoken:
            spoken: dict[str, int] = {}
            for concept in range(len(self.lexicon.concepts)):
                for term in self.lexicon.spoken_of(concept):
                    spoken[term] = spoken.get(term, 0) + 1
            self._spoken = spoken
        return log((len(self.lexicon.concepts) + 1) / (1 + self._spoken.get(one, 0)))


def compared(signs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The signs, and how far each offer is from the best one on those that compare."""
    if not len(signs):
        return np.zeros((0, len(SIGNS) + len(COMPARED)))
    chosen = signs[:, COMPARED]
    return np.hstack([signs, chosen - chosen.max(axis=0)])


def crowd(
    shares: NDArray[np.float64], by_itself: NDArray[np.float64], may: NDArray[np.bool_], signs: NDArray[np.float64], asked: Asked
) -> NDArray[np.float64]:  # fmt: skip
    """What all offers together say of an ask (CROWD): the best that `may` be used, the others behind it, how they agree."""
    usable = np.where(may, shares, 0.0)
    order, of_all = np.argsort(-usable, kind="stable"), np.argsort(-shares, kind="stable")
    best = order[0]
    then = signs[of_all[1 : NEXT + 1]] if len(shares) > 1 else signs[:1]
    own = signs[best]
    close, serves, words, covered = AT["close_whole"], AT["serves_meaning"], AT["words"], AT["covered"]
    return np.array([
        _odds(usable[best]), _odds(by_itself[best]), _odds(usable[order[1]] if len(order) > 1 else 0.0), _odds(shares.max()),
        log(usable.sum() + 1e-6), float(not may[of_all[0]]), own[covered], own[AT["head"]], own[AT["strongest"]],
        signs[:, covered].max(), own[words], own[AT["told"]], own[AT["whole_whole"]], own[close], own[serves],
        own[close] - then[:, close].mean(), own[serves] - then[:, serves].mean(), own[close] - signs[:, close].max(),
        own[words] - signs[:, words].max(), float(signs[:, words].argmax() == best), float(signs[:, close].argmax() == best),
        float(signs[:, serves].argmax() == best), min(len(asked.units), 15) / 10, float(asked.vague),
        float(sum(unit.weight >= 1 and bool(unit.concepts) for unit in asked.units)),
    ])  # fmt: skip


def _odds(share: float) -> float:
    kept = min(max(share, 1e-6), 1 - 1e-6)
    return log(kept / (1 - kept))


def write_rules(among: Rule, alone: Rule, anybody: Rule, lexicon: str) -> str:
    """The weights as a file that a person can read: one line a sign; and the digest of the lexicon they were learned with."""
    names = [*SIGNS, *(f"{SIGNS[at]}_from_best" for at in COMPARED)]

    def told(rule: Rule, names: Sequence[str]) -> dict[str, float]:
        return {
            "constant": round(rule.constant, 5),
            **{n: round(w, 5) for n, w in zip(names, rule.weights, strict=True)},
        }

    return (
        json.dumps(
            {
                "lexicon": lexicon,
                "among": told(among, names),
                "alone": told(alone, SIGNS),
                "anybody": told(anybody, CROWD),
            },
            indent=1,
            ensure_ascii=False,
        )
        + "\n"
    )


def read_rules(text: str) -> tuple[Rule, Rule, Rule]:
    """The three rules of a file written by `write_rules`."""
    kept = json.loads(text)
    names = [*SIGNS, *(f"{SIGNS[at]}_from_best" for at in COMPARED)]
    of = (("among", names), ("alone", list(SIGNS)), ("anybody", list(CROWD)))
    among, alone, anybody = (Rule(tuple(kept[one][n] for n in ns), kept[one]["constant"]) for one, ns in of)
    return among, alone, anybody


def judge_of(lexicon: Lexicon, purposes: bytes, rules: str, encode: Encoder) -> Judge:
    """The judge of a lexicon and of the two files that were made from it."""
    return Judge(lexicon, encode, read_purposes(purposes, lexicon, encode), *read_rules(rules))
