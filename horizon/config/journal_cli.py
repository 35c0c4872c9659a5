"""`horizon journal`: seal now, say the head, export what is sealed."""

from __future__ import annotations

import json as json_module
import os
from pathlib import Path
from typing import Annotated

import typer

from horizon.config.site_cli import BAD_INPUT, _setup

BROKEN = 4
app = typer.Typer(help="Le journal scellé : ce qui a été écrit, et la preuve que rien n’y a été changé.")


@app.command()
def seal() -> None:
    """Scelle maintenant ce qui attend ; l’exécutant des tâches le fait chaque minute.

    Exemple : horizon journal seal
    """
    _setup()
    from horizon.kernel.sealing import last_seal, seal_committed

    count = seal_committed()
    last = last_seal()
    typer.echo(f"{count} événements scellés. Tête : {last.head if last else 'aucune'}")


@app.command()
def head(json: Annotated[bool, typer.Option("--json", help="résultat en JSON")] = False) -> None:
    """Dit le dernier sceau : l’empreinte à noter ailleurs que sur cette machine.

    Exemple : horizon journal head --json
    """
    _setup()
    from horizon.kernel.sealing import START, instant, last_seal, unsealed

    last = last_seal()
    found = {
        "number": last.number if last else 0,
        "at": instant(last.at) if last else None,
        "events": last.last if last else 0,
        "head": last.head if last else START,
        "waiting": unsealed().count(),
    }
    if json:
        typer.echo(json_module.dumps(found))
    elif last:
        typer.echo(
            f"Sceau {found['number']}, posé le {found['at']}, {found['events']} événements depuis le début, "
            f"{found['waiting']} en attente.\n{found['head']}"
        )
    else:
        typer.echo(f"Aucun sceau encore ; {found['waiting']} événements en attente.")


@app.command()
def export(out: Annotated[Path, typer.Option(help="fichier à écrire")]) -> None:
    """Écrit le journal scellé dans un fichier que verify.py vérifie, lisible par son seul propriétaire.

    Refuse, en nommant le premier événement, un journal qui n’est plus celui qui a été scellé.

    Exemple : horizon journal export --out journal.jsonl
    """
    _setup()
    from horizon.kernel.sealing import BrokenSeal, export_lines

    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            for line in export_lines():
                stream.write(line)
        temporary.replace(out)
    except BrokenSeal as problem:
        typer.echo(f"Le journal a été altéré : {problem}.", err=True)
        raise typer.Exit(BROKEN) from problem
    except OSError as problem:
        typer.echo(f"Impossible d’écrire {out} : {problem.strerror}.", err=True)
        raise typer.Exit(BAD_INPUT) from problem
    finally:
        temporary.unlink(missing_ok=True)
    with out.open("rb") as stream:
        header = json_module.loads(stream.readline())
    typer.echo(f"{out} : {header['events']} événements, {header['seals']} sceaux.\nTête : {header['head']}")
