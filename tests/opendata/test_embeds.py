"""Embeds: in one line, in anybody's frame and nowhere else, without a cookie, with nothing that the API would not give."""

import html
import re

import pytest

from horizon.directory.models import Entry
from horizon.territory.atlas import atlas
from tests.opendata.kit import SECRET
from tests.people import entry_named

pytestmark = pytest.mark.django_db
LINE = re.compile(
    r'<iframe src="http://localhost:8000(/integrer/[^"]+)" title="([^"]+)" width="100%" height="\d+" loading="lazy"></iframe>'
)


def line_of(client, path):
    page = client.get(path).content.decode()
    return LINE.fullmatch(html.unescape(re.search(r"<pre class=\"line[^>]*><code>(.*?)</code>", page)[1]))


def test_from_the_page_of_a_structure_to_the_line(client, filled):
    public_id = entry_named("Pédalier").organization.public_id
    href = re.search(
        r'href="(/integrer/\?structure=\w+)"', client.get(f"/structures/{public_id}/").content.decode()
    )[1]
    path, title = line_of(client, href).groups()
    assert path == f"/integrer/structure/{public_id}/" and title.endswith("du Pédalier, sur Horizon Commun")
    shown = client.get(path).content.decode()
    assert "05 36 49 12 34" in shown and "Données fictives" in shown and "viewBox" in shown


def test_it_is_centred_on_the_structure_among_its_neighbours(client, filled):
    public_id = entry_named("Pédalier").organization.public_id
    Entry.objects.filter(naf_rev2__in=["10.71C", "90.01Z"]).update(naf_rev2="95.29Z")
    shown = client.get(f"/integrer/structure/{public_id}/").content.decode()
    assert "Semblables, pas loin" in shown and "PAIN VIVANT" in shown and "même activité" in shown
    x, y, width, height = map(
        int, re.search(r'class="map" viewBox="(-?\d+) (-?\d+) (\d+) (\d+)"', shown).groups()
    )
    drawn = atlas(filled.territory_code, filled.edition).communes
    here = next(commune for commune in drawn if commune.name == "Lusignan")
    assert (x + width // 2, y + height // 2) == (here.x, here.y) and "Lusignan, au milieu" in shown


def test_only_embeds_may_be_framed(client, filled):
    public_id = entry_named("Pédalier").organization.public_id
    for path in (
        f"/integrer/structure/{public_id}/",
        "/integrer/liste/?porte=deplacer",
        "/integrer/structure/zzz/",
    ):
        answer = client.get(path)
        policy = answer["Content-Security-Policy"]
        assert "frame-ancestors *" in policy and "default-src 'none'" in policy and "unsafe" not in policy
        assert "X-Frame-Options" not in answer and not answer.cookies
        text = answer.content.decode()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script", text)
        for link in re.findall(r"<a [^>]*href=\"https?:[^>]*>", text):
            assert 'target="_blank" rel="noopener' in link
    for path in (
        "/",
        f"/structures/{public_id}/",
        "/integrer/",
        "/donnees/",
        "/flux/",
        "/api/v1/",
        "/annuaire/",
    ):
        assert "frame-ancestors 'none'" in client.get(path)["Content-Security-Policy"], path
    assert "frame-src 'self'" in client.get("/integrer/")["Content-Security-Policy"]
    assert "frame-src" not in client.get("/donnees/")["Content-Security-Policy"]


def test_a_list_by_commune_and_door(client, filled):
    path, title = line_of(client, "/integrer/?commune=86139&porte=deplacer").groups()
    assert title.startswith("Se déplacer, Lusignan")
    shown = client.get(path).content.decode()
    assert "du Pédalier" in shown and "PAIN" not in shown
    assert "Personne encore" in client.get("/integrer/liste/?commune=86139&porte=loger").content.decode()
    assert line_of(client, "/integrer/?liste=1").group(1) == "/integrer/liste/?"


def test_a_name_is_searched_and_what_is_gone_is_said(client, filled):
    page = client.get("/integrer/?nom=velo").content.decode()
    assert "?structure=" in page and "du Pédalier" in page
    assert "Essayez un mot de moins" in client.get("/integrer/?nom=xylophone").content.decode()
    assert "n’est pas dans l’annuaire" in client.get("/integrer/?structure=zzz").content.decode()
    closed = Entry.objects.get(name__icontains="FERMEE").organization.public_id
    gone = client.get(f"/integrer/structure/{closed}/")
    assert gone.status_code == 404 and "Plus dans l’annuaire" in gone.content.decode()


def test_nothing_shared_alike_or_at_home_is_in_a_frame(client, filled):
    stage = entry_named("VONNE")
    shown = client.get(f"/integrer/structure/{stage.organization.public_id}/").content.decode()
    assert SECRET not in shown and stage.commune.name in shown


def test_titles_are_escaped_in_the_line(client, filled):
    entry = entry_named("Pédalier")
    Entry.objects.filter(pk=entry.pk).update(name='L"atelier <b>', base={})
    page = client.get(f"/integrer/?structure={entry.organization.public_id}").content.decode()
    line = html.unescape(re.search(r"<pre class=\"line[^>]*><code>(.*?)</code>", page)[1])
    assert "&quot;atelier &lt;b&gt;" in line and LINE.fullmatch(line)
