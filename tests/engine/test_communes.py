"""Where is it? The resolver on the shipped table of France."""

import csv
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horizon.engine.communes import CommuneResolver, commune_label, within_one
from horizon.observatory import shipped

GRAND_POITIERS = "200069854"


@pytest.fixture(scope="module")
def resolver():
    return shipped.resolver()


@pytest.mark.parametrize(
    ("postal", "label", "code", "how"),
    [
        ("86000", "Poitiers", "86194", "exact"),
        ("86000", "POITIERS CEDEX", "86194", "exact"),
        ("86009", "POITIERS CEDEX 9", "86194", "label"),
        ("86280", "ST BENOIT", "86214", "exact"),
        ("86130", "ST-GEORGES LES BAILLARGEAUX", "86222", "exact"),
        ("86380", "MARIGNY BRIZAY", "86115", "former"),
        ("86240", "Ligugé", "86133", "exact"),
        ("86240", "LIGUGEE", "86133", "typo"),
        ("", "Ligugé", "86133", "label"),
        ("75013", "PARIS 13", "75056", "arrondissement"),
        ("75013", "PARIS", "75056", "exact"),
        ("69003", "LYON 3EME", "69123", "arrondissement"),
        ("86150", "L'ISLE JOURDAIN", "86112", "exact"),
        ("86150", "ISLE-JOURDAIN", "86112", "exact"),
        ("", "Saint-Martin", None, "ambiguous"),
        ("86000", "Atlantis", None, "unknown"),
        ("86000", "", None, "unknown"),
    ],
)
def test_labels_as_sources_write_them(resolver, postal, label, code, how):
    found = resolver.resolve(postal, label)
    assert (found.code, found.how) == (code, how)


@pytest.mark.parametrize(
    ("code", "current"),
    [
        ("86146", "86115"),
        ("86219", "86019"),
        ("75113", "75056"),
        ("69385", "69123"),
        ("13201", "13055"),
        ("86194", "86194"),
        ("00000", None),
    ],
)
def test_codes_ever_known_lead_to_the_current_commune(resolver, code, current):
    assert resolver.resolve_code(code) == current


def test_three_former_codes_land_inside_grand_poitiers(resolver):
    inside = {
        row["code"]
        for row in shipped.rows("communes")
        if row["epci_code"] == GRAND_POITIERS and row["kind"] == "commune-actuelle"
    }
    assert len(inside) == 40
    assert {resolver.resolve_code(code) for code in ("86146", "86219", "86199")} <= inside


def test_the_29_neighbours_that_share_a_postal_code_stay_outside(resolver):
    """86190: one commune inside, nine outside. The label decides, never the postal code."""
    communes = [row for row in shipped.rows("communes") if row["kind"] == "commune-actuelle"]
    inside = {row["code"] for row in communes if row["epci_code"] == GRAND_POITIERS}
    codes = {
        postal for row in communes if row["code"] in inside for postal in shipped.split(row["postal_codes"])
    }
    neighbours = [
        row
        for row in communes
        if row["code"] not in inside and codes & set(shipped.split(row["postal_codes"]))
    ]
    assert len(codes) == 18
    assert len(neighbours) == 29
    for row in neighbours:
        for postal in codes & set(shipped.split(row["postal_codes"])):
            assert resolver.resolve(postal, row["name"].upper()).code == row["code"]


def test_every_commune_of_france_finds_itself(resolver):
    """By its own name and postal codes; the few homonyms of one postal code stay silent instead of guessing."""
    silent = 0
    for row in shipped.rows("communes"):
        if row["kind"] != "commune-actuelle":
            continue
        for postal in shipped.split(row["postal_codes"]):
            found = resolver.resolve(postal, row["name"])
            assert found.code in {row["code"], None}
            silent += found.code is None
    assert silent <= 12


def test_a_typo_is_forgiven_only_when_one_commune_is_near():
    toy = CommuneResolver(
        [
            ("1", "Marville", "commune-actuelle", "", ["10000"], []),
            ("2", "Sarville", "commune-actuelle", "", ["10000"], []),
        ]
    )
    assert toy.resolve("10000", "Marvile").code == "1"
    assert toy.resolve("10000", "Barville") == (None, "ambiguous", ("1", "2"))


@given(st.text(alphabet="abc", max_size=6), st.text(alphabet="abc", max_size=6))
def test_within_one_equals_the_reference_distance(a, b):
    from rapidfuzz.distance import OSA

    assert within_one(a, b) == (OSA.distance(a, b) <= 1)


@given(st.text())
def test_labels_are_stable(text):
    assert commune_label(commune_label(text)) == commune_label(text) or len(text.split()) > 1


def test_the_shipped_table_equals_the_reference(real_data):
    shipped_rows = {(row["code"], row["kind"]): row for row in shipped.rows("communes")}
    with gzip.open(real_data / "communes_france_2026.csv.gz", "rt", encoding="utf-8") as stream:
        reference = list(csv.DictReader(stream))
    assert len(reference) == len(shipped_rows) == 37590
    for row in reference:
        mine = shipped_rows[row["code_insee"], row["type"]]
        assert (mine["name"], mine["postal_codes"], mine["population"]) == (
            row["nom"],
            row["codes_postaux"],
            row["population"],
        )
        if row["type"] == "commune-actuelle":
            assert mine["epci_code"] == row["epci"]


def test_the_shipped_epci_equal_the_reference(real_data):
    mine = {row["code"]: row for row in shipped.rows("epcis") if row["status"] == "current"}
    with (real_data / "epci_2026.csv").open(encoding="utf-8") as stream:
        reference = list(csv.DictReader(stream))
    assert len(mine) == len(reference) == 1255
    for row in reference:
        assert (mine[row["code"]]["name"], mine[row["code"]]["population"], mine[row["code"]]["members"]) == (
            row["nom"], row["pop_municipale"], row["nb_membres"],
        )  # fmt: skip


def test_the_real_units_of_the_search_api_resolve(resolver, real_data):
    units = json.loads((real_data / "recherche_entreprises_7_ess_units.json").read_text())
    units = units["results"] if isinstance(units, dict) else units
    assert len(units) == 7
    for unit in units:
        seat = unit["siege"]
        assert resolver.resolve(seat["code_postal"], seat["libelle_commune"]).code == resolver.resolve_code(
            seat["commune"]
        )


def test_a_vanished_epci_says_what_replaced_it():
    assert shipped.successor_sentence(GRAND_POITIERS) is None
    sentence = shipped.successor_sentence("200035459")
    assert "n’existe plus" in sentence and "200096956" in sentence
    assert "Aucune intercommunalité" in shipped.successor_sentence("218619401")
    assert "Grand Poitiers" in shipped.successor_sentence("grand poitiers")
