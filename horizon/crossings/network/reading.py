"""Every link of the territory in memory, built again when something of it changed: links declared, deals concluded, entries."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from django.db.models import Count, Max

from horizon.actors.models import Organization, OrganizationLink
from horizon.actors.services.links import DEPTH
from horizon.directory.licences import kept_entries, kept_fields, unnamed_in
from horizon.directory.models import Entry, Publication
from horizon.engine.folding import fold
from horizon.exchange.queries import exchanges_between, exchanges_stamp
from horizon.kernel.templatetags.atlas import day

EXCHANGE = "exchange"
KINDS: dict[str, str] = {**dict(OrganizationLink.KINDS), EXCHANGE: "a échangé avec"}
SEEN_FROM_TARGET: dict[str, str] = {**OrganizationLink.SEEN_FROM_TARGET, EXCHANGE: "a échangé avec"}
UNDIRECTED = OrganizationLink.SYMMETRIC | {EXCHANGE}
ESS, PUBLIC, PARTNER = "ess", "public", "partner"
SECTORS = {
    ESS: "économie sociale et solidaire",
    PUBLIC: "collectivité ou administration",
    PARTNER: "économie conventionnelle",
}
GIVEN = ("name", "commune", "doors", "poles")
_COLUMNS = (
    "organization_id", "organization__public_id", "organization__kind", "name", "commune_id", "commune__name", "family",
    "legal_category", "doors", "poles", "is_actor", "exclusions",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """A structure of the network. `sector` is one of SECTORS; `actor` as the directory counts them; `kept` names what its
    licence keeps on the site's pages."""

    pk: int
    public_id: str
    name: str
    commune: str = ""
    commune_name: str = ""
    family: str = ""
    sector: str = ESS
    doors: tuple[str, ...] = ()
    poles: tuple[str, ...] = ()
    actor: bool = False
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tie:
    """A link as the network counts it: one of a kind between two structures, whatever they were merged from.

    `key` is the public id of a declared link, empty for exchanges; `source` says on whose word, by a name that its licence
    keeps on the pages when `kept`.
    """

    kind: str
    origin: Node
    target: Node
    confirmed: bool
    source: str
    since: str = ""
    times: int = 1
    key: str = ""
    kept: bool = False

    @property
    def verb(self) -> str:
        """What the origin is to the target, in French."""
        return KINDS[self.kind]

    def seen_from(self, node: Node) -> tuple[str, Node]:
        """The relation and the other structure, seen from one end."""
        if node.pk == self.origin.pk:
            return KINDS[self.kind], self.target
        return SEEN_FROM_TARGET[self.kind], self.origin

    @property
    def state(self) -> str:
        """Confirmed or not, in one word or two."""
        return "confirmé" if self.confirmed else "sans réponse"


@dataclass(frozen=True)
class Network:
    """All ties, by the names of their ends; every structure of the publication that has one or is an actor."""

    nodes: dict[int, Node]
    ties: tuple[Tie, ...]
    stamp: tuple
    merged: dict[str, int] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.stamp)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and other.stamp == self.stamp

    def named(self, public_id: str) -> Node | None:
        """The structure of a public id, or the one that it is read as."""
        found = next((node for node in self.nodes.values() if node.public_id == public_id), None)
        return found or self.nodes.get(self.merged.get(public_id, 0))


def network(publication: Publication) -> Network:
    """The network of a publication, as it is now. Two queries once built; nine to build it, whatever the rows."""
    links = OrganizationLink.objects.aggregate(n=Count("pk"), last=Max("changed_at"))
    stamp = (
        publication.pk, publication.edition, publication.published_at, links["n"], links["last"], *exchanges_stamp(),
    )  # fmt: skip
    return _build(stamp)


