"""Small registers with the real headers, written by hand, for tests."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from horizon.observatory.synthetic.headers import RNA_WALDEC, STOCK_ETABLISSEMENT, STOCK_UNITE_LEGALE

UNIT = {
    "statutDiffusionUniteLegale": "O",
    "dateCreationUniteLegale": "2015-03-02",
    "trancheEffectifsUniteLegale": "NN",
    "dateDernierTraitementUniteLegale": "2026-01-10T10:00:00",
    "nombrePeriodesUniteLegale": "1",
    "dateDebut": "2015-03-02",
    "etatAdministratifUniteLegale": "A",
    "categorieJuridiqueUniteLegale": "9220",
    "activitePrincipaleUniteLegale": "94.99Z",
    "nomenclatureActivitePrincipaleUniteLegale": "NAFRev2",
    "nicSiegeUniteLegale": "00015",
    "economieSocialeSolidaireUniteLegale": "",
    "caractereEmployeurUniteLegale": "N",
}
ESTABLISHMENT = {
    "statutDiffusionEtablissement": "O",
    "dateCreationEtablissement": "2015-03-02",
    "trancheEffectifsEtablissement": "NN",
    "etablissementSiege": "true",
    "complementAdresseEtablissement": "CHEZ MME SECRETE",
    "numeroVoieEtablissement": "12",
    "typeVoieEtablissement": "RUE",
    "libelleVoieEtablissement": "DES TILLEULS",
    "codePostalEtablissement": "86000",
    "libelleCommuneEtablissement": "POITIERS",
    "codeCommuneEtablissement": "86194",
    "coordonneeLambertAbscisseEtablissement": "496853.0",
    "coordonneeLambertOrdonneeEtablissement": "6612035.0",
    "dateDebut": "2015-03-02",
    "etatAdministratifEtablissement": "A",
    "activitePrincipaleEtablissement": "94.99Z",
    "caractereEmployeurEtablissement": "N",
}
ASSOCIATION = {
    "date_creat": "2010-01-01",
    "date_decla": "2024-05-05",
    "nature": "D",
    "titre": "LES AMIS DU TILLEUL",
    "objet": "favoriser la rencontre entre habitants",
    "objet_social1": "009005",
    "adrs_codeinsee": "86194",
    "adrs_codepostal": "86000",
    "adrs_libcommune": "POITIERS",
    "position": "A",
    "maj_time": "2026-01-01 00:00:00",
}


def unit(siren: str, name: str, **values: str) -> dict[str, str]:
    """A line of StockUniteLegale; keys of `values` without their `UniteLegale` suffix."""
    line = {**UNIT, "siren": siren, "denominationUniteLegale": name}
    for key, value in values.items():
        line[key if key in STOCK_UNITE_LEGALE else f"{key}UniteLegale"] = value
    return line


def establishment(siren: str, nic: str = "00015", **values: str) -> dict[str, str]:
    """A line of StockEtablissement; keys of `values` without their `Etablissement` suffix."""
    line = {**ESTABLISHMENT, "siren": siren, "nic": nic, "siret": siren + nic}
    for key, value in values.items():
        line[key if key in STOCK_ETABLISSEMENT else f"{key}Etablissement"] = value
    return line


def association(rna: str, **values: str) -> dict[str, str]:
    """A line of RNA waldec."""
    return {**ASSOCIATION, "id": rna, **values}


def write_registers(
    folder: Path,
    units: list[dict[str, str]],
    establishments: list[dict[str, str]] | None = None,
    associations: list[dict[str, str]] | None = None,
    listed: list[str] | None = None,
    vintage: str = "2026-11-01",
) -> Path:
    """Writes the registers in a folder and returns it. Without establishments, each unit gets one seat in Poitiers."""
    folder.mkdir(parents=True, exist_ok=True)
    if establishments is None:
        establishments = [establishment(line["siren"]) for line in units]
    _write(folder / "StockUniteLegale_utf8.csv", STOCK_UNITE_LEGALE, units)
    _write(folder / "StockEtablissement_utf8.csv", STOCK_ETABLISSEMENT, establishments)
    if associations is not None:
        _write(folder / "rna_waldec_20261101_dpt_86.csv", RNA_WALDEC, associations, ";", "latin-1")
    if listed is not None:
        (folder / "liste-ess-france-2026.csv").write_text("SIREN\n" + "\n".join(listed) + "\n")
    (folder / "SYNTHETIC.json").write_text(json.dumps({"synthetic": True, "demo": False, "vintage": vintage}))
    return folder


def _write(path: Path, header, lines, delimiter=",", encoding="utf-8") -> None:
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, header, delimiter=delimiter, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
