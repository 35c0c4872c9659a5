"""From registers to marts: who is kept, why, and what never leaves the pipeline."""

import json
import shutil
from datetime import date

import duckdb
import pytest

from horizon.observatory import contracts, shipped
from horizon.observatory.contracts import reference
from horizon.observatory.errors import ContractBroken
from horizon.observatory.pipeline import observe
from horizon.observatory.read import Marts
from tests.observatory.registers_kit import association, establishment, unit, write_registers


def organizations(marts, key="siren"):
    return {row[key]: row for row in marts.query("SELECT * FROM organizations")}


def test_reasons_are_kept_apart(run):
    """A flagged SARL, a listed SAS whose SIREN lost its zero, an association, and a plain SARL that has no reason."""
    marts = run(
        [
            unit("111111111", "FLAGGED", categorieJuridique="5499", economieSocialeSolidaire="O"),
            unit("012345678", "LISTED", categorieJuridique="5710"),
            unit("222222222", "CLUB", categorieJuridique="9220"),
            unit("333333333", "PLAIN", categorieJuridique="5499", economieSocialeSolidaire="N"),
        ],
        listed=["12345678"],
    )
    found = organizations(marts)
    assert {siren: row["ess_reasons"] for siren, row in found.items()} == {
        "111111111": ["insee_flag"],
        "012345678": ["ess_france_list"],
        "222222222": ["legal_category"],
    }
    assert [found[s]["state_rule"] for s in ("111111111", "012345678", "222222222")] == [True, True, False]
    kept = marts.query("SELECT siren FROM organizations_state_rule ORDER BY siren")
    assert [row["siren"] for row in kept] == ["012345678", "111111111"]
    assert marts.query("SELECT count(*) AS n FROM organizations_active") == [{"n": 3}]


def test_natural_persons_are_only_counted(run, tmp_path):
    """Even flagged by mistake, a natural person has no row, and no personal value is in any file."""
    person = unit(
        "444444444", "", categorieJuridique="1000", economieSocialeSolidaire="O", nom="SECRETNOM", prenom1="SECRETPRENOM",
        sexe="F", pseudonyme="SECRETPSEUDO",
    )  # fmt: skip
    marts = run([person, unit("222222222", "CLUB")], listed=["444444444"])
    assert list(organizations(marts)) == ["222222222"]
    assert marts.query("SELECT sum(establishments) AS n FROM denominators")[0]["n"] == 2
    for path in marts.path.glob("*.parquet"):
        with duckdb.connect() as connection:
            rows = connection.execute(f"SELECT * FROM read_parquet('{path}')").fetchall()
        assert "SECRET" not in str(rows), path.name


def test_the_public_sector_is_taken_from_the_count_of_everyone(run):
    """Same commune and activity: two companies and a town hall; elsewhere a town hall alone; a repeated line counts twice."""
    marts = run(
        [
            unit("111111111", "SARL", categorieJuridique="5499"),
            unit("444444444", "", categorieJuridique="1000"),
            unit("222222222", "MAIRIE", categorieJuridique="7210"),
        ],
        [
            establishment("111111111"),
            establishment("444444444"),
            establishment("222222222"),
            establishment(
                "222222222", "00023", codeCommune="86115", activitePrincipale="", caractereEmployeur="O"
            ),
            establishment(
                "222222222", "00023", codeCommune="86146", activitePrincipale="", caractereEmployeur="O"
            ),
            establishment("222222222", "00031", etatAdministratif="F"),
        ],
    )
    assert [tuple(row.values()) for row in marts.query("SELECT * FROM denominators")] == [
        ("86115", "", True, True, 2),
        ("86194", "94", False, False, 2),
        ("86194", "94", False, True, 1),
    ]
    assert marts.query("SELECT count(*) AS n FROM establishments") == [{"n": 0}]


