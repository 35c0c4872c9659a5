"""The public pages: they answer, say their sources, and keep their promises."""

import gzip
import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from horizon.directory.models import Entry
from horizon.kernel.templatetags.atlas import percent
from horizon.observatory import shipped

pytestmark = pytest.mark.django_db
PAGES = {
    "/": "près de chez vous",
    "/portes/deplacer/": "Qui est derrière cette porte",
    "/communes/": "Les 40 communes",
    "/communes/86139/": "Lusignan",
    "/annuaire/": "Pourquoi cet ordre",
    "/annuaire/?vue=registre": "Tout le registre",
    "/panorama/": "Panoramas",
    "/methodes/": "La règle du domicile",
    "/mentions-legales/": "AGPL",
    "/vie-privee/": "Ni traceur",
    "/vie-privee/registre/": "Base légale",
    "/accessibilite/": "WCAG",
    "/plan-du-site/": "Les huit portes",
}


@pytest.mark.parametrize(("path", "words"), PAGES.items())
def test_pages_answer_and_say_that_the_data_are_fictitious(client, published, path, words):
    answer = client.get(path)
    text = answer.content.decode()
    assert answer.status_code == 200 and words in text
    assert "Données fictives de démonstration" in text
    assert len(re.findall(r"<h1[ >]", text)) == 1


def test_an_empty_site_says_what_to_run(client, db):
    for path in ("/", "/annuaire/", "/communes/", "/portes/loger/"):
        assert "horizon observe" in client.get(path).content.decode()
    assert client.get("/methodes/").status_code == 200


def test_what_does_not_exist_helps(client, published):
    answer = client.get("/atelier-velo/")
    text = answer.content.decode()
    assert answer.status_code == 404 and 'value="atelier velo"' in text and "Se déplacer" in text
    for path in ("/portes/voler/", "/communes/99999/", "/structures/zzzzzzzzzz/", "/communes/01001/"):
        assert client.get(path).status_code == 404


def test_a_former_commune_leads_to_the_current_one(client, published):
    assert "Jaunay-Marigny" in client.get("/communes/86146/").content.decode()


def test_no_inline_style_or_script_and_a_strict_policy(client, published):
    entry = Entry.objects.get(siren="111111111")
    for path in (
        *PAGES,
        f"/structures/{entry.organization.public_id}/",
        f"/structures/{entry.organization.public_id}/signaler/",
        "/nulle-part/",
    ):
        answer = client.get(path)
        text = answer.content.decode()
        policy = answer["Content-Security-Policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=", text), path
        assert set(re.findall(r"<script([^>]*)>", text)) <= {' type="application/ld+json"'}


def test_get_never_writes(client, published, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for path in PAGES:
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        assert not [
            q for q in captured if not q["sql"].lstrip().upper().startswith(("SELECT", "PRAGMA", "DECLARE"))
        ], path


def test_posting_to_a_page_that_only_reads_is_refused(client, published):
    for path in PAGES:
        assert client.post(path).status_code == 405


def test_the_first_load_fits_in_a_hundred_kilobytes(client, published):
    """The heavier of home and list, its style, its fonts and icon, gzipped. There is no script until the map is asked."""
    css = Path(finders.find("kernel/app.css")).read_bytes()
    pages = [gzip.compress(client.get(path).content) for path in ("/", "/annuaire/?vue=registre")]
    total = max(map(len, pages)) + len(gzip.compress(css))
    total += len(gzip.compress(Path(finders.find("kernel/icon.svg")).read_bytes()))
    for name in set(re.findall(rb"fonts/[\w-]+\.woff2", css)):
        total += Path(finders.find(f"kernel/{name.decode()}")).stat().st_size
    assert total <= 100_000, total


def test_the_site_says_that_it_is_well(client, db):
    assert client.get("/healthz").json() == {"ok": True}


def test_the_failure_page_needs_nothing():
    from horizon.portal.errors import server_error

    answer = server_error(None)
    assert (
        answer.status_code == 500 and "Rien de ce qui était enregistré n’est perdu" in answer.content.decode()
    )


def test_the_measure_of_doors_does_not_claim_more_than_was_measured(client, published):
    """Without a held-out half, the page says that every labelled structure was read while tuning."""
    halves = json.loads((shipped.RULES / "doors_measure.json").read_text())["halves"]
    text = client.get("/methodes/").content.decode()
    assert ("ces taux sont optimistes" in text) == ("heldout" not in halves)
    assert ("jamais été regardée pendant la mise au point" in text) == ("heldout" in halves)


def test_the_accuracy_of_poles_and_the_wrong_guesses_are_told(client, published):
    """What is weak is printed beside what is strong, half by half."""
    halves = json.loads((shipped.RULES / "doors_measure.json").read_text())["halves"]
    text = client.get("/methodes/").content.decode()
    assert "Premier pôle juste</th>" in text and "Proposées à tort</th>" in text
    for half in halves.values():
        told = f'{percent(half["coverage"])}</td><td class="r">{half["guesses_on_undecidable"]}</td>'
        assert f'{told}<td class="r">{percent(half["pole_agreement"])}</td>' in text


def test_the_first_page_says_all_that_makes_an_actor(client, published):
    """The same signs as the page of methods: none that it leaves out would make its count a surprise."""
    first = client.get("/").content.decode()
    assert all(
        sign in first
        for sign in (
            "salarié",
            "moins de cinq ans",
            "adhésion",
            "confirmée depuis moins de deux ans",
            "site qui répond",
        )
    )


@pytest.mark.parametrize("path", ["/mentions-legales/", "/vie-privee/registre/"])
def test_a_demonstration_with_a_contact_does_not_say_that_there_is_nobody(client, published, settings, path):
    settings.OPERATOR, settings.CONTACT = "", ""
    assert "il n’y a personne à qui écrire" in client.get(path).content.decode()
    settings.CONTACT = "ici@example.org"
    page = client.get(path).content.decode()
    assert "il n’y a personne à qui écrire" not in page and "ici@example.org" in page
