"""The API says what the pages say, nothing more; it refuses in French, revalidates, limits, and stays open."""

import html
import json
import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from horizon.actors.models import Pole
from horizon.actors.services import poles
from horizon.actors.services.merging import merge_organizations
from horizon.directory import labels
from horizon.directory.models import Entry, Publication, Statement
from horizon.directory.said.services import state
from horizon.exchange.models import Listing
from horizon.exchange.parties import Party
from horizon.listening.models import Need
from horizon.listening.services import reading, saying
from horizon.opendata.api import api
from tests.exchange.kit import an_offer
from tests.opendata.kit import SECRET
from tests.people import entry_named, somebody

pytestmark = pytest.mark.django_db
LISTS = (
    "structures?vue=registre",
    "communes",
    "besoins",
    "echanges",
    "echanges/comptes",
    "couverture",
    "sources",
)
ALL = (*LISTS, "structures", "vocabulaires", "indicateurs", "openapi.json")
COMPUTED = {
    "millesime", "fictif", "acteur", "montree_a", "page", "latitude", "longitude", "categorie_juridique", "code_naf",
    "tranche_effectif", "employeur", "modification", "creation", "famille", "sources", "pourquoi", "dit", "raisons",
    "signes", "portes", "poles", "identifiant", "annee_effectif",
}  # fmt: skip


def get(client, path, **headers):
    return client.get(f"/api/v1/{path}", headers=headers)


def text_of(client, path):
    return html.unescape(client.get(path).content.decode()).replace("\u00a0", " ")


def test_everything_answers_and_says_that_it_is_fictitious(client, filled):
    for path in ALL[:-1]:
        answer = get(client, path)
        assert answer.status_code == 200, (path, answer.content)
        said = answer.json()
        assert (
            said["fictif"] is True and said["licence"] == "Licence Ouverte 2.0" if "fictif" in said else True
        )
        for row in said.get("resultats", []):
            if path not in {"sources", "indicateurs"}:
                assert row["fictif"] is True, (path, row)


def test_nothing_held_personal_or_withdrawn_goes_out(client, filled):
    """Every answer of every address, read as one text: no secret word, no address of a person, no name."""
    said = "".join(get(client, path).content.decode() for path in ALL)
    for path in ("besoins", "echanges", "structures?vue=registre"):
        for row in get(client, path).json()["resultats"]:
            kind = path.split("?")[0]
            if kind != "echanges":
                said += get(client, f"{kind}/{row['identifiant']}").content.decode()
    assert "Deux barnums" in said and "four à pain" in said and "05 36 49 12 34" in said
    assert SECRET not in said and "secret@" not in said and "@example.org" in said
    assert set(re.findall(r"[\w.]+@[\w.]+", said)) == {"contact@example.org"}
    held = Need.objects.exclude(status=Need.PUBLISHED).values_list("public_id", flat=True)
    assert held and all(get(client, f"besoins/{public_id}").status_code == 404 for public_id in held)


def test_a_structure_says_only_what_its_page_shows(client, filled):
    """Word for word: each text of the record is on the page, and each code by its name."""
    rows = get(client, "structures?vue=registre").json()["resultats"]
    assert len(rows) == 7
    for row in rows:
        page = text_of(client, f"/structures/{row['identifiant']}/")
        for name, value in row.items():
            if name in COMPUTED or value in (None, [], ""):
                continue
            if name == "horaires":
                assert all(line in page for line in value.splitlines())
            elif name == "code_insee":
                assert f"commune={value}" in page
            else:
                assert str(value) in page, (row["nom"], name, value)
        for why in row["pourquoi"]:
            assert why["raison"] in page
        for reason in row["raisons"]:
            assert reason["libelle"] in page
        for sign in row["signes"]:
            assert labels.SIGNS[sign].capitalize()[1:] in page


