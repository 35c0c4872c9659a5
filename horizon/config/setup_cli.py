"""`horizon setup`: the questions of the first run, and the settings file that their answers make."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from horizon.config.environment import (
    ENVIRONMENT_FILE,
    database_config,
    mail_config,
    read_environment_file,
)

BAD_INPUT = 3
LOCAL = "127.0.0.1"


class BadAnswer(ValueError):
    """An answer that cannot be a setting; its text says what is expected."""


def register(app: typer.Typer) -> None:
    """Adds the command to the `horizon` application."""
    app.command()(setup)


def setup(
    operator: Annotated[
        str | None, typer.Option(help="organisme responsable des données, imprimé dans les mentions légales")
    ] = None,
    contact: Annotated[
        str | None, typer.Option(help="adresse postale ou électronique de l’organisme, imprimée aussi")
    ] = None,
    origin: Annotated[
        str | None, typer.Option(help="adresse publique du site, par exemple https://ess.exemple.fr")
    ] = None,
    territory: Annotated[str | None, typer.Option(help="intercommunalité : nom ou code SIREN")] = None,
    smtp: Annotated[
        str | None,
        typer.Option(help="serveur de courriel, smtp://… ou smtps://… ; « aucun » : des fichiers"),
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="postgresql://… ; « embarquée » : SQLite, rien à installer")
    ] = None,
    animator: Annotated[
        str | None, typer.Option(help="adresse électronique de la première personne qui anime")
    ] = None,
) -> None:
    """Pose les questions du premier démarrage, écrit HORIZON_VAR/horizon.env et prépare la base.

    Une option répond d’avance à sa question. Relancée, la commande propose les réponses déjà données et garde les autres réglages.

    Exemple : horizon setup --territory "Grand Poitiers" --origin https://ess.exemple.fr
    """
    var = Path(os.environ.get("HORIZON_VAR", "var")).resolve()
    path = var / ENVIRONMENT_FILE
    kept = read_environment_file(path)
    known = os.environ  # the file is already in it; what the machine says wins, as it will when the site runs
    typer.echo(
        "Les deux premières réponses s’impriment dans les mentions légales : les personnes doivent savoir à qui "
        "elles confient leurs données."
    )
    answers = {
        "HORIZON_OPERATOR": _ask(
            "Organisme responsable des données", operator, known.get("HORIZON_OPERATOR"), _named
        ),
        "HORIZON_CONTACT": _ask(
            "Son adresse, postale ou électronique", contact, known.get("HORIZON_CONTACT"), _named
        ),
        "HORIZON_ORIGIN": _ask("Adresse publique du site", origin, known.get("HORIZON_ORIGIN"), _origin),
    }
    answers["HORIZON_TERRITORY"] = code = _ask(
        "Intercommunalité (nom ou code SIREN)", territory, known.get("HORIZON_TERRITORY"), resolve_territory
    )
    answers["HORIZON_SMTP_URL"] = _ask(
        "Serveur de courriel (smtp://utilisateur:secret@serveur:587, ou « aucun »)",
        smtp,
        known.get("HORIZON_SMTP_URL") or "aucun",
        _mail,
    )
    answers["HORIZON_DATABASE_URL"] = _ask(
        "Base de données (postgresql://…, ou « embarquée »)",
        database,
        known.get("HORIZON_DATABASE_URL") or "embarquée",
        _database,
    )
    answers["HORIZON_HOSTS"] = f"{urlsplit(answers['HORIZON_ORIGIN']).hostname},{LOCAL}"
    if answers["HORIZON_ORIGIN"].startswith("https://"):
        answers["HORIZON_PROXIES"] = known.get("HORIZON_PROXIES") or "1"
    email = _ask("Adresse électronique de la première personne qui anime", animator, None, _email)
    write_environment_file(path, {**kept, **answers})
    var.chmod(0o700)  # the database and the messages in it name people
    os.environ.update(answers)
    typer.echo(f"{path} est écrit, lisible par vous seul.")
    _prepare(email)
    name = territory_name(code)
    typer.echo(
        f"Il reste à lire les registres et à publier {name} :\n"
        "  horizon observe\n  horizon publish\n  horizon serve"
    )


def write_environment_file(path: Path, values: dict[str, str]) -> None:
    """Writes the settings, one a line, in a file that only its owner reads; all or nothing. Empty values are left out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".horizon-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write("# Écrit par « horizon setup » ; se modifie aussi à la main.\n")
            stream.writelines(f"{name}={value}\n" for name, value in values.items() if value)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def resolve_territory(answer: str) -> str:
    """The SIREN of the intercommunalité that a name or a code means.

    Raises BadAnswer, with the names that come near, when there is none or more than one.
    """
    from horizon.observatory.errors import BadInput
    from horizon.observatory.shipped import resolve_epci

    try:
        return resolve_epci(answer)
    except BadInput as problem:
        raise BadAnswer(str(problem)) from problem


def territory_name(code: str) -> str:
    """The official name of an intercommunalité."""
    from horizon.observatory.shipped import rows

    return next(row["name"] for row in rows("epcis") if row["code"] == code)


def _ask(
    question: str, given: str | None, known: str | None, check: Callable[[str], str], patience: int = 5
) -> str:
    if given is not None:
        try:
            return check(given)
        except BadAnswer as problem:
            typer.echo(f"{question} : {problem}", err=True)
            raise typer.Exit(BAD_INPUT) from problem
    for _ in range(patience):
        try:
            return check(typer.prompt(question, default=known))
        except BadAnswer as problem:
            typer.echo(str(problem), err=True)
    typer.echo("Rien n’est écrit : une réponse manque.", err=True)
    raise typer.Exit(BAD_INPUT)


def _one_line(answer: str) -> str:
    return " ".join(answer.split())


def _named(answer: str) -> str:
    answer = _one_line(answer)
    if len(answer) < 3:
        raise BadAnswer("Il faut un nom, en toutes lettres.")
    return answer


def _origin(answer: str) -> str:
    parts = urlsplit(_one_line(answer))
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
        raise BadAnswer("Une adresse comme https://ess.exemple.fr, sans rien après le nom.")
    return f"{parts.scheme}://{parts.netloc}"


def _mail(answer: str) -> str:
    answer = _one_line(answer)
    if answer.lower() in {"", "aucun"}:
        return ""
    try:
        mail_config(answer, Path())
    except ValueError as problem:
        raise BadAnswer("Une adresse smtp://… ou smtps://…, ou « aucun ».") from problem
    return answer


def _database(answer: str) -> str:
    answer = _one_line(answer)
    if answer.lower() in {"", "embarquée", "embarquee", "sqlite"}:
        return ""
    try:
        named = database_config(answer, Path())["NAME"]
    except ValueError as problem:
        raise BadAnswer(
            "Une adresse postgresql://utilisateur:secret@serveur/base, ou « embarquée »."
        ) from problem
    if not named:
        raise BadAnswer("Le nom de la base manque à la fin de l’adresse.")
    return answer


def _email(answer: str) -> str:
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    answer = _one_line(answer)
    try:
        validate_email(answer)
    except ValidationError as problem:
        raise BadAnswer(f"« {answer} » n’est pas une adresse électronique.") from problem
    return answer


def _prepare(email: str) -> None:
    from horizon.config.site_cli import operator as give_operator

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.config.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db.utils import OperationalError

    try:
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as problem:
        typer.echo(
            f"La base ne répond pas : {str(problem).strip()}\nLes réponses sont gardées ; relancez « horizon setup ».",
            err=True,
        )
        raise typer.Exit(BAD_INPUT) from problem
    typer.echo("La base est prête.")
    give_operator(email)
