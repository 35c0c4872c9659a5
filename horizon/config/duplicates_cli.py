"""`horizon duplicates`: look for duplicates now, and measure how they are found."""

from __future__ import annotations

import csv
import json as json_module
import os
from pathlib import Path
from random import Random
from typing import Annotated

import typer

from horizon.config.site_cli import BAD_INPUT, _setup
from horizon.engine.identity.evaluate import count_merges, measure, read_pair
from horizon.engine.identity.planting import plant, truly_same
from horizon.engine.identity.records import Ground, Record
from horizon.observatory import shipped

app = typer.Typer(help="Les doublons : les chercher, et mesurer comment ils sont trouvés.")
LABELLED = Path(__file__).resolve().parents[2] / "tests" / "labelled"
REAL = "sirene_ess_units_sample_dev.csv"
PLANTED = 2000


@app.callback()
def _group() -> None:
    """Les doublons : les chercher, et mesurer comment ils sont trouvés."""


@app.command()
def find(json: Annotated[bool, typer.Option("--json", help="résultat en JSON")] = False) -> None:
    """Cherche maintenant les doublons dans l’annuaire publié, sans attendre la tâche de fond.

    Exemple : horizon duplicates find
    """
    _setup()
    from horizon.care.finding import find_duplicates

    found = find_duplicates(actor="horizon duplicates find", everything=True)
    if json:
        typer.echo(json_module.dumps(found._asdict()))
        return
    typer.echo(
        f"{found.compared} structures comparées ; {found.merged} réunies par leurs numéros, {found.suggested} paires à regarder au bureau."
    )


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Option("--set", help="dossier des jeux jugés")] = LABELLED,
    planted: Annotated[
        int, typer.Option(help="structures de la démonstration où planter des doublons")
    ] = PLANTED,
    json: Annotated[bool, typer.Option("--json", help="résultat en JSON")] = False,
) -> None:
    """Mesure la recherche de doublons : paires jugées à la main, doublons plantés, unités réelles si elles sont là.

    Exemple : horizon duplicates evaluate --json
    """
    halves = {
        half: _labelled(folder, half)
        for half in ("dev", "heldout")
        if (folder / f"pairs_{half}.csv").exists()
    }
    if not halves:
        typer.echo(f"Erreur : aucun fichier pairs_dev.csv dans {folder}.", err=True)
        raise typer.Exit(BAD_INPUT)
    registers = {
        "demonstration": count_merges(
            plant(demonstration(planted), Random("planted")), ground_of(["86"]), truly_same
        )
    }
    real = real_units()
    if real:
        registers["real"] = count_merges(real, ground_of(), lambda one, other: one == other)
        registers["real_planted"] = count_merges(plant(real, Random("planted")), ground_of(), truly_same)
    main = halves.get("heldout") or halves["dev"]
    found = {
        **main,
        "pairs": sum(half["pairs"] for half in halves.values()), "positives": sum(half["positives"] for half in halves.values()),
        "auto_merges": sum(one["auto_merges"] for one in (*halves.values(), *registers.values())),
        "auto_false": sum(one["auto_false"] for one in (*halves.values(), *registers.values())),
        "halves": halves, "registers": registers,
    }  # fmt: skip
    if json:
        typer.echo(json_module.dumps(found, ensure_ascii=False))
        return
    for half, figures in halves.items():
        typer.echo(
            f"{half} : {figures['pairs']} paires dont {figures['positives']} à réunir ; "
            f"trouvées {figures['suggest_recall']:.3f} (au moins {figures['suggest_recall_low']:.3f}), "
            f"propositions justes {figures['suggest_precision']:.3f}, clés {figures['blocking_recall']:.3f}, "
            f"réunies seules {figures['auto_merges']} dont à tort {figures['auto_false']}"
        )
    for name, figures in registers.items():
        typer.echo(
            f"{name} : {figures['records']} fiches, réunies seules {figures['auto_merges']} dont à tort {figures['auto_false']}"
        )


def _labelled(folder: Path, half: str) -> dict:
    with (folder / f"pairs_{half}.csv").open(encoding="utf-8", newline="") as stream:
        pairs = [read_pair(row) for row in csv.DictReader(stream)]
    return measure(
        pairs,
        ground_of(
            {(one.commune or one.postal_code)[:2] for pair in pairs for one in (pair.a, pair.b)} - {""}
        ),
    )


def ground_of(departments: object = ()) -> Ground:
    """The communes of some departments (of all, without any), as names may mention them."""
    wanted = set(departments)  # type: ignore[call-overload]
    return Ground(
        {
            row["code"]: row["name"] for row in shipped.rows("communes")
            if row["kind"] == "commune-actuelle" and (not wanted or row["department"] in wanted)
        }
    )  # fmt: skip


def demonstration(count: int) -> list[Record]:
    """The first structures of the demonstration's population, with made-up numbers, as the registers give them."""
    from horizon.observatory.synthetic.identifiers import draw_rna_numbers, draw_sirens, make_siret
    from horizon.observatory.synthetic.population import Names, draw_associations, draw_companies
    from horizon.observatory.synthetic.territory import load_territory

    territory, names, rng = load_territory(), Names(), Random("2026:associations")
    people = draw_associations(rng, territory, count, names) + draw_companies(
        Random("2026:companies"), territory, names
    )
    sirens, numbers = draw_sirens(Random("2026:siren")), draw_rna_numbers(Random("2026:rna"))
    found = []
    for place, structure in enumerate(people[:count]):
        siren = next(sirens) if structure.in_sirene else ""
        rna = next(numbers) if structure.in_rna else ""
        found.append(
            Record(
                key=f"demo{place:05d}", name=structure.name, acronym=structure.acronym, siren=siren,
                siret=make_siret(siren, 1) if siren else "", rna=rna, legal_category=structure.legal,
                postal_code=structure.commune.postal_codes[0], commune=structure.commune.code,
            )
        )  # fmt: skip
    return found


def real_units() -> list[Record]:
    """The real units of the folder that HORIZON_REAL_DATA names; none without it. Only counts are ever printed."""
    path = Path(os.environ.get("HORIZON_REAL_DATA", "/nonexistent")) / REAL
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            Record(
                key=row["siren"], name=row["denomination"], siren=row["siren"], siret=row["siret_siege"], rna=row["rna"],
                legal_category=row["categorie_juridique"], postal_code=row.get("code_postal", ""), commune=row.get("commune", ""),
            )
            for row in csv.DictReader(stream)
        ]  # fmt: skip