def test_a_listed_unit_out_of_the_categories_is_found_at_the_second_look(run):
    """Listed or approved, whatever the category; a natural person never is, and a flagged and listed unit comes once."""
    marts = run(
        [
            unit("111111111", "SAS", categorieJuridique="5710"),
            unit("222222222", "SA", categorieJuridique="5599", economieSocialeSolidaire="O"),
            unit("444444444", "", categorieJuridique="1000"),
            unit("555555555", "SANS CATEGORIE", categorieJuridique=""),
        ],
        listed=["111111111", "222222222", "444444444", "555555555"],
    )
    assert [row["siren"] for row in marts.query("SELECT siren FROM organizations")] == [
        "111111111",
        "222222222",
    ]
    assert marts.query("SELECT count(*) AS n FROM rejects WHERE reason = 'no_legal_category'") == [{"n": 1}]


def test_the_home_rule_removes_street_and_point(run):
    """The same street: the employing association shows it, the volunteer one does not, the co-operative does."""
    marts = run(
        [
            unit("111111111", "EMPLOYEUSE", caractereEmployeur="O", trancheEffectifs="11"),
            unit("222222222", "BENEVOLE"),
            unit("333333333", "SCOP", categorieJuridique="5458"),
        ]
    )
    found = {row["siren"]: row for row in marts.query("SELECT * FROM establishments")}
    assert found["111111111"]["address"] == "12 RUE DES TILLEULS"
    assert (found["222222222"]["address"], found["222222222"]["postal_code"], found["222222222"]["lat"]) == (
        None,
    ) * 3
    assert found["222222222"]["commune_code"] == "86194"
    assert found["333333333"]["lat"] is not None


def test_a_confirmed_public_place_is_shown(tmp_path):
    folder = write_registers(tmp_path / "in", [unit("222222222", "BENEVOLE")])
    (folder / "places.csv").write_text("key\n222222222\n")
    observe(folder, tmp_path / "marts")
    with Marts(tmp_path / "marts") as marts:
        assert marts.query("SELECT address FROM establishments")[0]["address"] == "12 RUE DES TILLEULS"


def test_a_place_of_a_public_body_is_known_by_either_number(tmp_path):
    folder = write_registers(
        tmp_path / "in",
        [unit("222222222", "COMMUNE", categorieJuridique="7210")],
        [establishment("222222222")],
    )
    (folder / "places.csv").write_text("key\n222222222\n22222222200015\n333333333\n")
    observe(folder, tmp_path / "marts")
    with Marts(tmp_path / "marts") as marts:
        rejected = marts.query("SELECT row FROM rejects WHERE source = 'places'")
    assert [row["row"] for row in rejected] == ["333333333"]


def test_partial_diffusion_shows_neither_name_nor_street(run):
    marts = run(
        [unit("111111111", "[ND]", statutDiffusion="P", caractereEmployeur="O")],
        [establishment("111111111", statutDiffusion="P", libelleVoie="[ND]", numeroVoie="[ND]")],
    )
    assert organizations(marts)["111111111"]["name"] == "Nom non diffusé"
    assert marts.query("SELECT address, lat FROM establishments") == [{"address": None, "lat": None}]


@pytest.mark.parametrize(("of_the_unit", "of_the_seat"), [("P", "O"), ("O", "P"), ("P", "")])
def test_the_diffusion_of_the_unit_hides_its_places_too(run, of_the_unit, of_the_seat):
    marts = run(
        [unit("111111111", "SCOP", categorieJuridique="5458", statutDiffusion=of_the_unit)],
        [establishment("111111111", statutDiffusion=of_the_seat)],
    )
    rows = marts.query("SELECT address, postal_code, lat, commune_code, hidden_why FROM establishments")
    assert [tuple(row.values()) for row in rows] == [(None, None, None, "86194", "diffusion")]


def test_closed_units_keep_their_date_and_leave_the_active_view(run):
    marts = run([unit("111111111", "FERMEE", etatAdministratif="C", dateDebut="2024-06-30")])
    row = organizations(marts)["111111111"]
    assert (row["active"], row["closed_on"].isoformat()) == (False, "2024-06-30")
    assert marts.query("SELECT count(*) AS n FROM indicators WHERE indicator = 'ess_structures'")[0]["n"] == 0


