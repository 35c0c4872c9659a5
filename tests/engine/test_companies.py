"""Which legal forms are companies, on the categories that the ESS knows."""

import csv
from importlib.resources import files

import pytest

from horizon.engine.companies import is_company


@pytest.mark.parametrize(
    ("category", "company"),
    [
        ("5458", True), ("5558", True), ("5460", True), ("5710", True), ("5499", True), ("6316", True), ("6598", True), ("1000", True),
        ("9220", False), ("9230", False), ("9300", False), ("8210", False), ("6411", False), ("7210", False), ("4110", False),
    ],
)  # fmt: skip
def test_a_company_is_told_by_its_legal_category(category, company):
    assert is_company(category) is company


def test_the_category_says_it_before_the_family_which_says_it_alone():
    assert not is_company("9220", "societe")
    assert [is_company("", family) for family in ("societe", "cooperative", "association", "fondation", "autre", "")] == [
        True, True, False, False, False, False,
    ]  # fmt: skip


def test_no_association_mutual_nor_foundation_is_a_company_and_every_other_society_is():
    rules = files("horizon.observatory") / "rules" / "legal_categories.csv"
    with rules.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["prefix"] != "6411"]
    for row in rows:
        assert is_company(row["prefix"]) is (row["family"] in {"societe", "cooperative"}), row
