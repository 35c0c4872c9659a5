"""The list and its exports, as a visitor asks for them."""

import csv
import io
import re
import struct

import pytest
from django.conf import settings
from django.core.cache import caches
from django.test.utils import CaptureQueriesContext

from horizon.directory.cards import FRAGMENTS, LISTS
from horizon.directory.models import Entry, EntryTheme, Publication
from horizon.directory.queries import SAME_DOOR, SAME_WORDS, neighbours
from horizon.directory.selection import Selection
from horizon.directory.services import forget
from horizon.kernel.templatetags.atlas import doors_named
from horizon.territory.models import Commune
from tests.people import entry_named

pytestmark = pytest.mark.django_db


def page(client, query=""):
    answer = client.get("/annuaire/" + query)
    assert answer.status_code == 200
    return answer.content.decode()


def names(client, query=""):
    """The names in the CSV of a selection, in its order."""
    text = b"".join(client.get("/annuaire.csv" + query).streaming_content).decode("utf-8-sig")
    header, *lines = csv.reader(io.StringIO(text), delimiter=";")
    return [line[header.index("nom")] for line in lines]


def test_actors_by_default_and_both_counts(client, published):
    text = page(client)
    assert "5\u00a0acteurs" in text and "7\u00a0structures inscrites" in text
    assert "CLUB ENDORMI" not in text
    assert "CLUB ENDORMI" in page(client, "?vue=registre")


def test_closed_and_excluded_structures_are_in_no_list(client, published):
    text = page(client, "?vue=registre")
    assert "COMPAGNIE FERMEE" not in text and "PAROISSE" not in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?commune=86139", ["L'Atelier du Pédalier"]),
        ("?famille=cooperative", ["SCOP LE PAIN VIVANT"]),
        ("?employeur=1", ["L'Atelier du Pédalier", "SCOP LE PAIN VIVANT"]),
        ("?taille=10-49", ["SCOP LE PAIN VIVANT"]),
        ("?activite=R", ["THEATRE DE LA VONNE"]),
        ("?activite=10.71C", ["SCOP LE PAIN VIVANT"]),
        ("?commune=86139&rayon=5", ["L'Atelier du Pédalier"]),
        ("?famille=fondation", []),
    ],
)
def test_filters_and_the_csv_of_exactly_the_selection(client, published, query, expected):
    assert names(client, query) == expected
    text = page(client, query)
    assert all(name.replace("'", "&#x27;") in text for name in expected)


def test_a_site_that_answers_and_members_may_be_asked_for(client, published):
    """Signs that people and checks give are filters as those of registers are, with their counts, and are on the rows."""
    Entry.objects.filter(siren="111111111").update(signs=["employer", "site", "member"])
    Entry.objects.filter(siren="222222222").update(signs=["employer", "member"])
    forget()
    assert names(client, "?site=1") == ["L'Atelier du Pédalier"]
    assert names(client, "?membre=1") == ["L'Atelier du Pédalier", "SCOP LE PAIN VIVANT"]
    assert names(client, "?membre=1&site=1") == ["L'Atelier du Pédalier"]
    text = page(client, "?membre=1")
    assert (
        "Retirer le filtre Membre du collectif" in text
        and text.count("<span>membre du collectif</span>") == 2
    )
    assert 'name="site" value="1">Son site répond<span class="n">1</span>' in text
    assert client.get("/api/v1/structures?site=1").json()["total"] == 1


def test_pages_are_kept_in_small_number_and_for_an_hour(client, published, monkeypatch):
    """A robot that asks every filter fills neither the memory nor the place of the rows."""
    pages, rows = caches[LISTS], caches[FRAGMENTS]
    assert pages.default_timeout == 3600 and pages._max_entries == 500
    monkeypatch.setattr(pages, "_max_entries", 4)
    page(client)
    drawn = len(rows._cache)
    for rank in range(1, 13):
        page(client, f"?commune=86194&rayon={rank}")
    assert 0 < len(pages._cache) <= 5 and len(rows._cache) == drawn
    forget()
    assert not pages._cache and not rows._cache


def test_crawlers_are_asked_to_leave_what_repeats_the_list(client, db):
    answer = client.get("/robots.txt")
    assert answer["Content-Type"].startswith("text/plain")
    lines = answer.content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert {"Disallow: /annuaire.csv", "Disallow: /*imprimer=", "Disallow: /*carte="} <= set(lines)


