"""Folding: what is the same for a reader is the same for the machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horizon.engine.folding import fold


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L’Œuvre d'Émile – N°2", "l oeuvre d emile n 2"),
        ("  ÇA   roule !", "ca roule"),
        ("Saint-Georges-lès-Baillargeaux", "saint georges les baillargeaux"),
        ("S.C.I.C.", "s c i c"),
        ("ﬁnance", "finance"),
        ("", ""),
        (None, ""),
    ],
)
def test_examples(text, expected):
    assert fold(text) == expected


@given(st.text())
def test_folding_twice_changes_nothing_and_leaves_plain_letters(text):
    folded = fold(text)
    assert fold(folded) == folded
    assert all(letter.isascii() and (letter.isalnum() or letter == " ") for letter in folded)
    assert folded == folded.strip() and "  " not in folded
