"""Downloads: resumed, cached, polite; what arrives under a register's name is the register, whole."""

import errno
import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from horizon.observatory import download
from horizon.observatory.cli import app
from horizon.observatory.download import fetch_all
from horizon.observatory.errors import BadInput, DiskFull, NoNetwork
from horizon.observatory.registers import ESS_FRANCE, RNA, UNITS
from horizon.observatory.sources import Remote, declared, newest_resource
from tests.observatory.registers_kit import unit, write_registers
from tests.observatory.site_kit import served

BODY = b"siren,nom\n" + b"552013500,structure\n" * 200_000


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def site():
    with served() as site:
        site.files["/units.csv"] = BODY
        yield site


class Waits(list):
    """A `sleep` that does not, and remembers."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def fetch(site, folder: Path, waits=None, name="StockUniteLegale_utf8.csv", path="/units.csv"):
    remote = Remote(UNITS, file=name, url=site.address + path, page="la page officielle")
    return fetch_all(folder, [remote], waits if waits is not None else Waits(), lambda *_: None).outcomes[
        name
    ]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_a_file_arrives_under_its_name_with_its_card(site, tmp_path):
    assert fetch(site, tmp_path) == "téléchargé"
    assert (tmp_path / "StockUniteLegale_utf8.csv").read_bytes() == BODY
    card = json.loads((tmp_path / "StockUniteLegale_utf8.csv.json").read_text())
    assert card["size"] == len(BODY) and len(card["sha256"]) == 64
    assert files(tmp_path) == ["StockUniteLegale_utf8.csv", "StockUniteLegale_utf8.csv.json"]


def test_progress_is_told_in_bytes(site, tmp_path):
    told = []
    remote = Remote(UNITS, file="StockUniteLegale_utf8.csv", url=site.address + "/units.csv")
    fetch_all(tmp_path, [remote], Waits(), lambda *step: told.append(step))
    assert told[-1] == ("StockUniteLegale_utf8.csv", len(BODY), len(BODY))


def test_a_cut_connection_is_resumed_where_it_stopped(site, tmp_path):
    site.misbehave = lambda path, times: "cut" if times < 3 else ""
    waits = Waits()
    assert fetch(site, tmp_path, waits) == "repris"
    assert (tmp_path / "StockUniteLegale_utf8.csv").read_bytes() == BODY
    ranges = [asked for _, asked in site.asked]
    assert ranges[0] == "" and all(asked.startswith("bytes=") for asked in ranges[1:]) and len(ranges) == 4
    assert waits == [1.0, 1.0, 1.0]


def test_what_arrived_before_a_kill_is_not_asked_again(site, tmp_path):
    """A `.part` and its card, as a killed process leaves them: half a file, then a whole one not yet renamed."""
    for arrived in (len(BODY) // 3, len(BODY)):
        folder = tmp_path / str(arrived)
        folder.mkdir()
        (folder / "StockUniteLegale_utf8.csv.part").write_bytes(BODY[:arrived])
        (folder / "StockUniteLegale_utf8.csv.part.json").write_text(
            json.dumps({"etag": site.etag("/units.csv")})
        )
        assert fetch(site, folder) == "repris"
        assert site.asked[-1] == ("/units.csv", f"bytes={arrived}-")
        assert (folder / "StockUniteLegale_utf8.csv").read_bytes() == BODY
        assert files(folder) == ["StockUniteLegale_utf8.csv", "StockUniteLegale_utf8.csv.json"]


def test_a_file_that_changed_meanwhile_starts_again(site, tmp_path):
    (tmp_path / "StockUniteLegale_utf8.csv.part").write_bytes(b"old" * 1000)
    (tmp_path / "StockUniteLegale_utf8.csv.part.json").write_text(json.dumps({"etag": '"old"'}))
    assert fetch(site, tmp_path) == "téléchargé"
    assert (tmp_path / "StockUniteLegale_utf8.csv").read_bytes() == BODY


def test_a_site_without_ranges_still_gives_the_whole_file(site, tmp_path):
    site.ranges = False
    site.misbehave = lambda path, times: "cut" if times == 0 else ""
    assert fetch(site, tmp_path) == "téléchargé"
    assert (tmp_path / "StockUniteLegale_utf8.csv").read_bytes() == BODY


def test_an_unchanged_file_is_not_fetched_twice(site, tmp_path):
    fetch(site, tmp_path)
    assert fetch(site, tmp_path) == "inchangé"
    site.files["/units.csv"] = BODY + b"552013501,nouvelle\n"
    assert fetch(site, tmp_path) == "téléchargé"
    assert (tmp_path / "StockUniteLegale_utf8.csv").read_bytes().endswith(b"nouvelle\n")


def test_a_busy_site_is_asked_again_after_the_pause_it_asks_for(site, tmp_path):
    site.misbehave = lambda path, times: {0: "503", 1: "429"}.get(times, "")
    waits = Waits()
    assert fetch(site, tmp_path, waits) == "téléchargé"
    assert waits == [7.0, 7.0]


def test_a_web_page_is_never_taken_for_a_register(site, tmp_path):
    site.misbehave = lambda path, times: "html"
    with pytest.raises(BadInput, match="page web"):
        fetch(site, tmp_path)
    assert files(tmp_path) == []


def test_a_web_page_that_claims_to_be_a_file_is_refused(site, tmp_path):
    site.files["/units.csv"] = b"<html><body>Connectez-vous</body></html>"
    with pytest.raises(BadInput, match="page web"):
        fetch(site, tmp_path)
    assert files(tmp_path) == []


@pytest.mark.parametrize("name", ["StockUniteLegale_utf8.parquet", "StockUniteLegale_utf8.zip"])
def test_a_file_of_another_kind_is_refused(site, tmp_path, name):
    with pytest.raises(BadInput, match="enti(er|ère)"):
        fetch(site, tmp_path, name=name)
    assert files(tmp_path) == []


def test_an_empty_answer_is_refused(site, tmp_path):
    site.files["/units.csv"] = b""
    with pytest.raises(BadInput, match="vide"):
        fetch(site, tmp_path)


def test_an_address_that_moved_says_what_to_do(site, tmp_path):
    with pytest.raises(NoNetwork, match="404.*--from DOSSIER"):
        fetch(site, tmp_path, path="/elsewhere.csv")


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_no_network_says_so_after_growing_pauses(tmp_path):
    remote = Remote(UNITS, file="u.csv", url=f"http://127.0.0.1:{closed_port()}/u.csv", page="la page")
    waits = Waits()
    with pytest.raises(NoNetwork, match="ne répond pas.*la page.*--from DOSSIER"):
        fetch_all(tmp_path, [remote], waits, lambda *_: None)
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_without_network_the_last_whole_file_serves(site, tmp_path):
    fetch(site, tmp_path)
    remote = Remote(UNITS, file="StockUniteLegale_utf8.csv", url=f"http://127.0.0.1:{closed_port()}/u.csv")
    outcome = fetch_all(tmp_path, [remote], Waits(), lambda *_: None).outcomes["StockUniteLegale_utf8.csv"]
    assert outcome.startswith("gardé")


@pytest.mark.parametrize("answer", ["html", "page", "empty", "another"])
def test_a_site_that_answers_something_else_does_not_take_the_good_copy_away(site, tmp_path, answer):
    """A page of maintenance (told or not by its type), nothing, a file of another kind: last month's serves, and is told."""
    name = "StockUniteLegale_utf8.parquet"
    site.files["/units.csv"] = whole = b"PAR1" + b"x" * 500 + b"PAR1"
    fetch(site, tmp_path, name=name)
    if answer == "html":
        site.misbehave = lambda path, times: "html"
    else:
        site.files["/units.csv"] = {"page": b"<html>maintenance", "empty": b"", "another": b"PAR1 tronque"}[
            answer
        ]
    waits = Waits()
    assert fetch(site, tmp_path, waits, name=name).startswith("gardé (")
    assert (tmp_path / name).read_bytes() == whole
    assert files(tmp_path) == [name, f"{name}.json"]
    site.misbehave = lambda path, times: ""
    site.files["/units.csv"] = whole.replace(b"x", b"y")
    assert fetch(site, tmp_path, name=name) == "téléchargé"


