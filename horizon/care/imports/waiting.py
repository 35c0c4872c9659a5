"""What imports leave on the desk: likely doubles to decide, lines to correct, imports to finish; and what is kept of a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from horizon.actors.access import is_operator
from horizon.actors.models import Person
from horizon.care.imports import services
from horizon.care.imports.models import Import, ImportFile, ImportLine
from horizon.care.imports.views import SHOWN, said_of_line
from horizon.engine.tables.meaning import FIELDS
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Waiting, declare_personal_data, declare_waiting
from horizon.kernel.templatetags.atlas import plural

AT_MOST = 300


def declare() -> None:
    """Tells the desk and the privacy pages about imports."""
    declare_waiting("double", doubles, answer_double)
    declare_waiting("cells", broken_lines, answer_broken, verbs=("refuse",))
    declare_waiting("import", unfinished)
    declare_personal_data("imports", kept_of, let_go, rows=("care.Import",))


def _waiting_lines(person: Person, *outcomes: str) -> list[ImportLine]:
    if not is_operator(person):
        return []
    lines = ImportLine.objects.filter(
        batch__state=Import.DONE, batch__closed_at=None, state=ImportLine.WAITING, outcome__in=outcomes
    )
    return list(lines.select_related("batch").order_by("batch__applied_at", "number")[:AT_MOST])


def doubles(person: Person) -> Iterator[Waiting]:
    """Lines of confirmed imports that may be structures of the directory, or that repeat another line. One query."""
    for line in _waiting_lines(person, ImportLine.LIKELY, ImportLine.TWICE):
        twice = line.outcome == ImportLine.TWICE
        first: dict[str, Any] = line.candidates[0] if line.candidates else {"values": {}, "why": ""}
        said = {**line.values, "commune": line.where}
        others = len(line.candidates) - 1
        why = " ".join(line.notes) if twice else (
            f"{first['why'].capitalize()}"
            + (f" ; {plural(others, 'autre possible', 'autres possibles')}" if others > 0 else "") + "."
        )  # fmt: skip
        yield Waiting(
            key=str(line.pk), room="double",
            title=f"{'Répète une autre ligne' if twice else 'Peut-être un doublon'} : {line.title}",
            since=line.batch.applied_at or line.batch.created_at, href=_address(line),
            before=_told(first.get("values", {})), after=_told(said),
            detail=f"{why} « {line.batch.name} », ligne {line.number}.",
            actions={
                "accept": "C’est la même" if line.candidates else "La laisser de côté", "refuse": "C’est une autre",
            },
            alike=f"{line.outcome}:{line.batch.public_id}",
        )  # fmt: skip


def _told(values: dict) -> str:
    return "\n".join(str(values[code]) for code, _ in SHOWN if values.get(code))


def answer_double(verb: str, key: str, person: Person) -> str:
    """Says that a line is the structure it resembles, or another one; undone, it waits again."""
    line = _line(key, person)
    if verb == "undo":
        undo = services.reopen_line if line.state != ImportLine.ASIDE else _take_up
        done = undo(line, actor=person.actor)
        return f"{done.title} attend de nouveau."
    if verb == "accept" and line.outcome == ImportLine.TWICE and not line.candidates:
        done = services.set_aside(line, True, actor=person.actor)
        return f"{done.title} : {done.get_state_display()}."
    answer = ImportLine.ANSWER_SAME if verb == "accept" else ImportLine.ANSWER_OTHER
    done = services.answer_line(line, answer, actor=person.actor)
    return f"{done.title} : {said_of_line(done)}."


def _take_up(line: ImportLine, *, actor: str) -> ImportLine:
    return services.set_aside(line, False, actor=actor)


def broken_lines(person: Person) -> Iterator[Waiting]:
    """Lines of confirmed imports with cells that cannot be read. One query."""
    for line in _waiting_lines(person, ImportLine.BROKEN):
        yield Waiting(
            key=str(line.pk), room="cells", title=f"Ligne à corriger : {line.title}",
            since=line.batch.applied_at or line.batch.created_at, href=_address(line),
            detail=" ".join(f"{FIELDS.get(code, code)} : {why}" for code, why in line.problems.items())
                   + f" « {line.batch.name} », ligne {line.number}.",
            actions={"refuse": "Laisser de côté"}, alike=f"cells:{line.batch.public_id}",
        )  # fmt: skip


def answer_broken(verb: str, key: str, person: Person) -> str:
    """Leaves a line aside; undone, it waits again."""
    line = _line(key, person)
    done = services.set_aside(line, verb == "refuse", actor=person.actor)
    return f"{done.title} : {done.get_state_display()}."


def unfinished(person: Person) -> Iterator[Waiting]:
    """Imports that were read and never confirmed. One query."""
    if not is_operator(person):
        return
    for batch in Import.objects.filter(state__in=[Import.DRAFT, Import.READY]).order_by("created_at")[
        :AT_MOST
    ]:
        yield Waiting(
            key=batch.public_id, room="import", title=f"Import à finir : {batch.name}", since=batch.created_at,
            href=reverse("care:import", args=[batch.public_id]),
            detail=f"{plural(batch.total, 'ligne', 'lignes')}, {batch.get_state_display()}. {batch.problem}".strip(),
        )  # fmt: skip


def _line(key: str, person: Person) -> ImportLine:
    line = ImportLine.objects.filter(pk=int(key)).first()
    if line is None or not is_operator(person):
        raise Refused("Cette ligne n’existe plus, ou ne vous revient pas.")
    return line


def _address(line: ImportLine) -> str:
    return reverse("care:import-line", args=[line.batch.public_id, line.number])


def kept_of(person: Person) -> list[dict]:
    """The imports that somebody made."""
    rows = Import.objects.filter(author=person).order_by("pk")
    return [
        {"name": b.name, "source": b.source, "lines": b.total, "on": b.created_at.date().isoformat()}
        for b in rows
    ]


def let_go(person: Person) -> None:
    """Imports stay, nobody's; the files that they sent go, and any other that names them (kept thirty days at most otherwise)."""
    mine = Import.objects.filter(author=person)
    ImportFile.objects.filter(batch__in=mine).delete()
    named = [word for word in (person.email, person.name) if word and (" " in word or "@" in word)]
    for kept in ImportFile.objects.iterator(chunk_size=10):
        body = bytes(kept.body)
        if any(
            word.encode(code, "ignore") in body for word in named for code in ("utf-8", "cp1252", "utf-16-le")
        ):
            kept.delete()
    mine.update(author=None)