def test_distance_sorts_from_the_nearest(client, published):
    found = names(client, "?commune=86253&rayon=200&tri=distance")
    assert found[0] == "THEATRE DE LA VONNE"
    assert found[1] == "L'Atelier du Pédalier"


def test_each_distance_is_counted_and_communes_keep_their_own_counts(client, published):
    """Five actors in three communes, the two others more than two kilometres away."""
    text = page(client, "?commune=86194&rayon=2")
    for option in (
        '<option value="">Dans la commune (3)',
        '<option value="2" selected>2 km ou moins (3)',
        '<option value="40">40 km ou moins (5)',
        '<option value="86139">Lusignan (1)',
        '<option value="86253">Sanxay (1)',
    ):
        assert option in text
    assert '<option value="40">40 km ou moins</option>' in page(client)
    assert len(names(client, "?commune=86194&rayon=40")) == 5


def test_a_distance_of_ones_own_is_kept_and_a_wrong_one_is_named(client, published):
    assert '<option value="15" selected>15 km ou moins' in page(client, "?commune=86194&rayon=15")
    for wrong in ("0", "1000", "201", "loin"):
        assert "Le rayon est un nombre de kilomètres entre 1 et 200" in page(client, f"?commune=86194&rayon={wrong}")  # fmt: skip


def test_where_distances_are_not_known_none_is_promised(client, published):
    """Communes without a centroid: elsewhere than in Grand Poitiers until outlines are fetched."""
    Commune.objects.update(lat=None, lon=None)
    Publication.objects.update(atlas_edition=published.atlas_edition + 1)
    forget()
    text = page(client, "?commune=86194&rayon=10&tri=distance")
    assert "Les distances ne sont pas connues sur ce territoire" in text
    assert "autour de" not in text and "km ou moins" not in text and "vol d’oiseau" not in text
    assert "Retirer le filtre Poitiers" in text and len(names(client, "?commune=86194&rayon=10")) == 3
    assert "rayon=10" not in client.get("/communes/86253/").content.decode()


def test_each_order_is_offered_once(client, published):
    assert page(client).count(">Nom</option>") == 1 and ">Pertinence</option>" not in page(client)
    assert page(client, "?q=pain").count(">Pertinence</option>") == 1


def test_an_empty_answer_names_what_was_asked(client, published):
    assert "Se déplacer, Sanxay : personne ne répond" in page(client, "?commune=86253&porte=deplacer")


def test_creation_sorts_from_the_newest(client, published):
    assert names(client, "?tri=creation")[0] == "'=CMD()|FORMULE"


def test_a_cell_cannot_become_a_formula(client, published):
    assert "'=CMD()|FORMULE" in names(client)


def test_the_csv_of_a_home_has_no_street(client, published):
    text = b"".join(client.get("/annuaire.csv?vue=registre").streaming_content).decode()
    line = next(line for line in text.splitlines() if "THEATRE" in line)
    assert "TILLEULS" not in line and "86600" not in line
    assert text.count("TILLEULS") == 2


def test_unknown_values_are_named_and_left_out(client, published):
    text = page(client, "?porte=sauter&famille=secte&rayon=loin&commune=99999")
    for word in ("sauter", "secte", "Le rayon est un nombre", "99999"):
        assert word in text


def test_an_empty_answer_helps(client, published):
    text = page(client, "?q=xylophone+martien")
    assert "Personne ne répond à « xylophone martien »." in text and "Sans le filtre" in text
    assert (
        "Pourquoi cet ordre" not in text
        and "tableur (CSV)" not in text
        and "S’abonner, pour l’apprendre" in text
    )


def test_a_page_without_contact_asks_whoever_knows(client, published):
    def read(words):
        return client.get(f"/structures/{entry_named(words).organization.public_id}/").content.decode()

    assert "Nous ne savons pas encore comment la joindre" in read("VONNE")
    assert "Nous ne savons pas encore" not in read("Pédalier"), "its site is known"