def test_needs_and_exchanges_say_only_what_their_pages_show(client, filled):
    needs = get(client, "besoins").json()["resultats"]
    assert [row["besoin"] for row in needs] == ["Un bus le soir à Lusignan", "Un four à pain à Lusignan"]
    for row in needs:
        page = text_of(client, f"/besoins/{row['identifiant']}/")
        assert row["besoin"] in page and row["etat_libelle"].capitalize() in page
        assert all(one["texte"] in page and one["genre_libelle"] in page for one in row["reponses"])
    assert needs[1]["voix"] == 3 and needs[1]["reponses"][0]["structures"] == [
        entry_named("PAIN").organization.public_id
    ]
    assert needs[0]["reponses"] == []
    rows = get(client, "echanges").json()["resultats"]
    assert {row["titre"] for row in rows} == {"Deux barnums", "=PIANO droit"}
    for row in rows:
        page = text_of(client, f"/echanges/{row['identifiant']}/")
        assert all(row[name] in page for name in ("titre", "structure_nom", "commune", "genre_libelle"))


def test_a_home_has_no_street_and_no_point(client, filled):
    rows = {row["nom"]: row for row in get(client, "structures?vue=registre").json()["resultats"]}
    homes = [row for row in rows.values() if row["montree_a"] == "commune"]
    assert homes and len(homes) < len(rows)
    for row in homes:
        assert [row[n] for n in ("adresse", "code_postal", "latitude", "longitude")] == [None] * 4


def test_what_a_structure_takes_back_is_gone_at_once(client, filled):
    """The lists follow in a minute; the API does not wait for them, above all for an address that is a home."""
    bread = entry_named("PAIN")
    assert bread.address
    state(
        bread.organization,
        {"address": "", "name": "Le Pain"},
        origin=Statement.REFERENT,
        actor="test",
        publish=True,
    )
    path = f"structures/{bread.organization.public_id}"
    row = get(client, path).json()
    assert (
        row["nom"] == "Le Pain"
        and row["montree_a"] == "commune"
        and row["adresse"] is row["latitude"] is None
    )
    listed = {r["identifiant"]: r for r in get(client, "structures").json()["resultats"]}
    assert listed[bread.organization.public_id]["adresse"] is None
    state(bread.organization, {"state": "closed"}, origin=Statement.REFERENT, actor="test", publish=True)
    assert get(client, path).status_code == 404


def test_what_must_be_shared_alike_is_on_the_page_and_not_here(client, filled):
    stage = entry_named("VONNE").organization
    page = text_of(client, f"/structures/{stage.public_id}/")
    row = get(client, f"structures/{stage.public_id}").json()
    assert "Théâtre SECRET de partage" in page and "ODbL 1.0" in page
    assert row["description"] is None and row["dit"] == []


def test_leaving_a_statement_out_never_shows_what_it_hid(client, filled):
    """Somebody emptied the address and the site under a licence that is not ours: the registers' do not come back."""
    bread, bike = entry_named("PAIN").organization, entry_named("Pédalier").organization
    state(bread, {"address": ""}, origin=Statement.OPERATOR, actor="test", publish=True)
    state(bike, {"website": ""}, origin=Statement.OPERATOR, actor="test", publish=True)
    Statement.objects.filter(organization__in=[bread, bike]).update(licence="ODbL 1.0")
    row = get(client, f"structures/{bread.public_id}").json()
    assert row["adresse"] is row["latitude"] is row["code_postal"] is None and row["montree_a"] == "commune"
    assert get(client, f"structures/{bike.public_id}").json()["site"] is None


def test_a_source_of_unknown_licence_is_left_out(client, filled):
    for source in filled.sources:
        if source["source"] == "ess_france_list":
            source["licence"] = "selon la liste"
    filled.save()
    row = get(client, f"structures/{entry_named('PAIN').organization.public_id}").json()
    assert "ess_france_list" not in {one["source"] for one in row["sources"]} | {
        one["code"] for one in row["raisons"]
    }
    sources = {one["source"]: one["diffusee"] for one in get(client, "sources").json()["resultats"]}
    assert sources["ess_france_list"] is False and sources["sirene_units"] is True


