"""Counting by facet, against sets of Python."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horizon.engine.facets import FacetIndex, from_bits, to_bits

VALUES = ["a", "b", "c"]
ROWS = st.lists(
    st.tuples(st.lists(st.sampled_from(VALUES), unique=True), st.lists(st.sampled_from(VALUES), unique=True)),
    max_size=40,
)
CHOSEN = st.fixed_dictionaries(
    {"x": st.lists(st.sampled_from(VALUES), max_size=2), "y": st.lists(st.sampled_from(VALUES), max_size=2)}
)


def test_a_facet_does_not_narrow_itself():
    """Three entries: two carry a, one of them b too. Choosing a still says what b would give."""
    index = FacetIndex(3, {"door": [["a"], ["a", "b"], []], "size": [["s"], ["m"], ["s"]]})
    counted = index.count({"door": ("a",)})
    assert counted.total == 2
    assert counted.facets["door"] == {"a": 2, "b": 1}
    assert counted.facets["size"] == {"m": 1, "s": 1}


def test_an_ordinal_too_high_is_refused():
    with pytest.raises(IndexError):
        to_bits([3], 3)


@given(st.sets(st.integers(0, 99)))
def test_bits_and_ordinals_are_one_thing(ordinals):
    assert list(from_bits(to_bits(ordinals, 100))) == sorted(ordinals)


@given(ROWS, CHOSEN)
def test_counts_equal_those_of_plain_sets(rows, chosen):
    index = FacetIndex(len(rows), {"x": [x for x, _ in rows], "y": [y for _, y in rows]})
    counted = index.count(chosen)

    def kept(row, skipped=None):
        return all(
            not chosen[facet] or set(chosen[facet]) & set(row[number])
            for number, facet in enumerate("xy")
            if facet != skipped
        )

    assert list(from_bits(counted.bits)) == [n for n, row in enumerate(rows) if kept(row)]
    assert counted.total == sum(map(kept, rows))
    for number, facet in enumerate("xy"):
        for value, count in counted.facets[facet].items():
            assert count == sum(value in row[number] and kept(row, facet) for row in rows)
