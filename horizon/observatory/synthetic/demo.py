"""The demonstration registers: a fictitious population on the real communes of Grand Poitiers."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from horizon.observatory.synthetic import headers
from horizon.observatory.synthetic.activities import conventional
from horizon.observatory.synthetic.filling import MARKER, filling
from horizon.observatory.synthetic.identifiers import draw_rna_numbers, draw_sirens, make_siret
from horizon.observatory.synthetic.population import (
    VINTAGE,
    Names,
    Structure,
    draw_associations,
    draw_band,
    draw_companies,
)
from horizon.observatory.synthetic.registers import (
    Row,
    association_row,
    establishment_row,
    legal_unit_row,
    write_csv,
    write_waldec,
)
from horizon.observatory.synthetic.territory import Territory, load_territory

ASSOCIATIONS = 5350
OUTSIDERS = 70
PERSONS = 12_000
COMPANIES = 7_400
NOTICE = "Données fictives de démonstration : aucune de ces structures n'existe."


class _Books:
    """The rows of every register, gathered before they are sorted and written."""

    def __init__(self) -> None:
        self.legal_units: list[Row] = []
        self.establishments: list[Row] = []
        self.associations: list[Row] = []
        self.ess_list: list[Row] = []
        self.approvals: list[Row] = []


def generate_demo(out: Path, seed: int = 2026) -> dict[str, Any]:
    """Writes the demonstration registers in `out` (created when missing) and returns a summary.

    Files: StockUniteLegale_utf8.csv, StockEtablissement_utf8.csv, rna_waldec_20261101_dpt_86.csv,
    liste-ess-france-2026.csv, approvals-esus-demo.csv, SYNTHETIC.json. The same seed gives the same bytes.
    The summary holds `files` (rows by file) and `counts` (what was drawn, what was spoilt on purpose). Raises the
    errors of `filling`.
    """
    with filling(out) as folder:
        files, counts = _generate(folder, seed)
    return {"out": str(out), "seed": seed, "files": files, "counts": counts}


def _generate(folder: Path, seed: int) -> tuple[dict[str, int], dict[str, int]]:
    """Draws, spoils and writes; returns the rows by file and what was drawn."""
    territory = load_territory()
    names = Names()
    people = draw_associations(Random(f"{seed}:associations"), territory, ASSOCIATIONS, names)
    people += draw_companies(Random(f"{seed}:companies"), territory, names)
    people += _draw_outsiders(Random(f"{seed}:outside"), territory, names)
    books = _Books()
    sirens = draw_sirens(Random(f"{seed}:siren"))
    _enter_structures(Random(f"{seed}:registers"), people, books, sirens, Random(f"{seed}:rna"))
    _enter_conventional(Random(f"{seed}:conventional"), territory, books, sirens)
    spoilt = _spoil(Random(f"{seed}:spoil"), books)
    files = _write(folder, books)
    counts = _count(people) | spoilt
    stamp = {
        "synthetic": True,
        "demo": True,
        "seed": seed,
        "scale": None,
        "vintage": VINTAGE.isoformat(),
        "notice": NOTICE,
        "files": files,
        "counts": counts,
    }
    text = json.dumps(stamp, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (folder / MARKER).write_text(text, encoding="utf-8")
    return files, counts


def _draw_outsiders(rng: Random, territory: Territory, names: Names) -> list[Structure]:
    """Structures of the communes next door that share a postal code: a perimeter must refuse them."""
    nearby = Territory(territory.outside, [], territory.streets, territory.short_names)
    return draw_associations(rng, nearby, OUTSIDERS, names)


def _enter_structures(
    rng: Random, people: list[Structure], books: _Books, sirens: Iterator[str], rna_rng: Random
) -> None:
    """Rows of the social economy. Three in ten SIRENE rows forget the RNA number; four in ten RNA rows the SIRET."""
    rna_numbers = draw_rna_numbers(rna_rng)
    for structure in people:
        siren = next(sirens) if structure.in_sirene else ""
        rna = next(rna_numbers) if structure.in_rna else ""
        if siren:
            _enter_sirene(rng, structure, books, siren, rna if rng.random() < 0.7 else "")
        if rna:
            siret = make_siret(siren, 1) if siren and rng.random() < 0.6 else ""
            row = association_row(rng, rna, siret, structure)
            books.associations.append(row)
            if structure.name and rng.random() < 0.004:
                books.associations.append({**row, "id": next(rna_numbers), "siret": "", "id_ex": ""})
        if structure.listed and siren:
            books.ess_list.append({"SIREN": str(int(siren))})
        if structure.esus and siren:
            books.approvals.append(_approval(rng, structure, siren))


def _enter_sirene(rng: Random, structure: Structure, books: _Books, siren: str, rna: str) -> None:
    created = structure.created + timedelta(days=rng.randint(0, 400) if structure.in_rna else 0)
    created = min(created, VINTAGE - timedelta(days=20))
    closed = max(structure.closed, created) if structure.closed else None
    partial = not structure.employer and rng.random() < 0.02
    books.legal_units.append(
        legal_unit_row(
            rng,
            siren,
            legal=structure.legal,
            naf=structure.naf,
            created=created,
            name=structure.name,
            acronym=structure.acronym,
            rna=rna,
            band=structure.band,
            employer=structure.employer,
            closed=closed,
            flag=structure.flag,
            partial=partial,
            hide_name=partial and rng.random() < 0.3,
            mission=structure.key == "commerciale" and rng.random() < 0.12,
        )
    )
    branch_band = "01" if structure.band in ("11", "12", "21", "22", "31") else structure.band
    for rank, address in enumerate([structure.address, *structure.branches], start=1):
        seat = rank == 1
        books.establishments.append(
            establishment_row(
                rng,
                siren,
                rank,
                address,
                naf=structure.naf,
                created=created
                if seat
                else min(created + timedelta(days=400 * rank), VINTAGE - timedelta(days=20)),
                band=structure.band if seat else branch_band,
                employer=structure.employer,
                closed=closed,
                partial=partial,
                complement="MAISON DES ASSOCIATIONS"
                if seat and not structure.employer and not structure.at_home
                else "",
                cedex=structure.commune.is_centre and structure.size == "large" and rng.random() < 0.3,
            )
        )


def _approval(rng: Random, structure: Structure, siren: str) -> Row:
    granted = date(rng.randint(2022, 2026), rng.randint(1, 9), rng.randint(1, 28))
    years = 5 if rng.random() < 0.7 else 2
    return {
        "siren": siren,
        "name": structure.name,
        "approval": "ESUS",
        "granted_on": granted.isoformat(),
        "expires_on": granted.replace(year=granted.year + years).isoformat(),
        "issuer": "DDETS de la Vienne (fictif)",
    }


def _enter_conventional(rng: Random, territory: Territory, books: _Books, sirens: Iterator[str]) -> None:
    """Denominators: natural persons (marked personal columns) and conventional companies."""
    words = conventional()
    legal = words["legal"]
    for index in range(PERSONS + COMPANIES):
        person = index < PERSONS
        category = "1000" if person else rng.choices(list(legal), list(legal.values()))[0]
        passive = category in ("6540", "9110", "6589")
        employer = rng.random() < (0.02 if person else 0.0 if passive else 0.93)
        naf = rng.choice(words["person_kinds" if person else "kinds"]) if not passive else "68.20B"
        age = rng.random() ** 1.8
        created = VINTAGE - timedelta(days=20 + int(age * 14_000))
        closed = None
        if rng.random() < (0.3 if person else 0.12):
            closed = VINTAGE - timedelta(days=15 + int(rng.random() * (VINTAGE - created).days))
            closed = max(closed, created)
        band = draw_band(rng, "small") if employer and not closed else "NN"
        partial = person and rng.random() < 0.12
        name = "" if person else _company_name(rng, words)
        siren = next(sirens)
        books.legal_units.append(
            legal_unit_row(
                rng,
                siren,
                legal=category,
                naf=naf,
                created=created,
                name=name,
                band=band,
                employer=employer,
                closed=closed,
                flag="N" if rng.random() < 0.6 else "",
                partial=partial,
            )
        )
        address = territory.draw_address(rng, territory.draw_commune(rng, "any"))
        books.establishments.append(
            establishment_row(
                rng,
                siren,
                1,
                address,
                naf=naf,
                created=created,
                band=band,
                employer=employer,
                closed=closed,
                partial=partial,
            )
        )


def _company_name(rng: Random, words: dict[str, Any]) -> str:
    return " ".join(
        filter(None, (rng.choice(words["first"]), rng.choice(words["second"]), rng.choice(words["third"])))
    )


def _spoil(rng: Random, books: _Books) -> dict[str, int]:
    """A few bad rows, as registers have: impossible years, points in the ocean, unknown communes, repeats."""
    for row, century in zip(rng.sample(books.associations, 3), ("7017", "2970", "0208"), strict=True):
        row["date_creat"] = century + row["date_creat"][4:]
    for row in rng.sample(books.associations, 5):
        row["objet"] = row["objet"].replace("'", "\x92") or "d\x92utilit\xe9 sociale"
    conventional_units = [r for r in books.legal_units if r["categorieJuridiqueUniteLegale"] == "5499"]
    rng.choice(conventional_units)["dateCreationUniteLegale"] = "7017-01-01"
    social = {r["siren"] for r in books.legal_units if r["economieSocialeSolidaireUniteLegale"] == "O"}
    sites = [
        r for r in books.establishments if r["siren"] in social and r["statutDiffusionEtablissement"] == "O"
    ]
    wrong_points, unknown, repeated = (rng.sample(sites, k) for k in (3, 2, 2))
    for row, (x, y) in zip(
        wrong_points, (("12.50", "-3.00"), ("0.00", "0.00"), ("9912345.10", "6600000.00")), strict=True
    ):
        row["coordonneeLambertAbscisseEtablissement"], row["coordonneeLambertOrdonneeEtablissement"] = x, y
    for row in unknown:
        row["codeCommuneEtablissement"] = "86999"
    books.establishments += [dict(row) for row in repeated]
    return {"bad_dates": 4, "bad_points": 3, "unknown_communes": 2, "repeated_sirets": 2, "corrupt_texts": 5}


def _write(out: Path, books: _Books) -> dict[str, int]:
    return {
        "StockUniteLegale_utf8.csv": write_csv(
            out / "StockUniteLegale_utf8.csv",
            headers.STOCK_UNITE_LEGALE,
            sorted(books.legal_units, key=lambda row: row["siren"]),
        ),
        "StockEtablissement_utf8.csv": write_csv(
            out / "StockEtablissement_utf8.csv",
            headers.STOCK_ETABLISSEMENT,
            sorted(books.establishments, key=lambda row: row["siret"]),
        ),
        "rna_waldec_20261101_dpt_86.csv": write_waldec(
            out / "rna_waldec_20261101_dpt_86.csv",
            headers.RNA_WALDEC,
            sorted(books.associations, key=lambda row: row["id"]),
        ),
        "liste-ess-france-2026.csv": write_csv(
            out / "liste-ess-france-2026.csv",
            headers.ESS_FRANCE,
            sorted(books.ess_list, key=lambda row: int(row["SIREN"])),
        ),
        "approvals-esus-demo.csv": write_csv(
            out / "approvals-esus-demo.csv",
            headers.APPROVALS,
            sorted(books.approvals, key=lambda row: row["siren"]),
        ),
    }


def _count(people: list[Structure]) -> dict[str, int]:
    """What was drawn, for the summary and for tests."""
    living = [s for s in people if not s.dissolved and not s.closed]
    associations = [s for s in living if s.in_rna]
    return {
        "structures": len(people),
        "associations_living": len(associations),
        "associations_rna_only": sum(not s.in_sirene for s in associations),
        "employers_living": sum(s.employer and not s.excluded for s in living),
        "association_employers": sum(s.employer and s.in_rna and not s.excluded for s in living),
        "dissolved": sum(s.dissolved is not None for s in people),
        "closed": sum(s.closed is not None for s in people),
        "excluded": sum(s.excluded for s in people),
        "asleep": sum(s.declared is not None and s.declared < date(2016, 1, 1) for s in associations),
        "vague": sum(s.key in ("sigle_seul", "animation_vague") for s in associations),
    }