def test_the_table_of_legal_categories_decides_for_associations_without_siren_too(run, tmp_path, monkeypatch):
    """As if the law no longer kept declared associations by their form alone, but those of public interest."""
    rules = shutil.copytree(shipped.RULES, tmp_path / "rules")
    path = rules / "legal_categories.csv"
    path.write_text(path.read_text().replace("9220,association,1,", "9220,association,0,"))
    monkeypatch.setattr(shipped, "RULES", rules)
    marts = run(
        [unit("111111111", "A")],
        associations=[association("W861000001"), association("W861000002", nature="R")],
    )
    found = {
        row["org_id"]: (row["legal_category"], row["in_perimeter"]) for row in organizations(marts).values()
    }
    assert found["siren:111111111"] == ("9220", False)
    rows = marts.query(
        "SELECT org_id, family, ess_reasons FROM organizations WHERE siren IS NULL ORDER BY org_id"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("rna:W861000001", "association", []),
        ("rna:W861000002", "association", ["legal_category"]),
    ]


def test_a_dissolved_association_keeps_its_date_whatever_its_position(run):
    marts = run(
        [unit("111111111", "A")],
        associations=[
            association("W861000001", position="A", date_disso="2021-05-04"),
            association("W861000002", position="D", date_disso="2020-05-04"),
            association("W861000003"),
        ],
    )
    rows = marts.query("SELECT rna, active, closed_on FROM organizations WHERE rna IS NOT NULL ORDER BY rna")
    assert [tuple(row.values()) for row in rows] == [
        ("W861000001", False, date(2021, 5, 4)),
        ("W861000002", False, date(2020, 5, 4)),
        ("W861000003", True, None),
    ]


@pytest.mark.parametrize(("band", "flag", "kept", "employer"), [
    ("NN", "N", None, False), ("", "", None, None), ("00", "N", "00", False), ("11", "O", "11", True), ("1", "", "01", True),
])  # fmt: skip
def test_unknown_staff_is_not_zero(run, band, flag, kept, employer):
    row = organizations(run([unit("111111111", "X", trancheEffectifs=band, caractereEmployeur=flag)],
                            [establishment("111111111", caractereEmployeur=flag)]))["111111111"]  # fmt: skip
    assert (row["employees_band"], row["is_employer"]) == (kept, employer)


def test_the_flag_of_the_register_wins_over_an_old_band(run):
    """Two associations with a band, one said not to employ and one unsaid; a company and a bakery that employ: one of three."""
    marts = run(
        [
            unit("111111111", "N’EMPLOIE PLUS", trancheEffectifs="01", caractereEmployeur="N"),
            unit("222222222", "NE LE DIT PAS", trancheEffectifs="01", caractereEmployeur=""),
            unit("333333333", "SAS", categorieJuridique="5710"),
            unit("444444444", "", categorieJuridique="1000"),
        ],
        [
            establishment("111111111", trancheEffectifs="01", caractereEmployeur="N"),
            establishment("222222222", trancheEffectifs="01", caractereEmployeur=""),
            establishment("333333333", caractereEmployeur="O"),
            establishment("444444444", caractereEmployeur="O", activitePrincipale="10.71C"),
        ],
    )
    found = organizations(marts)
    assert [found[siren]["is_employer"] for siren in ("111111111", "222222222")] == [False, True]
    assert marts.query("SELECT address FROM establishments ORDER BY siret") == [
        {"address": None},
        {"address": "12 RUE DES TILLEULS"},
    ]
    counted = {
        row["indicator"]: int(row["value"])
        for row in marts.query(
            "SELECT indicator, value FROM indicators WHERE territory = 'commune:86194' AND dimensions = '{}'"
        )
    }
    assert counted["ess_employer_establishments"] == 1
    assert counted["private_employer_establishments"] == 3


def test_a_part_larger_than_its_whole_stops_publication(run, tmp_path):
    marts = run(
        [unit("111111111", "A", caractereEmployeur="O")], [establishment("111111111", caractereEmployeur="O")]
    )
    with duckdb.connect() as connection:
        for mart in contracts.MARTS:
            connection.execute(
                f"CREATE TABLE {mart.name} AS SELECT * FROM read_parquet('{marts.path}/{mart.name}.parquet')"
            )
        contracts.check(connection)
        connection.execute("UPDATE indicators SET value = 2 WHERE indicator = 'ess_employer_establishments'")
        with pytest.raises(ContractBroken, match="parmi les employeurs privés"):
            contracts.check(connection)


