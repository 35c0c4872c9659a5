"""`horizon import`: a table into the directory from the command line, with the same rules as the pages."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

BAD_INPUT = 3


def register(app: typer.Typer) -> None:
    """Adds the command to the `horizon` application."""
    app.command("import")(import_table)


def import_table(
    file: Annotated[Path, typer.Argument(help="csv, xlsx, ods, geojson ou json de GoGoCarto")],
    mapping: Annotated[
        Path, typer.Option(help="ce que disent les colonnes (TOML, docs/reference/tables.md)")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="dire ce qui serait fait, sans rien écrire")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="résultat ligne par ligne, en JSON")] = False,
) -> None:
    """Importe un tableau dans l’annuaire publié : nouvelles structures, fiches complétées, et pourquoi le reste ne l’est pas.

    Les doublons possibles et les lignes à corriger attendent au bureau. Reconnaît un tableau déjà importé.

    Exemples :

      horizon import associations.xlsx --mapping associations.mapping.toml --dry-run

      horizon import associations.xlsx --mapping associations.mapping.toml --json

    Codes de sortie : 0 fait, 2 commande mal écrite, 3 tableau ou correspondance illisible.
    """
    from horizon.config.upkeep_cli import _setup

    _setup()
    from django.db import transaction

    from horizon.care.imports import services
    from horizon.care.imports.applying import advance
    from horizon.care.imports.models import Import
    from horizon.engine.tables.mapping import read_mapping
    from horizon.engine.tables.shape import UnreadableTable
    from horizon.kernel.refusal import Refused

    actor = "horizon import"
    try:
        if not file.is_file() or not mapping.is_file():
            raise Refused(f"« {mapping if file.is_file() else file} » n’est pas là.")
        said = read_mapping(mapping.read_bytes(), mapping.name)
        with transaction.atomic():
            batch = services.receive_table(file.read_bytes(), file.name, author=None, actor=actor)
            before = services.same_file(batch)
            services.map_columns(batch, said, actor=actor)
            if dry_run:  # what a dry run reads is never kept
                advance(batch.public_id)
                result = _result(Import.objects.get(pk=batch.pk), before, dry_run)
                transaction.set_rollback(True)
        if not dry_run:
            state = advance(batch.public_id)
            if state == Import.DRAFT:
                raise Refused(Import.objects.get(pk=batch.pk).problem)
            if state == Import.READY:
                services.confirm_import(batch, actor=actor)
                state = advance(batch.public_id)
            result = _result(Import.objects.get(pk=batch.pk), before, dry_run)
    except (Refused, UnreadableTable) as problem:
        if json:
            typer.echo(json_module.dumps({"error": str(problem), "exit_code": BAD_INPUT}, ensure_ascii=False))
        else:
            typer.echo(f"Erreur : {problem}", err=True)
        raise typer.Exit(BAD_INPUT) from problem
    typer.echo(json_module.dumps(result, ensure_ascii=False) if json else _told(result))


def _result(batch, before, dry_run: bool) -> dict:
    """What became of each line, as plain values."""
    from horizon.care.imports.views import reasons

    lines = batch.lines.select_related("organization").order_by("number")
    rows = [
        {
            "line": line.number, "name": line.title, "outcome": line.outcome, "state": line.state,
            "page": line.organization.public_id if line.organization else "", "reasons": reasons(line),
        }
        for line in lines
    ]  # fmt: skip
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
    return {
        "import": "" if dry_run else batch.public_id, "file": batch.name, "state": batch.state, "dry_run": dry_run,
        "same_as": before.public_id if before else "", "notes": batch.notes, "counts": counts, "lines": rows,
    }  # fmt: skip


def _told(result: dict) -> str:
    """The same for a person: figures, then the lines that were not written."""
    from horizon.care.imports.models import ImportLine

    labels = dict(ImportLine.OUTCOMES)
    said = [f"« {result['file']} »{' (à blanc : rien n’est écrit)' if result['dry_run'] else ''}"]
    if result["same_as"]:
        said.append(f"Ce même tableau a déjà été apporté : import {result['same_as']}.")
    said += result["notes"]
    said += [
        f"{result['counts'][code]:>6}  {label}" for code, label in labels.items() if code in result["counts"]
    ]
    said += [
        f"ligne {row['line']}, {row['name']} : {labels[row['outcome']]}. {' '.join(row['reasons'])}"
        for row in result["lines"]
        if row["outcome"] in {"likely", "broken", "outside", "twice"}
    ]
    return "\n".join(said)
