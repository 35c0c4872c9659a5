"""Commands of the observatory: observe, generate-registers, report, territory."""

from __future__ import annotations

import json as json_module
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from horizon.observatory.errors import Interrupted, ObservatoryError

app = typer.Typer(name="horizon", no_args_is_help=True, pretty_exceptions_enable=False)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"horizon {metadata.version('horizon-commun')}")
        raise typer.Exit


@app.callback()
def horizon(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_say_version, help="la version installée")
    ] = False,
) -> None:
    """Horizon Commun : des registres publics à l’annuaire vivant d’un territoire."""


class Engine(StrEnum):
    """What runs the mart models."""

    duckdb = "duckdb"
    spark = "spark"


Json = Annotated[bool, typer.Option("--json", help="résultat en JSON sur la sortie standard")]
SMALLEST = 0.00001
PHASE_NAMES = {
    "sources": "Lecture des sources",
    "staging": "Mise en forme",
    "marts": "Tables",
    "contract": "Contrat",
    "write": "Écriture",
    "publish": "Publication",
}


def default_marts() -> Path:
    """Where marts live when nobody says: HORIZON_MARTS, else `marts` in HORIZON_VAR, else ./var/marts."""
    import os

    var = Path(os.environ.get("HORIZON_VAR", "var"))
    return Path(os.environ.get("HORIZON_MARTS", var / "marts"))


def fail(problem: ObservatoryError, json: bool) -> typer.Exit:
    """Says the problem on the error output and gives the exit to raise."""
    if json:
        typer.echo(
            json_module.dumps({"error": str(problem), "exit_code": problem.exit_code}, ensure_ascii=False)
        )
    else:
        typer.echo(f"Erreur : {problem}", err=True)
    return typer.Exit(problem.exit_code)


