"""A panorama as CSV, as an HTML fragment with SVG charts and a table behind each, and as a page that stands alone."""

from __future__ import annotations

import csv
import io
from html import escape
from pathlib import Path

STYLE = Path(__file__).with_name("panorama.css")


def to_csv(panorama: dict) -> str:
    """One line per value, with the definition, method, source and vintage of its indicator."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(
        [
            "territoire",
            "code",
            "indicateur",
            "titre",
            "ligne",
            "colonne",
            "valeur",
            "unite",
            "source",
            "millesime",
            "definition",
            "methode",
        ]
    )
    where = panorama["territory"]
    for indicator in panorama["indicators"]:
        for row in indicator["rows"]:
            for column, value in zip(indicator["columns"][1:], row[1:], strict=True):
                writer.writerow(
                    [
                        where["name"], where["code"], indicator["code"], indicator["title"], row[0], column,
                        "" if value is None else value, indicator["unit"], indicator["source"], indicator["vintage"],
                        indicator["definition"], indicator["method"],
                    ]
                )  # fmt: skip
    return out.getvalue()


def number(value: object) -> str:
    """A value as French people write it; nothing known is a dash."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return escape(str(value))
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
    return text.replace(",", "\u202f").replace(".", ",")


def fragment(panorama: dict) -> str:
    """All indicators as HTML sections; nothing inline that a strict content policy would refuse."""
    return "\n".join(_section(indicator) for indicator in panorama["indicators"])


def _section(indicator: dict) -> str:
    chart = {"figures": _figures, "shares": _shares, "bars": _bars, "years": _years}.get(indicator["chart"])
    body = chart(indicator) if chart else _table(indicator)
    behind = (
        ""
        if chart in (None, _figures)
        else f"<details><summary>Voir le tableau</summary>{_table(indicator)}</details>"
    )
    return (
        f'<section class="pano" aria-labelledby="i-{indicator["code"]}"><h2 id="i-{indicator["code"]}">{escape(indicator["title"])}</h2>'
        f"<p>{escape(indicator['definition'])}</p>{body}{behind}"
        f'<p class="src">Source : {escape(indicator["source"])}, {escape(indicator["vintage"])}. {escape(indicator["method"])}</p></section>'
    )


def _table(indicator: dict) -> str:
    numeric = [
        all(isinstance(row[n], int | float | None) for row in indicator["rows"])
        for n in range(len(indicator["columns"]))
    ]
    head = "".join(
        f'<th scope="col"{" class=r" if numeric[n] else ""}>{escape(column) or "Lequel"}</th>'
        for n, column in enumerate(indicator["columns"])
    )
    lines = []
    for row in indicator["rows"]:
        cells = "".join(
            f"<td{' class=r' if isinstance(value, int | float) or value is None else ''}>{number(value)}</td>"
            for value in row[1:]
        )
        lines.append(f'<tr><th scope="row">{escape(str(row[0]))}</th>{cells}</tr>')
    title = escape(indicator["title"])
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="Tableau : {title}"><table class="tbl"><caption class="vh">{title}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _figures(indicator: dict) -> str:
    items = "".join(
        f'<div><dd class="big">{number(value)}</dd><dt>{escape(str(label))}</dt></div>'
        for label, value in indicator["rows"]
    )
    return f'<dl class="figures">{items}</dl>'


def _shares(indicator: dict) -> str:
    items = "".join(
        f'<div><dd class="big">{number(share)}\u00a0%</dd><dt>{escape(label)} ({number(part)} sur {number(whole)})</dt></div>'
        for label, part, whole, share in indicator["rows"]
    )
    return f'<dl class="figures two">{items}</dl>'


def _bars(indicator: dict) -> str:
    """Horizontal bars: label above, value at the right, the longest fills the width."""
    top = max((row[1] for row in indicator["rows"]), default=0) or 1
    height = 46
    parts = []
    for n, row in enumerate(indicator["rows"]):
        y = n * height
        width = round(600 * row[1] / top, 1)
        shade = "fa" if row[1] == top else "fi"
        parts += [
            f'<text class="tk" x="0" y="{y + 16}">{escape(str(row[0]))}</text>',
            f'<text class="tk" x="600" y="{y + 16}" text-anchor="end">{number(row[1])}</text>',
            f'<rect class="{shade}" x="0" y="{y + 22}" width="{width}" height="12"/>',
            f'<path class="hz" d="M0 {y + 35}H600"/>',
        ]
    title = f"{indicator['title']}. Le tableau suit."
    return (
        f'<svg class="chart" viewBox="0 0 600 {len(indicator["rows"]) * height}" role="img" aria-label="{escape(title)}">'
        + "".join(parts)
        + "</svg>"
    )


def _years(indicator: dict) -> str:
    """Columns by year on the horizon."""
    top = max((row[1] for row in indicator["rows"]), default=0) or 1
    step = 600 / max(len(indicator["rows"]), 1)
    parts = []
    for n, (year, count) in enumerate(indicator["rows"]):
        x, tall = n * step, round(150 * count / top, 1)
        parts.append(
            f'<rect class="fi" x="{x + step * 0.2:.1f}" y="{170 - tall}" width="{step * 0.6:.1f}" height="{tall}"/>'
        )
        if n % 3 == 0 or n == len(indicator["rows"]) - 1:
            parts.append(
                f'<text class="tx" x="{x + step / 2:.1f}" y="190" text-anchor="middle">{year}</text>'
            )
        if count == top:
            parts.append(
                f'<text class="tk" x="{x + step / 2:.1f}" y="{163 - tall}" text-anchor="middle">{number(count)}</text>'
            )
    title = f"{indicator['title']}. Le tableau suit."
    return (
        f'<svg class="chart" viewBox="0 0 600 200" role="img" aria-label="{escape(title)}">'
        + "".join(parts)
        + '<path class="hz" d="M0 171H600"/></svg>'
    )


def page(panorama: dict) -> str:
    """A page that stands alone, made to be printed on A4."""
    where = panorama["territory"]
    notes = "".join(f"<li>{escape(note)}</li>" for note in panorama["notes"])
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Panorama de l’ESS – {escape(where['name'])}</title><style>{STYLE.read_text(encoding='utf-8')}</style></head><body>"
        f'<header><p class="plate">Panorama de l’économie sociale et solidaire, {escape(panorama["vintage"][:4])}</p><h1>{escape(where["name"])}</h1>'
        f"<p>{number(where['population'])} habitants, {number(where['communes'])} commune{'s' if where['communes'] > 1 else ''}.</p></header>"
        f'<main>{fragment(panorama)}<section class="pano"><h2>À lire avant de citer</h2><ul>{notes}</ul>'
        f'<p class="src">Horizon Commun, exécution {escape(panorama["run"])}.</p></section></main></body></html>\n'
    )


def to_pdf(panorama: dict) -> bytes:
    """The page as PDF, through weasyprint (optional extra `pdf`). Raises ImportError when it is not installed."""
    from weasyprint import HTML

    return HTML(string=page(panorama)).write_pdf()
