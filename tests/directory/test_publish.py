"""Publishing: identities last, evidence is kept, the home rule holds, everything is journalled."""

import json
from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from typer.testing import CliRunner

from horizon.actors.models import Organization
from horizon.directory.models import Entry, EntryReason, Identifier, Publication, SourceRecord, Statement
from horizon.directory.publishing import Counted, counts
from horizon.directory.said.overlay import Said, lay
from horizon.directory.services import publish_directory
from horizon.kernel.models import Event
from horizon.observatory.pipeline import observe
from horizon.observatory.read import Marts
from horizon.territory.services import UnknownTerritory
from tests.observatory.registers_kit import association, establishment, unit, write_registers
from tests.published import TERRITORY

pytestmark = pytest.mark.django_db
ELSEWHERE, IN_PARIS = unit("999999999", "AILLEURS"), establishment("999999999", codeCommune="75056")


def publish(tmp_path, name, *args, **kwargs):
    observe(write_registers(tmp_path / name, *args, **kwargs), tmp_path / "marts")
    with Marts(tmp_path / "marts") as marts:
        return publish_directory(marts, TERRITORY, actor="test")


def test_every_structure_has_a_page_and_its_reasons(published):
    entries = {entry.siren or entry.rna: entry for entry in Entry.objects.all()}
    assert set(entries) == {
        "111111111", "222222222", "333333333", "444444444", "555555555", "666666666", "777777777", "W861000002", "W861000003",
    }  # fmt: skip
    assert sorted(entries["222222222"].reasons) == ["ess_france_list", "insee_flag", "legal_category"]
    assert EntryReason.objects.filter(entry=entries["666666666"], excludes=True).get().code == "worship"
    assert entries["111111111"].name == "L'Atelier du Pédalier"


def test_signs_of_life_and_the_two_views(published):
    entries = {entry.siren or entry.rna: entry for entry in Entry.objects.all()}
    assert entries["111111111"].signs == ["employer", "recent"] or entries["111111111"].signs == ["employer"]
    assert entries["333333333"].signs == ["recent"]
    assert (entries["444444444"].signs, entries["444444444"].is_actor) == ([], False)
    assert not entries["555555555"].active and not entries["666666666"].is_actor
    counts = published.counts
    assert (counts["actors"], counts["register"], counts["closed"], counts["excluded"]) == (5, 7, 1, 1)
    assert counts["without_door"] + counts["with_door"] == counts["register"]


