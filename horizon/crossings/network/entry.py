"""On the page of a structure: with whom it works, as a table, and what its people may do about it."""

from __future__ import annotations

from django.urls import reverse

from horizon.actors.models import Organization, OrganizationLink
from horizon.actors.queries import links_of
from horizon.crossings.network.reading import Node, Tie, exchange_ties
from horizon.directory.models import Entry
from horizon.engine.folding import fold
from horizon.exchange.queries import exchanges_between
from horizon.kernel.registry import Cell, Table, declare_table
from horizon.kernel.templatetags.atlas import plural

SHOWN = 12
HEAD = ("Relation", "Avec", "Quand", "État", "Source")


def declare() -> None:
    """Shows it on an entry."""
    declare_table("entry", with_whom)


def with_whom(entry: Entry) -> Table:
    """Links and exchanges, confirmed ones first. Two queries, three when it exchanged."""
    organization = entry.organization
    here = Node(organization.pk, organization.public_id, entry.name)
    seen: dict[tuple, Tie] = {}
    for link in links_of(organization).filter(status__in=OrganizationLink.OPEN).order_by("declared_at", "pk"):
        origin, target = (
            here if one.pk == here.pk else Node(one.pk, one.public_id, one.name)
            for one in (link.first, link.second)
        )
        tie = Tie(
            link.kind, origin, target, link.status == OrganizationLink.CONFIRMED, link.told,
            str(link.since or ""), key=link.public_id,
        )  # fmt: skip
        key = (*tie.seen_from(here)[:1], tie.seen_from(here)[1].pk)
        if origin.pk != target.pk and (key not in seen or tie.confirmed):
            seen[key] = tie
    ties = [*seen.values(), *_exchanges(here)]
    ties.sort(key=lambda tie: (not tie.confirmed, fold(tie.seen_from(here)[1].name), tie.kind))
    address = reverse("portal:network")
    more = len(ties) - SHOWN
    return Table(
        title="Avec qui", head=HEAD, rows=tuple(_row(tie, here) for tie in ties[:SHOWN]),
        empty="Aucun lien n’est encore noté : ni fournisseur, ni salle prêtée, ni fédération.",
        source=(f"Et {plural(more, 'autre', 'autres')} dans le réseau. " if more > 0 else "")
        + "Un lien est dit par l’une, confirmé par l’autre ; « sans réponse » tant qu’elle ne l’a pas fait.",
        links=(
            (f"{address}?autour={here.public_id}", "La voir dans le réseau"),
            (f"{reverse('portal:ways')}?a={here.public_id}", "Par qui passer pour la joindre"),
        ) if ties else ((f"{reverse('portal:ways')}?a={here.public_id}", "Par qui passer pour la joindre"),),
        acts=(
            (reverse("care:declare-link", args=[here.public_id]), "Noter un lien"),
            (reverse("actors:links", args=[here.public_id]), "Tous ses liens"),
        ),
    )  # fmt: skip


def _exchanges(here: Node) -> list[Tie]:
    pairs = exchanges_between(here.pk)
    if not pairs:
        return []
    ends = {pk for pair in pairs for pk in (pair.holder, pair.opener)}
    known = {
        one.pk: one.canonical or one
        for one in Organization.objects.filter(pk__in=ends).select_related("canonical")
    }
    nodes = {one.pk: Node(one.pk, one.public_id, one.name) for one in known.values()}
    nodes[here.pk] = here
    return exchange_ties(
        [pair._replace(holder=known[pair.holder].pk, opener=known[pair.opener].pk) for pair in pairs], nodes
    )


def _row(tie: Tie, here: Node) -> tuple[Cell, ...]:
    verb, other = tie.seen_from(here)
    return (
        Cell(verb.capitalize(), reverse("actors:link", args=[tie.key]) if tie.key else ""),
        Cell(other.name, reverse("directory:entry", args=[other.public_id])), Cell(f"depuis {tie.since}" if tie.since else "–"), Cell(tie.state),
        Cell(tie.source[:1].upper() + tie.source[1:]),
    )  # fmt: skip