def test_both_activity_codes_are_kept(run):
    row = organizations(
        run([unit("111111111", "X", activitePrincipale="88.99B", activitePrincipaleNAF25="88.99H")])
    )["111111111"]
    assert (row["naf_rev2"], row["naf_2025"]) == ("88.99B", "88.99H")


@pytest.mark.parametrize(
    ("values", "exclusion"),
    [({"categorieJuridique": "9240"}, "worship"), ({"activitePrincipale": "94.91Z"}, "worship"),
     ({"activitePrincipale": "94.92Z"}, "party"), ({"categorieJuridique": "8410"}, "union"),
     ({"activitePrincipale": "94.20Z"}, "union")],
)  # fmt: skip
def test_exclusions_are_named(run, values, exclusion):
    row = organizations(run([unit("111111111", "X", **values)]))["111111111"]
    assert (row["ess_exclusions"], row["in_perimeter"]) == ([exclusion], False)


@pytest.mark.parametrize(("end", "kept", "reason"), [
    ("31/12/2019", False, "expired"), ("31-12-2019", False, "expired"), ("31.12.2019", False, "expired"),
    ("2019-12-31", False, "expired"), ("31/12/2031", True, None), ("2031-12-31", True, None), ("", True, None),
    ("31/12/19", False, "bad_date"), ("2019", False, "bad_date"), ("bientôt", False, "bad_date"),
])  # fmt: skip
def test_an_approval_ends_on_its_day_however_written(small_run, end, kept, reason):
    found, rejects = small_run(end)
    assert (found, rejects) == (kept, [reason] if reason else [])


@pytest.fixture(scope="module")
def small_run(tmp_path_factory):
    """One run for all the ways to write a day: whether the approval counts, why not."""
    ends = [
        "31/12/2019",
        "31-12-2019",
        "31.12.2019",
        "2019-12-31",
        "31/12/2031",
        "2031-12-31",
        "",
        "31/12/19",
        "2019",
        "bientôt",
    ]
    folder = tmp_path_factory.mktemp("approvals")
    sirens = [f"11111111{number}" for number in range(len(ends))]
    write_registers(folder / "in", [unit(siren, "SAS", categorieJuridique="5710") for siren in sirens])
    lines = [f"{siren},ESUS,01/02/2015,{end},DREETS" for siren, end in zip(sirens, ends, strict=True)]
    (folder / "in" / "approvals.csv").write_text(
        "siren,approval,granted_on,expires_on,issuer\n" + "\n".join(lines) + "\n"
    )
    observe(folder / "in", folder / "marts")
    with Marts(folder / "marts") as marts:
        approved = {row["siren"] for row in marts.query("SELECT siren FROM organizations")}
        rejects = marts.query("SELECT row, reason FROM rejects WHERE source = 'approvals' ORDER BY ALL")

    def asked(end: str) -> tuple[bool, list[str]]:
        siren = sirens[ends.index(end)]
        return siren in approved, [line["reason"] for line in rejects if line["row"] == siren]

    return asked


def test_an_association_and_its_siren_are_one_when_the_match_is_sure(run):
    marts = run(
        [unit("111111111", "CLUB DES TILLEULS", identifiantAssociation="W861000001")],
        associations=[association("W861000001"), association("W861000002")],
    )
    found = organizations(marts, "org_id")
    assert set(found) == {"siren:111111111", "rna:W861000002"}
    assert found["siren:111111111"]["rna"] == "W861000001"
    assert found["siren:111111111"]["other_names"] == ["LES AMIS DU TILLEUL"]


def test_one_rna_number_carried_by_two_sirens_merges_nothing(run):
    marts = run(
        [unit(s, "CLUB", identifiantAssociation="W861000001") for s in ("111111111", "222222222")],
        associations=[association("W861000001")],
    )
    found = organizations(marts, "org_id")
    assert set(found) == {"siren:111111111", "siren:222222222", "rna:W861000001"}
    assert [found[f"siren:{s}"]["rna"] for s in ("111111111", "222222222")] == [None, None]
    assert marts.query("SELECT count(*) AS n FROM rejects WHERE reason = 'ambiguous_match'")[0]["n"] == 2


