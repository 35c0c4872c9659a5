"""Learns how to weigh the signs of the pairing from the worlds that may be read, and writes the two files beside the lexicon.

Run after the lexicon or a world changed: `.venv/bin/python scripts/learn_pairing.py`. Each world is first judged by directions and
rules learned on the others: those figures are the honest ones; then all is learned on all.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from horizon.config.match_cli import LABELLED, THAT_DAY, WORLDS, world
from horizon.engine.pairing.directions import Saying, learn_directions, main_directions
from horizon.engine.pairing.evaluate import GOOD, Labelled, measure
from horizon.engine.pairing.facts import Side, usable
from horizon.engine.pairing.judging import AT, COMPARED, CROWD, SIGNS, Judge, compared, crowd, write_rules
from horizon.engine.pairing.learning import Rule, learn
from horizon.engine.pairing.lexicon import Lexicon
from horizon.engine.pairing.meaning import (
    Encoder,
    Vectors,
    read_purposes,
    sentence_encoder,
    sentences,
    whole,
    write_purposes,
)
from horizon.engine.pairing.reading import Asked, index_terms, read_ask, read_offer
from horizon.engine.pairing.scoring import Corpus, Pairing, Seen, answered
from horizon.exchange.shipped import PURPOSES, RULES, lexicon_version, read_lexicon

RIDGE, LENGTH, NAMES, TWICE, HARDEST, ONE_IN = 10.0, 192, 4, 2, 12, 10
# Of how all offers are told together: few examples (one an ask) for as many signs.
RIDGE_OF_CROWD = 30.0
World = tuple[list[Side], list[Labelled]]
NOTHING = (
    Rule((0.0,) * (len(SIGNS) + len(COMPARED)), 0.0), Rule((0.0,) * len(SIGNS), 0.0), Rule((0.0,) * len(CROWD), 0.0),
)  # fmt: skip
KNOWN: dict[str, np.ndarray] = {}


def remembering(encode: Encoder) -> Encoder:
    """The same encoder, which never encodes a text twice."""

    def remember(texts: Sequence[str]) -> Vectors:
        missing = [text for text in dict.fromkeys(texts) if text not in KNOWN]
        for start in range(0, len(missing), 500):
            batch = missing[start : start + 500]
            KNOWN.update(zip(batch, encode(batch), strict=True))
        return np.vstack([KNOWN[text] for text in texts]) if texts else encode(texts)

    return remember


def said_of_things(lexicon: Lexicon, encode: Encoder) -> list[Saying]:
    """Each purpose is answered by the names of its concept, or by another purpose of it."""
    found = []
    for number, concept in enumerate(lexicon.concepts):
        if not concept.serves:
            continue
        names, purposes = encode([concept.name, *concept.words][:NAMES]), encode(concept.serves)
        found += [Saying(row, number, (names, purposes)) for row in purposes]
    return found


def said_of_offers(one: World, encode: Encoder, first: int) -> list[Saying]:
    """What an ask says, whole, by its title and by its sentences, is answered by the offers that a reader found good."""
    offers, asks = one
    at = {offer.key: number for number, offer in enumerate(offers)}
    found = []
    for ask in asks:
        good = sorted(at[key] for key, grade in ask.grades.items() if grade >= GOOD)
        if not good:
            continue
        answers = (
            encode([whole(offers[n].title, offers[n].text) for n in good]),
            encode([offers[n].title for n in good]),
        )
        title, text = ask.ask.title, ask.ask.text
        said = [whole(title, text), title, *sentences(title, text)[:2]]
        found += [Saying(row, first + good[0], answers) for row in encode(said)]
    return found


class Example(NamedTuple):
    """One ask as it is weighed: what is seen of every offer, which may be used, and the grades that a reader gave."""

    one: Labelled
    asked: Asked
    seen: Seen
    may: np.ndarray
    grades: np.ndarray


def examples(judge: Judge, one: World) -> tuple[Pairing, list[Example]]:
    """For each ask of a world, what is seen of every offer."""
    offers, asks = one
    counts: Counter[str] = Counter()
    for offer in offers:
        counts.update(index_terms(read_offer(judge.lexicon, offer.title, offer.text)))
    pairing = Pairing(judge.lexicon, Corpus(counts, len(offers)), THAT_DAY, judge)
    found = []
    for labelled in asks:
        ask = labelled.ask
        asked = read_ask(judge.lexicon, ask.title, ask.text)
        seen = pairing.weigh(ask, asked, offers, among=True)
        may = np.array([usable(ask, offer) for offer in offers])
        grades = np.array([labelled.grades.get(offer.key, 0) for offer in offers])
        found.append(Example(labelled, asked, seen, may, grades))
    return pairing, found


def learned(found: Iterable[Example]) -> tuple[Rule, Rule]:
    """The two rules of these examples: of each ask, the offers nearest by one sign or another, and one in ten of the others.

    Related offers (grade 1) teach nothing: what they lack may be a fact.
    """
    among, alone, good, stands = [], [], [], []
    for one in found:
        signs = one.seen.weighed.signs
        near = one.grades >= 1
        for name in ("words", "whole_whole", "serves_meaning", "close_whole"):
            near[np.argsort(-signs[:, AT[name]], kind="stable")[:HARDEST]] = True
        rest = np.flatnonzero(~near)[::ONE_IN]
        near[rest] = True
        weight = np.ones(len(near))
        weight[rest] = ONE_IN
        kept = near & (one.grades != 1)
        among.append(compared(signs)[kept])
        alone.append(one.seen.weighed.brief[kept])
        good.append(one.grades[kept] >= GOOD)
        stands.append(weight[kept])
    answers, each = np.concatenate(good), np.concatenate(stands)
    return (
        learn(np.vstack(among), answers, RIDGE, stands=each), learn(np.vstack(alone), answers, RIDGE, stands=each),
    )  # fmt: skip


def together(judge: Judge, one: Example) -> np.ndarray:
    """What all offers together say of one ask, under the rules that a judge has."""
    weighed = one.seen.weighed
    shares = judge.among.probabilities(compared(weighed.signs))
    return crowd(shares, judge.alone.probabilities(weighed.brief), one.may, weighed.signs, one.asked)


def somebody(rows: Sequence[np.ndarray], found: Sequence[Example]) -> Rule:
    """The rule that says whether anybody answers."""
    good = [bool(((one.grades >= GOOD) & one.may).any()) for one in found]
    return learn(np.vstack(rows), good, RIDGE_OF_CROWD)


def main() -> None:
    lexicon, encode = read_lexicon(), remembering(sentence_encoder())
    worlds = {name: world(LABELLED, name) for name in WORLDS}
    phrases = sorted({phrase for concept in lexicon.concepts for phrase in concept.serves})
    vectors = encode(phrases)
    things = said_of_things(lexicon, encode)
    said = {
        name: said_of_offers(one, encode, 10_000 + 1_000 * number)
        for number, (name, one) in enumerate(worlds.items())
    }
    start = main_directions(np.vstack([vectors, *(row for one in things for row in one.answers[:1])]), LENGTH)

    def judge_without(left_out: str) -> tuple[Judge, bytes]:
        told = [saying for name, some in said.items() if name != left_out for saying in some]
        basis = learn_directions([*things, *told * TWICE], start, epochs=5, heat=0.1)
        file = write_purposes(phrases, vectors, basis)
        return Judge(lexicon, encode, read_purposes(file, lexicon, encode), *NOTHING), file

    pairings, found = {}, {}
    for name, one in worlds.items():
        judge, _ = judge_without(name)
        pairings[name], found[name] = examples(judge, one)
        print(name, "seen", flush=True)
    rows = {}
    for name in WORLDS:
        judge = pairings[name].judge
        assert judge
        judge.among, judge.alone = learned([one for other in WORLDS if other != name for one in found[other]])
        rows[name] = [together(judge, one) for one in found[name]]
    for name, (offers, asks) in worlds.items():
        pairing, others = pairings[name], [other for other in WORLDS if other != name]
        assert pairing.judge
        pairing.judge.anybody = somebody(
            [row for other in others for row in rows[other]],
            [one for other in others for one in found[other]],
        )
        known = {one.one.ask.key: one for one in found[name]}

        def rank(ask: Side, pairing=pairing, known=known, offers=offers) -> tuple[list[str], bool]:
            one = known[ask.key]
            matches = pairing.chosen(ask, one.asked, offers, one.seen)[:10]
            return [match.key for match in matches], not answered(matches)

        print(name, "unseen by what was learned:", measure(asks, rank), flush=True)
    everything = [one for name in WORLDS for one in found[name]]
    anybody = somebody([row for name in WORLDS for row in rows[name]], everything)
    _, file = judge_without("")
    PURPOSES.write_bytes(file)
    RULES.write_text(write_rules(*learned(everything), anybody, lexicon_version()), encoding="utf-8")
    print(RULES.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
