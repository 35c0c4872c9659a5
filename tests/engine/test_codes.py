"""Sections of activity codes and classes of staff bands."""

import csv

import pytest

from horizon.engine.naf import section
from horizon.engine.staff import BANDS, size_class


@pytest.mark.parametrize(
    ("naf", "expected"),
    [
        ("01.11Z", "A"),
        ("47.78C", "G"),
        ("88.99B", "Q"),
        ("94.99Z", "S"),
        ("99.00Z", "U"),
        ("", ""),
        (None, ""),
        ("ND", ""),
    ],
)
def test_the_section_of_a_code(naf, expected):
    assert section(naf) == expected


def test_bands_follow_one_another_without_hole():
    bands = list(BANDS.values())
    for previous, following in zip(bands, bands[1:], strict=False):
        assert following.low == previous.high + 1


@pytest.mark.parametrize(
    ("band", "expected"),
    [
        ("NN", "inconnue"),
        (None, "inconnue"),
        ("", "inconnue"),
        ("00", "0"),
        ("03", "1-9"),
        ("11", "10-49"),
        ("31", "50-249"),
        ("53", "250"),
    ],
)
def test_unknown_staff_is_never_zero(band, expected):
    assert size_class(band) == expected


def test_every_official_code_has_a_section(real_data):
    with (real_data / "naf_rev2.csv").open(encoding="utf-8") as stream:
        codes = [row[0] for row in csv.reader(stream)][1:]
    assert len(codes) > 700
    assert all(section(code) for code in codes if code[:2].isdecimal())
