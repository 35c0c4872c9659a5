"""Drawings of indicators: text stays text, bars are SVG with attributes only, so a strict content policy lets them pass."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from horizon.engine.labels import DOORS

MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
          "décembre")  # fmt: skip
FIRST = 10
NAMED = 40
WIDE, TALL, GROUND = 380, 190, 160
# Attributes for renderers that do not style inline SVG (PDF); the style sheets of the site and of the page win over them.
INK, SOFT, HOT, PLAIN = "#10282d", "#425a5e", "#c4270b", "#5d777b"
INKS = {"instruire": "#2b4c9b", "soigner": "#00695f", "loger": "#8d4313", "deplacer": "#0a5f88", "nourrir": "#3d6410",
        "vetir": "#93275f", "divertir": "#735300", "participer": "#a82b10"}  # fmt: skip
_GROUND = f'<rect class="gr0" x="0" y="14" width="100%" height="2" fill="{INK}"/>'
_DOOR_OF = {label: code for code, label in DOORS.items()}


def number(value: object) -> str:
    """A value as French people write it; nothing known is a dash. Text is escaped."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return escape(str(value))
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
    return text.replace(",", "\u202f").replace(".", ",")


def day(text: str) -> str:
    """A date in full, from AAAA-MM-JJ: « 1er novembre 2026 »; a year or a month stays as it is written.

    >>> day("2026-11-02"), day("2023"), day("")
    ('2\u00a0novembre 2026', '2023', 'date inconnue')
    """
    parts = text[:10].split("-")
    if len(parts) != 3:
        return text or "date inconnue"
    year, month, number_ = (int(part) for part in parts)
    return f"{'1er' if number_ == 1 else number_}\u00a0{MONTHS[month - 1]} {year}"


def dated(source: Sequence[str]) -> str:
    """A source with its own vintage, as (name, first, last): « RNA, de 2025 à 2026 »; « RNA, non lu ici »."""
    name, *vintages = source
    if not vintages:
        return f"{name}, non lu ici"
    first, last = vintages
    return f"{name}, {day(last)}" if first == last else f"{name}, de {day(first)} à {day(last)}"


def figures(indicator: dict) -> str:
    """Large figures with their label."""
    items = "".join(
        f'<div><dd class="{"big" if isinstance(value, int | float) else "said"}">{number(value)}</dd>'
        f"<dt>{escape(str(label))}</dt></div>"
        for label, value in indicator["rows"]
    )
    return f'<dl class="figures">{items}</dl>'


def shares(indicator: dict) -> str:
    """Percentages with their numerator and denominator, each over its bar."""
    items = "".join(
        f'<div><dd class="big">{number(part_of)}\u00a0%</dd><dt>{escape(label)}\u00a0: {number(part)} sur {number(whole)}</dt>'
        f"{_bar(f's-{n}', part_of or 0, 100, hot=True)}</div>"
        for n, (label, part, whole, part_of) in enumerate(indicator["rows"])
    )
    return f'<dl class="figures two">{items}</dl>'


def bars(indicator: dict) -> str:
    """A bar by line, the largest in vermilion; the lines of doors have their colour."""
    return _bars(indicator, indicator["rows"], hot=None)


def communes(indicator: dict) -> str:
    """The ten communes with the most; the table has them all."""
    ranked = sorted(indicator["rows"], key=lambda row: (-row[1], row[0]))[:FIRST]
    rest = len(indicator["rows"]) - len(ranked)
    more = (
        f'<p class="src">Les dix premières ; les {rest} autres sont dans le tableau.</p>' if rest > 0 else ""
    )
    return _bars(indicator, ranked, hot=None) + more


def compared(indicator: dict) -> str:
    """Territories on the same scale, this one in vermilion."""
    return _bars(indicator, indicator["rows"], hot=0)


def _bars(indicator: dict, rows: list[list], hot: int | None) -> str:
    top = max((row[1] or 0 for row in rows), default=0) or 1
    lines = []
    for n, row in enumerate(rows):
        code = _DOOR_OF.get(row[0])
        warm = code is None and (n == hot if hot is not None else row[1] == top)
        after, name = "", f"{indicator['code']}-{n}"
        if len(row) > 2 and "%" in indicator["columns"][2] and row[2] is not None:
            after = f" <small>{number(row[2])}\u00a0%</small>"
        lines.append(
            f'<li{f" class=d-{code}" if code else ""}><span class="v"><span>{escape(str(row[0]))}</span>'
            f"<b>{number(row[1])}{after}</b></span>{_bar(name, row[1] or 0, top, warm, INKS.get(code or ''))}</li>"
        )
    return f'<ul class="bars">{"".join(lines)}</ul>'


