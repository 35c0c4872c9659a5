"""Taking the words that name somebody out of texts that stay (effacement): notes, reasons, words of others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, TextField
from django.db.models.functions import Cast

from horizon.kernel.journal import erase_private
from horizon.kernel.models import PrivateReference

ERASED = "(effacé)"
PHONE = re.compile(r"(?:\+\s?33|0033|0)(?:[\s./-]*\(0\))?(?:[\s./-]*\d){9}(?!\d)")
BETWEEN = r"[\s./-]*"


@dataclass(frozen=True)
class FreeText:
    """Fields where people write freely; `after` is told each row that changed (an index to make again)."""

    model: str
    fields: tuple[str, ...]
    after: Callable[[Any], object] | None = None


_texts: list[FreeText] = []


def declare_free_texts(*texts: FreeText) -> None:
    """A room says where somebody may be named."""
    _texts.extend(texts)


def free_texts() -> list[FreeText]:
    """Every declared text."""
    return list(_texts)


def phones_in(text: str) -> list[str]:
    """The French telephone numbers written in a text."""
    return [found.group() for found in PHONE.finditer(text)]


@dataclass(frozen=True)
class Name:
    """One way to name somebody: what finds it in the database (ASCII, so that both databases agree), what replaces it."""

    hint: str
    pattern: re.Pattern[str]


def names_of(words: Iterable[str]) -> list[Name]:
    """What to look for. A word alone is nobody's (« Lou »): names need two words, addresses their @, telephones ten figures."""
    found = {}
    for word in words:
        word = " ".join(word.split())
        digits = re.sub(r"\D", "", word)
        if PHONE.fullmatch(word):
            tail = digits[-9:]
            spaced = BETWEEN.join(re.escape(figure) for figure in tail)
            pattern = rf"(?:\+\s?33|0033|0)(?:{BETWEEN}\(0\))?{BETWEEN}{spaced}(?!\d)"
            found[tail] = Name(tail[-2:], re.compile(pattern))
        elif "@" in word or " " in word:
            hint = max(re.findall(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", word), key=len, default="")
            spaced = r"\s+".join(re.escape(part) for part in word.split(" "))
            found[word] = Name(hint, re.compile(rf"(?<![\w]){spaced}(?![\w])", re.IGNORECASE))
    return list(found.values())


def take_names_out(words: Iterable[str]) -> int:
    """Replaces what names somebody in every declared text, and forgets what opens a commitment of the journal that names
    them; returns in how many rows. In a transaction."""
    names, changed = names_of(words), 0
    for text in _texts if names else []:
        changed += _take_out(text, names)
    for value in (
        list(PrivateReference.objects.filter(_hints("value", names)).values_list("value", flat=True))
        if names
        else []
    ):
        changed += erase_private(value) if without(value, names) != value else 0
    return changed


def _hints(field: str, names: list[Name]) -> Q:
    may = Q()
    for name in names:
        may |= Q(**{f"{field}__icontains": name.hint})
    return may


def _take_out(text: FreeText, names: list[Name]) -> int:
    model: type[Model] = apps.get_model(text.model)
    may = Q()
    kept = {f"{field}_kept": Cast(field, TextField()) for field in text.fields}
    for label in kept:
        may |= _hints(label, names)
    changed = 0
    for row in model._default_manager.annotate(**kept).filter(may):
        before = {field: getattr(row, field) for field in text.fields}
        after = {field: without(value, names) for field, value in before.items()}
        new = [field for field in text.fields if after[field] != before[field]]
        if not new:
            continue
        for field in new:
            setattr(row, field, after[field])
        row.save(update_fields=new)
        changed += 1
        if text.after:
            text.after(row)
    return changed


def without(value: Any, names: list[Name]) -> Any:
    """A value without the names, as deep as it goes."""
    if isinstance(value, str):
        for name in names:
            value = name.pattern.sub(ERASED, value)
        return value
    if isinstance(value, list):
        return [without(one, names) for one in value]
    if isinstance(value, dict):
        return {without(key, names): without(one, names) for key, one in value.items()}
    return value
