"""Filling a folder with registers: all of them under their names, or none."""

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from horizon.observatory.errors import BadInput, DiskFull, is_out_of_room

MARKER = "SYNTHETIC.json"
REGISTERS = ("StockUniteLegale*", "StockEtablissement*", "rna_waldec*", "liste-ess-france*")
REFUSED = {
    errno.EEXIST: "c’est un fichier, pas un dossier",
    errno.ENOTDIR: "un fichier est sur le chemin",
    errno.EACCES: "vous n’avez pas le droit d’y écrire",
    errno.EPERM: "vous n’avez pas le droit d’y écrire",
    errno.EROFS: "il est en lecture seule",
    errno.ENOENT: "il ne peut pas être créé à cet endroit",
    errno.ENAMETOOLONG: "son nom est trop long",
}


@contextmanager
def filling(out: Path) -> Iterator[Path]:
    """Gives a folder to write in; what it holds takes its place in `out` once everything is written.

    Whatever stops the writing leaves `out` as it was. The marker of made-up registers is moved first: no kill can
    leave them without it. Raises BadInput for a folder that cannot be made, written, or that holds registers without
    that marker, DiskFull when room is missing.
    """
    made = False
    try:
        made = not out.exists()
        out.mkdir(parents=True, exist_ok=True)
        _refuse_to_cover_real_ones(out)
        with tempfile.TemporaryDirectory(dir=out, prefix=".generating-") as scratch:
            yield Path(scratch)
            written = [path for path in Path(scratch).iterdir() if path.is_file()]
            for path in sorted(written, key=lambda path: (path.name != MARKER, path.name)):
                path.replace(out / path.name)
    except (OSError, duckdb.Error) as problem:
        if is_out_of_room(problem):
            raise DiskFull(
                f"Plus de place (disque ou mémoire) pour écrire dans « {out} ». Libérez de l’espace, ou choisissez une "
                "--scale plus petite ; rien n’y a été écrit."
            ) from problem
        if not isinstance(problem, OSError):
            raise
        why = REFUSED.get(problem.errno or 0, f"le système répond : {problem.strerror}")
        raise BadInput(
            f"Impossible d’écrire dans « {out} » : {why}. Choisissez un autre dossier avec --out."
        ) from problem
    except RuntimeError as problem:
        # DuckDB says so, and not KeyboardInterrupt, when Ctrl-C falls within a query.
        if "Query interrupted" in str(problem):
            raise KeyboardInterrupt from problem
        raise
    finally:
        if made:
            with suppress(OSError):
                out.rmdir()


def _refuse_to_cover_real_ones(out: Path) -> None:
    """Real registers and made-up ones never share a folder: the marker would speak for both."""
    if (out / MARKER).exists():
        return
    for pattern in REGISTERS:
        if found := next(out.glob(pattern), None):
            raise BadInput(
                f"« {out} » contient déjà « {found.name} », qui n’est pas marqué comme fictif. Choisissez un autre dossier avec --out."
            )
