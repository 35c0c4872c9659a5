"""Feeds: valid Atom, permanent keys, the commune and the door of their address; found from the pages."""

import re

import pytest
from lxml import etree

from horizon.exchange.models import Listing
from horizon.opendata.feeds import FEEDS
from tests.opendata.kit import SECRET

pytestmark = pytest.mark.django_db
ATOM = {"a": "http://www.w3.org/2005/Atom"}


def entries(client, path):
    answer = client.get(path)
    assert answer.status_code == 200 and answer["Content-Type"].startswith("application/atom+xml"), (
        answer.content
    )
    return etree.fromstring(answer.content), answer.content.decode()


@pytest.mark.parametrize("name", FEEDS)
def test_each_feed_is_valid_atom_and_says_that_it_is_fictitious(client, filled, name):
    """What RFC 4287 requires: id, title, updated, an author; each entry with its own; a link to itself."""
    feed, text = entries(client, f"/flux/{name}.atom")
    for tag in ("id", "title", "updated", "author/a:name", "rights", "link[@rel='self']"):
        assert len(feed.xpath(f"a:{tag}", namespaces=ATOM)) == 1, tag
    found = feed.xpath("a:entry", namespaces=ATOM)
    assert found
    ids = [one.findtext("a:id", namespaces=ATOM) for one in found]
    assert len(ids) == len(set(ids)) and all(i.startswith("http://localhost:8000/") for i in ids)
    for one in found:
        assert one.findtext("a:title", namespaces=ATOM).startswith("Fictif : ")
        assert one.xpath("a:category[@term='fictif']", namespaces=ATOM)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00\+0[12]:00", one.findtext("a:updated", namespaces=ATOM))
        page = client.get(
            one.find("a:link", namespaces=ATOM).get("href").removeprefix("http://localhost:8000")
        )
        assert page.status_code == 200
    assert SECRET not in text and "Données fictives" in text


def titles(client, path):
    feed, _ = entries(client, path)
    return [one.findtext("a:title", namespaces=ATOM) for one in feed.xpath("a:entry", namespaces=ATOM)]


def test_they_follow_a_commune_and_a_door(client, filled):
    assert titles(client, "/flux/structures.atom?commune=86139") == ["Fictif : L'Atelier du Pédalier"]
    assert titles(client, "/flux/structures.atom?q=velo&vue=registre") == ["Fictif : L'Atelier du Pédalier"]
    newest = titles(client, "/flux/structures.atom")
    assert newest[0].endswith("FORMULE") and newest[-1].endswith("PAIN VIVANT")
    assert len(titles(client, "/flux/besoins.atom?commune=86139")) == 2
    assert titles(client, "/flux/besoins.atom?commune=86194") == []
    assert titles(client, "/flux/besoins.atom?porte=deplacer") == ["Fictif : Un bus le soir à Lusignan"]
    assert titles(client, "/flux/reponses.atom") == ["Fictif : Cela existe déjà : Un four à pain à Lusignan"]
    assert titles(client, "/flux/reponses.atom?porte=deplacer") == []
    assert set(titles(client, "/flux/echanges.atom?commune=86139")) == {
        "Fictif : Offre : Deux barnums", "Fictif : Demande : =PIANO droit",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("nouvelles.atom", 404, "/flux/"),
        ("besoins.atom?porte=voler", 422, "voler"),
        ("besoins.atom?porte=loger&porte=vetir", 422, "Une seule porte"),
        ("besoins.atom?commune=75056", 422, "75056"),
        ("echanges.atom?porte=loger&porte=vetir", 422, "Une seule porte"),
    ],
)
def test_what_a_feed_does_not_know_is_said(client, filled, path, status, words):
    answer = client.get(f"/flux/{path}")
    assert answer.status_code == status and words in answer.json()["detail"]


def test_a_reader_that_has_it_gets_nothing_again(client, filled):
    tag = client.get("/flux/besoins.atom")["ETag"]
    assert client.get("/flux/besoins.atom", headers={"if-none-match": tag}).status_code == 304


def test_listings_follow_a_door(client, filled):
    Listing.objects.filter(title="Deux barnums").update(door="divertir")
    Listing.objects.filter(title__startswith="SECRET").update(door="divertir")
    assert titles(client, "/flux/echanges.atom?porte=divertir") == ["Fictif : Offre : Deux barnums"]
    feed, _ = entries(client, "/flux/echanges.atom?porte=divertir&commune=86139")
    assert feed.xpath("a:entry/a:category[@term='Se divertir']", namespaces=ATOM)
    assert titles(client, "/flux/echanges.atom?porte=vetir") == []
    assert "/flux/echanges.atom?porte=divertir" in client.get("/flux/?porte=divertir").content.decode()


def test_control_characters_do_not_break_a_feed(client, filled):
    from horizon.listening.models import Need

    Need.objects.filter(status=Need.PUBLISHED).update(text="Un bus\x0b le \x1bsoir & <b>")
    assert titles(client, "/flux/besoins.atom")[0] == "Fictif : Un bus le soir & <b>"


def test_pages_name_their_feeds_and_each_answers(client, filled):
    for path in ("/annuaire/?porte=deplacer&commune=86139", "/besoins/?commune=86139", "/echanges/?commune=86139",
                 "/communes/86139/", "/portes/deplacer/", "/flux/?commune=86139&porte=deplacer"):  # fmt: skip
        page = client.get(path).content.decode()
        found = re.findall(r'rel="alternate" type="application/atom\+xml"[^>]*href="([^"]+)"', page)
        assert found, path
        for href in found:
            assert client.get(href.replace("&amp;", "&")).status_code == 200, href
