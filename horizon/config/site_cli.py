"""Commands of the site: publish, serve, reports, demo. The pipeline's commands are the observatory's own."""

from __future__ import annotations

import json as json_module
import os
from pathlib import Path
from typing import Annotated

import typer

from horizon.observatory.cli import fail
from horizon.observatory.errors import BadInput, ObservatoryError
from horizon.observatory.panorama.cli import panorama

BAD_INPUT = 3
NO_NETWORK = 5


def _setup() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.config.settings")
    import django

    django.setup()


def _answer_at(port: int) -> None:
    """The site names itself by the port it is started on, unless its origin is said: the addresses it gives must open."""
    if not os.environ.get("HORIZON_ORIGIN"):
        os.environ["HORIZON_ORIGIN"] = f"http://localhost:{port}"


def register(app: typer.Typer) -> None:
    """Adds the site's commands to the `horizon` application."""
    app.command()(publish)
    app.command()(serve)
    app.command()(stop)
    app.command()(demo)
    app.command()(outlines)
    app.command()(reports)
    app.command()(operator)
    app.command()(panorama)
    app.command("manage", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(manage)


def publish(
    territory: Annotated[
        str, typer.Option(help="code (SIREN) ou nom de l’intercommunalité ; défaut : celle des réglages")
    ] = "",
    marts: Annotated[
        Path | None, typer.Option(help="dossier des tables ; défaut : celui des réglages")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="résultat en JSON")] = False,
) -> None:
    """Publie l’annuaire d’une intercommunalité depuis les tables de l’observatoire, en une transaction.

    Exemples :

      horizon publish --territory 200069854

      horizon publish --territory "Grand Poitiers"

    Codes de sortie : 0 publié, 2 commande mal écrite, 3 territoire inconnu, tables absentes, base de la démonstration, base
    occupée ou pas prête, 6 plus de place. Avec --json, une erreur est dite en JSON : error, exit_code.
    """
    _setup()
    from django.conf import settings
    from django.db import Error

    from horizon.config.database_refusals import refusal
    from horizon.config.demonstration import NotTheDemonstration, refuse_real_directory
    from horizon.directory.services import publish_directory
    from horizon.observatory.read import Marts
    from horizon.observatory.shipped import resolve_epci
    from horizon.territory.services import UnknownTerritory

    territory = territory or settings.TERRITORY
    if not territory:
        raise fail(BadInput("De quel territoire ? horizon publish --territory CODE, ou horizon setup."), json)

    def say(phase: str) -> None:
        if not json:
            typer.echo(f"  {PHASES.get(phase, phase)}…", err=True)

    try:
        with Marts(marts or settings.MARTS) as tables:
            refuse_real_directory(not tables.manifest.get("demo"))
            if not territory.isdigit():
                territory = resolve_epci(territory)
            publication = publish_directory(tables, territory, progress=say)
    except ObservatoryError as problem:
        raise fail(problem, json) from problem
    except (UnknownTerritory, NotTheDemonstration) as problem:
        raise fail(BadInput(str(problem)), json) from problem
    except Error as problem:
        raise fail(refusal(problem, "L’annuaire publié est intact."), json) from problem
    counts = publication.counts
    result = {
        "territory": publication.territory_code,
        "name": publication.territory_name,
        "run": publication.marts_run,
        "vintage": publication.vintage.isoformat(),
        "actors": counts["actors"],
        "register": counts["register"],
        "closed": counts["closed"],
        "excluded": counts["excluded"],
        "without_door": counts["without_door"],
    }
    if json:
        typer.echo(json_module.dumps(result, ensure_ascii=False))
    else:
        typer.echo(
            f"{publication.territory_name} : {counts['actors']} acteurs, {counts['register']} dans tout le registre, "
            f"{counts['closed']} fermés, {counts['excluded']} hors périmètre, {counts['without_door']} sans porte."
        )


PHASES = {
    "territory": "Communes du territoire",
    "read": "Lecture des tables",
    "identities": "Identités",
    "entries": "Fiches",
    "evidence": "Sources et raisons",
    "search": "Index de recherche",
    "commit": "Validation",
}


def serve(
    port: Annotated[int, typer.Option(help="port d’écoute")] = 8000,
    host: Annotated[str, typer.Option(help="adresse d’écoute")] = "127.0.0.1",
    background: Annotated[bool, typer.Option(help="rend la main ; « horizon stop » arrête")] = False,
) -> None:
    """Démarre le site et l’exécutant des tâches.

    Exemple : horizon serve --port 8080
    """
    _answer_at(port)
    _setup()
    from django.conf import settings

    from horizon.config import in_use
    from horizon.config.demonstration import NotTheDemonstration, refuse_real_database
    from horizon.config.processes import PortTaken, run_foreground, start_background

    if not (settings.OPERATOR or settings.DEMO_MODE):
        typer.echo("Personne n’est nommé responsable des données : horizon setup.", err=True)
    try:
        if settings.DEMO_MODE:
            refuse_real_database()
        in_use.hold()
        if not background:
            raise typer.Exit(run_foreground(host, port))
        start_background(host, port)
        typer.echo(f"http://localhost:{port}")
    except (PortTaken, NotTheDemonstration) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(BAD_INPUT) from problem


