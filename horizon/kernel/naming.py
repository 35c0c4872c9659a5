"""Taking the words that name somebody out of texts that stay (effacement): notes, reasons, words of others.

Anybody chooses their name and types a telephone: what they chose must never blank what others wrote of something else.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import CharField, Model, Q, TextField
from django.db.models.functions import Cast

from horizon.engine.folding import fold
from horizon.kernel.journal import erase_private
from horizon.kernel.models import PrivateReference

ERASED = "(effacé)"
PHONE = re.compile(r"(?:\+\s?33|0033|0)(?:[\s./-]*\(0\))?(?:[\s./-]*\d){9}(?!\d)")
BETWEEN = r"[\s./-]*"
AT_MOST = 20
ACCENTED = {"a": "aàâäáãå", "c": "cç", "e": "eéèêë", "i": "iîïìí", "n": "nñ", "o": "oôöòóõ", "u": "uùûüú", "y": "yÿý",
            "'": "'’ʼ", "’": "'’ʼ", "-": r"\-‐‑\s", "œ": "œ", "æ": "æ"}  # fmt: skip
# Words that make no name: « de la », « pour le », « avec une »…
OF_NO_NAME = (
    "afin ainsi alors apres aucun aucune aussi autre autres aux avant avec avoir bien car ceci cela celle celles celui ces cet cette "
    "ceux chaque chez comme comment dans depuis des deux dont donc elle elles encore entre est etre eux faire fait ici ils "
    "jamais les leur leurs lors mais meme memes mes mieux moins mon nos notre nous par parce pas pendant peu peut plus plusieurs pour "
    "pourquoi puis quand que quel quelle quelles quels qui quoi rien sans ses si soit son sont sous sur tant tes toi ton toujours "
    "tous tout toute toutes tres trois une vers voici voila vos votre vous"
)
FUNCTION_WORDS = frozenset(OF_NO_NAME.split())


@dataclass(frozen=True)
class FreeText:
    """Fields where people write freely; `after` is told each row that changed (an index to make again).

    From the fields of `contacts`, telephones and addresses go only when the row is the person's: they are a structure's.
    `by` leads to who wrote the row, when the row itself does not point to them.
    """

    model: str
    fields: tuple[str, ...]
    after: Callable[[Any], object] | None = None
    contacts: tuple[str, ...] = ()
    by: tuple[str, ...] = ()


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


def may_be_a_name(text: str) -> bool:
    """Whether a text can be how somebody is called: neither a number nor an address."""
    return "@" not in text and not any(letter.isdigit() for letter in text)


def telling_words(text: str) -> list[str]:
    """The words that can tell somebody from somebody else: three letters or more, no function word."""
    return [word for word in text.split() if any(map(_tells, fold(word).split() or [word]))]


def _tells(word: str) -> bool:
    return sum(map(str.isalpha, word)) >= 3 and word not in FUNCTION_WORDS


def checked_name(name: str) -> str:
    """A name that may be looked for in the words of others, or an empty string: two telling words at least."""
    name = " ".join(name.split())
    return name if may_be_a_name(name) and len(telling_words(name)) >= 2 else ""


@dataclass(frozen=True)
class Name:
    """One way to name somebody: `hint` is what the database looks for, the same on both; Python decides with `pattern`."""

    word: str
    hint: str
    pattern: re.Pattern[str]
    contact: bool = False

    def out_of(self, text: str) -> str:
        """The text without it; a name needs a capital somewhere, or it is but words."""
        return self.pattern.sub(self._replaced, text)

    def _replaced(self, found: re.Match[str]) -> str:
        named = self.contact or any(map(_has_capital, telling_words(found.group())))
        return ERASED if named else found.group()


def _has_capital(word: str) -> bool:
    """Where letters have no capital, every word may be a name."""
    return word != word.lower() or word.lower() == word.upper()


@dataclass
class Taken:
    """What was taken out: in how many rows; in how many rows of others a name too common was left, and which (model, key)."""

    rows: int = 0
    left: Counter[str] = field(default_factory=Counter)
    where: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)


def names_of(
    name: str, email: str = "", phones: Iterable[str] = (), not_phones: Iterable[str] = ()
) -> list[Name]:
    """What to look for. A name is only ever read as a name; a word alone is nobody's (« Lou »)."""
    found = []
    if name := checked_name(name):
        words = name.split(" ")
        orders = [words, words[-1:] + words[:-1], words[1:] + words[:1]]
        either = "|".join(
            (r"\s+" if order is words else r",?\s+").join(map(_letters, order)) for order in orders
        )
        found.append(Name(name, _hint(max(re.split(r"[\s‐‑-]+", name), key=len)), re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)))  # fmt: skip
    if "@" in email:
        hint = max(re.findall(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", email), key=len, default="")
        pattern = re.compile(rf"(?<![\w.+-]){re.escape(email)}(?![\w-])", re.IGNORECASE)
        found.append(Name(email, re.escape(hint), pattern, contact=True))
    for tail in _tails(phones) - _tails(not_phones):
        pattern = re.compile(rf"(?:\+\s?33|0033|0)(?:{BETWEEN}\(0\))?{BETWEEN}{BETWEEN.join(tail)}(?!\d)")
        found.append(Name(tail, "[^#]{0,8}".join(tail[-3:]), pattern, contact=True))
    return found


def _tails(phones: Iterable[str]) -> set[str]:
    return {re.sub(r"\D", "", phone)[-9:] for phone in phones if PHONE.fullmatch(phone.strip())}


def _letters(word: str) -> str:
    """A pattern for a word of a name, whatever its accents."""
    made = []
    for letter in unicodedata.normalize("NFC", word):
        base = unicodedata.normalize("NFD", letter.lower())[0]
        kept = ACCENTED.get(base)
        if base in "œæ":
            made.append(f"(?:{base}|{fold(base)})")
        else:
            made.append((f"[{kept}]" if kept else re.escape(base)) + "[\u0300-\u036f]*")
    return "".join(made)


def _hint(word: str) -> str:
    """The letters of a word that bear no accent, at their distance: JSON may write an accented letter in six characters."""
    kept, gaps = "", 0
    for letter in word.lower():
        if letter.isascii() and letter.isalpha() and letter not in ACCENTED:
            kept += letter
        elif not kept.endswith("}"):
            gaps += 1
            if gaps > 4:
                break
            kept += "[^#]{1,40}"
    return kept


def rows_by(person: Model) -> dict[str, set[Any]]:
    """The rows of declared texts that somebody wrote, read before they are forgotten."""
    found: dict[str, set[Any]] = {}
    for text in _texts:
        model: type[Model] = apps.get_model(text.model)
        may = Q()
        for column in model._meta.concrete_fields:
            if column.related_model is person._meta.model:
                may |= Q(**{column.name: person.pk})
            elif column.name == "email":
                may |= Q(email=getattr(person, "email", None))
        for way in text.by:
            may |= Q(**{way: person.pk})
        if may:
            rows = model._default_manager.filter(may).values_list("pk", flat=True)
            found.setdefault(text.model, set()).update(rows)
    return found


def take_names_out(names: list[Name], own: Mapping[str, set[Any]]) -> Taken:
    """Replaces what names somebody in every declared text, and forgets what opens a commitment of the journal that names
    them. What stands in more than twenty rows of others is left there: so common, it may mean something else. In a transaction.
    """
    taken, found = Taken(), []
    for text in _texts if names else []:
        found += [(text, row) for row in _naming(text, names)]
    for text, row in found:
        if row.pk not in own.get(text.model, ()):
            for one in names:
                if _new(text, row, [one], own):
                    taken.where.setdefault(one.word, []).append((text.model, row.pk))
    taken.where = {word: rows for word, rows in taken.where.items() if len(rows) > AT_MOST}
    taken.left = Counter({word: len(rows) for word, rows in taken.where.items()})
    for text, row in found:
        mine = row.pk in own.get(text.model, ())
        new = _new(text, row, [one for one in names if mine or one.word not in taken.left], own)
        if new:
            _rewrite(text, row, new)
            taken.rows += 1
    taken.rows += _forget_private([one for one in names if one.word not in taken.left])
    return taken


def _forget_private(names: list[Name]) -> int:
    """Forgets what opens a commitment of the journal that names somebody; a telephone may be a structure's. Returns how many."""
    kept = [one for one in names if not one.contact or "@" in one.word]
    if not kept:
        return 0
    values = PrivateReference.objects.filter(_hints("value", kept)).values_list("value", flat=True)
    return sum(erase_private(value) for value in list(values) if without(value, kept) != value)


def names_from(word: str) -> list[Name]:
    """The same way to name somebody, from the `word` of a Name."""
    if "@" in word:
        return names_of("", word)
    return names_of("", phones=[f"0{word}"]) if word.isdigit() else names_of(word)


def texts_naming(
    names: list[Name], rows: Mapping[str, set[Any]], around: int = 60
) -> list[tuple[str, Any, str]]:
    """(model, key, excerpt) of each of these rows that still names somebody, in the order of the declarations."""
    found = []
    for text, row in _rows_naming(names, rows):
        said = " … ".join(str(getattr(row, name)) for name in text.fields if getattr(row, name))
        places = [match.start() for one in names if (match := one.pattern.search(said))]
        place = min(places, default=0)
        start, end = max(0, place - around), place + 2 * around
        found.append(
            (
                text.model,
                row.pk,
                ("…" if start else "") + said[start:end].strip() + ("…" if end < len(said) else ""),
            )
        )
    return found


def take_out_of(names: list[Name], rows: Mapping[str, set[Any]]) -> int:
    """Takes names out of these rows, however many: somebody read them; and out of what opens the journal, as
    `take_names_out`. Returns how many rows of texts changed. In a transaction."""
    changed = 0
    for text, row in _rows_naming(names, rows):
        new = _new(text, row, names, {})
        if new:
            _rewrite(text, row, new)
            changed += 1
    _forget_private(names)
    return changed


def _rows_naming(names: list[Name], rows: Mapping[str, set[Any]]) -> list[tuple[FreeText, Any]]:
    wanted = [text for text in _texts if text.model in rows and names]
    return [(text, row) for text in wanted for row in _naming(text, names) if row.pk in rows[text.model]]


def _hints(label: str, names: list[Name]) -> Q:
    may = Q()
    for name in names:
        may |= Q(**{f"{label}__iregex": name.hint})
    return may


def _naming(text: FreeText, names: list[Name]) -> list[Any]:
    model: type[Model] = apps.get_model(text.model)
    may = Q()
    kept = {f"{name}_kept": Cast(name, TextField()) for name in text.fields}
    for label in kept:
        may |= _hints(label, names)
    rows = model._default_manager.annotate(**kept).filter(may)
    return [
        row for row in rows if any(without(getattr(row, name), names) != getattr(row, name) for name in text.fields)
    ]  # fmt: skip


def _new(text: FreeText, row: Any, names: list[Name], own: Mapping[str, set[Any]]) -> dict[str, Any]:
    """The fields of a row that change, and what they become."""
    mine, new = row.pk in own.get(text.model, ()), {}
    for name in text.fields:
        before = getattr(row, name)
        after = without(
            before, [one for one in names if mine or not one.contact or name not in text.contacts]
        )
        if after != before:
            column = row._meta.get_field(name)
            short = column.max_length if isinstance(column, CharField) else None
            new[name] = after[:short] if isinstance(after, str) else after
    return new


def _rewrite(text: FreeText, row: Any, new: dict[str, Any]) -> None:
    for name, value in new.items():
        setattr(row, name, value)
    row.save(update_fields=list(new))
    if text.after:
        text.after(row)


def without(value: Any, names: list[Name]) -> Any:
    """A value without the names, as deep as it goes."""
    if isinstance(value, str):
        for name in names:
            value = name.out_of(value)
        return value
    if isinstance(value, list):
        return [without(one, names) for one in value]
    if isinstance(value, dict):
        return {without(key, names): without(one, names) for key, one in value.items()}
    return value
