"""Learns how to weigh the signs of the pairing from the worlds that may be read, and writes the two files beside the lexicon.

Run after the lexicon changed: `.venv/bin/python scripts/learn_pairing.py`. Each world is first judged by rules learned on the
others: those figures are the honest ones; then the rules are learned on all.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from horizon.config.match_cli import LABELLED, THAT_DAY, world
from horizon.engine.pairing.evaluate import Labelled, measure, our_ranker
from horizon.engine.pairing.judging import COMPARED, SIGNS, Asker, Judge, Reading, compared, write_rules
from horizon.engine.pairing.learning import Rule, learn
from horizon.engine.pairing.meaning import read_purposes, sentence_encoder, write_purposes
from horizon.engine.pairing.reading import index_terms, read_ask, read_offer
from horizon.engine.pairing.scoring import Corpus, Pairing, Side, kinship
from horizon.exchange.shipped import PURPOSES, RULES, lexicon_version, read_lexicon

WORLDS = ("dev", "dev2", "dev3", "dev4", "dev5")
RIDGE, LENGTH = 10.0, 128


class Example(NamedTuple):
    """The signs of every offer for one ask, read whole and read in brief, and the grades that a reader gave."""

    signs: np.ndarray
    brief: np.ndarray
    grades: np.ndarray


def examples(judge: Judge, offers: Sequence[Side], asks: Sequence[Labelled]) -> Iterator[Example]:
    """For each ask, the signs of every offer."""
    counts: Counter[str] = Counter()
    for offer in offers:
        counts.update(index_terms(read_offer(judge.lexicon, offer.title, offer.text)))
    pairing = Pairing(judge.lexicon, Corpus(counts, len(offers)), THAT_DAY)
    units = [read_offer(judge.lexicon, offer.title, offer.text) for offer in offers]
    for one in asks:
        ask = one.ask
        asked = read_ask(judge.lexicon, ask.title, ask.text)
        if not asked.units:
            continue
        readings = []
        for offer, mine in zip(offers, units, strict=True):
            relevance, words, _ = pairing.relevance(asked, mine)
            readings.append(
                Reading(mine, relevance, kinship(ask.kind, offer.kind), pairing.serves(asked, mine)[0], bool(words),
                        judge.meant(offer.title, offer.text))
            )  # fmt: skip
        asker = Asker(ask.title, ask.text, ask.kind)
        weighed = judge.signs(asker, asked, readings)
        yield Example(
            weighed.signs, weighed.brief, np.array([one.grades.get(offer.key, 0) for offer in offers])
        )


def learned(found: Sequence[Example]) -> tuple[Rule, Rule]:
    """The two rules of these examples. Related offers (grade 1) teach nothing: what they lack may be a fact."""
    good = np.concatenate([one.grades[one.grades != 1] >= 2 for one in found])
    among = np.vstack([compared(one.signs)[one.grades != 1] for one in found])
    alone = np.vstack([one.brief[one.grades != 1] for one in found])
    return learn(among, good, RIDGE), learn(alone, good, RIDGE)


def main() -> None:
    lexicon = read_lexicon()
    encode = sentence_encoder()
    PURPOSES.write_bytes(write_purposes(lexicon, encode, LENGTH))
    nothing = Rule((0.0,) * (len(SIGNS) + len(COMPARED)), 0.0), Rule((0.0,) * len(SIGNS), 0.0)
    judge = Judge(lexicon, encode, read_purposes(PURPOSES.read_bytes(), lexicon, encode), *nothing)
    worlds = {name: world(LABELLED, name) for name in WORLDS}
    found = {name: list(examples(judge, *worlds[name])) for name in WORLDS}
    for name, (offers, asks) in worlds.items():
        judge.among, judge.alone = learned([one for other in WORLDS if other != name for one in found[other]])
        print(name, "unseen by its rules:", measure(asks, our_ranker(offers, lexicon, THAT_DAY, judge)))
    rules = learned([one for name in WORLDS for one in found[name]])
    RULES.write_text(write_rules(*rules, lexicon_version()), encoding="utf-8")
    print(RULES.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
