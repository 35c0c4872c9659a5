"""The pages of imports, as an operator fills them; nobody else opens them; queries do not grow with lines."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.utils import CaptureQueriesContext

from horizon.care.imports.models import Import, ImportLine, ImportMapping
from horizon.directory.models import Statement
from horizon.directory.queries import live_entry
from tests.care.imports import kit
from tests.people import an_operator, entry_named, somebody

ROWS = [
    ["Nom", "CP", "Ville", "SIREN", "Téléphone", "Adresse", "Président", "Courriel"],
    [
        "Fab des bricolos",
        "86000",
        "Poitiers",
        "",
        "0549112233",
        "3 rue des Lilas",
        "Mme Vonne",
        "contact@bricolos.example",
    ],
    ["Atelier du pédalier", "86600", "Lusignan", "", "05 49 00 00 01", "", "", "jo@orange.fr"],
    ["Théâtre de la Vonne", "86600", "Sanxay", "333333333", "0549999999", "", "", ""],
    ["Le Pain vivant", "86000", "Poitiers", "222222222", "", "", "", ""],
    ["Sans commune", "86000", "Trifouillis", "", "", "", "", ""],
    ["Niortaise", "79000", "Niort", "", "", "", "", ""],
]


def workbook(rows=ROWS):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return SimpleUploadedFile("assos.xlsx", out.getvalue())


@pytest.fixture
def operator(published, client, monkeypatch):
    """An operator who is signed in; the SIREN of the small registers have keys that do not fall right."""
    from horizon.care.imports import cells
    from horizon.engine.identity import weighing

    monkeypatch.setattr(cells.siren_numbers, "is_valid", lambda number: len(number) == 9)
    monkeypatch.setattr(weighing, "is_number", lambda number: len(number) == 9)
    person = an_operator()
    client.force_login(person)
    return person


def bring(client, rows=ROWS):
    answer = client.post("/bureau/imports/", {"file": workbook(rows)})
    assert answer.status_code == 302, answer.content.decode()
    return answer.url


CHOICES = {
    "c0": "name", "c1": "postal_code", "c2": "city", "c3": "siren", "c4": "phone", "c5": "address", "c6": "", "c7": "email",
    "f7": "on", "source": "Ville, 2026", "licence": "odbl", "places": "on",
}  # fmt: skip


def test_from_the_file_to_the_undone_import(operator, client):
    page = bring(client)
    text = client.get(page).content.decode()
    assert "Que dit chaque colonne" in text and "« Président »" in text and "Rien de personnel" in text
    refused = client.post(page, {**CHOICES, "f7": "", "source": ""})
    assert refused.status_code == 422
    assert (
        "semble parler de personnes" in refused.content.decode()
        and "Dites qui a fait" in refused.content.decode()
    )
    assert client.post(page, CHOICES).status_code == 302
    batch = Import.objects.get()
    assert batch.state == Import.READY
    text = client.get(page).content.decode()
    assert "Ce que cela donnerait" in text and "Partage à l’identique" in text and "Importer 2" in text
    found = {line.values["name"]: line for line in batch.lines.all()}
    assert {name: line.outcome for name, line in found.items()} == {
        "Fab des bricolos": "new", "Atelier du pédalier": "likely", "Théâtre de la Vonne": "completes",
        "Le Pain vivant": "same", "Sans commune": "broken", "Niortaise": "outside",
    }  # fmt: skip
    assert all("Mme Vonne" not in str(line.values) for line in found.values())
    client.post(page, {"verb": "confirm"})
    entry = entry_named("bricolos")
    assert (entry.address, entry.phone) == ("3 rue des Lilas, 86000 Poitiers", "05 49 11 22 33")
    said = Statement.objects.get(organization=entry.organization, field="phone")
    assert (said.origin, said.licence, "ligne 2" in said.message) == (
        "table",
        "ODbL 1.0 (partage à l’identique)",
        True,
    )
    desk = client.get("/bureau/").content.decode()
    assert "Peut-être un doublon : Atelier du pédalier" in desk and "Ligne à corriger : Sans commune" in desk
    likely, broken = found["Atelier du pédalier"], found["Sans commune"]
    client.post("/bureau/", {"one": f"accept|double/{likely.pk}"})
    likely.refresh_from_db()
    assert (likely.outcome, likely.state) == ("completes", "applied")
    assert live_entry(likely.organization).phone == "05 49 00 00 01"
    client.post("/bureau/", {"verb": "undo"})
    likely.refresh_from_db()
    assert (likely.outcome, likely.state, live_entry(entry_named("Pédalier").organization).phone) == (
        "likely",
        "waiting",
        "",
    )
    line = f"{page}lignes/{broken.number}/"
    assert (
        client.post(line, {"verb": "correct", "name": "Sans commune", "city": "Nulle-part"}).status_code
        == 302
    )
    client.post(line, {"verb": "correct", "name": "Avec commune", "postal_code": "86600", "city": "lusignan"})
    broken.refresh_from_db()
    assert (broken.outcome, broken.state, broken.organization.name) == ("new", "applied", "Avec commune")
    result = b"".join(client.get(f"{page}resultat.csv").streaming_content).decode()
    assert "hors du territoire" in result and "Avec commune" in result and result.count("\r\n") == 7
    client.post(page, {"verb": "undo"})
    batch.refresh_from_db()
    assert batch.state == Import.UNDONE
    assert entry_named("VONNE").phone == ""
    from horizon.directory.models import Entry

    assert not Entry.objects.filter(name__icontains="bricolos").exists()
    client.post(f"{page}lignes/2/", {"verb": "redo"})
    from horizon.directory.said.refresh import refresh_directory

    refresh_directory()
    assert entry_named("bricolos").phone == "05 49 11 22 33"


def test_the_same_file_twice_is_said_and_doubles_nothing(operator, client):
    page = bring(client)
    client.post(page, CHOICES)
    client.post(page, {"verb": "confirm"})
    again = bring(client)
    text = client.get(again).content.decode()
    assert "Ce même tableau a déjà été apporté" in text and "comme la dernière fois" in text
    assert ImportMapping.objects.count() == 1
    client.post(again, CHOICES)
    second = Import.objects.order_by("-pk").first()
    outcomes = sorted(second.lines.values_list("outcome", flat=True))
    assert outcomes == ["broken", "likely", "outside", "same", "same", "same"]


def test_what_people_changed_since_is_kept_and_listed(operator, client):
    from horizon.directory.said.services import state

    page = bring(client)
    client.post(page, CHOICES)
    client.post(page, {"verb": "confirm"})
    made, completed = entry_named("bricolos").organization, entry_named("VONNE").organization
    for organization in (made, completed):
        state(organization, {"phone": "0549777777"}, origin="referent", actor="test", publish=True)
    client.post(page, {"verb": "undo"})
    assert set(ImportLine.objects.filter(state="kept").values_list("organization", flat=True)) == {
        made.pk,
        completed.pk,
    }
    text = client.get(page).content.decode()
    assert "2\u202ffiches" in text or "2 fiches" in text.replace("\u00a0", " ")
    assert (
        "Changé depuis par des personnes, gardé : Téléphone public"
        in client.get(page + "?suite=kept").content.decode()
    )
    assert live_entry(made).phone == live_entry(completed).phone == "05 49 77 77 77"


def test_a_table_pasted_from_a_spreadsheet(operator, client):
    answer = client.post("/bureau/imports/", {"pasted": "Nom\tVille\nLa Laverie\tLusignan\n"})
    client.post(answer.url, {"c0": "name", "c1": "city", "source": "Notes", "licence": "agreed"})
    assert Import.objects.get().lines.get().outcome == "new"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choisissez un fichier"),
        ({"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7 x")}, "pas un tableau"),
        ({"file": SimpleUploadedFile("a.xls", b"\xd0\xcf\x11\xe0\xa1")}, "ancien classeur"),
        ({"file": SimpleUploadedFile("a.csv", b"Nom;Ville\n")}, "aucune ligne"),
        ({"pasted": "<!doctype html><p>"}, "page web"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(operator, client, data, words):
    answer = client.post("/bureau/imports/", data)
    assert answer.status_code == 422 and words in answer.content.decode()
    assert not Import.objects.exists()


def test_nobody_else_opens_them(published, client):
    for path in ("/bureau/imports/", "/bureau/imports/abc/", "/bureau/imports/abc/fichier/"):
        assert client.get(path).status_code == 302
    client.force_login(somebody())
    assert client.get("/bureau/imports/").status_code == 403


def test_queries_do_not_grow_with_lines(operator, client, django_assert_max_num_queries):
    def counted(rows):
        page = bring(client, rows)
        client.post(page, CHOICES)
        found = []
        for path in (page, page + "?quoi=likely", page + "lignes/2/", "/bureau/"):
            from django.db import connection

            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get(path).status_code == 200
            found.append(len(queries))
        return found

    few = counted(ROWS)
    many = [[f"{kit.word(n)} {kit.word(n, 'z')}", "86000", "Poitiers", *[""] * 5] for n in range(30)]
    likely = [["Atelier du pédalier n°" + str(n), "86600", "Lusignan", *[""] * 5] for n in range(10)]
    assert counted([*ROWS, *many, *likely]) == few


def test_old_files_and_values_are_forgotten(operator, client):
    from datetime import timedelta

    from django.utils import timezone

    from horizon.care.imports.models import ImportFile
    from horizon.care.imports.upkeep import forget_old_imports

    page = bring(client)
    client.post(page, CHOICES)
    client.post(page, {"verb": "confirm"})
    bring(client)  # never confirmed
    assert forget_old_imports() == ""
    Import.objects.update(created_at=timezone.now() - timedelta(days=31))
    forget_old_imports()
    assert Import.objects.count() == 1 and not ImportFile.objects.exists()
    assert client.get(page).status_code == 200
    Import.objects.update(applied_at=timezone.now() - timedelta(days=181))
    forget_old_imports()
    assert set(map(str, ImportLine.objects.values_list("values", flat=True))) == {"{}"}
    client.post(page, {"verb": "undo"})
    assert Import.objects.get().state == Import.DONE
    assert "ses lignes ne sont plus gardées" in client.get(page + "lignes/2/").content.decode()