def stop() -> None:
    """Arrête le site démarré en arrière-plan."""
    _setup()
    from horizon.config.processes import stop_background

    stopped = stop_background()
    typer.echo("Arrêté." if stopped else "Rien ne tournait.")


def demo(
    port: Annotated[int, typer.Option(help="port d’écoute")] = 8000,
    start: Annotated[bool, typer.Option(help="démarrer le site à la fin")] = True,
) -> None:
    """Prépare le territoire de démonstration (données fictives) par toute la chaîne, puis démarre le site."""
    _answer_at(port)
    _setup()
    from horizon.config.demo.build import run_demo

    raise typer.Exit(run_demo(port, start))


def outlines(
    background: Annotated[
        bool, typer.Option(help="confier à l’exécutant des tâches et rendre la main")
    ] = False,
) -> None:
    """Télécharge les contours officiels des communes publiées ; la carte cesse d’être schématique.

    Exemple : horizon outlines
    """
    _setup()
    from horizon.directory.services import fetch_territory_outlines
    from horizon.directory.tasks import fetch_outlines_task
    from horizon.territory.outlines import OutlinesUnavailable

    if background:
        fetch_outlines_task.enqueue()
        typer.echo("Confié à l’exécutant des tâches.")
        return
    try:
        count = fetch_territory_outlines(actor="horizon outlines")
    except OutlinesUnavailable as problem:
        typer.echo(f"Erreur : {problem}", err=True)
        raise typer.Exit(NO_NETWORK) from problem
    typer.echo(f"{count} contours enregistrés.")


def reports(
    all_: Annotated[bool, typer.Option("--all", help="aussi les signalements fermés")] = False,
    close: Annotated[str | None, typer.Option(help="référence du signalement à fermer")] = None,
    answer: Annotated[str, typer.Option(help="ce qui a été fait, ou pourquoi rien ne l’est")] = "",
    refuse: Annotated[bool, typer.Option("--refuse", help="fermer sans correction")] = False,
    json: Annotated[bool, typer.Option("--json", help="résultat en JSON")] = False,
) -> None:
    """Liste les erreurs signalées sur les fiches, ou en ferme une : son adresse électronique est alors effacée.

    Exemples :

      horizon reports

      horizon reports --close 3k7m… --answer "nom corrigé dans le RNA"
    """
    _setup()
    from horizon.care.models import Report
    from horizon.care.services import close_report

    if close:
        report = Report.objects.filter(public_id=close, status=Report.OPEN).first()
        if report is None:
            typer.echo(f"Aucun signalement ouvert ne porte la référence « {close} ».", err=True)
            raise typer.Exit(BAD_INPUT)
        status = Report.REFUSED if refuse else Report.DONE
        close_report(report, status=status, answer=answer, actor="horizon reports")
        typer.echo(f"{close} fermé.")
        return

    found = Report.objects.select_related("organization")
    if not all_:
        found = found.filter(status=Report.OPEN)
    rows = [
        {
            "id": report.public_id,
            "structure": report.organization.name,
            "page": f"/structures/{report.organization.public_id}/",
            "subject": report.subject,
            "message": report.message,
            "status": report.status,
            "created_at": report.created_at.isoformat(timespec="minutes"),
        }
        for report in found
    ]
    if json:
        typer.echo(json_module.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        typer.echo(
            f"{row['created_at']}  {row['id']}  {row['structure']}  {row['page']}\n    {row['message']}"
        )
    if not rows:
        typer.echo("Aucun signalement à traiter.")


def operator(
    email: Annotated[str, typer.Argument(help="adresse électronique de la personne qui anime")],
    name: Annotated[str, typer.Option(help="son nom")] = "",
    decided_by: Annotated[str, typer.Option(help="qui l’a décidé")] = "installation du site",
) -> None:
    """Donne à une personne le mandat d’animer le collectif ; ouvre aussi les pôles et les collèges s’il n’y en a pas.

    Exemple : horizon operator animation@exemple.fr --name "Camille Exemple"
    """
    _setup()
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    from horizon.actors.access import current_mandates
    from horizon.actors.models import Mandate
    from horizon.actors.services import people, poles

    try:
        validate_email(email)
    except ValidationError as problem:
        typer.echo(f"« {email} » n’est pas une adresse électronique.", err=True)
        raise typer.Exit(BAD_INPUT) from problem
    poles.seed_actors(actor="horizon operator")
    person = people.find_or_create_person(email, actor="horizon operator", name=name)
    if current_mandates().filter(person=person, function=Mandate.OPERATOR).exists():
        typer.echo(f"{person.email} anime déjà le collectif.")
        return
    poles.give_mandate(person, Mandate.OPERATOR, actor="horizon operator", decided_by=decided_by)
    typer.echo(f"{person.email} anime le collectif. Pour entrer : {_origin()}/entrer/")


def _origin() -> str:
    from django.conf import settings

    return settings.ORIGIN


def manage(context: typer.Context) -> None:
    """Commandes de Django (migrate, createsuperuser, shell…)."""
    _setup()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["horizon manage", *context.args])