def test_a_full_disk_keeps_what_arrived(site, tmp_path, monkeypatch):
    """The kernel says ENOSPC at the first flush to the disk."""

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download.os, "fsync", full)
    with pytest.raises(DiskFull, match="Libérez de l’espace"):
        fetch(site, tmp_path)
    assert "StockUniteLegale_utf8.csv" not in files(tmp_path)
    monkeypatch.undo()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert fetch(site, tmp_path) == "repris"


def test_a_file_larger_than_the_free_space_is_not_begun(site, tmp_path, monkeypatch):
    monkeypatch.setattr(download.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1000}))
    with pytest.raises(DiskFull, match="il faut 4 Mo"):
        fetch(site, tmp_path)


def test_the_newest_file_of_a_dataset_replaces_last_month_s(site, tmp_path):
    def month(name):
        site.files[f"/{name}"] = BODY
        return {"url": f"{site.address}/{name}"}

    names = ["rna_import_20261201.csv", "rna_waldec_20261001.csv"]
    remote = Remote(RNA, dataset=f"{site.address}/dataset", match=r"rna_waldec_(\d{8})\.csv$", page="p")

    def ask():
        site.files["/dataset"] = json.dumps({"resources": [month(name) for name in names]}).encode()
        return fetch_all(tmp_path, [remote], Waits(), lambda *_: None).outcomes

    assert ask() == {"rna_waldec_20261001.csv": "téléchargé"}
    names.insert(0, "rna_waldec_20261101.csv")
    assert ask() == {"rna_waldec_20261101.csv": "téléchargé"}
    assert files(tmp_path) == ["rna_waldec_20261101.csv", "rna_waldec_20261101.csv.json"]
    with pytest.raises(BadInput, match="aucun fichier attendu"):
        newest_resource(remote, {"resources": []})


