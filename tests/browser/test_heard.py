"""What somebody said by telephone, typed by who animates: one form on a phone, without JavaScript, and where answers go."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import problems_on

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [390, 1280])
def test_an_offer_heard_on_the_telephone(open_page, enter, width):
    page = open_page("/", width, javascript=False)
    enter(page, "animation@example.org")
    page.goto("/echanges/")
    page.get_by_role("link", name="Noter une offre entendue").click()
    page.get_by_label("Quelle structure").fill("Tricoteuses")
    page.get_by_label("En quelques mots").fill(f"Trois métiers à tricoter, {width}")
    page.locator("[name=kind]").select_option("equipment")
    page.locator("[name=commune]").select_option("86139")
    page.get_by_role("button", name="Publier", exact=True).click()
    expect(page.locator("main")).to_contain_text("Dites de qui vous le tenez")
    expect(page.get_by_label("En quelques mots")).to_have_value(f"Trois métiers à tricoter, {width}")
    page.get_by_label("De qui, comment").fill("la trésorière, au téléphone")
    page.get_by_role("button", name="Publier", exact=True).click()
    expect(page.get_by_role("heading", name=f"Trois métiers à tricoter, {width}")).to_be_visible()
    expect(page.locator("main")).to_contain_text("L’équipe d’animation l’a noté pour elle")
    expect(page.locator("main")).to_contain_text("D’après : la trésorière, au téléphone")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    listing = page.url
    page.goto(f"{listing}retirer/")
    page.get_by_role("button", name="Retirer").click()
    looked = open_page("/", width)
    enter(looked, "animation@example.org")
    assert problems_on(looked, [listing, "/bureau/echanges/noter/demande/"], width) == {}
