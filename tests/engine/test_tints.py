"""Classes of a tinted map."""

from hypothesis import given
from hypothesis import strategies as st

from horizon.engine.tints import CLASSES, tinted


def test_ten_communes_by_hand():
    """0 to 9: two communes per class; the legend says its bounds and how many."""
    found = tinted({str(value): value for value in range(10)})
    assert [found["shades"][str(value)] for value in range(10)] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert found["tints"][1] == {"shade": 2, "low": 2, "high": 3, "places": 2}


def test_nothing_and_equal_values():
    assert tinted({}) == {"shades": {}, "tints": []}
    assert tinted({"a": 7, "b": 7})["tints"] == [{"shade": 1, "low": 7, "high": 7, "places": 2}]


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1e6) | st.integers(0, 50), min_size=1, max_size=60))
def test_a_higher_value_is_never_in_a_lower_class(values):
    found = tinted(values)
    shades = found["shades"]
    ordered = sorted(values, key=values.get)
    assert all(shades[a] <= shades[b] for a, b in zip(ordered, ordered[1:], strict=False))
    assert all(shades[a] == shades[b] for a in values for b in values if values[a] == values[b])
    assert set(shades.values()) <= set(range(1, CLASSES + 1))
    assert sum(tint["places"] for tint in found["tints"]) == len(values)
