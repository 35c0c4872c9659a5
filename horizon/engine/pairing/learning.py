"""A logistic rule learned from examples: what share of the pairs that look like this one were judged good?

Weights by Newton's method with a ridge on standardised features (Hastie, Tibshirani & Friedman 2009, 4.4.1): the same
examples always give the same weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Rule:
    """One weight for each feature, on the scale of the features themselves, and a constant."""

    weights: tuple[float, ...]
    constant: float

    def probabilities(self, rows: Rows) -> NDArray[np.float64]:
        """Of an array (n, features), the n probabilities."""
        return 1 / (1 + np.exp(-np.clip(rows @ np.array(self.weights) + self.constant, -30, 30)))


def learn(
    rows: Rows,
    good: Sequence[bool] | NDArray[np.bool_],
    ridge: float = 10.0,
    steps: int = 30,
    stands: Rows | None = None,
) -> Rule:
    """The rule of examples: `rows` (n, features), whether each was good, for how many each one stands (one when unsaid).

    A feature that never varies weighs nothing.

    >>> rule = learn(np.array([[0.0], [1.0], [2.0], [3.0]]), [False, False, True, True], ridge=0.1)
    >>> [bool(p > 0.5) for p in rule.probabilities(np.array([[0.5], [2.5]]))]
    [False, True]
    """
    each = np.ones(len(rows)) if stands is None else stands
    middle = np.average(rows, axis=0, weights=each)
    spread = np.sqrt(np.average((rows - middle) ** 2, axis=0, weights=each))
    spread = np.where(spread < 1e-9, np.inf, spread)
    scaled = np.hstack([(rows - middle) / spread, np.ones((len(rows), 1))])
    target = np.asarray(good, dtype=np.float64)
    penalty = np.append(np.full(rows.shape[1], ridge), 1e-6)
    weights = np.zeros(scaled.shape[1])
    for _ in range(steps):
        share = 1 / (1 + np.exp(-np.clip(scaled @ weights, -30, 30)))
        slope = scaled.T @ (each * (target - share)) - penalty * weights
        curve = (scaled * (each * (share * (1 - share) + 1e-9))[:, None]).T @ scaled + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weights += step
        if np.abs(step).max() < 1e-9:
            break
    natural = weights[:-1] / spread
    return Rule(tuple(float(w) for w in natural), float(weights[-1] - (natural * middle).sum()))
