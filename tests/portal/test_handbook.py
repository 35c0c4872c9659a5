"""The guides as pages of the site: every one answers, its links lead somewhere, and nothing in it runs."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.urls import resolve
from markdown_it import MarkdownIt

from horizon.kernel.access import operators, rule_for
from horizon.portal.handbook import FOR_OPERATORS, GUIDE_OF, GUIDES, guide, guide_of, names, render_guide
from tests.house.test_addresses import addresses
from tests.people import an_operator, enter

ROOT = Path(__file__).resolve().parent.parent.parent
WRITTEN = sorted((ROOT / "docs/fr").glob("*.md"))


@pytest.mark.parametrize("name", sorted(path.stem for path in WRITTEN))
def test_each_guide_is_a_page_whose_links_lead_to_pages(client, published, name):
    answer = client.get("/aide/" if name == "README" else f"/aide/{name}/")
    text = answer.content.decode()
    assert answer.status_code == 200 and "style=" not in text and "<script" not in text
    found = guide(name)
    assert found.title and f"<h1>{found.title}</h1>" in unescape(text)
    assert len(re.findall(r"<h1[ >]", text)) == 1
    anchors = re.findall(r'id="([^"]+)"', text)
    assert len(anchors) == len(set(anchors))
    for link in re.findall(r'href="([^"]+)"', found.body):
        address, _, anchor = link.partition("#")
        if address.startswith("/"):
            resolve(address)
            assert not anchor or f'id="{anchor}"' in client.get(address).content.decode(), link
        else:
            assert address.startswith(("https://", "http://localhost:8000")), link
    assert ".md" not in re.sub(r"<code>[^<]*</code>", "", found.body)


def test_the_list_names_every_guide_and_every_page_leads_to_it(client, published):
    text = client.get("/aide/").content.decode()
    assert {f"/aide/{name}/" for name in names()} <= set(re.findall(r'href="([^"]+)"', text))
    assert client.get("/plan-du-site/").content.decode().count('href="/aide/"') == 2
    for path in ("/aide/nulle-part/", "/aide/README/", "/aide/..%2Fsettings/"):
        assert client.get(path).status_code == 404


def test_the_rooms_name_guides_that_exist(client, published):
    templates = "\n".join(path.read_text() for path in (ROOT / "horizon").rglob("templates/**/*.html"))
    code = "\n".join(path.read_text() for path in (ROOT / "horizon").rglob("*.py"))
    named = {*re.findall(r"'portal:guide' '([\w-]+)'", templates)}
    named |= {*re.findall(r'"portal:guide", args=\["([\w-]+)"\]', code)}
    assert {"animer", "importer", "structure-relais", "contact-de-pole", "tenir-sa-page"} <= named <= names()
    enter(client, an_operator())
    assert "/aide/animer/" in client.get("/bureau/").content.decode()
    assert "/aide/importer/" in client.get("/bureau/imports/").content.decode()


def test_every_page_says_where_its_guide_is(client, published):
    known = {name for name, _ in addresses()}
    for start, slug in GUIDE_OF.items():
        assert slug in names() and any(name.startswith(start) for name in known), start
    for name in known:
        assert rule_for(name) is not operators or guide_of(name) in FOR_OPERATORS, name
    told = {guide_of(name) for name in known}
    assert names() - told == {
        "contact-de-pole",
        "installer",
        "partenaires",
        "premiers-pas",
        "sauvegarder",
        "secret",
    }
    assert "/aide/chercher/" in client.get("/annuaire/").content.decode()
    assert "/aide/entraide/" in client.get("/entraide/").content.decode()
    home = client.get("/").content.decode()
    assert "/aide/" in home and "Mode d’emploi de cette page" not in home


def test_html_is_shown_as_written_and_links_are_rewritten():
    """No guide holds any HTML; one that would is read as words."""
    text = (
        "# Titre & <b>gras</b>\n\n« Moi » : ici ; là ?\n\n<script>alert(1)</script>\n\n## Être là\n\n## Être là\n\n"
        "[a](animer.md#le-premier-jour) [b](../reference/settings.md) [c](javascript:alert(1)) ![d](x.png)\n\n"
        "`/aide/` `/var/lib/horizon/` `horizon setup`\n\n| x | y |\n|:-:|--|\n| 1 | 2 |\n\n```sh\na < b\n```\n"
    )
    found = render_guide(text)
    assert "<p>« Moi » : ici ; là ?</p>" in found.body
    assert "&lt;script&gt;" in found.body and "<script" not in found.body and "style=" not in found.body
    assert found.parts == (("etre-la", "Être là"), ("etre-la-2", "Être là"))
    assert 'href="/aide/animer/#le-premier-jour"' in found.body
    assert "b (<code>docs/reference/settings.md</code>)" in found.body
    assert "javascript:" not in re.sub(r">[^<]*<", "><", found.body) and "<img" not in found.body
    assert '<a href="/aide/"><code>/aide/</code></a>' in found.body
    assert "<code>/var/lib/horizon/</code>" in found.body and 'href="/var' not in found.body
    assert (
        '<pre tabindex="0"><code>a &lt; b\n</code></pre>' in found.body
        and '<table class="tbl">' in found.body
    )
    lax = MarkdownIt("commonmark", {"html": True})
    for path in WRITTEN:
        tokens = lax.parse(path.read_text(encoding="utf-8"))
        inside = [*tokens, *(child for token in tokens for child in token.children or ())]
        assert not [token.content for token in inside if token.type.startswith("html")], path.name


def test_the_package_carries_the_very_files(tmp_path, monkeypatch):
    """`make install` runs from the checkout; a wheel copies what the link leads to."""
    assert GUIDES.resolve() == ROOT / "docs/fr"
    assert {path.name for path in GUIDES.glob("*.md")} == {path.name for path in WRITTEN}
    from setuptools.glob import glob

    monkeypatch.chdir(ROOT / "horizon")
    assert {f"portal/guides/{path.name}" for path in WRITTEN} <= set(glob("**/*", recursive=True))