def test_people_s_listings_are_counted_from_three_people(client, filled):
    """Three people offer help at Lusignan; the bicycle of one alone is not said."""
    said = get(client, "echanges/comptes").json()
    assert said["seuil"] == 3
    assert [(r["sens"], r["genre"], r["code_insee"], r["annonces"]) for r in said["resultats"]] == [
        ("offre", "help", "86139", 3)
    ]


def test_one_person_with_three_listings_is_not_three_people(client, filled):
    alone = somebody()
    for title in ("Pelle", "Râteau", "Bêche"):
        an_offer(holder=Party(person=alone), title=title, kind="equipment")
    kinds = {row["genre"] for row in get(client, "echanges/comptes").json()["resultats"]}
    assert kinds == {"help"}


def test_what_is_left_under_three_people_is_not_had_by_subtraction(client, filled):
    """Coverage counts the offers and asks of structures alone, so that nothing of the people's can be taken from it."""
    door = Listing.objects.get(title="Deux barnums").door

    def lines():
        return get(client, "couverture").json()["resultats"]

    before = lines()
    for row in before:
        same = get(client, f"echanges?{row['par']}={row['code']}").json()["resultats"]
        assert row["offres"] == len([one for one in same if one["sens"] == "offre"]), row
        assert row["demandes"] == len([one for one in same if one["sens"] == "demande"]), row
    an_offer(
        holder=Party(person=somebody("SECRET Nom")),
        title="SECRET vélo",
        kind="goods",
        terms="gift",
        door=door,
    )
    assert lines() == before


def test_listings_have_a_door(client, filled):
    Listing.objects.filter(title="Deux barnums").update(door="divertir")
    Listing.objects.exclude(title="Deux barnums").update(door="")
    [row] = get(client, "echanges?porte=divertir").json()["resultats"]
    assert (row["titre"], row["porte"]) == ("Deux barnums", "divertir")
    [row] = get(client, "echanges?porte=a-preciser").json()["resultats"]
    assert (row["titre"], row["porte"]) == ("=PIANO droit", None)
    assert get(client, "echanges?porte=voler").status_code == 422
    doors = {
        row["code"]: row["offres"]
        for row in get(client, "couverture").json()["resultats"]
        if row["par"] == "porte"
    }
    assert doors["divertir"] == 1 and doors["vetir"] == 0


def test_a_structure_made_one_with_another_is_the_whole_everywhere(client, filled):
    bike, bread, kept = (entry_named(word).organization for word in ("Pédalier", "PAIN", "VONNE"))
    for one in (bike, bread):
        merge_organizations(kept, one, by="test", actor="test")
    rows = get(client, "echanges").json()["resultats"]
    assert {(row["structure"], row["structure_nom"]) for row in rows} == {(kept.public_id, kept.name)}
    cited = [
        one["structures"] for row in get(client, "besoins").json()["resultats"] for one in row["reponses"]
    ]
    assert cited == [[kept.public_id]]
    assert kept.name in client.get("/flux/reponses.atom").content.decode()
    assert bread.name not in client.get("/flux/reponses.atom").content.decode()


def test_filters_are_those_of_the_list(client, filled):
    def names(query):
        return [row["nom"] for row in get(client, f"structures?{query}").json()["resultats"]]

    for query in ("porte=deplacer", "commune=86139", "q=velo", "famille=cooperative", "vue=registre&tri=creation",
                  "employeur=1", "recent=1", "taille=10-49", "commune=86139&rayon=20&vue=registre", "activite=10.71C",
                  "porte=deplacer&porte=vetir"):  # fmt: skip
        page = client.get(f"/annuaire.csv?{query}").getvalue().decode("utf-8-sig").splitlines()[1:]
        assert [n.lstrip("=") for n in names(query)] == [line.split(";")[1].lstrip("'=") for line in page], (
            query
        )
        assert names(query), query
    assert get(client, "besoins?commune=86139&reponse=exists").json()["total"] == 1
    assert get(client, "besoins?q=four").json()["total"] == 1
    assert get(client, "echanges?sens=demandes&sans=oui").json()["total"] == 1
    assert get(client, "structures?rayon=5").json()["explications"] == [
        "Choisissez une commune pour compter les distances."
    ]
    assert get(client, "structures?q=%00").status_code == get(client, "besoins?q=%00a").status_code == 200


