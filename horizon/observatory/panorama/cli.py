"""`horizon panorama`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from horizon.observatory.cli import default_marts, fail
from horizon.observatory.errors import BadInput, ObservatoryError


def panorama(
    code: Annotated[str, typer.Argument(help="EPCI, commune, dep:86, reg:75 ou FR")],
    format_: Annotated[str, typer.Option("--format", help="html, pdf, csv ou json")] = "html",
    marts: Annotated[Path | None, typer.Option(help="dossier des tables publiées")] = None,
    out: Annotated[Path | None, typer.Option(help="fichier à écrire ; sinon, la sortie standard")] = None,
) -> None:
    """Le panorama de l’ESS d’un territoire, avec définitions, méthodes et sources.

    Exemples :

      horizon panorama 200069854 --out panorama.html

      horizon panorama 86194 --format csv

      horizon panorama dep:86 --format json
    """
    from horizon.observatory.panorama import formats
    from horizon.observatory.panorama import panorama as compute
    from horizon.observatory.read import Marts

    if format_ not in {"html", "pdf", "csv", "json"}:
        raise typer.BadParameter("Le format est html, pdf, csv ou json.")
    try:
        with Marts(marts or default_marts()) as tables:
            found = compute(tables, code)
        if format_ == "pdf":
            try:
                content: bytes = formats.to_pdf(found)
            except (ImportError, OSError) as problem:
                raise BadInput(
                    "Le PDF demande weasyprint, et Pango qui dessine pour lui : .venv/bin/pip install weasyprint (ou l’extra « pdf » du projet). "
                    "Sinon, imprimez la page HTML depuis un navigateur."
                ) from problem
        else:
            make = {
                "html": formats.page,
                "csv": formats.to_csv,
                "json": formats.to_json,
            }
            content = make[format_](found).encode()
    except ObservatoryError as problem:
        raise fail(problem, format_ == "json") from problem
    if out:
        try:
            out.write_bytes(content)
        except OSError as problem:
            said = BadInput(
                f"« {out} » ne peut pas être écrit : {problem.strerror}. Choisissez un autre chemin avec --out."
            )
            raise fail(said, format_ == "json") from problem
        typer.echo(f"{out} ({len(content)} octets)", err=True)
    else:
        sys.stdout.buffer.write(content)