def test_the_home_rule_holds_in_the_database(published):
    volunteer = Entry.objects.get(siren="333333333")
    assert (volunteer.at_home, volunteer.address, volunteer.postal_code, volunteer.lat) == (
        True,
        "",
        "",
        None,
    )
    assert (
        "address" not in SourceRecord.objects.get(organization=volunteer.organization, source="sirene").values
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.filter(pk=volunteer.pk).update(address="12 rue des Tilleuls")


def test_each_field_has_its_source_and_vintage(published):
    entry = Entry.objects.get(siren="111111111")
    records = {record.source: record for record in entry.organization.source_records.all()}
    assert set(records) == {"sirene", "rna"}
    assert records["rna"].values["website"] == "https://www.pedalier.example"
    assert {record.vintage for record in records.values()} == {"2026-11-01"}


def test_publishing_again_changes_no_identity(published, small_marts):
    before = dict(Entry.objects.values_list("organization__public_id", "name"))
    events = Event.objects.filter(verb="create").count()
    with Marts(small_marts) as marts:
        publish_directory(marts, TERRITORY, actor="test")
    assert dict(Entry.objects.values_list("organization__public_id", "name")) == before
    assert Event.objects.filter(verb="create").count() == events
    assert Publication.objects.filter(current=True).count() == 1


def test_an_association_that_obtains_a_siren_keeps_its_page(tmp_path):
    publish(tmp_path, "a", [ELSEWHERE], [IN_PARIS], [association("W861000009")])
    page = Organization.objects.get().public_id
    publish(
        tmp_path,
        "b",
        [unit("888888888", "LES AMIS", identifiantAssociation="W861000009")],
        None,
        [association("W861000009")],
    )
    assert Entry.objects.get().organization.public_id == page
    assert set(Identifier.objects.values_list("key", flat=True)) == {"rna:W861000009", "siren:888888888"}


def test_two_pages_of_one_structure_become_one_without_moving_a_key(tmp_path):
    """Published apart, then tied by the register: the SIREN's page becomes canonical, the other redirects."""
    publish(
        tmp_path, "a", [unit("888888888", "LES AMIS")], None, [association("W861000009", titre="AUTRE NOM")]
    )
    publish(
        tmp_path,
        "b",
        [unit("888888888", "LES AMIS", identifiantAssociation="W861000009")],
        None,
        [association("W861000009")],
    )
    kept = Identifier.objects.get(key="siren:888888888").organization
    other = Identifier.objects.get(key="rna:W861000009").organization
    assert (other.canonical, kept.canonical) == (kept, None)
    assert Event.objects.filter(verb="merge", record_id=other.public_id).count() == 1


def test_what_the_register_parts_again_has_two_pages_for_good(tmp_path):
    """Tied, then parted: the SIREN keeps the page; the RNA number gets its own, the same one at every publication."""
    tied = [unit("888888888", "LES AMIS", identifiantAssociation="W861000009")]
    rna = [association("W861000009")]
    publish(tmp_path, "a", tied, None, rna)
    page = Identifier.objects.get(key="siren:888888888").organization.public_id
    assert Identifier.objects.get(key="rna:W861000009").organization.public_id == page
    pages = []
    for number in range(2):
        publish(tmp_path, f"b{number}", [unit("888888888", "LES AMIS")], None, rna)
        pages.append({e.organization.public_id for e in Entry.objects.all()})
    assert pages[0] == pages[1] and page in pages[0] and len(pages[0]) == 2
    assert Organization.objects.count() == 2
    publish(tmp_path, "c", tied, None, rna)
    assert {e.organization.public_id for e in Entry.objects.all()} == {page}
    publish(tmp_path, "d", [unit("888888888", "LES AMIS")], None, rna)
    assert {e.organization.public_id for e in Entry.objects.all()} == pages[0]
    assert Event.objects.filter(verb="split").count() == 1


def test_two_keys_with_the_same_hash_get_two_pages(monkeypatch, small_marts):
    from horizon.directory import services

    monkeypatch.setattr(
        services, "public_id", lambda key: "same" if "#" not in key else "same" + key.split("#")[1]
    )
    with Marts(small_marts) as marts:
        publish_directory(marts, TERRITORY, actor="test")
    assert len(set(Organization.objects.values_list("public_id", flat=True))) == 9


def test_what_leaves_the_registers_keeps_its_public_id(tmp_path, client):
    publish(tmp_path, "a", [unit("888888888", "LES AMIS"), unit("111111112", "AUTRE")])
    page = Identifier.objects.get(key="siren:888888888").organization.public_id
    publish(tmp_path, "b", [unit("111111112", "AUTRE")])
    answer = client.get(f"/structures/{page}/")
    assert answer.status_code == 410
    assert "LES AMIS" in answer.content.decode()


def test_a_failure_leaves_the_last_publication_whole(published, small_marts, monkeypatch):
    from horizon.directory import services

    def explode(*_):
        raise DatabaseError("no more room")

    monkeypatch.setattr(services, "index_entries", explode)
    names = set(Entry.objects.values_list("name", flat=True))
    with pytest.raises(DatabaseError), transaction.atomic(), Marts(small_marts) as marts:
        publish_directory(marts, TERRITORY, actor="test")
    assert set(Entry.objects.values_list("name", flat=True)) == names
    assert Publication.objects.get(current=True) == published


@pytest.mark.parametrize(
    ("code", "words"), [("200035459", "n’existe plus"), ("123", "Aucune intercommunalité")]
)
def test_an_unknown_territory_says_what_replaced_it(small_marts, code, words):
    with pytest.raises(UnknownTerritory, match=words), Marts(small_marts) as marts:
        publish_directory(marts, code, actor="test")


def test_everything_published_is_journalled(published):
    assert Event.objects.filter(verb="publish").get().payload["territory"] == TERRITORY
    created = set(Event.objects.filter(verb="create").values_list("record_id", flat=True))
    assert created == set(Organization.objects.values_list("public_id", flat=True))
    assert "TILLEULS" not in json.dumps(list(Event.objects.values_list("payload", flat=True)))


def test_each_source_says_its_own_day(tmp_path, db, client):
    """A list of last year beside registers of this month: the page dates each reason by its own file."""
    folder = write_registers(
        tmp_path / "in",
        [unit("111111111", "SAS", categorieJuridique="5710", economieSocialeSolidaire="O"), unit("222222222", "CLUB")],
        associations=[association("W861000001")],
        listed=["111111111"],
    )  # fmt: skip
    (folder / "SYNTHETIC.json").unlink()
    (folder / "liste-ess-france-2026.csv").rename(folder / "liste-ess-france.csv")
    card = {"last_modified": "Tue, 14 Oct 2025 08:00:00 GMT"}
    (folder / "liste-ess-france.csv.json").write_text(json.dumps(card))
    (folder / "approvals.csv").write_text(
        "siren,approval,granted_on,expires_on,issuer\n111111111,ESUS,2022-01-01,31/12/2031,DREETS\n111111111,Jeunesse,,,\n"
        "111111111,ESUS,2015-01-01,2019-12-31,DREETS\n222222222,ESUS,,,\n999999998,ESUS,,,\n"
    )
    assert observe(folder, tmp_path / "marts").vintage == "2026-11-01"
    with Marts(tmp_path / "marts") as marts:
        sources = marts.query("SELECT source, vintage FROM sources ORDER BY source")
        publish_directory(marts, TERRITORY, actor="test")
    assert [tuple(source.values()) for source in sources] == [
        ("approvals", ""), ("ess_france_list", "2025-10-14"), ("rna", "2026-11-01"),
        ("sirene_establishments", "2026-01-10"), ("sirene_units", "2026-01-10"),
    ]  # fmt: skip
    entry = Entry.objects.get(siren="111111111")
    assert dict(entry.reason_rows.values_list("code", "vintage")) == {
        "approval": "", "ess_france_list": "2025-10-14", "insee_flag": "2026-01-10",
    }  # fmt: skip
    text = client.get(f"/structures/{entry.organization.public_id}/").content.decode().replace("\xa0", " ")
    assert (
        entry.reason_rows.get(code="approval").evidence
        == "ESUS, DREETS, jusqu’au 31\xa0décembre 2031 ; Jeunesse"
    )
    assert "Elle a un agrément : ESUS, DREETS, jusqu’au 31 décembre 2031 ; Jeunesse." in text
    assert "Liste ESS France, d’après le fichier du 14 octobre 2025" in text
    assert "Sirene (Insee), d’après le fichier du 10 janvier 2026" in text
    assert "Agréments chargés par l’animateur, date inconnue" in text


@pytest.mark.parametrize(
    ("asked", "words"), [(["--territory", "000000000"], "Aucune intercommunalité"), (["--territory", TERRITORY, "--marts", "/nowhere"], "Aucune table")]
)  # fmt: skip
def test_the_command_says_errors_as_it_was_asked(db, small_marts, asked, words):
    """In JSON on the standard output, in a sentence on the error output; the same exit code."""
    from horizon.config.cli import app

    if "--marts" not in asked:
        asked = [*asked, "--marts", str(small_marts)]
    said = CliRunner().invoke(app, ["publish", *asked, "--json"])
    answer = json.loads(said.stdout)
    assert (said.exit_code, answer["exit_code"]) == (3, 3) and words in answer["error"]
    plain = CliRunner().invoke(app, ["publish", *asked])
    assert plain.exit_code == 3 and words in plain.stderr and not plain.stdout
    assert "Codes de sortie" in CliRunner().invoke(app, ["publish", "--help"]).output


def test_a_hidden_address_says_its_own_reason(tmp_path, db, client):
    """A home, an address that the register does not give away, one that it does not know, one that is public."""
    scop = {"categorieJuridique": "5458"}
    nowhere = dict.fromkeys(("numeroVoie", "typeVoie", "libelleVoie"), "")
    publish(
        tmp_path,
        "in",
        [
            unit("111111111", "BENEVOLE"), unit("222222222", "DISCRETE", **scop), unit("333333333", "SANS RUE", **scop),
            unit("444444444", "SCOP", **scop),
        ],
        [
            establishment("111111111"), establishment("222222222", statutDiffusion="P"),
            establishment("333333333", **nowhere), establishment("444444444"),
        ],
        [association("W861000001")],
    )  # fmt: skip
    entries = {entry.siren or entry.rna: entry for entry in Entry.objects.select_related("organization")}
    assert {key: entry.hidden_why for key, entry in entries.items()} == {
        "111111111": "home", "222222222": "diffusion", "333333333": "unknown", "444444444": "", "W861000001": "home",
    }  # fmt: skip
    words = {
        "111111111": "souvent un domicile", "222222222": "non diffusée par le registre", "333333333": "Adresse inconnue",
    }  # fmt: skip
    for key, expected in words.items():
        text = client.get(f"/structures/{entries[key].organization.public_id}/").content.decode()
        assert [said for said in words.values() if said in text] == [expected]
    lay(entries["444444444"], Said({"address": Statement(field="address", value="")}))
    assert (entries["444444444"].at_home, entries["444444444"].hidden_why) == (True, "said")


def test_asleep_are_associations_without_news_nor_any_sign_of_life():
    """Of five associations and a company without news since 2000, one confirmed its page and one employs; one wrote lately."""
    old, lately = date(2000, 1, 1), date(2024, 1, 1)

    def one(actor=False, employs=None, family="association", changed=old):
        return Counted(True, True, actor, employs, family, False, "86194", [], [], changed)

    entries = [one(), one(), one(actor=True), one(employs=True), one(changed=lately), one(family="societe")]
    found = counts(entries, date(2026, 11, 1))
    assert (found["asleep"], found["associations"]) == (2, 5)
