"""Folding: what is the same for a reader is the same for the machine."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horizon.engine.folding import _LIGATURES, fold


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


@given(st.text() | st.text("aéÀœ\u0301\u0323\u034f\u1ab0 -’", max_size=12))
def test_the_short_ways_give_what_letter_by_letter_gives(text):
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES)).casefold()
    letters = [x for x in unicodedata.normalize("NFKD", decomposed) if not unicodedata.combining(x)]
    assert fold(text) == re.sub("[^0-9a-z]+", " ", "".join(letters)).strip()


@given(st.text())
def test_folding_twice_changes_nothing_and_leaves_plain_letters(text):
    folded = fold(text)
    assert fold(folded) == folded
    assert all(letter.isascii() and (letter.isalnum() or letter == " ") for letter in folded)
    assert folded == folded.strip() and "  " not in folded
