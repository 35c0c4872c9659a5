"""Commands that keep a site safe: backup, restore, upgrade."""

from __future__ import annotations

import json as json_module
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

BAD_INPUT = 3


def register(app: typer.Typer) -> None:
    """Adds the commands to the `horizon` application."""
    app.command()(backup)
    app.command()(restore)
    app.command()(upgrade)


def _setup() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.config.settings")
    import django

    django.setup()


def _refuse(problem: Exception) -> typer.Exit:
    typer.echo(f"Erreur : {problem}", err=True)
    return typer.Exit(BAD_INPUT)


def backup(
    out: Annotated[Path, typer.Option(help="fichier à écrire (.tar.gz)")],
    force: Annotated[bool, typer.Option("--force", help="remplacer le fichier s’il existe")] = False,
    json: Annotated[bool, typer.Option("--json", help="résultat en JSON")] = False,
) -> None:
    """Sauvegarde la base, les images et les tables de l’observatoire dans un fichier, pendant que le site tourne.

    Exemple : horizon backup --out /srv/sauvegardes/horizon-2026-11-24.tar.gz
    """
    _setup()
    from horizon.config.backup import BadBackup, back_up

    try:
        manifest = back_up(out, force)
    except BadBackup as problem:
        raise _refuse(problem) from problem
    size = out.stat().st_size
    if json:
        typer.echo(
            json_module.dumps(
                {"file": str(out), "bytes": size, **{k: v for k, v in manifest.items() if k != "files"}}
            )
        )
        return
    typer.echo(
        f"{out} : {size / 1e6:.1f} Mo, {len(manifest['files'])} fichiers, base {manifest['database']}."
    )


def restore(
    file: Annotated[Path, typer.Argument(help="sauvegarde faite par « horizon backup »")],
    replace: Annotated[
        bool, typer.Option("--replace", help="remplacer les données présentes, sauvegardées d’abord")
    ] = False,
) -> None:
    """Remet une sauvegarde en place, après l’avoir vérifiée tout entière. Arrêtez d’abord le site.

    Exemple : horizon restore /srv/sauvegardes/horizon-2026-11-24.tar.gz
    """
    _setup()
    from horizon.config.backup import BadBackup
    from horizon.config.backup import restore as put_back
    from horizon.config.in_use import SiteRuns, stopped

    try:
        with stopped():
            manifest = put_back(file, replace)
    except (BadBackup, SiteRuns) as problem:
        raise _refuse(problem) from problem
    if "former" in manifest:
        typer.echo(f"Ce qui était là est gardé dans {manifest['former']}")
    typer.echo(f"Restauré : l’état du {manifest['made_at']}. Mettez ensuite la base à jour : horizon upgrade")


def upgrade(
    backup_to: Annotated[
        Path | None, typer.Option("--backup", help="où sauvegarder d’abord ; défaut : HORIZON_VAR/backups")
    ] = None,
    no_backup: Annotated[bool, typer.Option("--no-backup", help="sans sauvegarde")] = False,
) -> None:
    """Met la base au niveau du logiciel installé, après une sauvegarde. Rien à faire : ne fait rien.

    Exemple : horizon upgrade
    """
    _setup()
    from django.conf import settings

    from horizon.config.backup import BadBackup
    from horizon.config.backup import upgrade as run

    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    target = None if no_backup else backup_to or settings.VAR / "backups" / f"avant-{stamp}.tar.gz"
    try:
        done = run(target)
    except BadBackup as problem:
        raise _refuse(problem) from problem
    except Exception:
        if target is not None and target.exists():
            typer.echo(
                f"La mise à jour a échoué. Pour revenir : horizon restore {target} --replace", err=True
            )
        raise
    if not done["migrations"]:
        typer.echo("La base est déjà à jour.")
        return
    if done["backup"]:
        typer.echo(f"Sauvegarde : {done['backup']}")
    typer.echo(f"{len(done['migrations'])} étapes faites : {', '.join(done['migrations'])}")
