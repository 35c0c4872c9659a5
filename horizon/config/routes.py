"""`horizon routes`: every address of the site and who may open it."""

from __future__ import annotations

import inspect
import json as json_module
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from horizon.config.site_cli import _setup


@dataclass(frozen=True)
class Route:
    """An address: its `namespace:name`, its pattern from the root, and its rule (None: refused to everybody)."""

    name: str
    pattern: str
    rule: str | None
    says: str


def walk(
    patterns: list | None = None, prefix: str = "/", namespaces: tuple[str, ...] = ()
) -> Iterator[Route]:
    """Every address, in the order in which they are tried; an address without a name has its pattern only."""
    from django.urls import URLResolver, get_resolver

    from horizon.kernel.access import rule_for

    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        whole = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from walk(pattern.url_patterns, whole, inner)
            continue
        name = ":".join((*namespaces, pattern.name)) if pattern.name else ""
        rule = rule_for(name)
        yield Route(name, whole, _name(rule), _first_line(rule))


def routes(json: Annotated[bool, typer.Option("--json", help="résultat en JSON")] = False) -> None:
    """Liste toutes les adresses du site, avec leur nom et la règle qui dit qui peut les ouvrir.

    Exemple : horizon routes --json
    """
    _setup()
    found = list(walk())
    if json:
        typer.echo(json_module.dumps([asdict(route) for route in found], ensure_ascii=False))
        return
    width = max(len(route.pattern) for route in found)
    for route in found:
        typer.echo(f"{route.pattern:<{width}}  {route.name or '(sans nom)'}  {route.rule or 'AUCUNE RÈGLE'}")


def _name(rule: object) -> str | None:
    if rule is None:
        return None
    return getattr(rule, "__name__", type(rule).__name__)


def _first_line(rule: object) -> str:
    return (inspect.getdoc(rule) or "").split("\n")[0] if rule is not None else ""
