"""Any table that somebody has: alphabets, separators, headers, sheets, objects; and what is refused."""

import csv
import io
import json
import time
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import CoveredTableCell, TableCell, TableRow
from odf.table import Table as OdsTable
from odf.text import P

from horizon.engine.tables import MAX_BYTES, MAX_ROWS, UnreadableTable, read_table
from horizon.engine.tables.mapping import Mapping, check_mapping, fits, read_mapping, refused_personal
from horizon.engine.tables.meaning import propose
from horizon.engine.tables.shape import MAX_CELL, find_headers, headers_key, name_columns
from horizon.engine.tables.text import decode

SIMPLE = "Nom;Commune;Objet\nLe Tilleul;Lusignan;jouer, chanter\nL’Été à Vouillé;Vouillé;« lire »\n"
CELL = st.text(st.characters(codec="cp1252", exclude_categories=("C", "Z")), min_size=1, max_size=12).filter(
    lambda text: text.strip() and any(letter.isalpha() for letter in text)
)


def cells(data, sheet=""):
    return [line.cells for line in read_table(data, sheet).lines]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_alphabets_give_the_same_table(encoding):
    table = read_table(SIMPLE.encode(encoding))
    assert table.headers == ("Nom", "Commune", "Objet") and table.lines[1].cells == (
        "L’Été à Vouillé",
        "Vouillé",
        "« lire »",
    )
    assert (table.separator, table.notes) == (";", ())


@pytest.mark.parametrize("encoding", ["mac_roman", "cp850"])
def test_alphabets_of_old_machines(encoding):
    text = "Nom;Commune\nThéâtre à côté;Vouillé\nÇa ira où ?;Naintré\n"
    assert decode(text.encode(encoding))[:2] == (text, encoding)


