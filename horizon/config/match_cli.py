"""`horizon match`: measure the pairing on the labelled sets."""

from __future__ import annotations

import csv
import json as json_module
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from horizon.config.site_cli import BAD_INPUT
from horizon.engine.pairing.evaluate import (
    Labelled,
    boolean_ranker,
    measure,
    our_ranker,
    read_grades,
    read_side,
    tfidf_ranker,
)
from horizon.engine.pairing.judging import Judge
from horizon.engine.pairing.scoring import Side
from horizon.exchange.shipped import read_judge, read_lexicon
from horizon.observatory import shipped

app = typer.Typer(help="La mise en relation : ce qu’elle vaut sur des demandes jugées à la main.")
LABELLED = Path(__file__).resolve().parents[2] / "tests" / "labelled"
WORLDS = ("dev", "dev2", "dev3", "dev4", "dev5", "dev6", "dev7", "dev8", "dev9")
HALVES = (*WORLDS, "heldout", "heldout2", "heldout3")
THAT_DAY = date(2026, 11, 2)


@app.callback()
def _group() -> None:
    """La mise en relation : ce qu’elle vaut sur des demandes jugées à la main."""


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Option("--set", help="dossier des jeux jugés")] = LABELLED,
    only: Annotated[
        str, typer.Option("--only", help="un seul jeu : dev, dev2… dev9, heldout, heldout2, heldout3")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="résultat en JSON")] = False,
) -> None:
    """Mesure la mise en relation sur chaque jeu jugé, à côté de deux méthodes simples.

    Exemple : horizon match evaluate --json
    """
    there = [half for half in HALVES if only in {"", half} and (folder / f"asks_{half}.csv").exists()]
    if not there:
        typer.echo(f"Erreur : aucun fichier asks_dev.csv dans {folder}.", err=True)
        raise typer.Exit(BAD_INPUT)
    judge = shipped_judge()
    found = {half: _evaluate(folder, half, judge) for half in there}
    main = found.get("heldout3") or found[there[0]]
    if json:
        typer.echo(json_module.dumps({**main, "halves": found}, ensure_ascii=False))
        return
    for half, figures in found.items():
        typer.echo(
            f"{half} : {figures['asks']} demandes, dont {figures['unanswerable']} sans réponse possible"
        )
        for name, line in {"horizon": figures, **figures["baselines"]}.items():
            typer.echo(
                f"  {name:<8} succès@3 {line['success_at_3']:.3f}  nDCG@5 {line['ndcg_at_5']:.3f}  "
                f"« personne » dit à raison {line['nobody_recall']:.3f}, à tort {line['nobody_false']:.3f}"
            )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def world(folder: Path, half: str) -> tuple[list[Side], list[Labelled]]:
    """The offers and the judged asks of one labelled world."""
    places = {row["code"]: (float(row["lat"]), float(row["lon"])) for row in shipped.rows("centroids")}
    offers = [read_side(row, places, "giver") for row in _rows(folder / f"offers_{half}.csv")]
    asks = [
        Labelled(read_side(row, places, "asker"), read_grades(row["answers"]))
        for row in _rows(folder / f"asks_{half}.csv")
    ]
    return offers, asks


def shipped_judge() -> Judge:
    """The judge of the files that the room ships."""
    return read_judge(read_lexicon())


def _evaluate(folder: Path, half: str, judge: Judge) -> dict:
    offers, asks = world(folder, half)
    return {
        "asks": len(asks), "unanswerable": sum(not one.answerable for one in asks), "offers": len(offers),
        **measure(asks, our_ranker(offers, judge.lexicon, THAT_DAY, judge)),
        "baselines": {
            "words": measure(asks, our_ranker(offers, judge.lexicon, THAT_DAY)),
            "filters": measure(asks, boolean_ranker(offers)), "tfidf": measure(asks, tfidf_ranker(offers)),
        },
    }  # fmt: skip
