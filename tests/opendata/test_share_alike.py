"""A whole table under another licence: on the pages with its licence, and in nothing that is given away."""

import csv
import io
import json
import re
from zlib import crc32

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from horizon.actors.models import Organization
from horizon.actors.services.links import declare_link
from horizon.care.imports import services
from horizon.care.imports.applying import advance
from horizon.care.imports.models import Import
from horizon.directory.licences import NAME, OPEN, kept_entries, opened
from horizon.directory.listing import iter_entries
from horizon.directory.models import Entry, Statement
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import state, take_statement_away
from horizon.directory.selection import Selection
from horizon.engine.tables.mapping import CC0, LICENCE_OUVERTE, LICENCES, SHARE_ALIKE, Mapping
from horizon.opendata import dumps
from tests.care.imports.kit import word
from tests.exchange.kit import Party, an_offer
from tests.people import entry_named

pytestmark = pytest.mark.django_db
HEADERS = ["Nom", "SIREN", "Code postal", "Ville", "Téléphone", "Site", "Objet"]
COLUMNS = {
    "name": ("Nom",), "siren": ("SIREN",), "postal_code": ("Code postal",), "city": ("Ville",), "phone": ("Téléphone",),
    "website": ("Site",), "description": ("Objet",),
}  # fmt: skip
WORDS = ("Gouttière", "Lucarne", "Persienne", "Margelle", "Tonnelle", "Girouette")
ODBL = LICENCES["odbl"]


