"""What is kept of readings may be cleared by another thread between two lines: nobody waits for it nor fails by it."""

import numpy as np

from horizon.engine.pairing.judging import CROWD, SIGNS, Judge
from horizon.engine.pairing.learning import Rule
from horizon.engine.pairing.lexicon import lexicon_of
from horizon.engine.pairing.meaning import Purposes, digest
from horizon.engine.pairing.reading import read_offer

LEXICON = lexicon_of(
    ["concept,words,kind_of,serves", "barnum,tente,,s'abriter de la pluie", "sono,enceinte,,faire danser"]
)


class Cleared(dict):
    """As another thread leaves it: what is written is gone at once."""

    def __setitem__(self, key, value):
        self.clear()


def encode(texts):
    """Any unit vector, the same for the same text."""
    rows = [np.random.default_rng(digest(text)).normal(size=512) for text in texts]
    return np.array([row / np.linalg.norm(row) for row in rows], dtype=np.float32).reshape(len(rows), 512)


def a_judge():
    purposes = Purposes(LEXICON, encode, np.eye(512, 8, dtype=np.float32), {}, np.zeros((0, 8), np.int8))
    purposes._rows = Cleared()
    among, alone, anybody = (Rule((0.0,) * n, 0.0) for n in (2 * len(SIGNS), len(SIGNS), len(CROWD)))
    return Judge(LEXICON, encode, purposes, among, alone, anybody, _speaking=Cleared())


def test_what_another_thread_clears_is_still_read():
    judge = a_judge()
    units = tuple(read_offer(LEXICON, "Deux barnums", ""))
    assert judge._told({"barnum": 1.0}, 1.0, units) > 0
    assert judge.purposes.of(0).shape == (1, 8)
    assert judge.purposes.near(np.ones((1, 8), np.float32)).shape == (2, 1)