@lru_cache(maxsize=2)
def _build(stamp: tuple) -> Network:
    folded = list(
        Organization.objects.exclude(canonical=None).order_by().values_list("pk", "canonical_id", "public_id")
    )
    canonical = {pk: into for pk, into, _ in folded}

    def whole(pk: int) -> int:
        for _ in range(len(canonical)):
            if pk not in canonical:
                break
            pk = canonical[pk]
        return pk

    links = list(
        OrganizationLink.objects.filter(status__in=OrganizationLink.OPEN)
        .select_related(*DEPTH)
        .order_by("declared_at", "pk")
    )
    exchanged = exchanges_between()
    ends = {whole(pk) for link in links for pk in (link.origin_id, link.target_id)}
    ends |= {whole(pk) for pair in exchanged for pk in (pair.holder, pair.opener)}
    fields, kept = kept_fields(), kept_entries(stamp[0])
    nodes = _nodes(stamp[0], ends, fields, {one for one, _ in kept.values()})
    unnamed = unnamed_in(kept) | {pk for pk, codes in fields.items() if "name" in codes}
    found: dict[tuple[str, int, int], Tie] = {}
    for link in links:
        tie = _declared(link, nodes[whole(link.origin_id)], nodes[whole(link.target_id)], unnamed)
        known = found.get((tie.kind, tie.origin.pk, tie.target.pk))
        if tie.origin is not tie.target and (known is None or (tie.confirmed and not known.confirmed)):
            found[tie.kind, tie.origin.pk, tie.target.pk] = tie
    for tie in exchange_ties(
        [
            pair._replace(holder=whole(pair.holder), opener=whole(pair.opener))
            for pair in exchanged
        ],
        nodes,
    ):  # fmt: skip
        found[tie.kind, tie.origin.pk, tie.target.pk] = tie
    ties = sorted(found.values(), key=lambda tie: (fold(tie.origin.name), fold(tie.target.name), tie.kind))
    return Network(
        nodes, tuple(ties), stamp, {public_id: whole(pk) for pk, _, public_id in folded if pk not in nodes}
    )


def _nodes(
    publication_id: int, ends: set[int], fields: dict[int, set[str]], whole: set[int]
) -> dict[int, Node]:
    nodes: dict[int, Node] = {}
    rows = Entry.objects.filter(publication_id=publication_id, active=True, folded=False).order_by()
    for (
        pk,
        public_id,
        kind,
        name,
        commune,
        where,
        family,
        legal,
        doors,
        poles,
        actor,
        out,
    ) in rows.values_list(*_COLUMNS):
        if actor or pk in ends:
            public = kind == Organization.PUBLIC or "public" in out or legal.startswith("7")
            partner = kind == Organization.PARTNER or "partner" in out
            sector = PUBLIC if public else PARTNER if partner else ESS
            nodes[pk] = Node(
                pk,
                public_id,
                name,
                commune,
                where,
                family,
                sector,
                tuple(doors),
                tuple(poles),
                actor,
                tuple(code for code in GIVEN if pk in whole or code in fields.get(pk, ())),
            )
    for one in Organization.objects.filter(pk__in=ends - nodes.keys()):  # left the registers since
        known = one.kind == Organization.REGISTER
        nodes[one.pk] = Node(one.pk, one.public_id, one.name, kept=() if known else GIVEN)
    return nodes


def _declared(link: OrganizationLink, origin: Node, target: Node, unnamed: set[int]) -> Tie:
    if link.kind in UNDIRECTED and origin.pk > target.pk:
        origin, target = target, origin
    return Tie(
        link.kind, origin, target, link.status == OrganizationLink.CONFIRMED, link.told, str(link.since or ""),
        key=link.public_id, kept=bool({link.origin_id, link.target_id} & unnamed),
    )  # fmt: skip


def exchange_ties(pairs, nodes: dict[int, Node]) -> list[Tie]:
    """One tie for two structures that concluded deals, whoever held the listing."""
    told: dict[tuple[int, int], list] = {}
    for pair in pairs:
        key = (min(pair.holder, pair.opener), max(pair.holder, pair.opener))
        if key[0] != key[1]:
            times, first, last = told.get(key, (0, pair.first, pair.last))
            told[key] = [times + pair.times, min(first, pair.first), max(last, pair.last)]
    return [
        Tie(
            EXCHANGE, nodes[one], nodes[other], True,
            f"{times} accords confirmés par les deux, le dernier le {day(last)}" if times > 1
            else f"un accord confirmé par les deux, le {day(last)}",
            str(first.year), times,
        )
        for (one, other), (times, first, last) in told.items()
    ]  # fmt: skip


def forget() -> None:
    """Drops what is kept in memory."""
    _build.cache_clear()