def test_pages_lead_to_one_another(client, filled):
    first = get(client, "structures?vue=registre&par_page=3")
    said, seen = first.json(), []
    assert (said["total"], said["pages"], said["precedente"]) == (7, 3, None)
    assert first["Link"] == f'<{said["suivante"]}>; rel="next"'
    while True:
        seen += [row["identifiant"] for row in said["resultats"]]
        if not said["suivante"]:
            break
        said = client.get(said["suivante"].removeprefix("http://localhost:8000")).json()
    assert len(seen) == len(set(seen)) == 7
    assert get(client, "structures?page=99").json()["resultats"] == []


def test_refusals_are_problems_in_french(client, filled):
    for path, status, words in (
        ("structures?porte=voler", 422, "porte : attendu : instruire"),
        ("structures?page=deux", 422, "un nombre entier est attendu"),
        ("structures?par_page=1000", 422, "au plus 100"),
        ("structures?commune=Poitiers", 422, "cette écriture n’est pas celle d’un tel code"),
        ("structures?communes=86194", 422, "Paramètre inconnu : communes"),
        ("communes?x=1", 422, "Il n’y en a pas ici"),
        ("structures/zzz", 404, "Aucune structure listée"),
        ("indicateurs?territoire=zz", 404, "zz"),
        ("nulle/part", 404, "Cette adresse n’existe pas"),
    ):
        answer = get(client, path)
        assert answer.status_code == status and answer["Content-Type"] == "application/problem+json", path
        assert words in answer.json()["detail"], answer.json()
    refused = client.post("/api/v1/structures")
    assert refused.status_code == 405 and refused["Allow"] == "GET, HEAD, OPTIONS"
    assert "GET" in refused.json()["detail"]


def test_the_names_of_poles_are_those_that_the_collective_gives(client, filled):
    pole = Pole.objects.order_by("rank").first()
    poles.rename_pole(pole, "Bien manger ensemble", actor="test")
    found = get(client, "vocabulaires").json()["poles"]
    assert {"code": pole.code, "libelle": "Bien manger ensemble"} in found
    assert [one["code"] for one in found] == list(
        Pole.objects.order_by("rank", "code").values_list("code", flat=True)
    )


def test_an_empty_site_says_so(client, filled):
    Publication.objects.update(current=False)
    answer = get(client, "structures")
    assert answer.status_code == 404 and "Rien n’est encore publié" in answer.json()["detail"]
    assert client.get("/flux/structures.atom").status_code == 404
    assert "horizon dumps" in client.get("/donnees/").content.decode()


def test_what_a_client_has_is_not_sent_again(client, filled):
    for path in ("structures", "besoins", "echanges", "communes", "vocabulaires"):
        first = get(client, path)
        assert first["ETag"] and "max-age=60" in first["Cache-Control"]
        again = get(client, path, if_none_match=first["ETag"])
        assert again.status_code == 304 and again.content == b"" and again["ETag"] == first["ETag"], path
    tag = get(client, "structures")["ETag"]
    with CaptureQueriesContext(connection) as captured:
        assert get(client, "structures", if_none_match=tag).status_code == 304
    assert len(captured) == 1  # the publication, and no work
    Publication.objects.filter(current=True).update(revision=99)
    assert get(client, "structures", if_none_match=tag).status_code == 200


