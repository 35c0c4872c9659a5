"""What a table does not settle by itself: a number that something speaks against, one name for two structures, one structure twice."""

import pytest
from stdnum import luhn

from horizon.actors.models import Organization
from horizon.care.imports import services
from horizon.care.imports.applying import advance
from horizon.care.imports.models import Import
from horizon.care.imports.waiting import answer_double, doubles
from horizon.directory.models import Identifier, SourceRecord, Statement
from horizon.directory.queries import live_entry
from horizon.directory.said.services import state
from horizon.engine.tables.mapping import Mapping
from tests.care.imports import kit
from tests.people import an_operator, entry_named

pytestmark = pytest.mark.django_db
FIELDS = ("name", "siren", "siret", "rna", "city", "phone", "address", "latitude", "longitude", "website")
MAPPING = Mapping(
    columns={code: (code,) for code in FIELDS},
    source="Ville, 2026",
    licence="lo",
    functional=frozenset({"phone"}),
)


def table(*rows, fields=FIELDS):
    return "\n".join(
        ["\t".join(fields), *("\t".join(row.get(code, "") for code in fields) for row in rows)]
    ).encode()


def brought(*rows, confirm=False, **choices):
    """An import of these lines, previewed or written."""
    batch = services.receive_table(table(*rows), "t.tsv", author=None, actor="test")
    services.map_columns(batch, Mapping(**{**vars(MAPPING), **choices}), actor="test")
    assert advance(batch.public_id) == Import.READY, Import.objects.get(pk=batch.pk).problem
    if confirm:
        services.confirm_import(batch, actor="test")
        assert advance(batch.public_id) == Import.DONE
    return Import.objects.get(pk=batch.pk)


def lines(batch):
    return list(batch.lines.select_related("organization", "batch").order_by("number"))


def outcomes(batch):
    return [(line.outcome, line.state) for line in lines(batch)]


def undone(batch):
    services.undo_import(batch, actor="test")
    assert advance(batch.public_id) == Import.UNDONE
    return outcomes(batch)


def a_structure(number):
    return entry_named(kit.known_name(number)).organization


def at(number, **more):
    """A line of one of the sixty structures, by its name and commune alone."""
    return {"name": kit.known_name(number), "city": "Lusignan", **more}


def numbered(number):
    return kit.siren(40_000_000 + number)


def test_a_number_that_all_the_rest_denies_is_asked_about(known):
    """The RNA number of the knitters, mistyped by a motor club: its telephone does not go on their page."""
    batch = brought(
        {
            "name": "Moto-club des Bruyères",
            "rna": "W860000040",
            "city": "Lusignan",
            "phone": "05 49 00 00 01",
        },
        at(41, rna="W860000041", phone="05 49 00 00 02"),
        {"name": kit.known_name(3), "siren": numbered(3), "city": "Poitiers"},
    )
    doubtful, sure, elsewhere = lines(batch)
    assert (doubtful.outcome, sure.outcome, elsewhere.outcome) == ("likely", "completes", "likely")
    assert (
        doubtful.candidates[0]["pk"] == a_structure(40).pk
        and "même RNA, mais" in doubtful.candidates[0]["why"]
    )
    assert "deux communes" in elsewhere.candidates[0]["why"]


def test_the_siret_of_another_establishment_does_not_fill_the_page_of_the_seat(known):
    seat = SourceRecord.objects.get(organization=a_structure(5), source="sirene").values["siret"]
    stem = f"{seat[:9]}0007"
    other = stem + luhn.calc_check_digit(stem)
    batch = brought(
        at(5, siret=other, phone="05 49 00 00 03"), at(6, siret="", siren=numbered(6), phone="05 49 00 00 04")
    )
    second, first = lines(batch)
    assert (second.outcome, first.outcome) == ("likely", "completes")
    assert "SIRET" in second.candidates[0]["why"]


def test_two_structures_of_one_name_and_commune_are_told_apart_by_their_numbers(known):
    """« Comité des fêtes » twice in one commune: two RNA numbers are two, one number or none is a repeat."""
    name = {"name": "Comité des fêtes de la plaine", "city": "Poitiers"}
    batch = brought(
        {**name, "rna": "W863000001"},
        {**name, "rna": "W863000002"},
        {**name, "rna": "W863000002"},
        confirm=True,
    )
    assert [outcome for outcome, _ in outcomes(batch)] == ["new", "new", "twice"]
    assert "Répète la ligne 3." in lines(batch)[2].notes
    again = brought(
        {**name, "rna": "W863000003"}, {"name": "Comité des fêtes de la plaine", "city": "Poitiers"}
    )
    third, same = lines(again)
    assert (
        third.outcome == "likely" and "un numéro ou la commune écrite diffère" in third.candidates[0]["why"]
    )
    assert same.outcome in {"same", "twice", "likely"}


