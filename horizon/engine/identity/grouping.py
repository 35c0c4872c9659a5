"""Which records are one organisation? Average linkage over pairs, and some pairs that nothing may join."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

Pair = tuple[str, str]


def pair_of(one: str, other: str) -> Pair:
    """Two keys in order."""
    return (one, other) if one < other else (other, one)


def groups(
    members: Iterable[str], scores: Mapping[Pair, float], never: Collection[Pair], least: float
) -> list[list[str]]:
    """The groups of two records and more, each in order; the two nearest groups are joined first.

    Two groups are as near as the mean of the scores between their members (UPGMA, Sokal & Michener 1958), a pair without a
    score counting for 0. They are not joined under `least`, nor when one pair between them is in `never`.

    >>> groups("abc", {("a", "b"): 1.0, ("b", "c"): 1.0}, [("a", "c")], 0.5)
    [['a', 'b']]
    """
    never = set(never)
    found: dict[str, list[str]] = {key: [key] for key in sorted(set(members))}
    near: dict[Pair, float] = {
        pair_of(*pair): score for pair, score in scores.items() if pair[0] in found and pair[1] in found
    }
    apart = {pair_of(*pair) for pair in never}
    while near:
        pair, score = min(near.items(), key=lambda item: (-item[1], item[0]))
        del near[pair]
        if score < least:
            break
        if pair in apart:
            continue
        kept, gone = pair
        sizes = len(found[kept]), len(found[gone])
        found[kept] = sorted(found[kept] + found.pop(gone))
        for other in found:
            if other == kept:
                continue
            mine, theirs = pair_of(kept, other), pair_of(gone, other)
            total = near.pop(mine, 0.0) * sizes[0] + near.pop(theirs, 0.0) * sizes[1]
            if total:
                near[mine] = total / sum(sizes)
            if theirs in apart:
                apart.add(mine)
    return sorted(group for group in found.values() if len(group) > 1)
