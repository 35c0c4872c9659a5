"""Writing a version over a text, hiding it, going back; keeping a path and its ticks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from horizon.actors.models import Person
from horizon.actors.plan import plan
from horizon.engine.guiding import BadCondition, check, read_condition
from horizon.kernel.doors import DOOR_BY_CODE
from horizon.kernel.journal import record_event
from horizon.kernel.pictures import LICENCES
from horizon.kernel.publicid import SHAPE
from horizon.kernel.refusal import Refused
from horizon.pages import shipped
from horizon.pages.models import Path, Version
from horizon.pages.queries import current_values

KEPT = timedelta(days=400)
FIELDS = {Version.STEP: shipped.STEP_FIELDS, Version.EXAMPLE: (*shipped.EXAMPLE_FIELDS, "needs")}
NEEDED = {
    Version.STEP: ("title", "text", "source", "seen_on"),
    Version.EXAMPLE: ("title", "where", "what", "doors", "source", "url", "source_on"),
}
REFERENCE = rf"\b{SHAPE}\b"
MEANWHILE = "Ce texte vient d’être changé par quelqu’un d’autre : relisez-le, puis recommencez."


@transaction.atomic
def write_version(
    kind: str,
    code: str,
    values: Mapping[str, str],
    *,
    by: Person,
    over: int | None = None,
    hidden: bool = False,
) -> Version:
    """Writes a new version of a text; `over` is the version that was read (refused when another came meanwhile).

    Raises Refused for a text without a source, a date, or with an address that is none.
    """
    kept = {name: str(values.get(name, "")).strip() for name in FIELDS[kind]}
    if not hidden:
        _check(kind, kept)
    if kept.get("needs"):
        kept["needs"] = " ".join(dict.fromkeys(re.findall(REFERENCE, kept["needs"])))
    last = Version.objects.filter(kind=kind, code=code).order_by("-number").first()
    number = last.number if last else 0
    if over is not None and over != number:
        raise Refused(MEANWHILE)
    try:
        with transaction.atomic():
            made = Version.objects.create(
                kind=kind, code=code, number=number + 1, values=kept, hidden=hidden, author=by
            )
    except IntegrityError:
        raise Refused(MEANWHILE) from None
    record_event(
        "hide" if hidden else "write", f"page_{kind}", code, actor=by.actor, payload={"version": made.number}
    )
    return made


def _check(kind: str, values: dict[str, str]) -> None:
    for name in NEEDED[kind]:
        if not values[name]:
            raise Refused("Un texte a besoin d’un titre, de mots, d’une source et de sa date.")
    if values["url"] and not re.fullmatch(r"https?://[^\s<>\"]{4,}", values["url"]):
        raise Refused("L’adresse de la source commence par https:// et n’a pas d’espace.")
    try:
        date.fromisoformat(values["seen_on" if kind == Version.STEP else "source_on"])
    except ValueError:
        raise Refused("La date de la source s’écrit comme 2026-11-26.") from None
    if kind == Version.STEP:
        try:
            check(read_condition(values["when"]), shipped.options())
        except BadCondition:
            raise Refused("La condition nomme une réponse qui n’existe pas.") from None
    elif set(values["doors"].split()) - set(DOOR_BY_CODE) or set(values["poles"].split()) - set(plan().names):
        raise Refused("Choisissez les portes et les pôles dans la liste.")
    elif values["needs"] and not re.search(REFERENCE, values["needs"]):
        raise Refused("Un besoin se nomme par l’adresse de sa page, ou par sa référence de dix signes.")
    elif values["licence"] not in LICENCES:
        raise Refused("Choisissez une licence.")


def hide(kind: str, code: str, *, by: Person) -> Version:
    """Takes a text off the pages; it may come back."""
    return write_version(kind, code, current_values(kind, code), by=by, hidden=True)


def go_back(kind: str, code: str, number: int, *, by: Person) -> Version:
    """Writes an earlier version again (0: the shipped text). Raises Refused when it does not exist."""
    if number == 0 and code in shipped.texts(kind):
        return write_version(kind, code, shipped.texts(kind)[code], by=by)
    earlier = Version.objects.filter(kind=kind, code=code, number=number).first()
    if earlier is None:
        raise Refused("Cette version n’existe pas.")
    return write_version(kind, code, earlier.values, by=by)


@transaction.atomic
def keep_path(answers: Mapping[str, list[str]]) -> Path:
    """Keeps a path; who keeps it is asked to nobody."""
    path = Path.objects.create(answers={k: list(v) for k, v in answers.items()}, used_on=timezone.localdate())
    record_event("keep", "path", path.public_id, actor="visitor")
    return path


@transaction.atomic
def tick_steps(path: Path, ticks: list[str]) -> Path:
    """Keeps which steps are done."""
    locked = Path.objects.select_for_update().get(pk=path.pk)
    locked.ticks, locked.used_on = sorted(set(ticks))[:100], timezone.localdate()
    locked.save(update_fields=["ticks", "used_on"])
    record_event("tick", "path", locked.public_id, actor="visitor")
    return locked


@transaction.atomic
def change_answers(path: Path, answers: Mapping[str, list[str]]) -> Path:
    """Keeps other answers: an idea became a project. What is done stays done."""
    locked = Path.objects.select_for_update().get(pk=path.pk)
    locked.answers, locked.used_on = {k: list(v) for k, v in answers.items()}, timezone.localdate()
    locked.save(update_fields=["answers", "used_on"])
    record_event("change", "path", locked.public_id, actor="visitor")
    return locked


@transaction.atomic
def erase_path(path: Path) -> None:
    """Erases a path."""
    record_event("erase", "path", path.public_id, actor="visitor")
    path.delete()


def forget_paths() -> str:
    """Erases paths that nobody changed for four hundred days."""
    old = list(Path.objects.filter(used_on__lt=timezone.localdate() - KEPT)[:2000])
    for path in old:
        erase_path(path)
    return f"{len(old)} forgotten" if old else ""
