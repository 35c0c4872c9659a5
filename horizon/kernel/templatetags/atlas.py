"""Template tags of the atlas: the rule under a title, the engraved icons, figures as French people write them."""

from __future__ import annotations

import re
from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from horizon.engine.labels import number
from horizon.kernel.doors import DOOR_BY_CODE, UNDECIDED

register = template.Library()
TICKS = 40
NARROW = "\u202f"


@register.simple_tag
def rule(mark: int | None = None) -> SafeString:
    """The horizon under a title: forty ticks, one per commune of the first territory; `mark` (1 to 40) stands up."""
    lines = []
    for tick in range(TICKS):
        x = 12.5 + 25 * tick
        if mark == tick + 1:
            lines.append(f'<line class="me" x1="{x}" x2="{x}" y1="2" y2="18"/>')
        else:
            lines.append(f'<line x1="{x}" x2="{x}" y1="18" y2="{27 if tick % 5 == 0 else 23}"/>')
    return mark_safe(  # noqa: S308 - numbers only
        '<svg class="rule" viewBox="0 0 1000 34" preserveAspectRatio="none" aria-hidden="true">'
        + "".join(lines)
        + '<line class="hz" x1="0" x2="1000" y1="18" y2="18"/></svg>'
    )


@register.simple_tag
def icon(code: str) -> SafeString:
    """The engraved icon of a door."""
    if code not in DOOR_BY_CODE:
        return mark_safe("")
    return format_html(
        '<svg class="ico d-{}" viewBox="0 0 48 48" aria-hidden="true"><use href="#i-{}"/></svg>', code, code
    )


@register.simple_tag
def door_tag(code: str) -> SafeString:
    """A door's icon and name, coloured."""
    if code not in DOOR_BY_CODE:
        return mark_safe("")
    return format_html('<span class="tag d-{}">{}{}</span>', code, icon(code), DOOR_BY_CODE[code].name)


@register.filter
def door_name(code: str) -> str:
    """The name of a door."""
    return DOOR_BY_CODE[code].name if code in DOOR_BY_CODE else "À préciser" if code == UNDECIDED else code


@register.filter
def doors_named(reason: str) -> str:
    """A reason in which each door has its name instead of its code."""
    return re.sub(r"porte « ([a-z]+) »", lambda found: f"porte « {door_name(found[1])} »", reason)


@register.filter
def figure(value: object) -> str:
    """An integer with its thousands apart (12 345), as the Imprimerie nationale writes them."""
    if value in (None, ""):
        return "–"
    return f"{int(value):,}".replace(",", NARROW)  # type: ignore[call-overload]


register.filter(number)


@register.filter
def km(value: float | None) -> str:
    """A distance: « sur place » under 50 metres, 0,4 km, 12 km."""
    if value is None:
        return ""
    if value < 0.05:
        return "sur place"
    text = f"{value:.1f}" if value < 10 else f"{value:.0f}"
    return text.replace(".", ",") + "\u00a0km"


@register.filter
def euros(cents: int | None) -> str:
    """An amount in cents as euros: 12 €, 12,50 €."""
    whole, rest = divmod(cents or 0, 100)
    return f"{whole:,}".replace(",", NARROW) + (f",{rest:02d}" if rest else "") + "\u00a0€"


@register.filter
def percent(value: float | None) -> str:
    """A share from 0 to 1 as a whole percentage."""
    return "–" if value is None else f"{100 * float(value):.0f}\u00a0%"


@register.filter
def day(value: date | str | None) -> str:
    """A date in full: 2 novembre 2026; the first of the month is « 1er »."""
    if not value:
        return "–"
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    if isinstance(value, str):
        try:
            shown = date.fromisoformat(value[:10])
        except ValueError:
            return value
    else:
        shown = value
    return f"{'1er' if shown.day == 1 else shown.day}\u00a0{MONTHS[shown.month - 1]} {shown.year}"


@register.filter
def moment(value: datetime | None) -> str:
    """A day and an hour: 26 novembre 2026 à 18 h 30."""
    if value is None:
        return "–"
    local = timezone.localtime(value)
    minutes = f"\u00a0{local.minute:02d}" if local.minute else ""
    return f"{day(local.date())} à {local.hour}\u00a0h{minutes}"


MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


@register.filter
def get(mapping: dict, key: object) -> object:
    """`mapping[key]`, or nothing."""
    return mapping.get(key) if mapping else None


@register.simple_tag
def plural(count: int, one: str, many: str) -> str:
    """The figure and its noun: « 1 structure », « 0 structure », « 12 structures » (French: plural from two on)."""
    return f"{figure(count)}\u00a0{many if abs(count) >= 2 else one}"


@register.filter
def short_territory(name: str) -> str:
    """The name without its legal kind: « CU du Grand Poitiers » gives « Grand Poitiers »."""
    for kind in ("CU ", "CA ", "CC ", "Métropole "):
        name = name.removeprefix(kind)
    for article in ("du ", "de la ", "de l'", "de l’", "des ", "de ", "d'", "d’"):
        if name.startswith(article):
            return name[len(article) :]
    return name
