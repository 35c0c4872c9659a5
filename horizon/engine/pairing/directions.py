"""Which directions of a sentence's vector tell things apart? Learned from what people say of the same thing.

A ready-made encoder puts near what is said alike; here « couper la haie du stade » must come near « taille-haie ». A linear map
is learned so that a saying comes nearer to what answers it than to what answers the others (InfoNCE, van den Oord et al. 2018,
arXiv:1807.03748), by Adam (Kingma & Ba 2015), from the main directions of all (PCA, not centred), from which it may not go far.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Saying(NamedTuple):
    """A vector, what it speaks of (sayings of one thing are not rivals), and the vectors that answer it, in groups chosen alike."""

    vector: Floats
    thing: int
    answers: Sequence[Floats]


def main_directions(vectors: Floats, length: int) -> Floats:
    """The `length` directions in which rows vary most: an array (numbers of a row, length) of orthogonal columns."""
    wide = vectors.astype(np.float64)
    _, directions = np.linalg.eigh(wide.T @ wide)
    return directions[:, ::-1][:, :length].astype(np.float32)


def learn_directions(
    sayings: Sequence[Saying], start: Floats, *, epochs: int = 8, batch: int = 512, rate: float = 2e-3, heat: float = 0.07,
    ridge: float = 1e-3, seed: int = 0,
) -> Floats:  # fmt: skip
    """The map learned from `start`, of the same shape. The same sayings always give the same map.

    >>> one, other = np.eye(3, dtype=np.float32)[:2]
    >>> away = np.array([0, 0.6, 0.8], dtype=np.float32)  # said of the first, yet nearer to the second
    >>> told = [Saying(away, 0, [one[None]]), Saying(other, 1, [other[None]])]
    >>> learned = learn_directions(told, np.eye(3, dtype=np.float32), epochs=300, batch=2, rate=0.02)
    >>> bool((away @ learned) @ (one @ learned) > (away @ learned) @ (other @ learned))
    True
    """
    random = np.random.default_rng(seed)
    left = np.vstack([saying.vector for saying in sayings])
    things = np.array([saying.thing for saying in sayings])
    learned, step = start.copy(), 0
    first: NDArray[Any] = np.zeros_like(start)
    second: NDArray[Any] = np.zeros_like(start)
    order = np.arange(len(sayings))
    batch = min(batch, len(sayings))
    for epoch in range(epochs):
        random.shuffle(order)
        for begin in range(0, len(order) - batch + 1, batch):
            chosen = order[begin : begin + batch]
            right = np.vstack([_one(sayings[at].answers, random) for at in chosen])
            slope = _slope(left[chosen], right, things[chosen], learned, heat) + ridge * (learned - start)
            step += 1
            first = 0.9 * first + 0.1 * slope
            second = 0.999 * second + 0.001 * slope * slope
            pace = rate * (1 - epoch / epochs) / (1 - 0.9**step)
            learned -= pace * first / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return learned


def _one(groups: Sequence[Floats], random: np.random.Generator) -> Floats:
    group = groups[int(random.integers(len(groups)))]
    return group[random.integers(len(group))]


def _slope(left: Floats, right: Floats, things: NDArray[np.int64], learned: Floats, heat: float) -> Floats:
    """How the mean loss of a batch changes with the map: each row answers its own, the other rows are its rivals."""
    near, far = left @ learned, right @ learned
    lengths = np.linalg.norm(near, axis=1, keepdims=True), np.linalg.norm(far, axis=1, keepdims=True)
    near, far = near / lengths[0], far / lengths[1]
    alike = near @ far.T / heat
    same = things[:, None] == things[None, :]
    np.fill_diagonal(same, False)
    alike[same] = -np.inf
    share = np.exp(alike - alike.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    share[np.diag_indices(len(share))] -= 1
    share /= len(share) * heat
    pulls = share @ far, share.T @ near
    by_near = (pulls[0] - near * (pulls[0] * near).sum(axis=1, keepdims=True)) / lengths[0]
    by_far = (pulls[1] - far * (pulls[1] * far).sum(axis=1, keepdims=True)) / lengths[1]
    return left.T @ by_near + right.T @ by_far
