"""The map beside a list: what the server says of it, drawn or not."""

import json
import re
import struct

import pytest
from django.test import Client

from horizon.directory.models import Entry
from horizon.directory.queries import current_publication
from horizon.directory.selection import Selection
from horizon.kernel.doors import DOORS
from tests.people import somebody

pytestmark = pytest.mark.django_db


def unpacked(body):
    """[(lon, lat, door, at commune, rank of the commune)] of an array of positions."""
    magic, count, south, west, north, east = struct.unpack("<4sI4f", body[:24])
    assert magic == b"HCP2"
    xs, ys, marks = (struct.unpack_from(f"<{count}H", body, 24 + start * count) for start in (0, 2, 4))
    return [
        (west + x * (east - west) / 65535, south + y * (north - south) / 65535, m & 15, bool(m & 16), m >> 5)
        for x, y, m in zip(xs, ys, marks, strict=True)
    ]


def text_of(client, query):
    return client.get("/annuaire/" + query).content.decode()


def test_a_list_loads_no_script_until_the_map_is_asked(client, published):
    assert "<script" not in text_of(client, "") and "map.css" not in text_of(client, "")
    text = text_of(client, "?porte=nourrir&carte=1")
    assert re.findall(r"<script[^>]*>", text) == ['<script type="module" src="/static/directory/map.js">']
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", text)
    assert 'href="?porte=nourrir"' in text  # closing the map keeps the filters
    assert 'name="carte" value="1"' in text  # filtering keeps the map


def test_the_address_of_the_map_is_that_of_the_list():
    from django.http import QueryDict

    asked = Selection(q="pain", doors=("nourrir",), map=True, tint="densite")
    assert Selection.parse(QueryDict(asked.query()[1:])) == asked
    assert Selection(map=True, tint="part").is_filtered is False
    assert Selection(map=False, tint="part").query() == "?"


def test_marks_say_the_door_the_commune_and_who_has_no_point(client, published):
    shapes = client.get("/annuaire/communes.geojson").json()
    found = unpacked(client.get("/annuaire/positions?vue=registre").content)
    entries = list(Entry.objects.filter(active=True, in_perimeter=True).order_by("ordinal"))
    codes = [door.code for door in DOORS]
    for entry, (lon, lat, door, at_commune, rank) in zip(entries, found, strict=True):
        commune = shapes["features"][rank]["properties"]
        assert commune["code"] == entry.commune_id
        assert door == (codes.index(entry.doors[0]) + 1 if entry.doors else 0)
        assert at_commune == (entry.lat is None)
        where = commune["at"] if at_commune else [entry.lon, entry.lat]
        assert [lon, lat] == pytest.approx(where, abs=1e-4)
    assert any(entry.at_home for entry in entries)
    assert all(at for entry, (_, _, _, at, _) in zip(entries, found, strict=True) if entry.at_home)


def test_the_shapes_are_closed_rings_around_their_centre(client, published):
    shapes = client.get("/annuaire/communes.geojson").json()
    assert [feature["id"] for feature in shapes["features"]] == list(range(40)) and shapes["schematic"]
    for feature in shapes["features"]:
        (ring,) = feature["geometry"]["coordinates"][0]
        assert ring[0] == ring[-1] and len(ring) >= 4
        lon, lat = feature["properties"]["at"]
        assert min(x for x, _ in ring) < lon < max(x for x, _ in ring)
        assert min(y for _, y in ring) < lat < max(y for _, y in ring)


def test_official_outlines_replace_cells(client, published):
    from horizon.directory.models import Publication
    from horizon.territory.models import Commune, Outline

    for commune in Commune.objects.filter(epci_id="200069854"):
        ring = [[commune.lon + x, commune.lat + y] for x, y in ((0, 0), (0.01, 0), (0, 0.01), (0, 0))]
        Outline.objects.create(commune=commune, rings=[ring], source="x")
    Publication.objects.update(atlas_edition=1)
    shapes = client.get("/annuaire/communes.geojson").json()
    assert shapes["schematic"] is False
    assert len(shapes["features"][0]["geometry"]["coordinates"][0][0]) == 4


