"""From made-up structures to rows of the registers, with the columns and the habits of the real ones."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

from horizon.observatory.synthetic import french
from horizon.observatory.synthetic.activities import naf_2025_codes
from horizon.observatory.synthetic.identifiers import make_siret
from horizon.observatory.synthetic.population import VINTAGE, Structure
from horizon.observatory.synthetic.territory import Address

Row = dict[str, str]

# Every made-up personal value holds this word: a page, an export or a mart that shows it leaks a personal column.
PERSONAL_MARKER = "NEPASPUBLIER"
MASK = "[ND]"
_FIRST_NAMES = ("ALEX", "CAMILLE", "CLAUDE", "DOMINIQUE", "LOU", "MAXIME", "SACHA", "YAEL")
_SURNAMES = ("ALPHA", "BETA", "DELTA", "EPSILON", "KAPPA", "LAMBDA", "OMEGA", "SIGMA", "THETA", "ZETA")
_MASKED = (
    "complementAdresseEtablissement",
    "numeroVoieEtablissement",
    "typeVoieEtablissement",
    "libelleVoieEtablissement",
    "codePostalEtablissement",
    "enseigne1Etablissement",
    "coordonneeLambertAbscisseEtablissement",
    "coordonneeLambertOrdonneeEtablissement",
)
_EMPTY_BANDS = ("NN", "")


def personal_name(rng: Random) -> str:
    """A surname nobody can mistake for a real one."""
    return f"{PERSONAL_MARKER}-{rng.choice(_SURNAMES)}"


def _processed(rng: Random, since: date) -> str:
    day = VINTAGE - timedelta(days=rng.randint(16, max(17, min(900, (VINTAGE - since).days))))
    return f"{day.isoformat()}T{rng.randint(6, 21):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}"


def legal_unit_row(
    rng: Random,
    siren: str,
    *,
    legal: str,
    naf: str,
    created: date,
    name: str = "",
    acronym: str = "",
    rna: str = "",
    band: str = "NN",
    employer: bool = False,
    closed: date | None = None,
    flag: str = "",
    partial: bool = False,
    hide_name: bool = False,
    mission: bool = False,
) -> Row:
    """One row of StockUniteLegale; natural persons (1xxx) get marked personal columns, masked when partial."""
    row = {
        "siren": siren,
        "statutDiffusionUniteLegale": "P" if partial else "O",
        "dateCreationUniteLegale": created.isoformat(),
        "trancheEffectifsUniteLegale": band,
        "anneeEffectifsUniteLegale": "2024" if band not in _EMPTY_BANDS else "",
        "dateDernierTraitementUniteLegale": _processed(rng, created),
        "nombrePeriodesUniteLegale": str(rng.randint(1, 6)),
        "categorieEntreprise": "PME" if employer and rng.random() < 0.9 else "",
        "dateDebut": (closed or created).isoformat(),
        "etatAdministratifUniteLegale": "C" if closed else "A",
        "categorieJuridiqueUniteLegale": legal,
        "activitePrincipaleUniteLegale": naf,
        "nomenclatureActivitePrincipaleUniteLegale": "NAFRev2",
        "nicSiegeUniteLegale": make_siret(siren, 1)[9:],
        "economieSocialeSolidaireUniteLegale": flag,
        "societeMissionUniteLegale": "O" if mission else "",
        "caractereEmployeurUniteLegale": "O" if employer and not closed else "N",
        "activitePrincipaleNAF25UniteLegale": naf_2025_codes()[naf],
    }
    if row["categorieEntreprise"]:
        row["anneeCategorieEntreprise"] = "2023"
    if legal.startswith("1"):
        person = MASK if partial else personal_name(rng)
        first = MASK if partial else f"{PERSONAL_MARKER} {rng.choice(_FIRST_NAMES)}"
        row |= {
            "sexeUniteLegale": MASK if partial else rng.choice("MF"),
            "prenom1UniteLegale": first,
            "prenomUsuelUniteLegale": first,
            "nomUniteLegale": person,
        }
        if not partial and rng.random() < 0.1:
            row["nomUsageUniteLegale"] = personal_name(rng)
            row["pseudonymeUniteLegale"] = f"{PERSONAL_MARKER} PSEUDO"
    else:
        row["denominationUniteLegale"] = MASK if hide_name else french.register_capitals(name)
        row["sigleUniteLegale"] = "" if hide_name else acronym
        row["identifiantAssociationUniteLegale"] = rna
    return row


def establishment_row(
    rng: Random,
    siren: str,
    rank: int,
    address: Address,
    *,
    naf: str,
    created: date,
    band: str = "NN",
    employer: bool = False,
    closed: date | None = None,
    sign: str = "",
    partial: bool = False,
    complement: str = "",
    cedex: bool = False,
) -> Row:
    """One row of StockEtablissement; a partially diffused one keeps only its commune."""
    siret = make_siret(siren, rank)
    x, y = address.point
    row = {
        "siren": siren,
        "nic": siret[9:],
        "siret": siret,
        "statutDiffusionEtablissement": "P" if partial else "O",
        "dateCreationEtablissement": created.isoformat(),
        "trancheEffectifsEtablissement": band,
        "anneeEffectifsEtablissement": "2024" if band not in _EMPTY_BANDS else "",
        "dateDernierTraitementEtablissement": _processed(rng, created),
        "etablissementSiege": "true" if rank == 1 else "false",
        "nombrePeriodesEtablissement": str(rng.randint(1, 4)),
        "complementAdresseEtablissement": complement,
        "numeroVoieEtablissement": address.number,
        "indiceRepetitionEtablissement": "B" if address.number and rng.random() < 0.03 else "",
        "typeVoieEtablissement": address.street_type,
        "libelleVoieEtablissement": french.register_capitals(address.street),
        "codePostalEtablissement": address.postal_code,
        "libelleCommuneEtablissement": french.strip_accents(address.commune_label).upper(),
        "codeCommuneEtablissement": address.commune_code,
        "coordonneeLambertAbscisseEtablissement": x,
        "coordonneeLambertOrdonneeEtablissement": y,
        "dateDebut": (closed or created).isoformat(),
        "etatAdministratifEtablissement": "F" if closed else "A",
        "enseigne1Etablissement": french.register_capitals(sign),
        "activitePrincipaleEtablissement": naf,
        "nomenclatureActivitePrincipaleEtablissement": "NAFRev2",
        "caractereEmployeurEtablissement": "O" if employer and not closed else "N",
        "activitePrincipaleNAF25Etablissement": naf_2025_codes()[naf],
    }
    if cedex:
        row["codeCedexEtablissement"] = address.postal_code[:2] + "0" + str(rng.randint(10, 69))
        row["libelleCedexEtablissement"] = row["libelleCommuneEtablissement"] + " CEDEX"
    if partial:
        row |= dict.fromkeys(_MASKED, MASK)
    return row


def _rna_text(text: str) -> str:
    """Text that ISO-8859-1 can hold."""
    for sign, plain in (("œ", "oe"), ("Œ", "OE"), ("–", "-"), ("’", "'")):
        text = text.replace(sign, plain)
    return text


def _title(rng: Random, structure: Structure) -> str:
    """Titles are mostly capitals with accents; recent declarations keep the writing of the people."""
    text = _rna_text(structure.name)
    return text if rng.random() < (0.7 if structure.created.year > 2008 else 0.35) else text.upper()


def _public_place(rng: Random, structure: Structure) -> str:
    if structure.employer:
        return ""
    if structure.at_home:
        name = personal_name(rng)
        return rng.choice((f"CHEZ M. {name}", f"Chez Mme {name}", f"c/o {name}", "", ""))
    if structure.commune.population < 4000:
        return rng.choice(
            ("MAIRIE", "Mairie", "Salle des fêtes", "Salle polyvalente", "École", "Foyer communal")
        )
    return rng.choice(
        (
            "Maison des associations",
            "MAISON DE LA VIE ASSOCIATIVE",
            "Mairie",
            "Gymnase",
            "Salle municipale",
            "",
        )
    )


def association_row(rng: Random, rna: str, siret: str, structure: Structure) -> Row:
    """One row of the RNA "waldec" file; some rows lack the commune code, as the real ones do."""
    address = structure.address
    created, declared = structure.created, structure.declared or structure.created
    label = address.commune_label
    style = rng.random()
    if style < 0.2:
        label = (
            french.strip_accents(label)
            .upper()
            .replace("-", " ")
            .replace("SAINT ", "ST ")
            .replace("SAINTE ", "STE ")
        )
    elif style < 0.3:
        label = label.replace("-", " ")
    street = _rna_text(address.street)
    declared_at = declared.isoformat()
    published = min(created + timedelta(days=rng.randint(7, 40)), VINTAGE - timedelta(days=5))
    complement = _public_place(rng, structure)
    return {
        "id": rna,
        "id_ex": f"086300{rng.randint(1, 9999):04d}" if created.year < 2008 else "",
        "siret": siret,
        "gestion": "863P",
        "date_creat": created.isoformat(),
        "date_decla": declared_at,
        "date_publi": published.isoformat(),
        "date_disso": structure.dissolved.isoformat() if structure.dissolved else "0001-01-01",
        "nature": structure.nature,
        "groupement": structure.group,
        "titre": _title(rng, structure),
        "titre_court": structure.acronym
        or (_rna_text(structure.name).upper()[:38] if rng.random() < 0.25 else ""),
        "objet": _rna_text(structure.purpose),
        "objet_social1": structure.rna_objects[0],
        "objet_social2": structure.rna_objects[1] or "000000",
        "adrs_complement": complement,
        "adrs_numvoie": address.number,
        "adrs_typevoie": address.street_type_short,
        "adrs_libvoie": street if rng.random() < 0.6 else street.upper(),
        "adrs_codeinsee": address.commune_code if rng.random() > 0.035 else "",
        "adrs_codepostal": address.postal_code,
        "adrs_libcommune": label,
        "adrg_declarant": f"{PERSONAL_MARKER} DECLARANT" if rng.random() < 0.3 else "",
        "adrg_complemid": complement if structure.at_home else "",
        "adrg_libvoie": " ".join(x for x in (address.number, address.street_type, street) if x),
        "adrg_codepostal": address.postal_code,
        "adrg_achemine": label,
        "adrg_pays": "FRANCE",
        "dir_civilite": rng.choice(("PM", "PF", "")),
        "siteweb": structure.website,
        "publiweb": "1" if structure.website or rng.random() < 0.5 else "0",
        "observation": "",
        "position": "D" if structure.dissolved else "A",
        "maj_time": f"{declared_at} {rng.randint(8, 18):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}",
    }


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Row]) -> int:
    """Comma, UTF-8, unix line ends: SIRENE, the ESS France list, approvals. Returns the number of rows."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, restval="", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def write_waldec(path: Path, header: Sequence[str], rows: Iterable[Row]) -> int:
    """Semicolon, ISO-8859-1, every field quoted, as the ministry writes it. Returns the number of rows.

    The corrupt apostrophe U+0092 (a Windows-1252 byte) goes through unchanged: ISO-8859-1 holds every byte.
    """
    count = 0
    with path.open("w", encoding="iso-8859-1", newline="") as stream:
        writer = csv.DictWriter(
            stream, header, restval="", delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n"
        )
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            count += 1
    return count