def bring(licence: str, words=WORDS) -> list[Organization]:
    """A table of new structures at Lusignan through the assistant's own services, written and in the lists."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(HEADERS)
    for name in words:
        own = word(WORDS.index(name), licence)
        phone = f"0549{crc32(own.encode()) % 10**6:06}"
        writer.writerow(
            [f"{name} {own}", "", "86600", "Lusignan", phone, f"www.{own}.example", f"Objet {name}"]
        )
    batch = services.receive_table(out.getvalue().encode(), f"{licence}.csv", author=None, actor="test")
    services.map_columns(batch, Mapping(columns=COLUMNS, source="Carte libre", licence=licence), actor="test")
    assert advance(batch.public_id) == Import.READY
    services.confirm_import(batch, actor="test")
    assert advance(batch.public_id) == Import.DONE
    made = [line.organization for line in batch.lines.order_by("number").select_related("organization")]
    assert len(made) == len(words) and Entry.objects.filter(organization__in=made).count() == len(words)
    return made


def get(client, path, **headers):
    return client.get(f"/api/v1/{path}", headers=headers)


def rows_of(client, path):
    text = b"".join(client.get(path).streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


@pytest.mark.parametrize("licence", LICENCES)
def test_each_licence_of_the_assistant_is_given_away_or_kept(client, filled, licence):
    """Every licence that the assistant offers, by a whole import: two are open, share-alike ones are not."""
    made = bring(licence, WORDS[:2])
    is_open = licence in {"lo", "cc0"}
    assert (LICENCES[licence] in OPEN) is is_open and not (is_open and licence in SHARE_ALIKE)
    total = get(client, "structures?vue=registre").json()["total"]
    assert total == (9 if is_open else 7)
    for one in made:
        assert get(client, f"structures/{one.public_id}").status_code == (200 if is_open else 404)
        page = client.get(f"/structures/{one.public_id}/").content.decode()
        assert one.name in page and LICENCES[licence] in page


def test_what_is_open_has_one_name():
    assert OPEN == {LICENCE_OUVERTE, CC0} <= set(LICENCES.values()) and NAME == LICENCE_OUVERTE
    assert Statement._meta.get_field("licence").default == LICENCE_OUVERTE


def test_a_share_alike_table_leaves_by_no_door(client, filled):
    """Its structures are in the list of the site, and neither their names nor their identifiers in what is given away."""
    before = get(client, "structures?vue=registre&par_page=100").json()
    made = bring("odbl")
    an_offer(holder=Party(made[0]), title="Une échelle double")
    declare_link(made[1], "supplies", entry_named("Pédalier").organization, actor="test")
    Entry.objects.filter(organization__in=made[:3]).update(is_actor=True)
    secrets = [one.name.split()[0] for one in made]

    page = client.get("/annuaire/?vue=registre").content.decode()
    assert all(one.name in page for one in made)
    shown = client.get(f"/structures/{made[0].public_id}/").content.decode()
    assert ODBL in shown and "Objet Gouttière" in shown

    after = get(client, "structures?vue=registre&par_page=100").json()
    assert after["total"] == before["total"]
    assert [one["identifiant"] for one in after["resultats"]] == [
        one["identifiant"] for one in before["resultats"]
    ]
    some = get(client, "structures?vue=registre&par_page=3&page=3").json()
    assert (some["total"], some["pages"], len(some["resultats"])) == (7, 3, 1), (
        "whole pages, not pages with holes"
    )
    assert get(client, "structures?vue=registre&q=gouttiere").json()["total"] == 0
    refused = get(client, f"structures/{made[0].public_id}")
    assert refused.status_code == 404 and refused["Content-Type"] == "application/problem+json"
    assert (
        ODBL in refused.json()["detail"] and f"/structures/{made[0].public_id}/" in refused.json()["detail"]
    )

    made_files = dumps.write_dumps()
    for one in made_files.files:
        content = (made_files.folder / one.name).read_bytes().decode("utf-8", "replace")
        assert not [secret for secret in secrets if secret in content], one.name
        held = [o.public_id for o in made if o.public_id in content and o is not made[0]]
        assert not held, one.name
    assert made_files.kept == {ODBL: 6} and made_files.kept_in_all == 6
    structures = {
        one.rows
        for one in made_files.files
        if one.table == "structures" and one.name.endswith((".csv", ".parquet"))
    }
    assert structures == {7}

    for path in ("/flux/structures.atom?vue=registre", "/flux/echanges.atom", "/flux/reponses.atom", "/flux/besoins.atom",
                 "/integrer/liste/?vue=registre&commune=86139", "/api/v1/echanges", "/donnees/catalogue.jsonld"):  # fmt: skip
        answer = client.get(path)
        body = (answer.getvalue() if answer.streaming else answer.content).decode()
        assert not [secret for secret in secrets if secret in body], path
    offered = next(
        one for one in get(client, "echanges").json()["resultats"] if one["titre"] == "Une échelle double"
    )
    assert offered["structure_nom"] is None
    listed = rows_of(client, "/echanges.csv")[0]
    assert (listed["structure"], listed["identifiant_structure"]) == ("", made[0].public_id)
    alone = client.get(f"/integrer/structure/{made[0].public_id}/")
    assert alone.status_code == 404 and "dont la licence" in alone.content.decode()
    assert secrets[0] not in alone.content.decode()


def block_of(client, organization):
    page = client.get(f"/structures/{organization.public_id}/").content.decode()
    return json.loads(re.search(r'ld\+json">(.*?)</script>', page, re.S)[1])


def test_the_block_for_machines_of_a_page_says_what_is_open(client, filled):
    made, bike = bring("odbl", WORDS[:1])[0], entry_named("Pédalier").organization
    state(
        bike, {"description": "Un SECRET"}, origin=Statement.TABLE, actor="test", publish=True, licence=ODBL
    )
    state(bike, {"acronym": "ADP"}, origin=Statement.REFERENT, actor="test", publish=True)
    refresh_directory()
    assert "Un SECRET" in client.get(f"/structures/{bike.public_id}/").content.decode()
    said = block_of(client, bike)
    assert (said["name"], said["alternateName"]) == ("L'Atelier du Pédalier", "ADP") and "SECRET" not in str(
        said
    )
    kept = block_of(client, made)
    assert set(kept) == {"@context", "@type", "@id", "url"} and kept["@id"] == kept["url"]


def test_it_is_no_neighbour_in_an_embed(client, filled):
    made = bring("odbl", WORDS[:2])
    bike = entry_named("Pédalier")
    Entry.objects.filter(organization__in=made).update(is_actor=True, naf_rev2="95.29Z")
    Entry.objects.filter(naf_rev2="10.71C").update(naf_rev2="95.29Z")
    shown = client.get(f"/integrer/structure/{bike.organization.public_id}/").content.decode()
    assert "PAIN VIVANT" in shown and "Gouttière" not in shown and "Lucarne" not in shown


def test_the_spreadsheet_of_the_directory_says_what_it_does_not_take(client, filled):
    """As many rows as the list; those of another licence lead to their page and say why they are empty."""
    made = bring("odbl", WORDS[:2])
    bread = entry_named("PAIN").organization
    state(
        bread,
        {"website": "https://pain.example/"},
        origin=Statement.TABLE,
        actor="test",
        publish=True,
        licence=ODBL,
    )
    state(
        bread, {"name": "Le Pain qui vit"}, origin=Statement.TABLE, actor="test", publish=True, licence=ODBL
    )
    refresh_directory()
    rows = {row["identifiant"]: row for row in rows_of(client, "/annuaire.csv?vue=registre")}
    assert len(rows) == 9
    for one in made:
        row = rows[one.public_id]
        assert row.pop("licence") == ODBL and row.pop("non_repris").startswith("tout")
        assert {name for name, value in row.items() if value} == {"identifiant", "page", "millesime"}
    row = rows[bread.public_id]
    assert (row["nom"], row["site"], row["licence"]) == ("SCOP LE PAIN VIVANT", "", LICENCE_OUVERTE)
    assert row["non_repris"] == "Nom, Site"
    bike = rows[entry_named("Pédalier").organization.public_id]
    assert bike["site"] and bike["non_repris"] == "" and bike["commune"] == "Lusignan"


def test_the_spreadsheet_asks_as_much_for_one_row_as_for_all(client, filled):
    bring("odbl", WORDS[:1])

    def asked():
        with CaptureQueriesContext(connection) as captured:
            rows_of(client, "/annuaire.csv?vue=registre")
        return len(captured)

    asked()
    before = asked()
    made = bring("lo", WORDS[1:])
    for one in made:  # people moved them: the commune is not the one they came with
        state(one, {"commune": "86194"}, origin=Statement.OPERATOR, actor="test", publish=True)
    refresh_directory()
    asked()
    assert asked() == before


def test_the_network_s_files_leave_the_same_out(client, filled):
    made, bike = bring("odbl", WORDS[:1]), entry_named("Pédalier").organization
    declare_link(made[0], "supplies", bike, actor="test")
    row = rows_of(client, "/reseau.csv")[0]
    ends = {
        row["identifiant_de"]: (row["de"], row["commune_de"]),
        row["identifiant_vers"]: (row["vers"], row["commune_vers"]),
    }
    assert ends[made[0].public_id] == ("", "") and all(ends[bike.public_id])
    assert "nom, commune" in row["non_repris"] and not row["non_repris"].count(";")
    graphml = b"".join(client.get("/reseau.graphml").streaming_content).decode()
    assert "Gouttière" not in graphml and "Pédalier" in graphml and "nom, commune, portes, pôles" in graphml
    assert "Gouttière" in client.get("/reseau/").content.decode(), "the page shows it"


def test_the_page_of_open_data_says_what_is_left_out(client, filled):
    dumps.write_dumps()
    page = client.get("/donnees/").content.decode()
    assert "il n’y en a pas aujourd’hui" in page
    bring("odbl", WORDS[:2])
    bring("cc-by-sa", WORDS[2:3])
    dumps.write_dumps()
    page = client.get("/donnees/").content.decode().replace("\xa0", " ").replace("\u202f", " ")
    assert (
        "3 structures sont dans ce cas" in page
        and f"2 sous {ODBL}" in page
        and f"1 sous {LICENCES['cc-by-sa']}" in page
    )
    assert "partage à l’identique" in page and "Chacune a sa propre licence" in page


def test_words_of_people_in_their_place_open_it(client, filled):
    """Its own people say its name and its commune under the open licence: it goes out, with what is open of it."""
    one = bring("odbl", WORDS[:1])[0]
    state(one, {"name": "La Gouttière de Lusignan"}, origin=Statement.REFERENT, actor="test", publish=True)
    assert get(client, f"structures/{one.public_id}").status_code == 404, "its commune is still the table's"
    state(one, {"commune": "86194"}, origin=Statement.REFERENT, actor="test", publish=True)
    refresh_directory()
    said = get(client, f"structures/{one.public_id}").json()
    assert (said["nom"], said["code_insee"]) == ("La Gouttière de Lusignan", "86194")
    assert said["description"] is said["telephone"] is said["site"] is None
    take_statement_away(
        Statement.objects.get(organization=one, field="name", status=Statement.PUBLISHED),
        "un nom",
        actor="test",
    )
    assert get(client, f"structures/{one.public_id}").status_code == 404, "under it is the name of the table"


def test_the_name_it_came_with_is_given_nowhere_once_it_is_open_or_closed(client, filled):
    """Others cite it by the name of the table, even when its people gave it another, or when it is no more."""
    renamed, ended = bring("odbl", WORDS[:2])
    for field, value in {"name": "Les Gouttes", "commune": "86194"}.items():
        state(renamed, {field: value}, origin=Statement.REFERENT, actor="test", publish=True)
    state(ended, {"state": "closed"}, origin=Statement.REFERENT, actor="test", publish=True)
    refresh_directory()
    bike = entry_named("Pédalier").organization
    for one in (renamed, ended):
        an_offer(holder=Party(one), title=f"Une échelle {one.pk}")
        declare_link(one, "supplies", bike, actor="test")
    assert (
        not Entry.objects.get(organization=ended).active
        and {o for o, _ in kept_entries(filled.pk).values()} == set()
    )
    answers = [
        client.get(path)
        for path in ("/api/v1/echanges", "/flux/echanges.atom", "/reseau.csv", "/echanges.csv")
    ]
    bodies = [(one.getvalue() if one.streaming else one.content).decode() for one in answers]
    for body in bodies:
        assert "Gouttière" not in body and "Lucarne" not in body
    assert f"Une échelle {ended.pk}" in bodies[0] + bodies[3]


def test_the_question_of_one_and_of_all_have_one_answer(filled):
    for name, licence in zip(WORDS, LICENCES, strict=True):
        bring(licence, [name])
    kept = kept_entries(filled.pk)
    one_by_one = {
        entry.pk: (entry.organization_id, licence)
        for entry, _, licence in opened(iter_entries(Selection(view="registre")), 3)
        if licence
    }
    assert kept == one_by_one and len(kept) == 4


def test_a_table_that_completes_a_register_leaves_only_its_words_out(client, filled):
    """The structure is of the registers: it stays, with their name and commune."""
    bike = entry_named("Pédalier").organization
    state(
        bike,
        {"name": "Vélo SECRET", "commune": "86194"},
        origin=Statement.TABLE,
        actor="test",
        publish=True,
        licence=ODBL,
    )
    refresh_directory()
    said = get(client, f"structures/{bike.public_id}").json()
    assert said["nom"] == "L'Atelier du Pédalier" and said["code_insee"] == "86139"
