"""The network for other tools: rows of a spreadsheet, and GraphML (graphml.graphdrawing.org) for Gephi and the like.

What a licence keeps on the pages is empty here, and said so; the page of each structure has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from horizon.crossings.network.reading import SECTORS, UNDIRECTED, Node, Tie

COLUMNS = (
    "de", "relation", "vers", "depuis", "etat", "source", "fois", "commune_de", "commune_vers", "genre", "sans_direction",
    "identifiant_de", "identifiant_vers", "page_de", "page_vers", "page_du_lien",
    "non_repris",
)  # fmt: skip
_NODE = ("nom", "commune", "code_insee", "famille", "secteur", "portes", "poles", "page", "non_repris")
_FRENCH = {"name": "nom", "commune": "commune", "doors": "portes", "poles": "pôles"}
_EDGE = ("genre", "relation", "depuis", "etat", "source")


def csv_rows(ties: Iterable[Tie], base: str) -> Iterator[list[object]]:
    """One row a link; `base` is the site's address."""
    for tie in map(_given, ties):
        kept = [
            f"{side} : {_kept(node)}"
            for side, node in (("de", tie.origin), ("vers", tie.target))
            if node.kept
        ]
        yield [
            tie.origin.name, tie.verb, tie.target.name, tie.since, tie.state, tie.source, tie.times, tie.origin.commune_name,
            tie.target.commune_name, tie.kind, "oui" if tie.kind in UNDIRECTED else "non", tie.origin.public_id,
            tie.target.public_id, _page(tie.origin, base), _page(tie.target, base),
            f"{base}/liens/{tie.key}/" if tie.key else "", " ; ".join(kept),
        ]  # fmt: skip


def graphml(ties: Iterable[Tie], base: str) -> Iterator[str]:
    """A directed graph; an edge whose `sans_direction` is true says the same both ways."""
    ties = [_given(tie) for tie in ties]
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for name in _NODE:
        yield f'<key id="n_{name}" for="node" attr.name="{name}" attr.type="string"/>\n'
    for name in _EDGE:
        yield f'<key id="e_{name}" for="edge" attr.name="{name}" attr.type="string"/>\n'
    yield '<key id="e_fois" for="edge" attr.name="fois" attr.type="int"/>\n'
    yield '<key id="e_sans_direction" for="edge" attr.name="sans_direction" attr.type="boolean"/>\n'
    yield '<graph id="reseau" edgedefault="directed">\n'
    nodes = {node.pk: node for tie in ties for node in (tie.origin, tie.target)}
    for node in sorted(nodes.values(), key=lambda node: node.public_id):
        values = (
            node.name, node.commune_name, node.commune, node.family, SECTORS[node.sector], "|".join(node.doors),
            "|".join(node.poles), _page(node, base), _kept(node),
        )  # fmt: skip
        yield f"<node id={quoteattr(node.public_id)}>" + _data("n", _NODE, values) + "</node>\n"
    for tie in ties:
        told = (tie.kind, tie.verb, tie.since, tie.state, tie.source)
        yield (
            f"<edge source={quoteattr(tie.origin.public_id)} target={quoteattr(tie.target.public_id)}>"
            + _data("e", (*_EDGE, "fois", "sans_direction"), (*told, tie.times, str(tie.kind in UNDIRECTED).lower()))
            + "</edge>\n"
        )  # fmt: skip
    yield "</graph>\n</graphml>\n"


def _given(tie: Tie) -> Tie:
    """The tie with what may be given away of its two ends; on whose word it is, without their names."""
    source = tie.state if tie.kept else tie.source
    return replace(tie, origin=_open(tie.origin), target=_open(tie.target), source=source)


def _open(node: Node) -> Node:
    blank: dict[str, Any] = {"name": "", "doors": (), "poles": ()}
    left = {code: blank[code] for code in node.kept if code in blank}
    if "commune" in node.kept:
        left |= {"commune": "", "commune_name": ""}
    return replace(node, **left) if left else node


def _kept(node: Node) -> str:
    """What is empty because of its licence, in French."""
    return ", ".join(_FRENCH[code] for code in node.kept)


def _page(node: Node, base: str) -> str:
    return f"{base}/structures/{node.public_id}/"


def _data(kind: str, names: tuple[str, ...], values: tuple) -> str:
    return "".join(
        f'<data key="{kind}_{name}">{escape(_printable(str(value)))}</data>'
        for name, value in zip(names, values, strict=True)
        if value != ""
    )


def _printable(value: str) -> str:
    """Without the control characters that XML 1.0 forbids."""
    return "".join(c for c in value if c >= " " or c in "\t\n")
