"""A correction sent together is taken back from the history in one gesture, on a phone, without JavaScript."""

import os

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations_of
from tests.browser.own_site import entered, mailbox, site, site_environment, site_folder  # noqa: F401

pytestmark = pytest.mark.browser


def shot(page, name):
    """Keeps what the page looks like, where HORIZON_SHOTS says."""
    if folder := os.environ.get("HORIZON_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_a_correction_is_undone_and_put_back(open_page, enter):
    page = open_page("/", 390, javascript=False)
    enter(page, "animation@example.org")
    page.goto("/annuaire/?vue=registre&q=vonne")
    theatre = page.locator('a[href^="/structures/"]').first.get_attribute("href")
    page.goto(f"{theatre}corriger/")
    page.locator('[name="hours"]').fill("Mardi, 14 h à 18 h")
    page.locator('[name="acronym"]').fill("TV")
    page.locator('[name="heard_from"]').fill("la trésorière, au téléphone")
    page.get_by_role("button", name="Publier").click()
    page.goto(f"{theatre}historique/")
    expect(page.get_by_text("D’après : la trésorière, au téléphone.").first).to_be_visible()
    shot(page, "history-390")
    page.get_by_role("button", name="Annuler cette correction (2 lignes)").click()
    expect(page.get_by_text("2 lignes sont comme avant")).to_be_visible()
    shot(page, "history-undone-390")
    page.get_by_role("button", name="Rétablir cette correction (2 lignes)").click()
    expect(page.get_by_text("2 lignes sont publiées de nouveau")).to_be_visible()
    for width in (390, 1280):
        page = open_page("/", width)
        enter(page, "animation@example.org")
        page.goto(f"{theatre}historique/")
        assert violations_of(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    shot(page, "history-1280")
    page.goto("/donnees/")
    shot(page, "open-data-1280")