def test_a_few_damaged_bytes_are_counted_and_the_rest_is_read():
    table = read_table(("Nom;Commune\n" + "Théâtre;Vouillé\n" * 40).encode() + b"Caf\xe9;Poitiers\n")
    assert table.lines[0].cells == ("Théâtre", "Vouillé")
    assert table.notes == ("1 signe illisible dans le fichier.",)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(CELL, min_size=2, max_size=5, unique_by=lambda text: text.strip()),
    st.lists(st.lists(CELL, min_size=5, max_size=5), min_size=1, max_size=6),
    st.sampled_from(";,\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_writer_writes_is_read_back(headers, rows, separator, encoding):
    """Whatever the words, separators and quotes inside cells, as long as each line has its cells."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerow(headers)
    writer.writerows(row[: len(headers)] for row in rows)
    table = read_table(out.getvalue().encode(encoding))
    assert table.separator == separator
    assert table.headers == tuple(" ".join(header.split()) for header in headers)
    assert [line.cells for line in table.lines] == [
        tuple(c.strip() for c in row[: len(headers)]) for row in rows
    ]


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_a_table_or_a_sentence(data):
    try:
        table = read_table(data)
    except UnreadableTable as problem:
        assert str(problem)[-1] in ".)" and str(problem)[0].isupper()
        return
    assert table.headers and all(len(line.cells) == len(table.headers) for line in table.lines)


def test_titles_above_empty_lines_and_repeated_headers_are_said():
    table = read_table(b"Liste 2026;;\n;;\nNom;Tel;Tel\nA;1;2\n;;\nB;3;4;5\n")
    assert table.headers == ("Nom", "Tel", "Tel (2)", "Colonne 4")
    assert [(line.number, line.cells) for line in table.lines] == [
        (4, ("A", "1", "2", "")),
        (6, ("B", "3", "4", "5")),
    ]
    assert any("au-dessus" in note for note in table.notes) and any(
        "2 lignes vides" in note for note in table.notes
    )
    assert any("« Tel » est répété" in note for note in table.notes)


def test_headers_by_hand():
    assert (
        find_headers(
            [["Ville de X"], ["Édité le", "2 mai"], ["Nom", "SIREN", "Objet", "Ville"], ["A", "1", "b", "c"]]
        )
        == 1
    )
    assert find_headers([]) is None
    assert name_columns(["A", "A (2)", "A"], 3)[0] == ("A", "A (2)", "A (3)")
    assert headers_key(["Nom", "Tél."]) == headers_key(["tel", "NOM"]) != headers_key(["nom"])


def workbook(fill):
    book = openpyxl.Workbook()
    fill(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_with_what_people_put_in_it():
    def fill(book):
        sheet = book.active
        sheet.title = "Lisez-moi"
        sheet["A1"] = "Bonjour"
        sheet = book.create_sheet("Assos")
        for row in (
            ["Nom", "SIREN", "Créée", "CP", "Actif"],
            ["A", 552013500, date(2024, 1, 2), 86000, True],
            ["B", "005520135", datetime(2024, 1, 2, 3, 4), "=1+1", 3.5],  # noqa: DTZ001
            [None] * 5,
            ["C"],
        ):
            sheet.append(row)
        sheet.merge_cells("A5:A7")
        sheet["B6"] = "x"

    table = read_table(workbook(fill))
    assert (table.sheet, table.sheets) == ("Assos", ("Lisez-moi", "Assos"))
    assert [(line.number, line.cells) for line in table.lines] == [
        (2, ("A", "552013500", "2024-01-02", "86000", "oui")),
        (3, ("B", "005520135", "2024-01-02 03:04", "", "3.5")),
        (5, ("C", "", "", "", "")),
        (6, ("C", "x", "", "", "")),
    ]
    assert any("Formule jamais calculée, lue comme vide : D3" in note for note in table.notes)
    with pytest.raises(UnreadableTable, match="Feuilles : Lisez-moi, Assos"):
        read_table(workbook(fill), "Autre")


def ods(rows, **more):
    document = OpenDocumentSpreadsheet()
    table = OdsTable(name="Feuille1")
    document.spreadsheet.addElement(table)
    for cells_, how in rows:
        row = TableRow(**how)
        for cell in cells_:
            row.addElement(cell)
        table.addElement(row)
    out = io.BytesIO()
    document.write(out)
    return out.getvalue()


def words(text, **how):
    cell = TableCell(valuetype="string", **how)
    for part in text.split("\n"):
        cell.addElement(P(text=part))
    return cell


def test_an_ods_with_what_people_put_in_it():
    empty = ([TableCell(numbercolumnsrepeated=16384)], {"numberrowsrepeated": 1000})
    data = ods(
        [
            ([words("Nom"), words("Nombre"), words("Jour")], {}),
            ([words("A\nà deux lignes", numberrowsspanned=2), TableCell(valuetype="float", value=12),
              TableCell(valuetype="date", datevalue="2024-01-02")], {}),
            ([CoveredTableCell(), TableCell(valuetype="float", value=1234.5),
              TableCell(valuetype="boolean", booleanvalue="true")], {}),
            empty,
            ([words("Z"), words("x", numbercolumnsrepeated=2)], {}),
            empty,
        ]
    )  # fmt: skip
    table = read_table(data)
    assert [(line.number, line.cells) for line in table.lines] == [
        (2, ("A\nà deux lignes", "12", "2024-01-02")),
        (3, ("A\nà deux lignes", "1234.5", "oui")),
        (1004, ("Z", "x", "x")),
    ]
    assert table.notes == ("1000 lignes vides.",)


def refuse(data, words_):
    began = time.process_time()
    with pytest.raises(UnreadableTable, match=words_):
        read_table(data)
    assert time.process_time() - began < 10


def test_what_would_become_huge_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<a/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<c>" * 60_000_000)
    refuse(out.getvalue(), "Déplié, ce classeur ferait 180 Mo")
    refuse(workbook(lambda book: book.active.__setitem__("XFD1048576", "x")), "colonnes")
    refuse(
        ods([([words("x", numbercolumnsrepeated=16384)], {"numberrowsrepeated": 1048576})]), "colonnes|lignes"
    )
    refuse(ods([([words("Nom")], {}), ([words("x")], {"numberrowsrepeated": 1048575})]), "lignes")
    refuse(b"Nom;Objet\nA;" + b"x" * (MAX_CELL + 1) + b"\n", "cellule de 10001")
    refuse(b'Nom;Objet\nA;"' + b"b;c\n" * 20_000, "guillemet")
    refuse(b"Nom;Objet\n" + b"a;b\n" * (MAX_ROWS + 1), "plus de 20000 lignes")
    refuse(b"x" * (MAX_BYTES + 1), "20 Mo au plus")


def test_documents_that_define_entities_are_refused():
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(ods([([words("Nom")], {})]))) as source,
        zipfile.ZipFile(out, "w") as archive,
    ):
        for member in source.infolist():
            body = source.read(member)
            if member.filename == "content.xml":
                body = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "cccc">]>' + body.partition(b"?>")[2]
            archive.writestr(member.filename, body)
    refuse(out.getvalue(), "abîmé")


@pytest.mark.parametrize(
    ("data", "words_"),
    [
        (b"", "vide"),
        (b"  \n", "vide"),
        (b"Nom;Ville\n", "aucune ligne"),
        (b"%PDF-1.4", "document ou une image"),
        (b"<!DOCTYPE html><html>", "page web"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "ancien classeur"),
        (b"PK\x03\x04 broken", "abîmé"),
        (b"{", "jusqu’au bout"),
        (b'{"a": 1}', "liste d’éléments"),
        (b'{"ontology": "gogocompact", "data": []}', "abrégée"),
    ],
)
def test_what_is_no_table_says_what_to_do(data, words_):
    with pytest.raises(UnreadableTable, match=words_):
        read_table(data)


def test_geojson_gives_its_points_and_leaves_its_outlines():
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [0.34, 46.58]},
        "properties": {"nom": "A"},
    }
    outline = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": []},
        "properties": {"nom": "B", "tags": ["x", "y"]},
    }
    table = read_table(json.dumps({"type": "FeatureCollection", "features": [feature, outline]}).encode())
    assert table.headers == ("nom", "latitude", "longitude", "tags")
    assert [line.cells for line in table.lines] == [("A", "46.58", "0.34", ""), ("B", "", "", "x, y")]


def test_the_json_of_gogocarto():
    element = {
        "id": "1", "name": "La Recyclerie", "geo": {"latitude": 46.58, "longitude": 0.34},
        "address": {"streetAddress": "3 rue des Lilas", "postalCode": "86000", "addressLocality": "Poitiers"},
        "categories": ["Réemploi"], "openHours": {"Mo": "9h-12h"}, "website": "https://recyclerie.example",
        "categoriesFull": [{"id": 1, "name": "Réemploi"}],
    }  # fmt: skip
    table = read_table(json.dumps({"licence": "ODbL", "ontology": "gogofull", "data": [element]}).encode())
    assert table.kind == "gogocarto" and table.notes == ("Licence dite par le fichier : ODbL.",)
    found = {column.header: column.field for column in propose(table)}
    assert {header: field for header, field in found.items() if field} == {
        "name": "name", "geo.latitude": "latitude", "geo.longitude": "longitude", "address.streetAddress": "address",
        "address.postalCode": "postal_code", "address.addressLocality": "city", "openHours.Mo": "hours",
        "website": "website",
    }  # fmt: skip


def test_columns_are_recognised_by_titles_and_by_values():
    table = read_table(
        "Intitulé;N°;Préfecture;CP;Ville;Web;Président;Mail;Mail asso;Portable\n"
        "Le Tilleul;552 013 500;W861000001;86600;Lusignan;tilleul.fr;Mme Vonne;jo.vonne@x.fr;contact@tilleul.fr;06 11 22 33 44\n"
        "Le Frêne;005520135;W861000002;86000;Poitiers;frene.org;M. Auxance;lou@orange.fr;info@frene.org;07 11 22 33 44\n".encode()
    )
    found = {column.header: (column.field, bool(column.personal)) for column in propose(table)}
    assert found == {
        "Intitulé": ("name", False), "N°": ("siren", False), "Préfecture": ("rna", False), "CP": ("postal_code", False),
        "Ville": ("city", False), "Web": ("website", False), "Président": ("", True), "Mail": ("", True),
        "Mail asso": ("email", False), "Portable": ("", True),
    }  # fmt: skip


def test_a_mapping_joins_columns_and_refuses_what_does_not_fit():
    said = b'source = "Ville"\nlicence = "lo"\nplaces = true\n[columns]\nname = "Nom"\naddress = ["Num", "Rue"]\n'
    mapping = read_mapping(said)
    assert mapping.values(("Nom", "Num", "Rue"), ("A", "3", "rue X")) == {"name": "A", "address": "3 rue X"}
    check_mapping(mapping, ("Nom", "Num", "Rue"))
    with pytest.raises(UnreadableTable, match="que ce tableau n’a pas"):
        check_mapping(mapping, ("Nom",))
    with pytest.raises(UnreadableTable, match="Une seule colonne"):
        check_mapping(Mapping(columns={"name": ("A", "B")}), ("A", "B"))
    assert refused_personal(Mapping(columns={"email": ("M",)}), {"M": "x", "P": "y"}) == ["M"]
    assert refused_personal(Mapping(columns={"email": ("M",)}, functional=frozenset("M")), {"M": "x"}) == []
    assert fits(read_table(b"NOM;ville\na;b\n"), {"name": ("Nom",), "city": ("Autre",)}) == {"name": ("NOM",)}
