"""Discs and words of a drawing that cover none of the others."""

from math import hypot

from hypothesis import given
from hypothesis import strategies as st

from horizon.engine.spreading import Word, spread, stack


def test_three_discs_worked_by_hand():
    """Discs of 40: the second, 10 to the right of the first, is free 30 further right, on the sixth ring of 5."""
    assert spread([(100, 100), (300, 100)], 40, 1000, 900) == [(100, 100), (300, 100)]
    points = [(100, 100), (110, 100), (300, 300)]
    assert spread(points, 40, 1000, 900) == [(100, 100), (140, 100), (300, 300)]


@given(
    st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 900)), max_size=30),
    st.integers(10, 60),
)
def test_no_disc_covers_another_and_the_first_stays(points, apart):
    placed = spread(points, apart, 1000, 900)
    assert placed == spread(points, apart, 1000, 900) and len(placed) == len(points)
    assert placed[:1] == points[:1]
    for at, (x, y) in enumerate(placed):
        assert all(hypot(x - px, y - py) >= apart for px, py in placed[:at])
        assert (
            (x, y) == points[at] or apart / 2 <= x <= 1000 - apart / 2 and apart / 2 <= y <= 900 - apart / 2
        )


def test_discs_at_one_place_and_a_frame_too_small():
    assert len(set(spread([(500, 450)] * 30, 56, 1000, 900))) == 30
    assert spread([(5, 5), (5, 5)], 40, 30, 30) == [(5, 5), (5, 5)]


def test_words_worked_by_hand():
    """The second word, half over the first, goes one line down; the third, far to the right, stays; a sixth has no room."""
    first = Word(100, 100, 80, 20)
    assert stack([first, Word(120, 110, 80, 20), Word(300, 100, 80, 20)]) == [100, 130, 100]
    assert stack([first] * 6) == [100, 120, 80, 140, 60, None]


@given(
    st.lists(
        st.builds(Word, st.integers(0, 1000), st.integers(0, 900), st.integers(20, 300), st.integers(20, 50)),
        max_size=12,
    )
)
def test_no_word_covers_another(words):
    placed = [word._replace(y=y) for word, y in zip(words, stack(words), strict=True) if y is not None]
    for at, one in enumerate(placed):
        for other in placed[:at]:
            across = abs(one.x - other.x) < (one.width + other.width) / 2
            assert not (across and one.y - one.height < other.y and other.y - other.height < one.y)
