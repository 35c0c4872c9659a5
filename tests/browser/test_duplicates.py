"""Two pages that are one, in a real Chromium: said while typing, seen side by side, merged, parted."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations_of
from tests.browser.own_site import entered, mailbox, site, site_environment, site_folder  # noqa: F401

pytestmark = pytest.mark.browser


def seen(page, name):
    """Keeps a picture where HORIZON_SHOTS says."""
    if os.environ.get("HORIZON_SHOTS"):
        page.screenshot(path=Path(os.environ["HORIZON_SHOTS"]) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_structure_that_exists_is_said_while_typing(open_page, width):
    page = open_page("/ajouter/", width)
    page.get_by_label("Sa commune").select_option("86139")
    page.get_by_label("Son nom").press_sequentially("atelier pedal")
    place = page.locator("[data-likely]")
    expect(place).to_contain_text("existe peut-être déjà")
    expect(place.get_by_role("link", name="L'Atelier du Pédalier", exact=True)).to_be_visible()
    assert place.get_attribute("aria-live") == "polite" and violations_of(page) == []
    seen(page, f"typing-{width}")
    page.get_by_label("Son nom").fill("xylophone zinzolin")
    expect(place).to_be_hidden()
    assert page.problems == []


def test_without_javascript_it_is_said_when_it_is_sent(open_page):
    page = open_page("/ajouter/", 390, javascript=False)
    page.get_by_label("Son nom").fill("Atelier du pédalier")
    page.get_by_label("Sa commune").select_option("86139")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("alert")).to_contain_text("existe peut-être déjà")
    seen(page, "sent-390")
    page.get_by_role("button", name="Non, c’est une autre").click()
    expect(page.locator("main, body").first).to_contain_text("L’équipe d’animation vérifie")


def test_two_records_side_by_side_are_merged_then_parted(open_page, enter):
    page = open_page("/", 1280)
    enter(page, "animation@example.org")
    page.goto("/bureau/?quoi=duplicate")
    assert violations_of(page) == []
    seen(page, "desk-1280")
    page.get_by_role("link", name="Une ou deux structures ?").first.click()
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert violations_of(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        seen(page, f"pair-{width}")
    pair = page.url
    folded = page.get_by_role("link", name="Seconde fiche").get_attribute("href")
    page.get_by_role("button", name="C’est la même").click()
    expect(page.locator("body")).to_contain_text("n’ont plus qu’une page")
    page.goto(folded)
    assert page.url.endswith("#reunie") and folded not in page.url
    expect(page.locator("#reunie")).to_contain_text("Réunie avec")
    seen(page, "entry-1280")
    page.locator("#reunie a").first.click()
    expect(page.get_by_role("link", name="Contester").first).to_be_visible()
    assert violations_of(page) == []
    seen(page, "merged-1280")
    page.get_by_role("button", name="Séparer").first.click()
    expect(page.locator("body")).to_contain_text("ont de nouveau chacune leur page")
    page.goto(pair)
    expect(page.locator("main, body").first).to_contain_text("la question ne sera plus posée")
    assert page.problems == []
