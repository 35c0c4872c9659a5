"""Where is it? From a postal code and a label to one commune, or to an honest silence.

A postal code never decides: 86190 is one commune inside Grand Poitiers and nine outside. Only an INSEE commune code
decides a territory; this module finds it in sources that give (postal code, label) only.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from horizon.engine.folding import fold

CURRENT = "commune-actuelle"
ARRONDISSEMENT = "arrondissement-municipal"
_ABBREVIATIONS = {
    "st": "saint",
    "ste": "sainte",
    "sts": "saints",
    "stes": "saintes",
    "s": "sur",
    "ss": "sous",
    "gd": "grand",
}
_ARTICLES = {"l", "le", "la", "les"}
_CEDEX = re.compile(r"\bcedex\b.*$")
_NUMBERED = re.compile(r"\b0*(\d{1,2})\s*(e|er|eme|ieme)?( arrondissement)?$")
_ARRONDISSEMENT = re.compile(r" (\d+)er?( arrondissement)?$")
_LEADING_POSTAL = re.compile(r"^\d{5} ")


class Resolution(NamedTuple):
    """What was found. `code` is a current commune or None; `candidates` says between whom it hesitated.

    `how`: `exact`, `former` (delegated, associated or ancient commune), `arrondissement`, `typo` (one letter, within
    the postal code), `label` (postal code absent or of a neighbour: the only one of that name in the department, or in
    France when there is no postal code), `ambiguous`, `unknown`.
    """

    code: str | None
    how: str
    candidates: tuple[str, ...] = ()


def commune_label(label: str | None) -> str:
    """The comparable form of a commune's label: folded, abbreviations opened, leading article and CEDEX dropped.

    >>> commune_label("ST-GEORGES LES BAILLARGEAUX CEDEX 9"), commune_label("L'ISLE JOURDAIN")
    ('saint georges les baillargeaux', 'isle jourdain')
    """
    text = fold(label)
    if text[:1].isdigit():
        text = _LEADING_POSTAL.sub("", text)
    if "cedex" in text:
        text = _CEDEX.sub("", text).strip()
    words = [_ABBREVIATIONS.get(word, word) for word in text.split()]
    if words and words[0] == "s":
        words[0] = "saint"
    while len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    return " ".join(words)


class CommuneResolver:
    """Resolves labels and codes over a table of communes.

    >>> toy = CommuneResolver([("86001", "Les Ormes", "commune-actuelle", "", ["86220"], [])])
    >>> toy.resolve("86220", "ORMES").code
    '86001'
    """

    def __init__(self, communes: Iterable[tuple[str, str, str, str, list[str], list[str]]]):
        """Rows of (code, name, kind, parent_code, postal_codes, former_codes)."""
        communes = list(communes)
        self.codes: dict[str, str] = {code: code for code, _, kind, *_ in communes if kind == CURRENT}
        current = set(self.codes)
        for code, _, _, parent, _, former in communes:
            if parent and code not in current:
                self.codes[code] = parent
            for old in former:
                if old not in current:
                    self.codes.setdefault(old, parent or code)
        for code in list(self.codes):
            seen = {code}
            target = self.codes[code]
            while target not in current and target in self.codes and target not in seen:
                seen.add(target)
                target = self.codes[target]
            if target in current:
                self.codes[code] = target
            else:
                del self.codes[code]
        self._communes = communes

    @cached_property
    def _names(self) -> tuple[dict[str, dict[str, set[tuple[str, str]]]], dict[str, set[tuple[str, str]]]]:
        """(communes and how by postal code and label, the same by label). Reading every name takes a while: only those who
        look for a label pay it."""
        by_postal: dict[str, dict[str, set[tuple[str, str]]]] = defaultdict(lambda: defaultdict(set))
        by_label: dict[str, set[tuple[str, str]]] = defaultdict(set)
        communes = self._communes
        postal_of = {code: postal for code, _, kind, _, postal, _ in communes if kind == CURRENT}
        for code, name, kind, _, postal, _ in communes:
            if kind != CURRENT and code not in self.codes:
                continue
            target = code if kind == CURRENT else self.codes[code]
            how = {CURRENT: "exact", ARRONDISSEMENT: "arrondissement"}.get(kind, "former")
            spelled = commune_label(name)
            for form in (
                {spelled, _ARRONDISSEMENT.sub(r" \1", spelled)} if kind == ARRONDISSEMENT else {spelled}
            ):
                by_label[form].add((target, how))
                for postal_code in postal or postal_of.get(target, []):
                    by_postal[postal_code][form].add((target, how))
                if how == "former":
                    for postal_code in postal_of.get(target, []):
                        by_postal[postal_code][form].add((target, how))
        return by_postal, by_label

    def resolve_code(self, code: str | None) -> str | None:
        """The current commune of any INSEE code ever known, or None."""
        return self.codes.get((code or "").strip().upper())

    def resolve(self, postal_code: str | None, label: str | None) -> Resolution:
        """The current commune of (postal code, label); never a guess between two."""
        postal = re.sub(r"\s", "", postal_code or "")
        form = commune_label(label)
        if not form:
            return Resolution(None, "unknown")
        forms = [form]
        if (numbered := _NUMBERED.search(form)) and (stripped := _NUMBERED.sub("", form).strip()):
            forms += [f"{stripped} {numbered.group(1)}", stripped]
        by_postal, by_label = self._names
        here = by_postal.get(postal, {})
        for candidate in forms:
            if candidate in here:
                return _decide(here[candidate])
        if here:
            near = {
                found for other, found_set in here.items() if within_one(form, other) for found in found_set
            }
            if near and len(form) >= 5:
                decided = _decide(near)
                return decided._replace(how="typo") if decided.code else decided
        for candidate in forms:
            known = by_label.get(candidate)
            if not known:
                continue
            if postal:
                department = postal[:3] if postal[:2] in {"97", "98"} else postal[:2]
                corsica = {"20": ("2A", "2B")}.get(department, (department,))
                known = {found for found in known if found[0].startswith(corsica)}
            if known:
                decided = _decide(known)
                return decided._replace(how="label") if decided.code else decided
        return Resolution(
            None, "unknown", tuple(sorted({code for found in here.values() for code, _ in found}))
        )

    def unambiguous_names(self) -> Iterator[tuple[tuple[str, str], str]]:
        """((postal code, comparable label), code) for every pair that leads to exactly one commune."""
        for postal, names in self._names[0].items():
            for name, found in names.items():
                decided = _decide(found)
                if decided.code:
                    yield (postal, name), decided.code


def within_one(a: str, b: str) -> bool:
    """Whether two words differ by at most one letter added, dropped, changed, or two neighbours swapped."""
    if a == b:
        return True
    if abs(len(a) - len(b)) > 1:
        return False
    if len(a) > len(b):
        a, b = b, a
    start = 0
    while start < len(a) and a[start] == b[start]:
        start += 1
    if len(a) == len(b):
        rest_a, rest_b = a[start:], b[start:]
        swapped = rest_a[1:2] + rest_a[:1] + rest_a[2:]
        return rest_a[1:] == rest_b[1:] or swapped == rest_b
    return a[start:] == b[start + 1 :]


def _decide(found: set[tuple[str, str]]) -> Resolution:
    codes = sorted({code for code, _ in found})
    if len(codes) == 1:
        hows = {how for _, how in found}
        return Resolution(codes[0], "exact" if "exact" in hows else sorted(hows)[0])
    exact = sorted({code for code, how in found if how == "exact"})
    if len(exact) == 1:
        return Resolution(exact[0], "exact", tuple(codes))
    return Resolution(None, "ambiguous", tuple(codes))
