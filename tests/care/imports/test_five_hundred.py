"""Five hundred lines, sixty doubles, forty broken: every line is accounted for, and undo gives the directory back."""

from collections import Counter

from horizon.care.imports import services
from horizon.care.imports.applying import advance
from horizon.care.imports.models import Import, ImportLine
from horizon.directory.models import (
    Entry,
    EntryReason,
    Identifier,
    Publication,
    SearchTerm,
    SourceRecord,
    Statement,
)
from tests.care.imports import kit
from tests.people import an_operator


def dump():
    """What readers of the directory see, whole."""
    counts = Publication.objects.values_list("counts", "territory_code", "vintage", "current")
    return {
        "entries": list(Entry.objects.order_by("pk").values()),
        "reasons": sorted(EntryReason.objects.values_list("entry", "code", "excludes")),
        "keys": sorted(Identifier.objects.values_list("key", "organization")),
        "records": list(SourceRecord.objects.order_by("pk").values()),
        "terms": [(t, bytes(b)) for t, b in SearchTerm.objects.order_by("term").values_list("term", "body")],
        "said": list(Statement.objects.filter(status="published").order_by("pk").values()),
        "counts": list(counts),
    }


def outcomes(batch):
    return dict(Counter(batch.lines.values_list("outcome", flat=True)))


def an_import(rows=None, mapping=kit.MAPPING, author=None):
    batch = services.receive_table(kit.table(rows), "liste.csv", author=author, actor="test")
    services.map_columns(batch, mapping, actor="test")
    assert advance(batch.public_id) == Import.READY
    return Import.objects.get(pk=batch.pk)


def again(row):
    return type(row).objects.get(pk=row.pk)


def test_five_hundred_lines_then_the_desk_then_undo(known):
    before = dump()
    operator = an_operator()
    batch = an_import(author=operator)
    assert outcomes(batch) == kit.EXPECTED
    assert sum(kit.EXPECTED.values()) == batch.total == 500
    assert dump() == before
    services.confirm_import(batch, actor=operator.actor)
    assert advance(batch.public_id) == Import.DONE
    written = Counter(batch.lines.filter(state="applied").values_list("outcome", flat=True))
    assert written == {"new": 385, "completes": 10}
    assert Entry.objects.count() == kit.KNOWN + 385
    for line in batch.lines.filter(outcome="likely")[:5]:
        services.answer_line(line, "same", line.candidates[0]["id"], actor=operator.actor)
    for line in batch.lines.filter(outcome="likely"):
        services.answer_line(line, "other", actor=operator.actor)
    for line in batch.lines.filter(outcome="broken"):
        services.set_aside(line, True, actor=operator.actor)
    assert batch.lines.filter(state="applied").count() == 395 + 15
    services.undo_import(batch, actor=operator.actor)
    assert advance(batch.public_id) == Import.UNDONE
    assert not ImportLine.objects.filter(batch=batch, state__in=["applied", "kept"]).exists()
    after = dump()
    for name in before:
        assert after[name] == before[name], name
