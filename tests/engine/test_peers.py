"""Nearest territories, worked by hand."""

from math import log

import pytest

from horizon.engine.peers import nearest, variables


def test_variables_of_three_communes():
    """60 + 30 + 10 inhabitants: the largest holds 60 %."""
    assert variables([60, 30, 10]) == {"population": log(100), "communes": log(3), "largest": 0.6}


def test_nobody_has_no_variables():
    with pytest.raises(ValueError, match="population"):
        variables([0])


def test_the_nearest_come_first_and_ties_follow_the_code():
    """On one variable: b and c are at the same distance of a, d is further; the constant variable does not count."""
    places = {code: {"x": x, "same": 1.0} for code, x in {"a": 0.0, "c": 1.0, "b": -1.0, "d": 5.0}.items()}
    assert [code for code, _ in nearest("a", places)] == ["b", "c", "d"]
    assert len(nearest("a", places, count=2)) == 2