def test_the_declared_sources_are_the_four_official_ones():
    remotes = {remote.register.name: remote for remote in declared()}
    assert set(remotes) == {"sirene_units", "sirene_establishments", "rna", "ess_france_list"}
    for remote in remotes.values():
        assert (remote.url or remote.dataset).startswith(
            ("https://object.files.data.gouv.fr/", "https://www.data.gouv.fr/")
        )
    assert remotes["ess_france_list"].register is ESS_FRANCE


def write_sources(path: Path, address: str, names: list[str]) -> Path:
    entries = [
        f'[[source]]\nregister = "{register}"\nfile = "{name}"\nurl = "{address}/{name}"\npage = "p"\n'
        for register, name in names
    ]
    path.write_text("\n".join(entries), encoding="utf-8")
    return path


def test_the_command_downloads_then_publishes(site, tmp_path, monkeypatch):
    registers = write_registers(tmp_path / "in", [unit("552013500", "LES AMIS DU TILLEUL")])
    names = [
        ("sirene_units", "StockUniteLegale_utf8.csv"),
        ("sirene_establishments", "StockEtablissement_utf8.csv"),
    ]
    for _, name in names:
        site.files[f"/{name}"] = (registers / name).read_bytes()
    monkeypatch.setenv("HORIZON_SOURCES", str(write_sources(tmp_path / "s.toml", site.address, names)))
    result = CliRunner().invoke(app, ["observe", "--marts", str(tmp_path / "var" / "marts"), "--json"])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.output)
    assert answer["kept"]["organizations"] == 1
    assert (tmp_path / "var" / "registers" / "StockUniteLegale_utf8.csv.json").exists()


def test_a_register_that_could_not_be_refreshed_is_told(site, tmp_path, monkeypatch):
    """Fetched once; the next month the site of one of the two is silent."""
    registers = write_registers(tmp_path / "in", [unit("552013500", "LES AMIS DU TILLEUL")])
    names = [
        ("sirene_units", "StockUniteLegale_utf8.csv"),
        ("sirene_establishments", "StockEtablissement_utf8.csv"),
    ]
    for _, name in names:
        site.files[f"/{name}"] = (registers / name).read_bytes()
    sources = write_sources(tmp_path / "s.toml", site.address, names)
    monkeypatch.setenv("HORIZON_SOURCES", str(sources))
    monkeypatch.setattr(download, "PATIENCE", 0.0)
    asked = ["observe", "--marts", str(tmp_path / "var" / "marts"), "--json"]
    first = CliRunner().invoke(app, asked)
    assert json.loads(first.stdout)["downloads"] == dict.fromkeys([name for _, name in names], "téléchargé")
    silent = f"http://127.0.0.1:{closed_port()}/StockUniteLegale_utf8.csv"
    sources.write_text(sources.read_text().replace(f"{site.address}/StockUniteLegale_utf8.csv", silent))
    again = CliRunner().invoke(app, asked)
    assert again.exit_code == 0, again.output
    assert "Attention, StockUniteLegale_utf8.csv n’a pas pu être rafraîchi" in again.stderr
    told = json.loads(again.stdout)["downloads"]
    assert (
        told["StockUniteLegale_utf8.csv"].startswith("gardé")
        and told["StockEtablissement_utf8.csv"] == "inchangé"
    )
    kept = json.loads((tmp_path / "var" / "marts" / "last-run.json").read_text())
    assert kept["downloads"] == told


def test_the_command_without_network_exits_5(tmp_path, monkeypatch):
    sources = write_sources(
        tmp_path / "s.toml", f"http://127.0.0.1:{closed_port()}", [("sirene_units", "StockUniteLegale.csv")]
    )
    monkeypatch.setenv("HORIZON_SOURCES", str(sources))
    monkeypatch.setattr(download, "PATIENCE", 0.0)
    result = CliRunner().invoke(app, ["observe", "--marts", str(tmp_path / "marts"), "--json"])
    assert result.exit_code == 5
    assert "ne répond pas" in json.loads(result.output)["error"]


def test_a_wrong_declaration_of_sources_is_said(tmp_path):
    path = tmp_path / "sources.toml"
    path.write_text('[[source]]\nregister = "sirena"\n')
    with pytest.raises(BadInput, match="ne déclare pas les sources"):
        declared(path)
