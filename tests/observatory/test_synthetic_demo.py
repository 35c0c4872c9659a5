"""The demonstration registers: fictitious, faithful to the real headers, the same every time."""

import csv
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from horizon.engine.folding import fold
from horizon.observatory.synthetic import generate_demo, headers
from horizon.observatory.synthetic.identifiers import luhn_digit
from horizon.observatory.synthetic.registers import MASK, PERSONAL_MARKER
from horizon.observatory.synthetic.territory import load_territory

FILES = (
    "StockUniteLegale_utf8.csv",
    "StockEtablissement_utf8.csv",
    "rna_waldec_20261101_dpt_86.csv",
    "liste-ess-france-2026.csv",
    "approvals-esus-demo.csv",
    "SYNTHETIC.json",
)
# National networks and well-known houses of the real territory: a fictitious name must not hold their words.
REAL_NETWORKS = (
    "emmaus", "restos du coeur", "secours populaire", "secours catholique", "croix rouge", "admr",
    "familles rurales", "leo lagrange", "apf", "unapei", "adapei", "macif", "maif", "credit agricole",
    "toit du monde", "confort moderne", "regratterie", "cobalt", "croix blanche secouristes", "biocoop", "enercoop",
)  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("demo")
    generate_demo(out)
    return out


@pytest.fixture(scope="module")
def units(demo) -> list[dict[str, str]]:
    with (demo / FILES[0]).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def sites(demo) -> list[dict[str, str]]:
    with (demo / FILES[1]).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def associations(demo) -> list[dict[str, str]]:
    with (demo / FILES[2]).open(encoding="iso-8859-1", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def test_same_seed_same_bytes(demo, tmp_path):
    """Tests that two runs write the same bytes, and another seed other ones."""
    generate_demo(tmp_path / "again")
    generate_demo(tmp_path / "other", seed=7)
    for name in FILES:
        assert (demo / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name
    assert (demo / FILES[2]).read_bytes() != (tmp_path / "other" / FILES[2]).read_bytes()


def test_headers_are_those_of_the_registers(demo):
    """Tests the 35, 54 and 39 columns, in order."""
    assert (demo / FILES[0]).open(encoding="utf-8").readline().strip().split(",") == list(
        headers.STOCK_UNITE_LEGALE
    )
    assert (demo / FILES[1]).open(encoding="utf-8").readline().strip().split(",") == list(
        headers.STOCK_ETABLISSEMENT
    )
    waldec = (demo / FILES[2]).open(encoding="iso-8859-1").readline().strip()
    assert waldec.replace('"', "").split(";") == list(headers.RNA_WALDEC)
    sizes = (len(headers.STOCK_UNITE_LEGALE), len(headers.STOCK_ETABLISSEMENT), len(headers.RNA_WALDEC))
    assert sizes == (35, 54, 39)


def test_marked_synthetic_and_counted(demo):
    """Tests the stamp that follows the data everywhere."""
    stamp = json.loads((demo / "SYNTHETIC.json").read_text(encoding="utf-8"))
    assert (stamp["synthetic"], stamp["demo"], stamp["vintage"]) == (True, True, "2026-11-01")
    assert 930 <= stamp["counts"]["employers_living"] <= 1080
    assert 4800 <= stamp["counts"]["associations_living"] <= 5250
    share = stamp["counts"]["associations_rna_only"] / stamp["counts"]["associations_living"]
    assert 0.55 <= share <= 0.66
    assert 0.12 <= stamp["counts"]["vague"] / stamp["counts"]["associations_living"] <= 0.18


def test_frequencies_look_like_the_registers(units, associations):
    """Tests the habits a pipeline must survive: unknown staff, closed units, masks, missing codes."""
    bands = Counter(row["trancheEffectifsUniteLegale"] for row in units)
    assert 0.55 <= bands["NN"] / len(units) <= 0.85
    persons = sum(row["categorieJuridiqueUniteLegale"] == "1000" for row in units) / len(units)
    assert 0.45 <= persons <= 0.65
    assert 0.1 <= sum(row["etatAdministratifUniteLegale"] == "C" for row in units) / len(units) <= 0.3
    assert sum(row["denominationUniteLegale"] == MASK for row in units) >= 3
    assert sum(row["statutDiffusionUniteLegale"] == "P" for row in units) >= 500
    assert sum(row["siren"].startswith("0") for row in units) >= 500
    nine = [row for row in units if row["categorieJuridiqueUniteLegale"].startswith("92")]
    assert 0.35 <= sum(row["activitePrincipaleUniteLegale"] == "94.99Z" for row in nine) / len(nine) <= 0.75
    assert 0.6 <= sum(bool(row["identifiantAssociationUniteLegale"]) for row in nine) / len(nine) <= 0.75
    assert 0.01 <= sum(not row["adrs_codeinsee"] for row in associations) / len(associations) <= 0.06
    assert sum(row["position"] == "D" for row in associations) >= 150


def test_forty_communes_covered_and_neighbours_present(associations, sites):
    """Tests that every commune lives, former codes appear, and towns next door share a postal code."""
    territory = load_territory()
    inside = {commune.code for commune in territory.inside}
    assert len(inside) == 40
    assert inside <= {row["adrs_codeinsee"] for row in associations}
    assert inside <= {row["codeCommuneEtablissement"] for row in sites}
    former = {code for commune in territory.inside for code, _ in commune.former}
    assert {"86146", "86219", "86199"} <= former
    assert former & {row["codeCommuneEtablissement"] for row in sites}
    outside = {commune.code for commune in territory.outside}
    assert len(outside) == 29
    assert sum(row["adrs_codeinsee"] in outside for row in associations) >= 40
    for row in associations:
        commune = next((c for c in territory.inside if c.code == row["adrs_codeinsee"]), None)
        assert commune is None or row["adrs_codepostal"] in commune.postal_codes


def test_identifiers_pass_the_checks(units, sites):
    """Tests Luhn on SIREN and SIRET, unique SIREN, and that the seat of each unit exists."""
    assert len({row["siren"] for row in units}) == len(units)
    for row in units:
        assert luhn_digit(row["siren"][:-1]) == row["siren"][-1]
    for row in sites:
        assert row["siret"] == row["siren"] + row["nic"] and luhn_digit(row["siret"][:-1]) == row["siret"][-1]
    seats = {row["siret"] for row in sites if row["etablissementSiege"] == "true"}
    assert {row["siren"] + row["nicSiegeUniteLegale"] for row in units} <= seats


def test_ess_list_loses_its_zeros(demo, units):
    """Tests that the list, read as integers, names units and needs its zeros back."""
    with (demo / FILES[3]).open(encoding="utf-8", newline="") as stream:
        listed = [row["SIREN"] for row in csv.DictReader(stream)]
    assert any(len(siren) < 9 for siren in listed)
    assert {siren.zfill(9) for siren in listed} <= {row["siren"] for row in units}


def test_personal_values_are_all_marked(units, associations):
    """Tests that no personal column holds anything but the mark, the mask or a civility."""
    personal = ("prenom1", "prenom2", "prenom3", "prenom4", "prenomUsuel", "pseudonyme", "nom", "nomUsage")
    for row in units:
        for column in personal:
            value = row[f"{column}UniteLegale"]
            assert not value or value == MASK or PERSONAL_MARKER in value
    homes = [
        row["adrs_complement"]
        for row in associations
        if row["adrs_complement"].lower().startswith(("chez", "c/o"))
    ]
    assert len(homes) >= 500
    assert all(PERSONAL_MARKER in home for home in homes)


def test_names_are_many_and_fictitious(units, associations):
    """Tests that no real network is named, and that the words of names vary."""
    names = {fold(row["titre"]) for row in associations}
    names |= {
        fold(row["denominationUniteLegale"])
        for row in units
        if row["economieSocialeSolidaireUniteLegale"] == "O"
    }
    assert len(names) >= 5200
    for name in names:
        words = f" {name} "
        assert not [network for network in REAL_NETWORKS if f" {network} " in words], name
    starts = Counter(" ".join(name.split()[:2]) for name in names)
    assert starts.most_common(1)[0][1] <= 0.03 * len(names)


def test_no_name_equals_a_real_one(units, associations):
    """Tests that no fictitious name equals, after folding, a name of the real data at hand."""
    folder = os.environ.get("HORIZON_REAL_DATA")
    if not folder:
        pytest.skip("HORIZON_REAL_DATA is not set: real names are not at hand")
    real = set()
    with (Path(folder) / "sirene_ess_units_sample_dev.csv").open(encoding="utf-8", newline="") as stream:
        real |= {fold(row["denomination"]) for row in csv.DictReader(stream)}
    found = json.loads((Path(folder) / "recherche_entreprises_7_ess_units.json").read_text(encoding="utf-8"))
    for unit in found:
        real |= {fold(unit.get(key)) for key in ("nom_complet", "nom_raison_sociale", "sigle")}
    ours = {fold(row["titre"]) for row in associations} | {
        fold(row["denominationUniteLegale"]) for row in units
    }
    assert not (ours & real) - {""}


def test_seats_are_near_their_commune(sites):
    """Tests the projection on real ground: points within 12 km of the centroid, but the spoilt ones."""
    from horizon.observatory.synthetic.lambert93 import to_lambert93

    centres = {c.code: to_lambert93(c.lon, c.lat) for c in load_territory().inside}
    far = 0
    for row in sites:
        code, x = row["codeCommuneEtablissement"], row["coordonneeLambertAbscisseEtablissement"]
        if code in centres and x and x != MASK:
            east, north = centres[code]
            gap = abs(float(x) - east) + abs(float(row["coordonneeLambertOrdonneeEtablissement"]) - north)
            far += gap > 12_000
    assert far <= 3
