"""The dumps (copies complètes): every open table in files, written whole or not at all, at least once a week.

What somebody takes back leaves them within the hour: each dump keeps the prints of what it holds, is made again as soon
as one of them is no longer public, and does not stay on the disk after.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from horizon.directory.models import Entry
from horizon.directory.queries import current_publication
from horizon.kernel.refusal import Refused
from horizon.listening.models import Answer, Need
from horizon.opendata import formats, queries
from horizon.opendata.formats import catalogue
from horizon.opendata.formats.inclusion import LEFT_OUT
from horizon.opendata.records import Frame
from horizon.opendata.tables import STRUCTURES, TABLES, Table

WEEK = timedelta(days=7)
ABANDONED = timedelta(days=1)
ATTEMPTS = 3
MANIFEST, PRINTS, SUMS = "manifest.json", "prints.json", "SHA256SUMS"
MEDIA = {
    ".csv": "text/csv; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
    ".geojson": "application/geo+json",
    ".jsonld": "application/ld+json",
    ".json": "application/json",
    "": "text/plain; charset=utf-8",
}
SPECIAL = (
    ("structures.geojson", "GeoJSON", formats.GeoJson),
    ("structures.jsonld", "JSON-LD, schema.org et ESSglobal", formats.JsonLd),
    ("structures.gogocarto.json", "GoGoCarto, pour Transiscope", formats.GoGoCarto),
    ("structures.data-inclusion.json", "data·inclusion, schéma v1", formats.Inclusion),
)
DESCRIBING = (
    ("catalogue.jsonld", "Catalogue DCAT"),
    ("datapackage.json", "Colonnes des CSV (Data Package)"),
    (SUMS, "Empreintes SHA-256"),
)


@dataclass(frozen=True)
class File:
    """One file: `table` is empty for those that describe the others; `rows` None when it has none of its own."""

    name: str
    title: str
    table: str
    media: str
    size: int
    sha256: str
    rows: int | None = None

    @property
    def shown(self) -> bool:
        """Whether a browser shows it rather than keeping it."""
        return not self.table


@dataclass(frozen=True)
class Dump:
    """The files of one day, and what they were made from."""

    folder: Path
    made_at: datetime
    edition: str
    territory_code: str
    territory_name: str
    vintage: str
    fictitious: bool
    files: tuple[File, ...]
    left_out: dict[str, int]
    kept: dict[str, int]

    @property
    def prefix(self) -> str:
        """What the names of downloaded files begin with."""
        return f"{'fictif-' if self.fictitious else ''}ess-{self.territory_code}"

    @property
    def tables(self) -> list[tuple[Table, list[File]]]:
        """Each table with its files."""
        return [(table, [one for one in self.files if one.table == table.name]) for table in TABLES]

    @property
    def describing(self) -> list[File]:
        """The files that describe the others."""
        return [one for one in self.files if not one.table]

    @property
    def inclusion_left_out(self) -> list[tuple[int, str]]:
        """How many structures are not in the data·inclusion file, and why; most first."""
        found = [(count, LEFT_OUT[reason]) for reason, count in self.left_out.items()]
        return sorted(found, key=lambda one: (-one[0], one[1]))

    @property
    def kept_here(self) -> list[tuple[int, str]]:
        """How many structures are in no file, and under which licence the site shows them; most first."""
        return sorted(
            ((count, licence) for licence, count in self.kept.items()), key=lambda one: (-one[0], one[1])
        )

    @property
    def kept_in_all(self) -> int:
        """The sum of them."""
        return sum(self.kept.values())


def place() -> Path:
    """Where the dumps are kept."""
    return Path(settings.VAR) / "dumps"


def current() -> Dump | None:
    """The dump that the site serves; None before the first one, and when another version of the site wrote it otherwise."""
    link = place() / "current"
    try:
        folder = link.resolve(strict=True)
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        made_at = datetime.fromisoformat(said.pop("made_at"))
        files = tuple(File(**one) for one in said.pop("files"))
        return Dump(folder=folder, made_at=made_at, files=files, **said)
    except (FileNotFoundError, NotADirectoryError, KeyError, TypeError, ValueError):
        return None


def write_dumps() -> Dump:
    """Writes every file beside the current ones, then puts them in their place at once; a former dump is kept while all that it holds is public.

    Raises Refused when nothing is published, or when publications keep changing meanwhile.
    """
    root = place()
    root.mkdir(parents=True, exist_ok=True)
    for _ in range(ATTEMPTS):
        publication = current_publication()
        if publication is None:
            raise Refused("Rien n’est encore publié : lancez d’abord « horizon publish ».")
        folder = root / f"making-{token_hex(6)}"
        folder.mkdir()
        try:
            made = _write(folder, Frame(publication))
            now = current_publication()
            if now is None or now.pk != publication.pk:
                continue
            return _put_in_place(made, current())
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    raise Refused("L’annuaire est republié sans cesse : réessayez dans quelques minutes.")


def freshen() -> str:
    """Hourly: writes the dumps when they are a week old, of another publication, or hold what is no longer public."""
    publication = current_publication()
    if publication is None:
        return ""
    dump = current()
    reason = _stale(dump, Frame(publication))
    if not reason:
        return ""
    made = write_dumps()
    return f"{len(made.files)} files ({reason})"


def _stale(dump: Dump | None, frame: Frame) -> str:
    if dump is None:
        return "first"
    if timezone.now() - dump.made_at >= WEEK:
        return "weekly"
    if dump.edition.partition(".")[0] != str(frame.publication.pk):
        return "published"
    held = _held(dump)
    if held is None:
        return "unknown"
    return "withdrawn" if held - set(prints(frame)) else ""


def _held(dump: Dump) -> set[str] | None:
    """The prints of what a dump holds; None when it does not say."""
    try:
        return set(json.loads((dump.folder / PRINTS).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return None


def prints(frame: Frame) -> Iterator[str]:
    """A short print of each text and place that a dump holds now: a print that is gone is something taken back."""
    entries = Entry.objects.filter(
        publication=frame.publication, active=True, in_perimeter=True, folded=False
    )
    said = ("organization__public_id", "name", "acronym", "other_names", "description", "address", "phone", "email", "hours", "website",
            "commune_id", "at_home")  # fmt: skip
    needs = queries.public_needs().order_by()
    named = entries.order_by().values_list("organization_id", *said).iterator(chunk_size=2000)
    sources: tuple[Iterable[tuple], ...] = (
        (row for organization, *row in named if organization not in frame.unnamed),
        needs.values_list("public_id", "text", "commune_id").iterator(chunk_size=2000),
        Answer.objects.filter(
            Q(need__same_as=None) | Q(need__same_as__status=Need.PUBLISHED),
            status=Answer.SHOWN,
            need__status=Need.PUBLISHED,
        )
        .values_list("public_id", "text")
        .iterator(chunk_size=2000),
        queries.open_exchanges()
        .order_by()
        .values_list("public_id", "title", "text", "price")
        .iterator(chunk_size=2000),
    )
    for kind, rows in enumerate(sources):
        for row in rows:
            yield hashlib.blake2s(repr((kind, *row)).encode(), digest_size=8).hexdigest()


def _write(folder: Path, frame: Frame) -> Dump:
    held = sorted(prints(frame))
    files: list[File] = []
    missed: dict[str, int] = {}
    for table in TABLES:
        with ExitStack() as stack:
            rows = stack.enter_context(closing(formats.Csv(folder / f"{table.name}.csv", table)))
            lines = stack.enter_context(closing(formats.Lines(folder / f"{table.name}.ndjson", table)))
            special = [
                (title, stack.enter_context(closing(make(folder / name, frame))))
                for name, title, make in SPECIAL
                if table is STRUCTURES
            ]
            for record in table.rows(frame):
                for writer in (rows, lines, *(one for _, one in special)):
                    writer.add(record)
        made = folder / f"{table.name}.parquet"
        formats.parquet(lines.path, made, table, frame)
        lines.path.unlink()
        files.append(_described(rows.path, f"{table.title}, CSV", table.name, rows.rows))
        files.append(_described(made, f"{table.title}, Parquet", table.name, rows.rows))
        for title, one in special:
            files.append(_described(one.path, f"{table.title}, {title}", table.name, one.rows))
            if isinstance(one, formats.Inclusion):
                missed = dict(one.missed)
    publication = frame.publication
    dump = Dump(
        folder, timezone.now(), publication.edition, publication.territory_code, publication.territory_name,
        publication.vintage.isoformat(), frame.fictitious, tuple(files), missed, dict(Counter(licence for _, licence in frame.kept.values())),
    )  # fmt: skip
    sums = "".join(f"{one.sha256}  {one.name}\n" for one in files)
    texts = (
        json.dumps(catalogue.dcat(dump), ensure_ascii=False, indent=1) + "\n",
        json.dumps(catalogue.data_package(dump), ensure_ascii=False, indent=1) + "\n",
        sums,
    )
    for (name, title), text in zip(DESCRIBING, texts, strict=True):
        (folder / name).write_text(text, encoding="utf-8")
        files.append(_described(folder / name, title, "", None))
    (folder / PRINTS).write_text(json.dumps(held), encoding="utf-8")
    whole = Dump(**{**vars(dump), "files": tuple(files)})
    said = {name: value for name, value in asdict(whole).items() if name != "folder"}
    said["made_at"] = whole.made_at.isoformat()
    (folder / MANIFEST).write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    return whole


def _described(path: Path, title: str, table: str, rows: int | None) -> File:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        os.fsync(stream.fileno())
    return File(path.name, title, table, MEDIA[path.suffix], path.stat().st_size, digest, rows)


def _put_in_place(dump: Dump, former: Dump | None) -> Dump:
    """One rename and one link: whoever reads meanwhile has the former files or these, whole.

    The former ones stay for who has just found their names, unless they hold what is no longer public.
    """
    root = place()
    held, now = _held(former) if former else None, _held(dump) or set()
    target = root / f"{dump.made_at:%Y%m%d-%H%M%S}-{token_hex(3)}"
    dump.folder.rename(target)
    link = root / f"link-{token_hex(6)}"
    link.symlink_to(target.name)
    link.replace(root / "current")
    kept = {target.name, former.folder.name if former and held is not None and not held - now else ""}
    forgotten = (timezone.now() - ABANDONED).timestamp()
    for folder in root.iterdir():
        if folder.is_symlink() or not folder.is_dir() or folder.name in kept:
            continue
        if not folder.name.startswith("making-") or folder.stat().st_mtime < forgotten:
            shutil.rmtree(folder, ignore_errors=True)
    return Dump(**{**vars(dump), "folder": target})