def test_behind_a_door_the_same_words_come_first(published):
    shown = list(Entry.objects.filter(is_actor=True, folded=False).select_related("commune", "publication"))
    near, far, alike = shown[0], shown[1], shown[2]
    EntryTheme.objects.filter(entry__in=shown[:3]).delete()
    Entry.objects.filter(pk__in=[e.pk for e in shown[:3]]).update(doors=["deplacer"], naf_rev2="")
    for entry, reason in (
        (near, "« velo » dans le nom"),
        (far, "« ambulance » dans le nom"),
        (alike, "« velo » dans l’objet"),
    ):
        EntryTheme.objects.create(
            entry=entry, kind=EntryTheme.DOOR, code="deplacer", rank=1, confidence=0.8, reason=reason
        )
    found = neighbours(Entry.objects.select_related("commune", "publication").get(pk=near.pk))
    assert [(other.pk, why) for other, why in found] == [(alike.pk, SAME_WORDS), (far.pk, SAME_DOOR)]


def test_a_reason_names_doors():
    assert (
        doors_named("« velo » dans le nom ; porte « deplacer »")
        == "« velo » dans le nom ; porte « Se déplacer »"
    )


@pytest.mark.parametrize(
    "query", ["?page=999999", "?page=0", "?page=-1", "?page=abc", "?q=%00", "?q=" + "a" * 5000, "?q=%27%3B--"]
)
def test_strange_addresses_answer(client, published, query):
    page(client, query)


def test_print_shows_all_the_selection(client, published):
    text = page(client, "?imprimer=1&vue=registre&page=3")
    assert all(name in text for name in ("CLUB ENDORMI", "SCOP LE PAIN VIVANT", "Les Tricoteuses du mardi"))
    assert text.count('<th scope="row">') == 7 and "partie" not in text
    assert (
        f"{settings.ORIGIN}/annuaire.csv?vue=registre<" in text
        and 'href="/annuaire.csv?vue=registre"' in text
    )
    assert f"{settings.ORIGIN}/annuaire.csv<" in page(client, "?imprimer=1")
    assert "rien à imprimer" in page(client, "?imprimer=1&q=zzzzzz")


def test_a_list_longer_than_a_print_says_where_it_stops_and_gives_the_rest(client, published, monkeypatch):
    """Seven structures, three to a part: each is printed once, and the spreadsheet of the same selection has them all."""
    monkeypatch.setattr("horizon.directory.printing.PRINTED_AT_MOST", 3)
    parts = [page(client, f"?imprimer=1&vue=registre&page={number}") for number in (1, 2, 3)]
    printed = [re.findall(r'<th scope="row"><a href="/structures/([a-z0-9]+)/">', text) for text in parts]
    assert [len(rows) for rows in printed] == [3, 3, 1]
    rows = client.get("/annuaire.csv?vue=registre").getvalue().decode("utf-8-sig").splitlines()[1:]
    assert [one for rows in printed for one in rows] == [row.split(";")[0] for row in rows]
    first = parts[0].replace("&amp;", "&")
    assert "imprime les structures 1 à 3 : c’est la partie 1 sur 3" in first
    assert "s’arrête à la 3<sup>e</sup> structure sur 7" in first and 'rel="prev"' not in first
    assert 'rel="next" href="?vue=registre&page=2&imprimer=1"' in first
    assert 'rel="next"' not in parts[2] and "Fin : 7 structures, en 3 parties" in parts[2]


def test_more_structures_ask_no_more_to_be_printed(client, published, django_assert_max_num_queries):
    page(client, "?imprimer=1")
    with django_assert_max_num_queries(3):
        page(client, "?imprimer=1&vue=registre")


def test_positions_are_six_bytes_each_and_homes_stand_at_their_commune(client, published):
    body = client.get("/annuaire/positions?vue=registre").content
    magic, count, south, west, north, east = struct.unpack("<4sI4f", body[:24])
    assert (magic, count, len(body)) == (b"HCP2", 7, 24 + 6 * 7)
    assert 46 < south <= north < 47 and -0.1 < west <= east < 1
    assert client.get("/annuaire/positions?famille=fondation").content[4:8] == b"\0\0\0\0"


