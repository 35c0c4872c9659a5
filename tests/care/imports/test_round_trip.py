"""What this site gives away and takes in again is the same structures: a neighbour's copy of our files brings no double."""

import json

import pytest

from horizon.care.imports import services
from horizon.care.imports.applying import advance
from horizon.care.imports.models import Import, ImportLine
from horizon.directory.models import Entry, Publication, Statement
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import state
from horizon.engine.tables.mapping import Mapping
from horizon.engine.tables.meaning import propose
from horizon.opendata import dumps
from tests.care.imports.kit import KNOWN

pytestmark = pytest.mark.django_db
TELLING = {"structures.csv", "structures.geojson"}


@pytest.fixture
def files(known, known_marts, settings, tmp_path):
    """The dumps of sixty structures, some of which say how to reach them; nothing says « Fictif » as nothing is there."""
    settings.MARTS, settings.VAR = known_marts, tmp_path
    Publication.objects.update(synthetic=False, demo=False)
    for n, entry in enumerate(Entry.objects.order_by("name")[:20]):
        said = {"phone": f"05 49 00 20 {n:02}", "email": f"contact@{n}.example", "website": f"https://www.structure{n}.example",
                "description": "Faire, « ensemble » ; puis autrement.\nTous les jours", "hours": "Mardi, 14 h à 18 h"}  # fmt: skip
        state(entry.organization, said, origin=Statement.REFERENT, actor="test", publish=True)
    refresh_directory()
    return dumps.write_dumps()


def proposed(batch):
    """The columns as the assistant proposes them, the personal ones left aside."""
    columns: dict[str, tuple[str, ...]] = {}
    for column in propose(services.table_of(batch)):
        if column.field == "siret":
            continue  # those of the small registers have no right key
        if column.field and not column.personal:
            columns.setdefault(
                column.field, (column.header,)
            )  # « activite » would be joined to « description »
    return Mapping(columns=columns, source="Nos propres fichiers", licence="lo", places=True)


def test_our_own_files_bring_no_new_structure(files):
    rows = json.loads((files.folder / "structures.geojson").read_text())["features"]
    ids = [row["properties"]["identifiant"] for row in rows]
    for name in ("structures.csv", "structures.geojson", "structures.gogocarto.json"):
        batch = services.receive_table((files.folder / name).read_bytes(), name, author=None, actor="test")
        mapping = proposed(batch)
        assert {"name", "city", "phone", "email", "website", "description", "hours"} <= set(
            mapping.columns
        ), mapping
        assert name not in TELLING or {"siren", "rna"} <= set(mapping.columns)
        services.map_columns(batch, mapping, actor="test")
        assert advance(batch.public_id) == Import.READY
        lines = list(batch.lines.order_by("number").select_related("organization"))
        assert len(lines) == len(ids) == KNOWN
        for line, identifier in zip(lines, ids, strict=True):
            if line.outcome == ImportLine.LIKELY:
                assert name not in TELLING, line.notes
                assert line.candidates[0]["id"] == identifier, line.candidates
            else:
                said = (name, line.values, line.outcome, line.problems, line.notes, line.changes)
                assert line.outcome == ImportLine.SAME and not line.changes, said
                assert line.organization.public_id == identifier
        services.confirm_import(batch, actor="test")
        before = Statement.objects.count(), Entry.objects.count()
        assert advance(batch.public_id) == Import.DONE
        assert (Statement.objects.count(), Entry.objects.count()) == before, "nothing is written twice"
