"""An operator on a phone brings five hundred lines, sixty of them doubles and forty broken, and clears the desk."""

import os
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.own_site import entered, mailbox, site, site_environment, site_folder  # noqa: F401
from tests.browser.test_accessibility import violations_of
from tests.care.imports import kit

pytestmark = pytest.mark.browser


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


def shot(page, name):
    """Keeps what the page looks like, where HORIZON_SHOTS says."""
    if folder := os.environ.get("HORIZON_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def looked_at(page, width, name):
    shot(page, f"{name}-{width}")
    assert violations_of(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name


@pytest.mark.parametrize("width", [390, 1280])
def test_from_the_table_to_the_clear_desk_and_back(open_page, enter, worker, width):
    page = open_page("/", width)
    enter(page, "animation@example.org")
    page.goto("/bureau/imports/")
    looked_at(page, width, "imports")
    rows = kit.lines() if width == 390 else kit.lines()[:120]
    known = {
        390: ["Atelier du Pédalier", "", "", "86600", "Lusignan"],
        1280: ["Tricoteuses du mardi", "", "", "86000", "Poitiers"],
    }[width]
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
    for room, verb in (("double", "C’est une autre"), ("cells", "Laisser de côté")):
        for _ in range(4):
            page.goto(f"/bureau/?quoi={room}")
            if not page.locator("li.await").count():
                break
            for box in page.locator("input[name=item]").all():
                box.check()
            page.locator(".batch").get_by_role("button", name=verb).click()
        page.goto(f"/bureau/?quoi={room}")
        expect(page.locator("li.await")).to_have_count(0)
    page.goto(batch)
    page.get_by_role("button", name="Annuler tout l’import").click()
    expect(page.locator("h1")).to_have_text("Import annulé", timeout=180_000)
    expect(page.locator("main")).to_contain_text("L’annuaire est comme avant")
    looked_at(page, width, "undone")
    assert [p for p in page.problems if "422" not in p] == []