def test_ten_thousand_positions_fit_in_sixty_kilobytes():
    from array import array
    from types import SimpleNamespace

    from horizon.directory.positions import pack

    for count in (10_000, 100_000):
        entries = SimpleNamespace(
            lat=array("d", [46.5 + n / 1e6 for n in range(count)]),
            lon=array("d", [0.3 + n / 1e6 for n in range(count)]),
            commune_codes=["86194"] * count,
            first_doors=bytes(count),
        )
        assert len(pack(entries, list(range(count)), {"86194": 0})) == 24 + 6 * count
    assert 24 + 6 * 10_000 <= 60 * 1024


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/annuaire/",
        "/annuaire/?porte=nourrir",
        "/portes/nourrir/",
        "/communes/",
        "/communes/86194/",
        "/methodes/",
    ],
)
def test_no_page_asks_more_when_there_are_more_rows(client, published, path, django_assert_max_num_queries):
    client.get(path)  # fills what is kept per publication
    from django.db import connection

    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(path)
    with django_assert_max_num_queries(12):
        client.get(path)
    template = Entry.objects.get(siren="222222222")
    from horizon.actors.models import Organization
    from horizon.directory import catalogue

    for number in range(60):
        template.pk, template.organization = (
            None,
            Organization.objects.create(public_id=f"extra{number:05d}", name="X"),
        )
        template.ordinal = 100 + number
        template.save()
    catalogue.forget()
    client.get(path)
    with CaptureQueriesContext(connection) as many:
        client.get(path)
    assert len(many) <= len(few) <= 12


def test_the_entry_page_asks_at_most_nineteen(client, published, django_assert_max_num_queries):
    entry = Entry.objects.get(siren="222222222")
    client.get(f"/structures/{entry.organization.public_id}/")
    with django_assert_max_num_queries(19):
        text = client.get(f"/structures/{entry.organization.public_id}/").content.decode()
    for word in (
        "Elle figure sur la liste d’ESS France",
        "12 RUE DES TILLEULS",
        "application/ld+json",
        "Signaler une erreur",
        "1er\u00a0novembre 2026",
    ):
        assert word in text


def test_the_entry_of_a_home_shows_its_commune_only(client, published):
    entry = Entry.objects.get(siren="333333333")
    text = client.get(f"/structures/{entry.organization.public_id}/").content.decode()
    assert (
        "Montrée à sa commune seulement" in text and "TILLEULS" not in text and "GeoCoordinates" not in text
    )


def test_a_name_cannot_close_the_script(client, published):
    entry = Entry.objects.get(siren="222222222")
    Entry.objects.filter(pk=entry.pk).update(name="</script><b>x")
    text = client.get(f"/structures/{entry.organization.public_id}/").content.decode()
    assert "</script><b>" not in text


def test_a_selection_survives_its_own_address():
    from django.http import QueryDict

    selection = Selection(
        q="vélo",
        doors=("nourrir", "loger"),
        commune="86194",
        radius=10,
        size="1-9",
        employer=True,
        view="registre",
        page=3,
    )
    assert Selection.parse(QueryDict(selection.query(page=3)[1:])) == selection


def test_discs_of_the_drawn_map_cover_none_other(published):
    """Three structures in each of the forty communes, three hundred to a page: every disc is whole, and led to its commune."""
    from itertools import combinations
    from math import hypot
    from types import SimpleNamespace

    from horizon.directory.views import PIN_APART, _pins
    from horizon.territory.atlas import atlas

    shown = Publication.objects.get(current=True)
    drawing = atlas(shown.territory_code, shown.edition)
    codes = [drawn.code for drawn in drawing.communes]
    pins = _pins(SimpleNamespace(communes=codes * 3, first=98), drawing)
    assert len(pins) == len(codes) == 40 and [pins[0]["label"], pins[2]["label"]] == ["98+", "100+"]
    assert all(hypot(a["x"] - b["x"], a["y"] - b["y"]) >= PIN_APART for a, b in combinations(pins, 2))
    assert any(pin["moved"] for pin in pins) and not all(pin["moved"] for pin in pins)
    assert pins == _pins(SimpleNamespace(communes=codes * 3, first=98), drawing)


def test_names_of_the_drawn_map_cover_none_other(client, published):
    """On the page of Buxerolles, just above Poitiers, its name keeps its place and Poitiers goes one line away."""
    name = r'<text class="l(?: l1)? x" x="\d+" y="(\d+)"[^>]*>([^<]+)<'
    alone, beside = (
        {said: int(y) for y, said in re.findall(name, client.get(path).content.decode())}
        for path in ("/communes/86194/", "/communes/86041/")
    )
    assert set(alone) == {"Poitiers"} and set(beside) == {"Poitiers", "Buxerolles"}
    assert abs(beside["Poitiers"] - alone["Poitiers"]) == 48
    assert abs(beside["Poitiers"] - beside["Buxerolles"]) >= 39