def _bar(name: str, value: float, top: float, hot: bool = False, ink: str | None = None) -> str:
    """A hatched bar on its ground line; the text beside it says the value."""
    part = round(100 * value / top, 1)
    return (
        f'<svg class="hbar{" hot" if hot else ""}" width="100%" height="16" aria-hidden="true" focusable="false">'
        f'<defs><pattern id="h-{name}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<line class="hl" x1="0" y1="0" x2="0" y2="5" stroke="{ink or (HOT if hot else INK)}" stroke-width="{3 if hot else 2}"/></pattern></defs>'
        f'<rect x="0" y="1" width="{part}%" height="13" fill="url(#h-{name})"/>{_GROUND}</svg>'
    )


def absent(indicator: dict) -> str:
    """By door, how many communes have nobody, and which; of many, the first ones: the table has them all."""
    top = max((row[1] for row in indicator["rows"]), default=0) or 1
    lines = []
    for n, (label, count, names) in enumerate(indicator["rows"]):
        if count > NAMED:
            names = (
                f"{', '.join(names.split(', ')[:NAMED])} et {number(count - NAMED)} autres : voir le tableau"
            )
        code = _DOOR_OF.get(label, "")
        lines.append(
            f'<li class=d-{code}><span class="v"><span>{escape(label)}</span><b>{number(count)}</b></span>'
            f'{_bar(f"nobody-{n}", count, top, ink=INKS.get(code))}<p class="src">{escape(names)}</p></li>'
        )
    return f'<ul class="bars absent">{"".join(lines)}</ul>'


def years(indicator: dict) -> str:
    """Columns by year standing on the horizon; the highest and the last are told."""
    rows = indicator["rows"]
    top = max((row[1] for row in rows), default=0) or 1
    step = WIDE / max(len(rows), 1)
    parts = []
    for n, (year, count) in enumerate(rows):
        x, tall, last = n * step, round(120 * count / top, 1), n == len(rows) - 1
        middle, kind, fill = f"{x + step / 2:.1f}", "open" if last else "fi", "#fff" if last else PLAIN
        parts.append(
            f'<rect class="{kind}" fill="{fill}" stroke="{PLAIN}" x="{x + step * 0.18:.1f}" y="{GROUND - tall:.1f}" '
            f'width="{step * 0.64:.1f}" height="{tall}"><title>{escape(str(year))} : {number(count)}</title></rect>'
        )
        if (len(rows) - 1 - n) % 3 == 0:
            parts.append(
                f'<text class="tx" fill="{SOFT}" font-size="12" x="{middle}" y="{GROUND + 20}" text-anchor="middle">{escape(str(year))}</text>'
            )
        if count == top or last:
            parts.append(
                f'<text class="tk" fill="{INK}" font-size="12" x="{middle}" y="{GROUND - tall - 7:.1f}" text-anchor="middle">{number(count)}</text>'
            )
    return _svg(
        indicator,
        WIDE,
        TALL,
        "".join(parts) + f'<rect class="hz" x="0" y="{GROUND}" width="{WIDE}" height="2" fill="{HOT}"/>',
    )


def ranges(indicator: dict) -> str:
    """Intervals from the low to the high bound on one scale; a masked line says so."""
    rows = indicator["rows"]
    bounds = [value for row in rows for value in row[1:] if isinstance(value, int)]
    top = max(bounds, default=0) or 1
    lines = []
    for label, low, high in rows:
        if not isinstance(low, int):
            lines.append(
                f'<li><span class="v"><span>{escape(label)}</span><b class="said">{escape(low)}</b></span></li>'
            )
            continue
        end = high if isinstance(high, int) else top
        said = f"{number(low)} à {number(high)}" if isinstance(high, int) else f"au moins {number(low)}"
        x, width = round(100 * low / top, 1), max(0.6, round(100 * (end - low) / top, 1))
        lines.append(
            f'<li><span class="v"><span>{escape(label)}</span><b>{said}</b></span>'
            f'<svg class="hbar span" width="100%" height="16" aria-hidden="true" focusable="false">'
            f'{_GROUND}<rect class="sp" x="{x}%" y="3" width="{width}%" height="9" fill="{HOT}"/></svg></li>'
        )
    return f'<ul class="bars">{"".join(lines)}</ul>'


def _svg(indicator: dict, width: int, height: int, body: str) -> str:
    name = f"t-{indicator['code']}"
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}">'
        f'<title id="{name}">{escape(indicator["title"])}. Le tableau suit.</title>{body}</svg>'
    )


DRAWN = {
    "figures": figures,
    "shares": shares,
    "bars": bars,
    "communes": communes,
    "compared": compared,
    "absent": absent,
    "years": years,
    "ranges": ranges,
}