def test_a_hurried_client_waits(client, filled, settings):
    settings.API_RATE = 3
    cache.clear()
    for _ in range(3):
        assert get(client, "communes").status_code == 200
    refused = get(client, "communes")
    assert refused.status_code == 429 and refused["Retry-After"] == "60"
    assert "/donnees/" in refused.json()["detail"] and refused["Access-Control-Allow-Origin"] == "*"


def test_any_site_may_read_it_and_no_cookie_is_set(client, filled):
    for path in ("/api/v1/structures", "/api/v1/zz", "/flux/besoins.atom", "/donnees/zz"):
        answer = client.get(path)
        assert answer["Access-Control-Allow-Origin"] == "*" and not answer.cookies
        assert "Access-Control-Allow-Credentials" not in answer
    before = client.options("/api/v1/structures", headers={"origin": "https://ailleurs.example"})
    assert before.status_code == 204 and "If-None-Match" in before["Access-Control-Allow-Headers"]


def test_queries_do_not_grow_with_rows(client, filled):
    def count(path):
        get(client, path)
        with CaptureQueriesContext(connection) as captured:
            get(client, path)
        return len(captured)

    paths = ("structures?vue=registre&par_page={}", "besoins?par_page={}", "echanges?par_page={}")
    before = [count(path.format(2)) for path in paths]
    for rank in range(4):
        said = saying.say_need(f"Un banc {rank} à Lusignan", once=saying.fresh_once())
        reading.publish_need(said.need, actor="test")
        an_offer(rank, title=f"Table {rank}")
    assert [count(path.format(100)) for path in paths] == before
    assert max(before) <= 11, before


def test_get_never_writes(client, filled):
    for path in ALL:
        with CaptureQueriesContext(connection) as captured:
            get(client, path)
        assert all(q["sql"].lstrip().upper().startswith(("SELECT", "DECLARE", "PRAGMA")) for q in captured), (
            path
        )


def test_the_description_is_openapi_3_1_and_the_page_says_it_all(client, filled):
    from openapi_spec_validator import OpenAPIV31SpecValidator

    described = get(client, "openapi.json").json()
    assert described["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(described).validate()
    page = text_of(client, "/api/v1/")
    for path, methods in described["paths"].items():
        assert set(methods) == {"get"} and f"GET {path}" in page
        for one in methods["get"]["parameters"]:
            assert one["name"] in page
    assert "src=" not in page and json.dumps(api.get_openapi_schema())


def test_a_record_has_the_columns_of_the_description_and_no_other(client, filled):
    """`additionalProperties` is not forbidden by the description: here it is."""
    described = get(client, "openapi.json").json()["components"]["schemas"]
    for path, shape in (("structures", "Structure"), ("besoins", "Need"), ("echanges", "Exchange")):
        for row in get(client, path).json()["resultats"]:
            assert set(row) == set(described[shape]["properties"])


def test_the_entry_that_is_not_listed_is_not_there(client, filled):
    for entry in Entry.objects.exclude(active=True, in_perimeter=True):
        assert get(client, f"structures/{entry.organization.public_id}").status_code == 404


def test_exchanges_have_a_door_and_are_counted_behind_it(client, filled):
    Listing.objects.filter(title="=PIANO droit").update(door="vetir", door_chosen=True)
    Listing.objects.filter(title="Deux barnums").update(door="", door_chosen=True)
    doors = {row["titre"]: row["porte"] for row in get(client, "echanges").json()["resultats"]}
    assert doors == {"Deux barnums": None, "=PIANO droit": "vetir"}
    found = get(client, "echanges?porte=vetir").json()["resultats"]
    assert [row["titre"] for row in found] == ["=PIANO droit"]
    rows = get(client, "couverture").json()["resultats"]
    behind = next(row for row in rows if row["code"] == "vetir")
    assert (behind["par"], behind["demandes"], behind["offres"]) == ("porte", 1, 0)