def test_details_on_demand_are_the_rows_of_the_list(client, published):
    edition = current_publication().edition
    answer = client.get(f"/annuaire/fiches?edition={edition}&vue=registre&rangs=0,2")
    names = re.findall(r'<a href="/structures/[^"]+">([^<]+)</a>', answer.content.decode())
    listed = [entry.name for entry in Entry.objects.filter(active=True, in_perimeter=True)]
    assert names == [name.replace("'", "&#x27;") for name in (listed[0], listed[2])]
    assert (
        "TILLEULS"
        not in client.get(
            f"/annuaire/fiches?edition={edition}&vue=registre&rangs=0,1,2,3,4,5,6"
        ).content.decode()
    )


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("edition=NOW&rangs=999", 200),
        ("edition=NOW&rangs=", 400),
        ("edition=NOW&rangs=-1", 400),
        ("edition=NOW&rangs=1,x", 400),
        ("edition=NOW&rangs=" + ",".join(["1"] * 31), 400),
        ("edition=0.0.0&rangs=1", 409),
        ("rangs=1", 409),
    ],
)
def test_places_that_lead_nowhere_are_refused(client, published, query, status):
    query = query.replace("NOW", current_publication().edition)
    assert client.get("/annuaire/fiches?" + query).status_code == status


def test_a_named_edition_is_kept_by_the_browser(client, published):
    edition = current_publication().edition
    for path in ("/annuaire/positions", "/annuaire/communes.geojson"):
        assert "immutable" in client.get(f"{path}?edition={edition}")["Cache-Control"]
        assert client.get(f"{path}?edition=0.0.0")["Cache-Control"] == "no-cache"


def test_tints_have_their_legend_their_sentence_and_their_table(client, published):
    text = text_of(client, "?carte=1&teinte=densite&vue=registre")
    assert (
        "Structures pour 1 000 habitants" in text
        and "Légende de la teinte" in text
        and "url(#hatch5)" in text
    )
    rows = re.findall(r"<tr><th scope=\"row\"><a[^>]*>([^<]+)</a></th>(.*?)</tr>", text)
    assert len(rows) == 40
    values = [
        float(re.findall(r">([\d,–]+)</td>$", row)[0].replace(",", ".").replace("–", "-1")) for _, row in rows
    ]
    assert values == sorted(values, reverse=True) and values[0] > 0
    counts = {name: int(re.findall(r'<td class="r">(\d+)</td>', row)[0]) for name, row in rows}
    assert counts["Lusignan"] == 1 and sum(counts.values()) == 7
    shades = re.search(r'data-shades="([^"]+)"', text)[1].split(",")
    assert len(shades) == 40 and max(shades) == "5"
    assert "La teinte « bleu » n’existe pas".replace("’", "’") in text_of(client, "?carte=1&teinte=bleu")


def test_an_empty_selection_on_the_map_still_invites(client, published):
    text = text_of(client, "?q=xylophone&carte=1&teinte=nombre")
    assert "Personne ne répond" in text and "personne dans cette sélection" in text


def test_the_map_asks_no_more_when_there_are_more_rows(client, published, django_assert_max_num_queries):
    edition = current_publication().edition
    for path in (
        "/annuaire/?carte=1&teinte=part",
        "/annuaire/positions?vue=registre",
        "/annuaire/communes.geojson",
        f"/annuaire/fiches?vue=registre&edition={edition}&rangs=0,1,2,3,4,5,6",
    ):
        with django_assert_max_num_queries(12):
            client.get(path)


def test_nothing_published_answers(client, db):
    assert client.get("/annuaire/positions").status_code == 404
    assert client.get("/annuaire/communes.geojson").status_code == 404
    assert client.get("/annuaire/fiches?rangs=1").status_code == 409


def test_a_kept_list_says_nothing_of_who_asked_first(client, published):
    """The part of a page that is kept is the same for all: who is signed in stands in the frame around it."""
    signed = Client()
    signed.force_login(somebody("Quelqu’un"))
    first = signed.get("/annuaire/?q=pain").content.decode()
    then = client.get("/annuaire/?q=pain").content.decode()
    assert "/moi/" in first and "/moi/" not in then and "Quelqu’un" not in then
    again = signed.get("/annuaire/?q=pain").content.decode()
    assert "/moi/" in again


def test_geojson_is_light(client, published):
    body = client.get("/annuaire/communes.geojson").content
    assert len(body) < 30_000 and json.loads(body)["type"] == "FeatureCollection"
