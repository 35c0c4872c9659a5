"""The fictitious population: who exists, where, since when, with how many employees.

Nothing here knows about files: `registers` writes what is drawn here. Every draw comes from the Random given,
in a fixed order, so the same seed gives the same population.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from horizon.engine.folding import fold
from horizon.observatory.synthetic import french
from horizon.observatory.synthetic.activities import Activity, CompanyKind, activities, company_kinds
from horizon.observatory.synthetic.territory import Address, Commune, Territory
from horizon.observatory.synthetic.wording import Wording, split_tags

VINTAGE = date(2026, 11, 1)
_LAST_DAY = date(2026, 10, 16)

# INSEE staff bands by size of structure; '00' is an employer without staff on the last day of the year.
_BANDS: Mapping[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "small": (("00", "01", "02", "03", "11", "12", "NN"), (6, 42, 26, 12, 7, 2, 5)),
    "medium": (("00", "01", "02", "03", "11", "12", "21", "NN"), (3, 14, 20, 23, 22, 12, 3, 3)),
    "large": (("02", "03", "11", "12", "21", "22", "31", "NN"), (10, 14, 26, 27, 13, 6, 2, 2)),
}
_INFINITIVE = re.compile(r"[a-zéè']+(er|ir|re|oir)\b")
_PLACED = re.compile(r"commune|\{[a-z:]*(lieu|pays)\}| ; ")
_OPENINGS = (
    "l'association a pour but",
    "cette association a pour objet",
    "association ayant pour objet",
    "l'association se donne pour mission",
)
_GROUNDS = (
    "{a:commune} et dans les communes voisines",
    "sur le territoire {de:commune}",
    "en Grand Poitiers",
    "sur {pays} et alentour",
    "au profit des habitants {de:lieu}",
    "dans le secteur {de:lieu}",
)
_LINK_WORDS = frozenset(
    (
        "de",
        "du",
        "des",
        "la",
        "le",
        "les",
        "et",
        "en",
        "au",
        "aux",
        "association",
        "pour",
        "un",
        "une",
        "dans",
    )
)
# Tunes the employer rates of the grammar to about a thousand employers in all.
_EMPLOYER_SHARE = 0.79
_TAILS = (
    "organisation de manifestations destinées à financer ces activités",
    "toute activité se rattachant directement ou indirectement à cet objet",
    "mise en commun de moyens et de matériel entre les adhérents",
    "organisation de sorties, stages et rencontres",
    "échanges avec les associations poursuivant un but semblable",
    "édition d'un bulletin et animation d'un site",
    "ces activités sont ouvertes {a:public}",
    "formation des bénévoles",
)


@dataclass
class Structure:
    """One fictitious structure, before it becomes rows of one or several registers."""

    name: str
    purpose: str
    rna_objects: tuple[str, ...]
    naf: str
    legal: str
    address: Address
    created: date
    key: str
    acronym: str = ""
    website: str = ""
    declared: date | None = None
    dissolved: date | None = None
    closed: date | None = None
    employer: bool = False
    band: str = "NN"
    at_home: bool = False
    nature: str = "D"
    group: str = "S"
    size: str = "small"
    in_rna: bool = False
    in_sirene: bool = False
    excluded: bool = False
    flag: str = ""
    listed: bool = False
    esus: bool = False
    branches: list[Address] = field(default_factory=list)

    @property
    def commune(self) -> Commune:
        """The commune of the seat."""
        return self.address.commune


class Names:
    """Keeps names different from one another and from those that must not be used, after folding."""

    def __init__(self, forbidden: Sequence[str] = ()):
        self._taken = {fold(name) for name in forbidden}

    def accept(self, name: str) -> bool:
        """True, once, for a name not seen before."""
        key = fold(name)
        if not key or key in self._taken:
            return False
        self._taken.add(key)
        return True


def _weighted(rng: Random, weights: Mapping[str, float]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def _draw_date(rng: Random, oldest: int, skew: float = 1.7) -> date:
    """A day between 1 January of `oldest` and the month before the vintage, recent years more often."""
    first = date(oldest, 1, 1).toordinal()
    span = _LAST_DAY.toordinal() - first
    return date.fromordinal(_LAST_DAY.toordinal() - int(span * rng.random() ** skew))


def draw_band(rng: Random, size: str) -> str:
    """A staff band for an employer of that size class."""
    return rng.choices(*_BANDS[size])[0]


def facts_of_place(
    rng: Random, territory: Territory, commune: Commune, pattern: str, lists: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """What a name may say of the place: commune, neighbour, landscape (long and short), hamlet or district."""
    if commune.is_centre and rng.random() < 0.8:
        spot = rng.choice(lists["quartier"])
    else:
        spot = rng.choice(lists["lieu_dit"])
        ends_there = pattern.endswith((":lieu}", "{lieu}")) and "commune" not in pattern
        if ends_there and not commune.is_centre and rng.random() < 0.5:
            spot = f"{spot} {french.with_a(commune.name)}"
    landscape = rng.choice(commune.landscape)
    return {
        "commune": commune.name,
        "voisine": territory.neighbour(rng, commune).name,
        "pays": landscape,
        "val": territory.short_names.get(landscape) or french.upper_noun(french.without_article(landscape)),
        "lieu": spot,
    }


def _write_purpose(rng: Random, wording: Wording, activity: Activity) -> str:
    """One to three clauses in the style of the RNA, separated by semicolons.

    Purposes that bear a tag of the name come first; those without any tag serve when none does.
    """
    tagged = [(text, set(tags)) for text, tags in map(split_tags, activity.objects)]
    wanted = set(wording.tags)
    fitting = [text for text, tags in tagged if tags & wanted] or [text for text, tags in tagged if not tags]
    chosen = rng.sample(fitting, min(len(fitting), 2 if not activity.vague and rng.random() < 0.3 else 1))
    clauses = [wording.write(text) for text in chosen]
    if not clauses[0]:
        return ""
    first = clauses[0][:1].lower() + clauses[0][1:]
    style = rng.random()
    if style < 0.1 and _INFINITIVE.match(first):
        clauses[0] = f"{rng.choice(_OPENINGS)} {french.with_de(first)}"
    elif style < 0.24 and not _PLACED.search(chosen[0]):
        clauses[0] = f"{first} {wording.write(rng.choice(_GROUNDS), sentence=False)}"
    if rng.random() < (0.1 if activity.vague else 0.28):
        clauses.append(wording.write(rng.choice(_TAILS)))
    text = " ; ".join(dict.fromkeys(clause[:1].lower() + clause[1:] for clause in clauses))
    return french.upper_first(text) + "." if rng.random() < 0.35 else text


def _website(rng: Random, name: str) -> str:
    words = [w for w in fold(name).split() if len(w) > 1 and w not in _LINK_WORDS][:4]
    if not words:
        return ""
    host = rng.choice(("-", "-", "")).join(words)
    return rng.choice((f"https://www.{host}.example", f"https://{host}.example/", f"www.{host}.example"))


def _name(
    rng: Random,
    territory: Territory,
    commune: Commune,
    patterns: Sequence[str],
    lists: Mapping[str, Sequence[str]],
    names: Names,
) -> tuple[str, Wording]:
    """A name nobody bears yet, and the wording that remembers its words and tags."""
    for attempt in range(60):
        pattern = rng.choice(patterns)
        wording = Wording(rng, lists, facts_of_place(rng, territory, commune, split_tags(pattern)[0], lists))
        name = wording.write(pattern, proper=True)
        if attempt > 8 and commune.name not in name:
            name = f"{name} {french.with_de(commune.name)}"
        if names.accept(name):
            return name, wording
    raise ValueError(f"no free name left for patterns {patterns[:2]} in {commune.name}")


def draw_association(rng: Random, territory: Territory, names: Names, activity: Activity) -> Structure:
    """One association: its name and purpose agree with its NAF code and its RNA social object."""
    commune = territory.draw_commune(rng, activity.place)
    name, wording = _name(rng, territory, commune, activity.names, activity.lists, names)
    purpose = _write_purpose(rng, wording, activity)
    employer = rng.random() < activity.employer * _EMPLOYER_SHARE
    created = _draw_date(rng, activity.oldest if rng.random() < 0.25 else max(activity.oldest, 1978))
    second = rng.choice(activity.rna) if rng.random() < 0.2 else ""
    first = wording.rna_object or rng.choice(activity.rna)
    structure = Structure(
        name=name,
        purpose=purpose,
        rna_objects=(first, second if second != first else ""),
        naf=_weighted(rng, activity.naf) if employer or rng.random() < 0.55 else "94.99Z",
        legal=_weighted(rng, activity.legal),
        address=territory.draw_address(rng, commune),
        created=created,
        key=activity.key,
        employer=employer,
        nature=activity.nature,
        group=activity.group,
        size=activity.size,
        excluded=activity.outside,
        in_rna=activity.register == "both",
        in_sirene=employer or activity.register == "sirene",
    )
    if structure.legal == "9220" and employer and activity.size == "large" and rng.random() < 0.08:
        structure.legal = "9230"
    if activity.outside and activity.register == "both":
        structure.naf = _weighted(rng, activity.naf)
    initials = french.acronym(name)
    if initials and rng.random() < 0.22:
        structure.acronym = initials
    if rng.random() < (0.55 if employer else 0.09):
        structure.website = _website(rng, name)
    structure.at_home = not employer and rng.random() < 0.55
    structure.declared = _declaration(rng, created, employer)
    if employer:
        structure.band = draw_band(rng, activity.size)
        structure.branches = _draw_branches(rng, territory, structure)
    return structure


def _declaration(rng: Random, created: date, employer: bool) -> date:
    """Date of the last declaration; about one association in seven has been silent for more than ten years."""
    floor = max(created, date(2005, 1, 1))
    if not employer and rng.random() < 0.16:
        return (
            min(floor + timedelta(days=rng.randint(0, 2600)), date(2015, 12, 20))
            if floor < date(2014, 1, 1)
            else floor
        )
    recent = max(floor, date(2017, 1, 1))
    return _LAST_DAY - timedelta(days=int((_LAST_DAY - recent).days * rng.random() ** 1.4))


def _draw_branches(rng: Random, territory: Territory, structure: Structure) -> list[Address]:
    """Secondary establishments of the larger employers, sometimes in the communes around."""
    most = {"12": 2, "21": 4, "22": 6, "31": 8}.get(structure.band, 0)
    count = rng.randint(0, most) if most else int(rng.random() < 0.07)
    around = [structure.commune, territory.neighbour(rng, structure.commune)]
    return [territory.draw_address(rng, rng.choice(around)) for _ in range(count)]


def draw_company(rng: Random, territory: Territory, names: Names, kind: CompanyKind) -> Structure:
    """One co-operative, mutual, foundation or commercial company of the social economy."""
    commune = territory.draw_commune(rng, kind.place if kind.place != "any" else "urban")
    naf, patterns = rng.choice(kind.kinds)
    name, _ = _name(rng, territory, commune, patterns, kind.lists, names)
    naf, _, implied = naf.partition("/")
    legal = implied or _weighted(rng, kind.legal)
    employer = rng.random() < 0.9
    structure = Structure(
        name=name,
        purpose="",
        rna_objects=("", ""),
        naf=naf,
        legal=legal,
        address=territory.draw_address(rng, commune),
        created=_draw_date(rng, 1995 if kind.key not in ("mutuelle", "coop_agricole", "cuma") else 1950),
        key=kind.key,
        employer=employer,
        size=kind.size,
        in_sirene=True,
        flag="O" if rng.random() < kind.flag else "",
        listed=rng.random() < kind.listed,
        esus=rng.random() < kind.esus,
    )
    if employer:
        structure.band = draw_band(rng, kind.size)
        structure.branches = _draw_branches(rng, territory, structure)
    if not (structure.flag or structure.listed):
        structure.flag = "O"
    initials = french.acronym(name)
    if initials and rng.random() < 0.12:
        structure.acronym = initials
    return structure


def draw_associations(rng: Random, territory: Territory, count: int, names: Names) -> list[Structure]:
    """So many associations, with their life events (asleep, dissolved, closed)."""
    kinds = activities()
    drawn = rng.choices(kinds, [activity.share for activity in kinds], k=count)
    people = [draw_association(rng, territory, names, activity) for activity in drawn]
    for structure in people:
        _live(rng, structure)
    return people


def draw_companies(rng: Random, territory: Territory, names: Names) -> list[Structure]:
    """The co-operatives, mutuals, foundations and commercial companies of the social economy."""
    people = [
        draw_company(rng, territory, names, kind) for kind in company_kinds() for _ in range(kind.count)
    ]
    for structure in people:
        _live(rng, structure)
    return people


def _live(rng: Random, structure: Structure) -> None:
    """Registration in SIRENE, flag and list, dissolution, closure."""
    if structure.legal.startswith("92") or structure.in_rna:
        if structure.in_rna and not structure.in_sirene:
            structure.in_sirene = rng.random() < 0.29
        if structure.in_sirene and not structure.excluded:
            structure.flag = "O" if rng.random() < 0.82 else ""
            structure.listed = rng.random() < (0.88 if structure.employer else 0.42)
        if not structure.employer and rng.random() < 0.06:
            after = max(structure.created, structure.declared or structure.created)
            structure.dissolved = min(after + timedelta(days=rng.randint(40, 2500)), _LAST_DAY)
    if (
        structure.in_sirene
        and not structure.employer
        and rng.random() < (0.9 if structure.dissolved else 0.07)
    ):
        days = (_LAST_DAY - structure.created).days
        structure.closed = structure.dissolved or structure.created + timedelta(
            days=int(days * (0.3 + 0.7 * rng.random()))
        )
    elif structure.in_sirene and structure.employer and rng.random() < 0.02:
        structure.closed = _LAST_DAY - timedelta(days=rng.randint(10, 1500))
        structure.closed = max(structure.closed, structure.created)
        structure.band = "NN"
