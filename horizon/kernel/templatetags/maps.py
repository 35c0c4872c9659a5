"""The ground of the schematic map, written in one go: forty communes by a template cost as much as the page around."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from horizon.engine.spreading import Word, stack
from horizon.kernel.templatetags.atlas import figure

register = template.Library()
LARGE, LARGEST = 12_000, 50_000
ANY = "any-commune"
# Names as the narrowest screens write them (`.map text.l`, `.l1`): the mean width of a letter and the height of a line, in ems.
SIZES, WIDE, TALL = {False: 37, True: 46}, 0.56, 1.05


@register.simple_tag
def ground(communes: Iterable[tuple], shades: Mapping[str, int] | None = None, here=None) -> SafeString:
    """The halo, the communes with their links, the names of the largest. `communes`: (drawn, count or None).

    With `shades` {code: 1..5}, a commune has its tint and, over it, lines: the more, the denser.
    """
    address = reverse("portal:commune", args=[ANY])
    halo, cells = [], []
    named: list[tuple[Any, bool, bool]] = []
    lined: dict[int, list[str]] = {}
    for drawn, count in communes:
        halo.append(f'<path d="{drawn.path}"/>')
        mine = here is not None and here and here.code == drawn.code
        shade = shades.get(drawn.code) if shades else None
        label = f"{escape(drawn.name)}, carreau {drawn.square}" + ("" if count is None else f" : {count}")
        cells.append(
            f'<a href="{address.replace(ANY, drawn.code)}" aria-label="{label}">'
            f'<path class="c{f" k{shade}" if shade else ""}{" on" if mine else ""}" d="{drawn.path}"/></a>'
        )
        if shade and shade > 1:
            lined.setdefault(shade, []).append(f'<path d="{drawn.path}"/>')
        if mine or (drawn.population or 0) > LARGE:
            named.append((drawn, mine, (drawn.population or 0) > LARGEST))
    lines = "".join(
        f'<g class="x" fill="url(#hatch{shade})" aria-hidden="true">{"".join(paths)}</g>'
        for shade, paths in sorted(lined.items())
    )
    return mark_safe(  # noqa: S308 - names are escaped, the rest is drawn by the atlas
        f'<g class="halo">{"".join(halo)}</g>\n{"".join(cells)}\n{lines}{_names(named)}'
    )


def _names(named: list[tuple[Any, bool, bool]]) -> str:
    """The names, one line up or down where they would cover another: the commune of the page first, then the largest."""
    named = sorted(named, key=lambda name: (not name[1], not name[2]))
    words = [
        Word(drawn.x, drawn.y, len(drawn.name) * size * WIDE, size * TALL)
        for drawn, _, largest in named
        for size in (SIZES[largest],)
    ]
    return "".join(
        f'<text class="l{" l1" if largest else ""} x" x="{drawn.x}" y="{y:.0f}" aria-hidden="true">{escape(drawn.name)}</text>'
        for (drawn, _, largest), y in zip(named, stack(words), strict=True)
        if y is not None
    )


@register.simple_tag
def hatches() -> SafeString:
    """The patterns of the tints, from sparse to dense; the densest still reads at 390 pixels."""
    return mark_safe(  # noqa: S308 - numbers only
        "<defs>"
        + "".join(
            f'<pattern id="hatch{shade}" width="{pitch}" height="{pitch}" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            f'<path class="hl" d="M0 0V{pitch}"/></pattern>'
            for shade, pitch in ((2, 36), (3, 24), (4, 16), (5, 10))
        )
        + "</defs>"
    )


@register.filter
def measure(value: float | None) -> str:
    """A value of a tinted map: an integer as a figure, anything else with one decimal (3,4)."""
    if value is None or float(value).is_integer():
        return figure(value if value is None else int(value))
    whole, tenth = f"{value:.1f}".split(".")
    return f"{figure(int(whole))},{tenth}"
