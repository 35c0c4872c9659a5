"""What is missing, who could answer, where nobody can: the counts are those of the rooms."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from horizon.crossings.coverage import coverage
from horizon.exchange.models import Listing
from horizon.listening.services import answering, reading, saying
from tests.exchange.kit import an_ask, an_offer
from tests.people import an_operator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _paired(monkeypatch):
    """Asks are paired at once: a test's transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, **_: send())


COUNTS = {"by_commune": {"86139": {"actors": 3}}, "by_commune_door": {"86139:deplacer": {"actors": 2}}}


def said(words):
    return reading.publish_need(saying.say_need(words, once=saying.fresh_once()).need, actor="test")


def test_needs_structures_and_exchanges_side_by_side(published):
    answered = said("Il manque un endroit pour réparer les vélos à Lusignan")
    answering.answer_need(
        answered, kind="studied", text="x", author=an_operator(), speaks_as="authority", title=""
    )
    said("Réparer son vélo à Lusignan")
    said("Un potager, des légumes à Lusignan")
    said("Zzz")
    an_offer(0)
    an_ask(1, title="Un piano droit", kind="goods")
    an_offer(2, audience=Listing.MEMBERS)
    found = coverage(COUNTS)
    assert (found.needs, found.waiting, found.offers, found.asks, found.nobody) == (4, 3, 1, 1, 1)
    lusignan = next(line for line in found.communes if line.code == "86139")
    assert (lusignan.needs, lusignan.waiting, lusignan.actors, lusignan.offers) == (3, 2, 3, 1)
    by_door = {line.code: line for line in found.doors}
    assert (by_door["deplacer"].needs, by_door["deplacer"].waiting, by_door["deplacer"].actors) == (2, 1, 2)
    assert [(gap.commune.code, gap.door, gap.waiting) for gap in found.gaps] == [("86139", "nourrir", 1)]
    assert (found.door_unknown, found.commune_unknown) == (1, 1)


def test_the_page_the_file_and_the_panorama_say_the_same(client, published, settings, small_marts):
    settings.MARTS = small_marts
    said("Un potager, des légumes à Lusignan")
    an_ask(1, title="Un piano droit", kind="goods")
    page = client.get("/ce-qui-manque/").content.decode()
    assert "1\u00a0besoin dit, 1 sans réponse" in page and "Un piano droit" in page and "Compté le" in page
    rows = list(
        csv.DictReader(
            io.StringIO(client.get("/ce-qui-manque/?format=csv").getvalue().decode("utf-8-sig")),
            delimiter=";",
        )
    )
    assert sum(int(row["besoins"]) for row in rows if row["par"] == "commune") == 1
    assert "1\u00a0besoin dit, 1 sans réponse" in client.get("/panorama/200069854/").content.decode()
    assert "besoin dit" not in client.get("/panorama/dep:86/").content.decode()
    lines = client.get("/panorama/200069854/?format=csv").content.decode("utf-8-sig").splitlines()
    assert [line.split(";")[5:8] for line in lines if ";missing;" in line][:3] == [
        ["besoins dits", "Nombre", "1"], ["besoins sans réponse", "Nombre", "1"], ["demandes ouvertes", "Nombre", "1"],
    ]  # fmt: skip
    whole = client.get("/panorama/200069854/?format=json").json()["indicators"][-1]
    assert (whole["code"], whole["rows"][0]) == ("missing", ["besoins dits", 1]) and whole["method"]
    assert set(whole) == set(client.get("/panorama/dep:86/?format=json").json()["indicators"][-1])
    assert "missing" not in client.get("/panorama/dep:86/?format=csv").content.decode()


def test_an_empty_site_invites(client, published):
    page = client.get("/ce-qui-manque/").content.decode()
    assert "0\u00a0besoin dit" in page and "Aucun besoin n’attend" in page


def test_more_rows_ask_no_more(client, published):
    said("Un potager à Lusignan")
    client.get("/ce-qui-manque/")

    def count():
        with CaptureQueriesContext(connection) as seen:
            client.get("/ce-qui-manque/")
        return len(seen)

    an_ask(1, title="Un piano droit", kind="goods")
    before = count()
    for number in range(12):
        said(f"Un verger numéro {number} à Chauvigny")
        an_ask(number % 4, title=f"Un piano {number}", kind="goods")
    assert count() == before <= 10


def test_the_needs_said_and_where_answers_lack_bear_two_names(client, published):
    """The title and the first heading of each page say the same, and each link says the title of where it leads."""
    needs, lacks = (
        client.get(path).content.decode()
        for path in ("/besoins/?porte=nourrir&commune=86139", "/ce-qui-manque/")
    )
    assert (
        "<title>Les besoins dits, se nourrir, Lusignan –" in needs
        and "<h1>Les besoins dits, se nourrir, Lusignan</h1>" in needs
    )
    assert "<title>Où les réponses manquent –" in lacks and "<h1>Où les réponses manquent</h1>" in lacks
    assert 'href="/ce-qui-manque/">Où les réponses manquent</a>' in needs
    assert 'href="/ce-qui-manque/">Où les réponses manquent' in client.get("/plan-du-site/").content.decode()
