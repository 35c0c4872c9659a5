"""The 340 real units of the shared data, written as registers with real headers and invented addresses."""

import csv

import pytest

from horizon.observatory import shipped
from horizon.observatory.pipeline import observe
from horizon.observatory.read import Marts
from tests.observatory.registers_kit import establishment, unit, write_registers

GRAND_POITIERS = "200069854"


@pytest.fixture(scope="module")
def real(real_data, tmp_path_factory):
    with (real_data / "sirene_ess_units_sample_dev.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 340
    units = [
        unit(
            row["siren"], row["denomination"], categorieJuridique=row["categorie_juridique"],
            activitePrincipale=row["naf_rev2"], trancheEffectifs=row["tranche_effectifs"],
            dateCreation=row["date_creation"], identifiantAssociation=row["rna"],
            economieSocialeSolidaire=row["ess_flag_insee"], nicSiege=row["siret_siege"][9:],
            etatAdministratif="A" if row["active"] == "True" else "C", dateDebut=row["date_creation"],
        )
        for row in rows
    ]  # fmt: skip
    seats = [establishment(row["siren"], row["siret_siege"][9:]) for row in rows]
    listed = [row["siren"].lstrip("0") for row in rows if row["in_liste_ess_france_2023"] == "oui"]
    folder = tmp_path_factory.mktemp("real")
    write_registers(folder / "in", units, seats, listed=listed)
    observe(folder / "in", folder / "marts")
    with Marts(folder / "marts") as marts:
        yield rows, {row["siren"]: row for row in marts.query("SELECT * FROM organizations")}, marts


def test_flag_and_list_equal_the_columns_for_340_of_340(real):
    rows, found, _ = real
    agreed = 0
    for row in rows:
        reasons = found[row["siren"]]["ess_reasons"] if row["siren"] in found else []
        agreed += ("insee_flag" in reasons) == (row["ess_flag_insee"] == "O") and (
            "ess_france_list" in reasons
        ) == (row["in_liste_ess_france_2023"] == "oui")
    assert agreed == 340


def test_the_97_inactive_are_absent_from_the_active_view(real):
    rows, found, marts = real
    inactive = {row["siren"] for row in rows if row["active"] != "True"}
    assert len(inactive) == 97
    active = {row["siren"] for row in marts.query("SELECT siren FROM organizations WHERE active")}
    assert not inactive & active


def test_the_29_neighbours_are_refused_and_three_former_communes_land_inside(tmp_path):
    """One unit in each: those of 86190 outside Grand Poitiers stay outside although they share its postal code."""
    communes = [row for row in shipped.rows("communes") if row["kind"] == "commune-actuelle"]
    inside = {row["code"] for row in communes if row["epci_code"] == GRAND_POITIERS}
    postal = {
        code for row in communes if row["code"] in inside for code in shipped.split(row["postal_codes"])
    }
    outside = [
        row["code"]
        for row in communes
        if row["code"] not in inside and postal & set(shipped.split(row["postal_codes"]))
    ]
    assert len(outside) == 29
    codes = [*outside, "86146", "86219", "86199", "75113"]
    sirens = {code: f"{number:09d}" for number, code in enumerate(codes, 1)}
    folder = write_registers(
        tmp_path / "in",
        [unit(siren, f"UNITE {code}") for code, siren in sirens.items()],
        [establishment(siren, codeCommune=code) for code, siren in sirens.items()],
    )
    observe(folder, tmp_path / "marts")
    with Marts(tmp_path / "marts") as marts:
        found = {row["siren"]: row for row in marts.query("SELECT * FROM organizations")}
    epci = {code: found[siren]["epci_code"] for code, siren in sirens.items()}
    assert all(epci[code] != GRAND_POITIERS for code in outside)
    assert all(epci[code] == GRAND_POITIERS for code in ("86146", "86219", "86199"))
    assert found[sirens["75113"]]["seat_commune"] == "75056"