def test_former_communes_land_in_the_current_one(run):
    """A delegated commune's code, an arrondissement's, and an RNA line that has only a label."""
    marts = run(
        [unit("111111111", "A"), unit("222222222", "B")],
        [establishment("111111111", codeCommune="86146"), establishment("222222222", codeCommune="75113")],
        [
            association(
                "W861000001", adrs_codeinsee="", adrs_codepostal="86380", adrs_libcommune="MARIGNY BRIZAY"
            )
        ],
    )
    assert {row["seat_commune"] for row in marts.query("SELECT seat_commune FROM organizations")} == {
        "86115",
        "75056",
    }


def test_a_changed_row_is_told_in_the_difference(tmp_path):
    first = write_registers(tmp_path / "a", [unit("111111111", "A")])
    second = write_registers(tmp_path / "b", [unit("111111111", "A"), unit("222222222", "B")])
    observe(first, tmp_path / "marts")
    same = observe(first, tmp_path / "marts")
    assert same.unchanged and same.difference["organizations"] == 0
    assert observe(second, tmp_path / "marts").difference["organizations"] == 1


def test_the_same_bytes_on_one_two_and_four_threads(tmp_path):
    units = [
        unit(f"{n:09d}", f"CLUB {n}", economieSocialeSolidaire="O" if n % 3 else "") for n in range(1, 3000)
    ]
    folder = write_registers(
        tmp_path / "in", units, associations=[association(f"W86{n:07d}") for n in range(500)]
    )
    runs = {observe(folder, tmp_path / f"m{threads}", threads=threads).run_id for threads in (1, 2, 4)}
    assert len(runs) == 1


def test_repeated_lines_give_the_same_bytes_whatever_their_order(tmp_path):
    """Lines of one number that differ only by an activity, a band, a category, a site: the order of reading says nothing."""
    units = [
        unit("111111111", "CLUB", **values)
        for values in (
            {"activitePrincipale": "93.12Z", "trancheEffectifs": "01"},
            {"activitePrincipale": "93.12Z", "trancheEffectifs": "11"},
            {"activitePrincipale": "90.01Z", "categorieJuridique": "9230"},
        )
    ]
    places = [
        establishment("111111111", activitePrincipale=naf, trancheEffectifs=band)
        for naf, band in (("93.12Z", "01"), ("90.01Z", "11"), ("90.01Z", "NN"))
    ]
    declared = [
        association("W861000001", siteweb=site, objet_social1=object1)
        for site, object1 in (("b.fr", "009005"), ("a.fr", "007000"), ("a.fr", "009005"))
    ]
    runs = set()
    for number, order in enumerate((slice(None), slice(None, None, -1))):
        folder = write_registers(tmp_path / f"in{number}", units[order], places[order], declared[order])
        report = observe(folder, tmp_path / f"m{number}")
        with Marts(tmp_path / f"m{number}") as marts:
            runs.add(
                str([marts.query(f"SELECT * FROM {name}") for name in ("organizations", "establishments")])
            )
    assert report.rejected["sirene_units · duplicate_siren"] == 1
    assert len(runs) == 1


def test_the_contract_stops_publication(tmp_path, monkeypatch):
    folder = write_registers(tmp_path / "in", [unit("111111111", "A")])
    before = observe(folder, tmp_path / "marts").run_id
    broken = contracts.Mart(
        "organizations", "", ("org_id",), contracts.MARTS[0].columns, (), (("nobody at all", "true"),)
    )
    monkeypatch.setattr(contracts, "MARTS", (broken, *contracts.MARTS[1:]))
    with pytest.raises(ContractBroken, match="nobody at all"):
        observe(folder, tmp_path / "marts")
    assert json.loads((tmp_path / "marts/current/manifest.json").read_text())["run_id"] == before


def test_the_reference_page_is_up_to_date(pytestconfig):
    assert (pytestconfig.rootpath / "docs/reference/marts.md").read_text() == reference()
