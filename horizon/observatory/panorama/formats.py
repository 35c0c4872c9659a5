"""A panorama as CSV, JSON, an HTML fragment with a table behind each chart, a page that stands alone, and PDF."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path

from horizon.engine.folding import fold
from horizon.observatory.panorama.charts import DRAWN, dated, day, number

STYLE = Path(__file__).with_name("panorama.css")
# weasyprint balances long columns without end; one column takes seconds.
ONE_COLUMN = ".panos, .absent { columns: auto !important }"
COLUMNS = (
    "territoire", "code", "chapitre", "indicateur", "titre", "ligne", "colonne", "valeur", "unite", "source", "millesime",
    "definition", "methode", "a_savoir",
)  # fmt: skip


def to_csv(panorama: dict) -> str:
    """One line per value, with the definition, method, source and vintage of its indicator, and the notes of the panorama."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(COLUMNS)
    where, notes = panorama["territory"], " ".join(panorama["notes"])
    made_up = " (fictif)" if panorama["synthetic"] else ""
    for indicator in panorama["indicators"]:
        for row in indicator["rows"]:
            for column, value in zip(indicator["columns"][1:], row[1:], strict=True):
                writer.writerow(
                    [
                        where["name"], where["code"], indicator["chapter"], indicator["code"], indicator["title"], row[0],
                        column, "" if value is None else value, indicator["unit"], indicator["source"],
                        _vintages(indicator) + made_up, indicator["definition"], indicator["method"], notes,
                    ]
                )  # fmt: skip
    return out.getvalue()


def _vintages(indicator: dict) -> str:
    """The vintage of its sources; each with its source when they differ or one was not read."""
    each = [vintages for _, *vintages in indicator["sources"]]
    if all(one and one == each[0] and one[0] == one[1] for one in each):
        return each[0][0] or "inconnu"
    return " ; ".join(
        f"{name} : {' à '.join(dict.fromkeys(v or 'inconnu' for v in vintages)) or 'non lu'}"
        for name, *vintages in indicator["sources"]
    )


def to_json(panorama: dict) -> str:
    """The whole panorama, as computed."""
    return json.dumps(panorama, ensure_ascii=False, indent=1) + "\n"


def chapters(panorama: dict) -> list[tuple[str, str]]:
    """(anchor, name) of the chapters that have something to say."""
    names = dict.fromkeys(indicator["chapter"] for indicator in panorama["indicators"])
    return [(_anchor(name), name) for name in names]


def fragment(panorama: dict) -> str:
    """All indicators by chapter, as HTML; nothing inline that a strict content policy would refuse."""
    parts = []
    for name, indicators in groupby(panorama["indicators"], key=lambda indicator: indicator["chapter"]):
        anchor = _anchor(name)
        body = "\n".join(_section(indicator) for indicator in indicators)
        parts.append(
            f'<section class="chapter" aria-labelledby="{anchor}"><h2 id="{anchor}">{escape(name)}</h2>'
            f'<div class="panos">{body}</div></section>'
        )
    return "\n".join(parts)


def _anchor(name: str) -> str:
    return "c-" + re.sub(r"[^a-z0-9]+", "-", fold(name))


def _section(indicator: dict) -> str:
    draw = DRAWN.get(indicator["chart"])
    name = f"i-{indicator['code']}"
    several = "s" if len(indicator["sources"]) > 1 else ""
    said = "\u00a0; ".join(map(dated, indicator["sources"]))
    source = f"Source{several}\u00a0: {escape(said)}."
    method = f'<p class="src">{escape(indicator["method"])}</p>' if indicator["method"] else ""
    if draw is None:
        body, behind = table(indicator), method
    else:
        # a bar has its figures beside it: on paper its table would only repeat them
        kind = (
            " same"
            if indicator["chart"] in {"figures", "shares", "bars", "compared", "ranges", "absent"}
            else ""
        )
        body = draw(indicator)
        behind = (
            f'<details class="behind{kind}"><summary>Voir le tableau et la méthode<span class="vh"> : {escape(indicator["title"])}'
            f"</span></summary>{table(indicator)}{method}</details>"
        )
    wide = {"table": " whole", "absent": " whole", "communes": " long"}.get(indicator["chart"], "")
    return (
        f'<section class="pano{wide}" aria-labelledby="{name}"><h3 id="{name}">{escape(indicator["title"])}</h3>'
        f'<p class="def">{escape(indicator["definition"])}</p>{body}<p class="src">{source}</p>{behind}</section>'
    )


def table(indicator: dict) -> str:
    """The indicator as a table."""
    numeric = [
        all(isinstance(row[n], int | float | None) for row in indicator["rows"])
        for n in range(len(indicator["columns"]))
    ]
    head = "".join(
        f'<th scope="col"{" class=r" if numeric[n] else ""}>{escape(column)}</th>'
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


def page(panorama: dict) -> str:
    """A page that stands alone, made to be printed on A4."""
    where = panorama["territory"]
    notes = "".join(f"<li>{escape(note)}</li>" for note in panorama["notes"])
    communes = f", {number(where['communes'])} communes" if where["communes"] > 1 else ""
    year = escape(day(where["population_vintage"]))
    people = f"{number(where['population'])} habitants (Insee, {year})"
    headline = f'<p class="lead">{escape(panorama["headline"])}.</p>' if panorama["headline"] else ""
    banner = '<p class="demo">Données fictives de démonstration</p>' if panorama["synthetic"] else ""
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Panorama de l’ESS – {escape(where['name'])}</title><style>{STYLE.read_text(encoding='utf-8')}</style></head><body>"
        f'<header>{banner}<p class="plate">Panorama de l’économie sociale et solidaire, {day(panorama["vintage"])}</p>'
        f'<h1>{escape(where["name"])}</h1>{headline}<p class="src">{people}{communes}.</p></header>'
        f'<main>{fragment(panorama)}<section class="chapter"><h2>À lire avant de citer</h2><ul class="notes">{notes}</ul>'
        f'<p class="src">Horizon Commun, exécution {escape(panorama["run"])}.</p></section></main></body></html>\n'
    )


def to_pdf(panorama: dict) -> bytes:
    """The page as PDF, through weasyprint (optional extra `pdf`). Raises ImportError when it is not installed, OSError when
    the Pango that it draws with is not."""
    from weasyprint import CSS, HTML

    return HTML(string=page(panorama)).write_pdf(stylesheets=[CSS(string=ONE_COLUMN)])


@cache
def can_make_pdf() -> bool:
    """Whether weasyprint is installed, and the Pango that it draws with."""
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError):
        return False
    return True
