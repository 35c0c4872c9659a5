"""The site's own handbook (mode d’emploi): the guides of docs/fr as pages, from the very files, which the package carries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from horizon.kernel.access import operators, rule_for

GUIDES = Path(__file__).parent / "guides"
INDEX = "README"
CONTENTS_FROM = 3
_OTHER_GUIDE = re.compile(r"([\w-]+)\.md(#.*)?")
_OUTSIDE = re.compile(r"(?:\.\./)+([\w/.-]+)")
_ADDRESS = re.compile(r"/(?:[\w-]+/)+")
# The guide of a page, by the longest beginning of its address's name.
GUIDE_OF = {
    "actors": "tenir-sa-page",
    "actors:answer": "animer",
    "actors:erase": "proteger-son-compte",
    "actors:export": "proteger-son-compte",
    "actors:link": "relier-les-structures",
    "actors:mandate": "elus-et-agents",
    "actors:pole": "chercher",
    "actors:relay": "structure-relais",
    "actors:sessions": "proteger-son-compte",
    "actors:sign-out-everywhere": "proteger-son-compte",
    "care": "tenir-sa-page",
    "care:answered": "animer",
    "care:desk": "animer",
    "care:duplicate": "doublons",
    "care:import": "importer",
    "care:missing": "chercher",
    "care:report-content": "proteger-son-compte",
    "directory": "chercher",
    "exchange": "echanger",
    "listening": "dire-un-besoin",
    "listening:answer": "elus-et-agents",
    "mfa": "proteger-son-compte",
    "opendata": "donnees-ouvertes",
    "pages": "monter-son-association",
    "portal:commune": "habiter-ici",
    "portal:coverage": "methodes",
    "portal:door": "chercher",
    "portal:methods": "methodes",
    "portal:network": "relier-les-structures",
    "portal:panorama": "methodes",
    "portal:ways": "relier-les-structures",
    "relief": "entraide",
    "subscriptions": "s-abonner",
    "values": "dire-ses-valeurs",
}
# What only those who animate open is explained in their guide, or in one of these.
FOR_OPERATORS = {"animer", "entraide", "importer"}


@dataclass(frozen=True)
class Guide:
    """One guide: its title, what the page holds, and its parts as (anchor, title)."""

    title: str
    body: SafeString
    parts: tuple[tuple[str, str], ...]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every guide, by who one is."""
    return render(request, "portal/handbook.html", {"guide": guide(INDEX)})


@require_safe
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """One guide."""
    if slug not in names():
        raise Http404
    found = guide(slug)
    parts = found.parts if len(found.parts) >= CONTENTS_FROM else ()
    return render(request, "portal/handbook_guide.html", {"guide": found, "parts": parts})


@cache
def names() -> frozenset[str]:
    """The guides that there are, as their addresses name them."""
    return frozenset(path.stem for path in GUIDES.glob("*.md")) - {INDEX}


@cache
def guide_of(view: str) -> str | None:
    """The guide that explains a page, by the name of its address; None where only the list of guides can.

    >>> guide_of("care:import-line"), guide_of("care:edit"), guide_of("portal:home")
    ('importer', 'tenir-sa-page', None)
    """
    start = max((start for start in GUIDE_OF if view.startswith(start)), key=len, default="")
    found = GUIDE_OF.get(start)
    return "animer" if rule_for(view) is operators and found not in FOR_OPERATORS else found


@cache
def guide(name: str) -> Guide:
    """A guide as a page. Read once a process: the files change with a new version only."""
    return render_guide((GUIDES / f"{name}.md").read_text(encoding="utf-8"))


def render_guide(text: str) -> Guide:
    """A guide from its Markdown: HTML in it is shown as written, its first title is the page's, links between guides lead
    to their pages, and what only the project's folder holds is named by its path."""
    md = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    md.add_render_rule("fence", _fence)
    tokens = md.parse(text)
    title = ""
    if len(tokens) > 2 and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        title, tokens = tokens[1].content, tokens[3:]
    parts = _anchor(tokens)
    for token in tokens:
        token.attrs.pop("style", None)
        if token.children:
            token.children = _linked(token.children)
    body = md.renderer.render(tokens, md.options, {})
    body = body.replace("<table>", f'{SCROLL}<table class="tbl">').replace("</table>", "</table></div>")
    return Guide(title, mark_safe(body), parts)  # noqa: S308


SCROLL = '<div class="scroll" tabindex="0" role="region" aria-label="Tableau">'


def _fence(renderer: object, tokens: list[Token], position: int, *_: object) -> str:
    """A block of commands: it scrolls on a small screen, so the keyboard reaches it."""
    return f'<pre tabindex="0"><code>{escape(tokens[position].content)}</code></pre>\n'


def _anchor(tokens: list[Token]) -> tuple[tuple[str, str], ...]:
    """Gives each title an anchor of its own; returns those of the second level."""
    seen: dict[str, int] = {}
    parts = []
    for token, inline in zip(tokens, tokens[1:], strict=False):
        if token.type != "heading_open":
            continue
        words = "".join(child.content for child in inline.children or ())
        anchor = slugify(words) or "partie"
        seen[anchor] = seen.get(anchor, 0) + 1
        if seen[anchor] > 1:
            anchor = f"{anchor}-{seen[anchor]}"
        token.attrSet("id", anchor)
        if token.tag == "h2":
            parts.append((anchor, words))
    return tuple(parts)


def _linked(children: list[Token]) -> list[Token]:
    """The inside of a paragraph with its links as the site has them."""
    found: list[Token] = []
    outside = ""
    within = False
    for token in children:
        if token.type == "link_open":
            within = True
            href = str(token.attrGet("href") or "")
            other, away = _OTHER_GUIDE.fullmatch(href), _OUTSIDE.fullmatch(href)
            if other:
                token.attrSet("href", _page(other.group(1)) + (other.group(2) or ""))
            elif away:
                outside = f"docs/{away.group(1)}"
                continue
        elif token.type == "link_close":
            within = False
            if outside:
                found += [Token("text", "", 0, content=" ("), Token("code_inline", "code", 0, content=outside),
                          Token("text", "", 0, content=")")]  # fmt: skip
                outside = ""
                continue
        elif token.type == "code_inline" and not within and _leads_somewhere(token.content):
            opening = Token("link_open", "a", 1, attrs={"href": token.content})
            found += [opening, token, Token("link_close", "a", -1)]
            continue
        found.append(token)
    return found


def _page(name: str) -> str:
    return reverse("portal:handbook") if name == INDEX else reverse("portal:guide", args=[name])


def _leads_somewhere(words: str) -> bool:
    if not _ADDRESS.fullmatch(words):
        return False
    try:
        resolve(words)
    except Resolver404:
        return False
    return True
