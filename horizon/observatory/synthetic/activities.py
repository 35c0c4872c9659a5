"""What the made-up structures do: the grammar files read into plain values."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from horizon.observatory.synthetic.territory import GRAMMAR

_ASSOCIATION_FILES = (
    "sport",
    "culture",
    "loisirs",
    "education",
    "soin",
    "habitat_mobilite",
    "alimentation",
    "environnement",
    "emploi",
    "vie_locale",
    "vague",
    "exclusions",
)


@dataclass(frozen=True)
class Activity:
    """One kind of association: how often, where, under which codes, how it is named and what it says it does."""

    key: str
    share: float
    names: tuple[str, ...]
    objects: tuple[str, ...]
    rna: tuple[str, ...]
    naf: Mapping[str, float]
    employer: float
    lists: Mapping[str, tuple[str, ...]]
    legal: Mapping[str, float] = field(default_factory=lambda: {"9220": 1})
    place: str = "any"
    size: str = "small"
    oldest: int = 1972
    nature: str = "D"
    group: str = "S"
    vague: bool = False
    outside: bool = False
    register: str = "both"


@dataclass(frozen=True)
class CompanyKind:
    """One family of social-economy units that are not associations; `kinds` pairs a NAF code and name patterns.

    A NAF code may carry the legal category it implies: "64.19Z/5194".
    """

    key: str
    count: int
    legal: Mapping[str, float]
    flag: float
    listed: float
    kinds: tuple[tuple[str, tuple[str, ...]], ...]
    lists: Mapping[str, tuple[str, ...]]
    place: str = "any"
    size: str = "small"
    esus: float = 0.0


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((GRAMMAR / f"{name}.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def lexicon() -> dict[str, tuple[str, ...]]:
    """The words shared by all activities, by list name."""
    return {name: tuple(words) for name, words in _read("lexicon").items()}


def _split_fields(entry: dict[str, Any], model: type) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
    """Known fields of the model apart from local word lists, lists becoming tuples."""
    known = set(model.__dataclass_fields__)  # type: ignore[attr-defined]
    fields = {key: tuple(v) if isinstance(v, list) else v for key, v in entry.items() if key in known}
    lists = {key: tuple(v) for key, v in entry.items() if key not in known and isinstance(v, list)}
    return fields, lists


@lru_cache(maxsize=1)
def activities() -> tuple[Activity, ...]:
    """Every kind of association, in the order of the grammar files."""
    found = []
    more_names = _read("variety")
    for name in _ASSOCIATION_FILES:
        for entry in _read(name)["activity"]:
            fields, lists = _split_fields(entry, Activity)
            fields["names"] += tuple(more_names.get(fields["key"], ()))
            found.append(Activity(**fields, lists={**lexicon(), **lists}))
    return tuple(found)


@lru_cache(maxsize=1)
def company_kinds() -> tuple[CompanyKind, ...]:
    """Every family of the social economy that is not an association."""
    found = []
    for entry in _read("societes")["company"]:
        fields, lists = _split_fields(entry, CompanyKind)
        pairs = []
        for line in entry["kinds"]:
            naf, *patterns = [part.strip() for part in line.split(" ; ")]
            pairs.append((naf, tuple(patterns)))
        fields["kinds"] = tuple(pairs)
        found.append(CompanyKind(**fields, lists={**lexicon(), **lists}))
    return tuple(found)


@lru_cache(maxsize=1)
def conventional() -> dict[str, Any]:
    """Codes and words of the conventional companies, which serve as denominators only."""
    return _read("conventional")


@lru_cache(maxsize=1)
def naf_2025_codes() -> dict[str, str]:
    """A NAF 2025 code for each NAF rev. 2 code in use here (one of the possible ones, for show)."""
    pairs = (GRAMMAR / "naf_pairs.csv").read_text(encoding="utf-8").split()
    return dict(pair.split(",") for pair in pairs[1:])
