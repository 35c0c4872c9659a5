"""An operator on a phone brings five hundred lines, sixty of them doubles and forty broken, and clears the desk."""

import os
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations_of
from tests.browser.own_site import entered, mailbox, site, site_environment, site_folder  # noqa: F401
from tests.care.imports import kit
from tests.published import build_marts

pytestmark = pytest.mark.browser
LIKELY = {390: 20, 1280: 6}


@pytest.fixture
def worker(site_folder, small_marts, site):  # noqa: F811 - the fixtures of own_site
    """The worker of the running site."""
    environment = {
        **os.environ, "HORIZON_VAR": str(site_folder), "HORIZON_MARTS": str(small_marts),
        "DJANGO_SETTINGS_MODULE": "horizon.config.settings", **site_database(site_folder),
    }  # fmt: skip
    with (site_folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "horizon.config.worker"], env=environment, stdout=log, stderr=log
        )
        yield process
        process.terminate()
        process.wait(timeout=30)


def site_database(folder):
    return {"HORIZON_DATABASE_URL": (folder / "database-url").read_text()}


@pytest.fixture(scope="module")
def small_marts(tmp_path_factory):
    """The small territory, and the sixty structures that the table knows."""
    return build_marts(tmp_path_factory.mktemp("known"), *kit.known_registers())


def asked_of(folder, words):
    """What the site's database answers to one expression."""
    code = f"import django; django.setup(); import horizon.actors.models, horizon.directory.models; print({words})"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "horizon.config.settings",
        "HORIZON_VAR": str(folder),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env={**environment, **site_database(folder)}, check=True, capture_output=True, text=True
    )  # fmt: skip
    return done.stdout.strip()


def structures(folder):
    """How many structures the directory lists."""
    return int(asked_of(folder, "horizon.directory.models.Entry.objects.filter(active=True).count()"))


def answer_all(page, room, verb):
    """Answers everything of a room alike, by the button of what is checked, else one after the other. Returns how many."""
    answered = 0
    for _ in range(60):
        page.goto(f"/bureau/?quoi={room}")
        items = page.locator("li.await")
        if not items.count():
            return answered
        together = page.locator(".batch").get_by_role("button", name=verb)
        if together.count():
            answered += items.count()
            for box in page.locator("input[name=item]").all():
                box.check()
            together.click()
        else:
            answered += 1
            items.first.get_by_role("button", name=re.compile(f"^({verb}|La laisser de côté)")).click()
    raise AssertionError(f"{room} is never empty")


def shot(page, name):
    """Keeps what the page looks like, where HORIZON_SHOTS says."""
    if folder := os.environ.get("HORIZON_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def looked_at(page, width, name):
    shot(page, f"{name}-{width}")
    assert violations_of(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name


@pytest.mark.parametrize("width", [390, 1280])
def test_from_the_table_to_the_clear_desk_and_back(open_page, enter, worker, site_folder, width):  # noqa: F811
    page = open_page("/", width)
    enter(page, "animation@example.org")
    page.goto("/bureau/imports/")
    looked_at(page, width, "imports")
    rows = kit.lines() if width == 390 else kit.lines()[:120]
    known = {
        390: ["Atelier du Pédalier", "", "", "86600", "Lusignan"],
        1280: ["Tricoteuses du mardi", "", "", "86000", "Poitiers"],
    }[width]
    fresh = {row[0] for row in rows if row[8]}
    repeated = sum(1 for row in rows if row[8]) - len(fresh)
    planted, new = LIKELY[width] + repeated + 1, len(fresh)
    assert width == 1280 or (planted, new) == (31, 385)
    page.goto("/bureau/?quoi=double")
    planted += page.locator("li.await").count()
    page.goto("/bureau/imports/")
    before = structures(site_folder)
    data = kit.table([*rows, known], "utf-8")
    page.get_by_label("Le fichier").set_input_files(
        {"name": f"liste-{width}.csv", "mimeType": "text/csv", "buffer": data}
    )
    page.get_by_role("button", name="Lire ce tableau").click()
    expect(page.locator("h1")).to_have_text("Que dit chaque colonne ?")
    page.get_by_label("D’où vient ce tableau").fill("")
    page.get_by_role("button", name="Voir ce que cela donnerait").click()
    expect(page.locator("#erreurs")).to_contain_text("Rien n’est perdu")
    looked_at(page, width, "columns")
    page.get_by_label("D’où vient ce tableau").fill("Ville de Lusignan, liste 2026")
    page.get_by_label("Sous quelle licence").select_option("odbl")
    page.get_by_role("button", name="Voir ce que cela donnerait").click()
    expect(page.locator("h1")).to_contain_text("en cours")
    looked_at(page, width, "progress")
    expect(page.locator("h1")).to_have_text("Ce que cela donnerait", timeout=180_000)
    looked_at(page, width, "preview")
    page.get_by_role("link", name="doublon").click()
    looked_at(page, width, "doubles")
    page.get_by_role("button", name="Plus tard").first.click()
    page.get_by_role("link", name="à corriger").click()
    looked_at(page, width, "broken")
    page.get_by_role("link", name=re.compile("^Corriger")).first.click()
    expect(page.locator("h2")).to_have_text("Corriger la ligne")
    looked_at(page, width, "line")
    page.goto(page.url.split("lignes/")[0])
    page.get_by_role("button", name="Importer").click()
    expect(page.locator("h1")).to_have_text("Ce qui a été fait", timeout=180_000)
    looked_at(page, width, "done")
    batch = page.url.split("?")[0]
    page.goto("/bureau/?quoi=double")
    looked_at(page, width, "desk-doubles")
    doubles = answer_all(page, "double", "C’est la même")
    assert doubles == planted
    looked_at(page, width, "desk-doubles-answered")
    answer_all(page, "cells", "Laisser de côté")
    page.goto("/bureau/?quoi=cells")
    expect(page.locator("li.await")).to_have_count(0)
    assert structures(site_folder) == before + new, "what is new, and no double of what was known"
    page.goto(batch)
    page.get_by_role("button", name="Annuler tout l’import").click()
    expect(page.locator("h1")).to_have_text("Import annulé", timeout=180_000)
    expect(page.locator("main")).to_contain_text("L’annuaire est comme avant")
    assert structures(site_folder) == before
    looked_at(page, width, "undone")
    assert [p for p in page.problems if "422" not in p] == []