@app.command()
def observe(
    from_: Annotated[
        Path | None, typer.Option("--from", help="dossier des registres ; sinon, téléchargement officiel")
    ] = None,
    marts: Annotated[Path | None, typer.Option(help="dossier des tables publiées")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="nombre de fils d’exécution")] = None,
    memory: Annotated[str | None, typer.Option(help="mémoire maximale, par exemple 1GB")] = None,
    vintage: Annotated[str | None, typer.Option(help="jour décrit par les registres, AAAA-MM-JJ")] = None,
    table: Annotated[
        list[Path] | None,
        typer.Option(help="tableau de plus (csv, xlsx, ods…), avec sa --mapping ; répétable"),
    ] = None,
    mapping: Annotated[
        list[Path] | None, typer.Option(help="ce que disent les colonnes du --table de même rang (TOML)")
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="duckdb ; ou spark, pour des centaines de millions de lignes")
    ] = Engine.duckdb,
    spark_master: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="maître Spark, par exemple spark://serveur:7077 ; sinon, cette machine"
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Des registres aux tables : lit, range, vérifie, publie d’un seul coup.

    Exemples :

      horizon observe --from registres/

      horizon observe                       (télécharge SIRENE, RNA et la liste ESS France, environ 3 Go)

      horizon observe --from registres/ --marts var/marts --json

      horizon observe --from registres/ --table agrements.xlsx --mapping agrements.mapping.toml

      horizon observe --from registres/ --engine spark --memory 8GB

    Codes de sortie : 0 publié, 2 commande mal écrite, 3 entrée illisible, 4 contrat non tenu, 5 pas de réseau,
    6 plus de place, 7 moteur absent, 8 moteur arrêté.
    """
    from horizon.observatory.pipeline import observe as run

    try:
        day = datetime.strptime(vintage, "%Y-%m-%d").date() if vintage else None  # noqa: DTZ007
    except ValueError as problem:
        raise typer.BadParameter("Le millésime s’écrit AAAA-MM-JJ, par exemple 2026-11-01.") from problem
    if len(table or ()) != len(mapping or ()):
        raise typer.BadParameter("Chaque --table va avec sa --mapping.")
    if spark_master and engine is not Engine.spark:
        raise typer.BadParameter("--spark-master va avec --engine spark.")
    try:
        spark = None
        if engine is Engine.spark:
            from horizon.observatory.spark.engine import SparkEngine

            spark = SparkEngine(spark_master, memory, threads)
        folder, downloads = from_, {}
        if folder is None:
            from horizon.observatory.download import download_registers

            fetched = download_registers((marts or default_marts()).parent / "registers", quiet=json)
            folder, downloads = fetched.folder, fetched.outcomes
            for name, said in fetched.not_refreshed.items():
                typer.echo(f"Attention, {name} n’a pas pu être rafraîchi : {said}", err=True)
        with progress(json) as step:
            report = run(
                folder,
                marts or default_marts(),
                threads=threads,
                memory_limit=memory,
                vintage=day,
                tables=list(zip(table or (), mapping or (), strict=True)),
                progress=step,
                spark=spark,
                downloads=downloads,
            )
    except ObservatoryError as problem:
        raise fail(problem, json) from problem
    if json:
        typer.echo(json_module.dumps(report.to_dict(), ensure_ascii=False))
    else:
        report.print(Console())


class progress:  # noqa: N801
    """A progress bar by phase on the error output; silent for --json."""

    def __init__(self, silent: bool):
        self.bar = Progress(
            TextColumn("{task.description:<22}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=silent,
        )

    def __enter__(self) -> Callable[[str, int, int], None]:
        self.bar.start()
        self.task = self.bar.add_task("…")
        return lambda phase, done, total: self.bar.update(
            self.task, description=PHASE_NAMES.get(phase, phase), completed=done, total=total
        )

    def __exit__(self, *exception: object) -> None:
        if exception[0] is None:
            self.bar.update(self.task, completed=6, total=6)
        self.bar.stop()


def _scale(text: object) -> float:
    """A share of France, with a point or a comma."""
    try:
        scale = float(str(text).replace(",", "."))
    except ValueError:
        scale = 0.0
    if not SMALLEST <= scale <= 1:
        raise typer.BadParameter(
            f"L’échelle est un nombre de 0.00001 à 1, par exemple 0.01 ; pas « {text} »."
        )
    return scale


def _seed(text: object) -> int:
    try:
        return int(str(text))
    except ValueError as problem:
        raise typer.BadParameter(
            f"La graine est un nombre entier, par exemple 1 ; pas « {text} »."
        ) from problem


@app.command("generate-registers")
def generate_registers(
    out: Annotated[Path, typer.Option(help="dossier à remplir")],
    scale: Annotated[
        float,
        typer.Option(
            parser=_scale, metavar="NOMBRE", help="1 : la France, 29 millions d’unités ; au moins 0.00001"
        ),
    ] = 0.01,
    seed: Annotated[
        int, typer.Option(parser=_seed, metavar="ENTIER", help="graine : même graine, mêmes octets")
    ] = 1,
    format_: Annotated[str, typer.Option("--format", help="parquet ou csv")] = "parquet",
    demo: Annotated[
        bool, typer.Option("--demo", help="le territoire de démonstration, au lieu de la France")
    ] = False,
    json: Json = False,
) -> None:
    """Fabrique des registres FICTIFS, aux vrais en-têtes et aux fréquences réalistes, marqués comme tels.

    Exemples :

      horizon generate-registers --scale 0.01 --seed 1 --out registres-fictifs/

      horizon generate-registers --demo --out registres-demo/

    Codes de sortie : 0 écrit, 2 commande mal écrite, 3 dossier où l’on ne peut écrire, 6 plus de place, 130 interrompu.
    Sauf à 0, le dossier reste comme il était.
    """
    if format_ not in {"parquet", "csv"}:
        raise typer.BadParameter("Le format est parquet ou csv.")
    try:
        from horizon.observatory.synthetic import generate_demo, generate_national

        summary = (
            generate_demo(out, seed=seed)
            if demo
            else generate_national(out, scale=scale, seed=seed, format=format_)
        )
    except ObservatoryError as problem:
        raise fail(problem, json) from problem
    except KeyboardInterrupt as problem:
        raise fail(Interrupted(f"Interrompu : rien n’a été écrit dans « {out} »."), json) from problem
    if json:
        typer.echo(json_module.dumps(summary, ensure_ascii=False))
        return
    from horizon.observatory.report import figure

    typer.echo(f"Registres fictifs écrits dans « {out} » :")
    for name, facts in summary["files"].items():
        rows = facts if demo else facts["rows"]
        typer.echo(f"  {name}  {figure(rows)} lignes")


@app.command()
def report(
    marts: Annotated[Path | None, typer.Option(help="dossier des tables publiées")] = None, json: Json = False
) -> None:
    """Relit le rapport de la dernière exécution. Exemple : horizon report"""
    from horizon.observatory.read import MartsMissing
    from horizon.observatory.report import Report

    path = (marts or default_marts()) / "last-run.json"
    if not path.exists():
        raise fail(MartsMissing(f"Aucune exécution dans « {path.parent} »."), json)
    values = json_module.loads(path.read_text(encoding="utf-8"))
    if json:
        typer.echo(json_module.dumps(values, ensure_ascii=False))
    else:
        Report(**values).print(Console())


@app.command()
def territory(
    code: Annotated[str, typer.Argument(help="code d’EPCI, ou son nom")], json: Json = False
) -> None:
    """Dit ce qu’est une intercommunalité : ses communes, ou ce qui l’a remplacée.

    Exemples :

      horizon territory 200069854

      horizon territory "Grand Poitiers"
    """
    from horizon.observatory import shipped

    try:
        code = shipped.resolve_epci(code)
    except ObservatoryError as problem:
        raise fail(problem, json) from problem
    epci = next(row for row in shipped.rows("epcis") if row["code"] == code)
    communes = [
        row
        for row in shipped.rows("communes")
        if row["epci_code"] == code and row["kind"] == "commune-actuelle"
    ]
    if json:
        typer.echo(
            json_module.dumps({**epci, "communes": [row["code"] for row in communes]}, ensure_ascii=False)
        )
        return
    typer.echo(
        f"{epci['name']} ({code}), {epci['kind']}, {len(communes)} communes, {epci['population']} habitants"
    )
    for row in communes:
        typer.echo(f"  {row['code']}  {row['name']}")
