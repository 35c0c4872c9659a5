"""The questions as they are shipped: fifteen, sourced, in plain words; a broken file says where."""

import pytest

from horizon.values.criteria import BadCriteria, by_theme, criteria, current_edition, editions


def test_fifteen_questions_with_their_sources():
    found = criteria()
    assert len(found) == 15 == len({one.code for one in found})
    for one in found:
        assert one.question.endswith("?") and "\u00b7" not in one.question and len(one.question) < 180
        assert "31 juillet 2014" in one.source or "2014-856" in one.source
    assert sum(one.source.startswith("Loi n° 2014-856 du 31 juillet 2014, article 1er") for one in found) == 5


def test_the_eight_themes_of_the_guide_are_there():
    said = " ".join(one.source for one in criteria())
    for theme in (
        "gouvernance démocratique", "stratégie", "territorialisation", "politique salariale", "usagers", "égalité réelle",
        "développement durable", "éthique et déontologie",
    ):  # fmt: skip
        assert theme in said


def test_an_edition_is_a_day_and_the_last_one_is_answered():
    assert current_edition() == editions()[-1] >= "2026-11-26"
    assert [one.code for _, ones in by_theme() for one in ones] == [one.code for one in criteria()]
    with pytest.raises(KeyError):
        criteria("1999-01-01")


@pytest.mark.parametrize(
    "line", ["but,Projet,Label,,Preuve,Source", "But !,T,L,Q ?,P,S", "but,T,L,Q ?,P,S\nbut,T,L,Q ?,P,S"]
)
def test_a_broken_file_says_which_line(tmp_path, line):
    path = tmp_path / "criteria-2030-01-01.csv"
    path.write_text(f"code,theme,label,question,evidence,source\n{line}\n")
    with pytest.raises(BadCriteria, match="criteria-2030-01-01.csv, line"):
        criteria("2030-01-01", tmp_path)