def test_lines_that_repeat_another_wait_on_the_desk(known):
    operator = an_operator()
    name = {"name": "La Laverie du pont", "city": "Poitiers"}
    batch = brought(name, {**name, "phone": "05 49 00 00 05"}, confirm=True)
    first, second = lines(batch)
    (waiting,) = doubles(operator)
    assert (
        waiting.title == "Répète une autre ligne : La Laverie du pont"
        and f"Répète la ligne {first.number}." in waiting.detail
    )
    assert "laissée de côté" in answer_double("accept", waiting.key, operator)
    assert list(doubles(operator)) == []
    answer_double("undo", waiting.key, operator)
    answer_double("refuse", waiting.key, operator)
    second.refresh_from_db()
    assert (second.outcome, second.state) == (
        "new",
        "applied",
    ) and second.organization_id != first.organization_id
    answer_double("undo", waiting.key, operator)
    assert len(list(doubles(operator))) == 1


def test_a_structure_that_two_lines_complete_is_given_back_whole(known):
    """The second line waits; said to be the same, it speaks last. Undone, neither is told that people changed it."""
    operator = an_operator()
    before = live_entry(a_structure(7))
    batch = brought(
        at(7, siren=numbered(7), phone="05 49 00 00 06"),
        {"name": "Un autre nom", "city": "Lusignan", "siren": numbered(7), "phone": "05 49 00 00 07", "website": "https://sept.example"},
        replace=True, confirm=True,
    )  # fmt: skip
    assert outcomes(batch) == [("completes", "applied"), ("twice", "waiting")]
    (waiting,) = doubles(operator)
    assert (
        waiting.actions["accept"] == "C’est la même" and kit.known_name(7).upper() in waiting.before.upper()
    )
    answer_double("accept", waiting.key, operator)
    now = live_entry(a_structure(7))
    assert (now.phone, now.website) == ("05 49 00 00 07", "https://sept.example")
    assert undone(batch) == [("completes", "undone"), ("completes", "undone")]
    after = live_entry(a_structure(7))
    assert (after.phone, after.website) == (before.phone, before.website) == ("", "")


def test_a_structure_brought_then_completed_by_one_table_goes_with_it(known):
    """The second line repeats the first; somebody says that it is the same structure, and it brings its telephone."""
    name = {"name": "La Laverie du pont", "city": "Poitiers"}
    batch = brought(name, {**name, "phone": "05 49 00 00 08"}, confirm=True)
    first, second = lines(batch)
    services.answer_line(second, "same", first.organization.public_id, actor="test")
    assert outcomes(batch) == [("new", "applied"), ("completes", "applied")]
    assert undone(batch) == [("new", "undone"), ("completes", "undone")]
    assert not any("Changé depuis" in note for line in lines(batch) for note in line.notes)


def test_numbers_that_a_line_brings_are_tied_or_said(known):
    """A free number is tied to the page that is completed, one that somebody holds is not; undone, it is free again."""
    batch = brought(
        at(42, rna="W860000042", siren="732829320", phone="05 49 00 00 10"),
        at(43, rna="W860000043", siren=numbered(9)),
        at(44, rna="W860000044", siren="404833048"),
        confirm=True,
    )  # fmt: skip
    tied, held, alone = lines(batch)
    assert "SIREN 732829320 : relié à sa fiche." in tied.notes
    assert Identifier.objects.get(key="siren:732829320").organization_id == a_structure(42).pk
    assert (alone.outcome, alone.state, alone.keys) == ("completes", "applied", ["siren:404833048"])
    assert held.outcome == "likely"
    assert undone(batch)[0] == ("completes", "undone")
    assert not Identifier.objects.filter(key__in=["siren:732829320", "siren:404833048"]).exists()
    services.answer_line(
        lines(brought(at(43, rna="W860000043", siren=numbered(9))))[0],
        "same",
        a_structure(43).public_id,
        actor="test",
    )
    notes = " ".join(lines(Import.objects.latest("pk"))[0].notes)
    assert f"SIREN {numbered(9)} laissé : déjà tenu par {a_structure(9).name}." in notes


