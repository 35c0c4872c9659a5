"""Which structures of the directory may a line of a table be? One narrow door, so that a better judge can take its place."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import fuzz, process

from horizon.actors.models import Organization
from horizon.directory.models import Entry, Identifier
from horizon.directory.queries import current_publication
from horizon.engine.folding import fold
from horizon.engine.tables.meaning import digits

CLOSE = (
    88  # of 100: « le tilleul vert » and « tilleul vert association » are one name, « tilleul bleu » is not
)
AT_MOST = 4
Found = list[tuple[Organization, str, bool]]
_EMPTY = frozenset("association asso assoc ass le la les l de du des d et en a au aux loi 1901".split())  # noqa: SIM905


def likely_existing(values: Mapping[str, str]) -> Found:
    """`(organization, why in French, sure)`, the surest first, from `name`, `commune` (a code), `siren`, `siret`, `rna`,
    `website` and `phone`. Two or three queries; merged organizations answer with their canonical one.
    """
    publication = current_publication()
    if publication is None:
        return []
    index = _index(publication.pk, publication.edition, publication.published_at.isoformat())
    reasons: dict[int, tuple[str, bool]] = {}
    keys = register_keys(values)
    for row in Identifier.objects.filter(key__in=keys).select_related("organization"):
        pk = row.organization.canonical_id or row.organization_id
        reasons.setdefault(pk, (f"même {row.key.partition(':')[0].upper()}", True))
    for name, known, comparable in (
        ("site", index.websites, website_key),
        ("téléphone", index.phones, phone_key),
    ):
        said = comparable(values.get("website" if name == "site" else "phone", ""))
        sharing = known.get(said, ()) if said else ()
        for pk in sharing[:AT_MOST]:
            alone = len(sharing) == 1
            reasons.setdefault(
                pk, (f"même {name}" + ("" if alone else ", que plusieurs structures partagent"), alone)
            )
    for pk, reason in index.close_names(values.get("name", ""), values.get("commune", "")):
        reasons.setdefault(pk, (reason, False))
    organizations = Organization.objects.in_bulk(reasons) if reasons else {}
    found = [
        (organizations[pk], reason, sure) for pk, (reason, sure) in reasons.items() if pk in organizations
    ]
    return sorted(found, key=lambda one: not one[2])[:AT_MOST]


def register_keys(values: Mapping[str, str]) -> list[str]:
    """The keys that registers may know a structure by; a SIRET starts with its SIREN."""
    siren = digits(values.get("siren", "")) or digits(values.get("siret", ""))[:9]
    rna = values.get("rna", "").strip().upper()
    return [f"{kind}:{key}" for kind, key in (("siren", siren), ("rna", rna)) if key]


def website_key(text: str) -> str:
    """A web address without what does not tell one site from another.

    >>> website_key("https://www.Tilleul.fr/"), website_key("tilleul.fr"), website_key("https://facebook.com")
    ('tilleul.fr', 'tilleul.fr', '')
    """
    bare = re.sub(r"^(?:https?://)?(?:www\.)?", "", text.strip().lower()).rstrip("/")
    shared = bare.partition("/")[0] in {
        "facebook.com",
        "instagram.com",
        "linkedin.com",
        "helloasso.com",
        "fr-fr.facebook.com",
    }
    return "" if shared and "/" not in bare else bare


def phone_key(text: str) -> str:
    """The digits of a telephone number, French ones with their zero."""
    return re.sub(r"^(?:\+33|0033)0?", "0", re.sub(r"[^\d+]", "", text))


def comparable_name(name: str) -> str:
    """A name without the words that do not tell one structure from another."""
    words = fold(name).split()
    return " ".join([word for word in words if word not in _EMPTY] or words)


@dataclass(frozen=True)
class _Index:
    websites: dict[str, list[int]]
    phones: dict[str, list[int]]
    names: dict[str, dict[str, list[int]]] = field(default_factory=dict)

    def close_names(self, name: str, commune: str) -> list[tuple[int, str]]:
        here = self.names.get(commune, {})
        wanted = comparable_name(name)
        if not wanted or not here:
            return []
        if wanted in here:
            return [(pk, "même nom, même commune") for pk in here[wanted]]
        found = process.extract(
            wanted, here.keys(), scorer=fuzz.token_sort_ratio, score_cutoff=CLOSE, limit=AT_MOST
        )
        return [(pk, "nom très proche, même commune") for close, *_ in found for pk in here[close]]


@lru_cache(maxsize=1)
def _index(publication_id: int, edition: str, published_at: str) -> _Index:
    """What the directory says, to compare with, kept until it says something else. One query."""
    websites: dict[str, list[int]] = defaultdict(list)
    phones: dict[str, list[int]] = defaultdict(list)
    names: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    rows = Entry.objects.filter(publication_id=publication_id).order_by("ordinal")
    columns = ("organization_id", "name", "acronym", "website", "phone", "commune_id")
    for pk, name, acronym, website, phone, commune in rows.values_list(*columns).iterator(chunk_size=5000):
        names[commune][comparable_name(name)].append(pk)
        if len(acronym) > 3:
            names[commune][comparable_name(acronym)].append(pk)
        if key := website_key(website):
            websites[key].append(pk)
        if key := phone_key(phone):
            phones[key].append(pk)
    return _Index(dict(websites), dict(phones), {code: dict(known) for code, known in names.items()})
