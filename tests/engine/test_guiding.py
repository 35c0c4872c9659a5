"""Which steps for these answers: by hand, then for any answers."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from horizon.engine.guiding import BadCondition, check, holds, read_condition, steps_for

IDEA_OR_DECLARED_WITH_GIFTS = read_condition("stade=idee | stade=declaree & projet=don")


@pytest.mark.parametrize(
    ("stage", "projects", "said"),
    [
        ("idee", set(), True),
        ("idee", {"don"}, True),
        ("declaree", {"don"}, True),
        ("declaree", {"salarie"}, False),
        ("prete", {"don"}, False),
    ],
)
def test_alternatives_and_what_holds_together(stage, projects, said):
    answers = {"stade": frozenset({stage}), "projet": frozenset(projects)}
    assert holds(IDEA_OR_DECLARED_WITH_GIFTS, answers) is said


@pytest.mark.parametrize("text", ["stade", "=idee", "stade=", "stade=idee &", "| stade=idee"])
def test_what_cannot_be_read_is_said(text):
    with pytest.raises(BadCondition):
        read_condition(text)


def test_an_option_that_does_not_exist_is_said():
    with pytest.raises(BadCondition, match="'dodo'"):
        check(read_condition("stade=dodo"), {"stade": frozenset({"idee"})})


OPTIONS = st.sampled_from(["a", "b", "c"])
TERMS = st.tuples(st.sampled_from(["x", "y"]), OPTIONS).map(lambda pair: f"{pair[0]}={pair[1]}")
CONDITIONS = st.lists(st.lists(TERMS, min_size=1, max_size=3).map(" & ".join), max_size=3).map(" | ".join)
ANSWERS = st.fixed_dictionaries({}, optional={"x": st.frozensets(OPTIONS), "y": st.frozensets(OPTIONS)})


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(ANSWERS, ANSWERS, st.lists(st.tuples(st.integers(0, 99).map(str), CONDITIONS), max_size=6))
def test_more_answers_never_take_a_step_away_and_the_order_is_kept(answers, more, steps):
    found = steps_for(answers, steps)
    both = {key: answers.get(key, frozenset()) | more.get(key, frozenset()) for key in ("x", "y")}
    wider = steps_for(both, steps)
    assert set(found) <= set(wider)
    order = list(dict.fromkeys(code for code, _ in steps))
    assert wider == sorted(wider, key=order.index)
    assert {code for code, text in steps if not text.strip()} <= set(found)