@pytest.mark.parametrize(
    ("cells", "places", "words"),
    [
        ({"latitude": "46.43", "longitude": "0.12"}, True, "il manque l’adresse"),
        ({"latitude": "46.43", "longitude": "0.12", "address": "1 rue du Pont"}, False, "lieux publics"),
        ({"latitude": "46.43", "address": "1 rue du Pont"}, True, "il manque la latitude ou la longitude"),
    ],
)
def test_a_point_that_is_left_out_is_said(known, cells, places, words):
    (line,) = lines(brought({"name": "La Laverie du pont", "city": "Lusignan", **cells}, places=places))
    assert line.outcome == "new" and words in " ".join(line.notes)


def test_what_those_who_animate_noted_is_not_replaced_by_a_table(known):
    noted, silent = a_structure(10), a_structure(11)
    state(noted, {"phone": "05 49 00 00 11"}, origin=Statement.OPERATOR, actor="test", publish=True)
    state(silent, {"phone": "05 49 00 00 12"}, origin=Statement.TABLE, actor="test", publish=True)
    batch = brought(
        at(10, siren=numbered(10), phone="05 49 00 00 13"),
        at(11, siren=numbered(11), phone="05 49 00 00 14"),
        replace=True,
    )
    kept, replaced = lines(batch)
    assert kept.outcome == "same" and "l’animation l’a noté : « 05 49 00 00 11 », gardé." in " ".join(
        kept.notes
    )
    assert replaced.changes["phone"] == ["05 49 00 00 12", "05 49 00 00 14"]


def test_looking_at_the_columns_again_keeps_what_was_decided(known):
    """A corrected cell, an answer and a line left aside are there after the telephone column was dropped."""
    batch = brought(
        {"name": "Sans lieu", "city": "Trifouillis", "phone": "05 49 00 00 15"},
        {"name": f"Association {kit.known_name(20)}", "city": "Lusignan"},
        {"name": "À laisser", "city": "Poitiers"},
        {"name": "Autre", "city": "Poitiers", "phone": "05 49 00 00 16"},
    )
    broken, likely, aside, plain = lines(batch)
    services.correct_line(
        broken, {"name": "Sans lieu", "city": "Poitiers", "phone": "05 49 00 00 15"}, actor="test"
    )
    services.answer_line(likely, "same", a_structure(20).public_id, actor="test")
    services.set_aside(aside, True, actor="test")
    fewer = {code: said for code, said in MAPPING.columns.items() if code != "phone"}
    services.map_columns(batch, Mapping(**{**vars(MAPPING), "columns": fewer}), actor="test")
    assert advance(batch.public_id) == Import.READY
    batch.refresh_from_db()
    corrected, same, left, other = lines(batch)
    assert batch.done == batch.total == 4
    assert (corrected.values, corrected.outcome) == ({"name": "Sans lieu", "city": "Poitiers"}, "new")
    assert (same.answer, same.organization_id) == ("same", a_structure(20).pk)
    assert left.state == "aside" and "phone" not in other.values


def test_another_sheet_is_asked_about_before_decisions_go(known, client):
    import io

    import openpyxl

    book = openpyxl.Workbook()
    for sheet, name in ((book.active, "La Laverie du pont"), (book.create_sheet("Suite"), "Le lavoir")):
        sheet.append(["Nom", "Ville"])
        sheet.append([name, "Poitiers"])
    out = io.BytesIO()
    book.save(out)
    client.force_login(an_operator())
    batch = services.receive_table(out.getvalue(), "deux.xlsx", author=None, actor="test")
    page = f"/bureau/imports/{batch.public_id}/"
    choices = {"c0": "name", "c1": "city", "source": "Ville", "licence": "lo"}
    client.post(page, choices)
    services.set_aside(lines(batch)[0], True, actor="test")
    assert "ligne décidée est gardée" in client.post(page, choices, follow=True).content.decode()
    assert "Oublier ce qui a été décidé" in client.get(f"{page}?colonnes=1&feuille=Suite").content.decode()
    refused = client.post(f"{page}?feuille=Suite", choices)
    assert refused.status_code == 422 and "serait perdue" in refused.content.decode()
    assert lines(batch)[0].state == "aside"
    assert client.post(f"{page}?feuille=Suite", {**choices, "drop": "on"}).status_code == 302
    assert [(line.title, line.state) for line in lines(batch)] == [("Le lavoir", "waiting")]
    assert Organization.objects.filter(name="Le lavoir").count() == 0
