"""`horizon dumps`: writes the open data files now."""

from __future__ import annotations

import json as json_module
from typing import Annotated

import typer

from horizon.config.site_cli import BAD_INPUT, _setup


def dumps(json: Annotated[bool, typer.Option("--json", help="résultat en JSON")] = False) -> None:
    """Écrit les fichiers de données ouvertes que le site donne à /donnees/, tous ensemble ou aucun.

    Le site le fait de lui-même chaque semaine. Exemple : horizon dumps
    """
    _setup()
    from horizon.kernel.refusal import Refused
    from horizon.opendata.dumps import write_dumps

    try:
        made = write_dumps()
    except Refused as problem:
        typer.echo(f"Erreur : {problem}", err=True)
        raise typer.Exit(BAD_INPUT) from problem
    total = sum(one.size for one in made.files)
    if json:
        found = {
            "folder": str(made.folder),
            "files": [{"name": one.name, "rows": one.rows, "bytes": one.size} for one in made.files],
            "bytes": total,
            "data_inclusion_left_out": made.left_out,
        }
        typer.echo(json_module.dumps(found, ensure_ascii=False))
        return
    typer.echo(f"{made.folder} : {len(made.files)} fichiers, {total / 1e6:.1f} Mo")
    for one in made.files:
        typer.echo(f"  {one.name:<34}{'' if one.rows is None else one.rows:>8}{one.size / 1000:>10.1f} ko")
    for count, why in made.inclusion_left_out:
        typer.echo(f"  data·inclusion : sans {count} structures {why}")
