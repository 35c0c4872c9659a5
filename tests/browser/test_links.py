"""Links as people make them: noted on a phone without JavaScript, confirmed by the other, read in the network."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import problems_on

pytestmark = pytest.mark.browser


def test_a_link_is_noted_confirmed_and_undone(open_page, enter):
    """The treasurer notes a link by words that several structures have, then answers the one that waits for her."""
    page = open_page("/", 390, javascript=False)
    enter(page, "tresoriere@example.org")
    page.get_by_role("link", name="Liens", exact=True).click()
    expect(page.locator("main")).to_contain_text("À confirmer")
    page.get_by_role("link", name="Noter un lien").click()
    page.get_by_label("Avec quelle structure").fill("association")
    page.get_by_label("Quelle relation").select_option("hosted")
    page.get_by_label("Depuis quelle année").fill("2022")
    page.get_by_role("button", name="Noter ce lien").click()
    expect(page.get_by_label("Depuis quelle année")).to_have_value("2022")
    page.get_by_label("AVENIR").check()
    page.get_by_role("button", name="Noter ce lien").click()
    expect(page.locator("main")).to_contain_text("C’est noté")
    page.get_by_role("button", name="C’est terminé").click()
    page.get_by_role("button", name="Revenir en arrière").click()
    expect(page.locator("main")).to_contain_text("attend de nouveau")
    page.goto("/bureau/?quoi=link")
    page.get_by_role("button", name="Confirmer").first.click()
    expect(page.locator("main")).to_contain_text("Confirmé")
    page.goto("/reseau/?etat=confirmes")
    expect(page.locator("main")).to_contain_text("est partenaire de")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_of_who_signs_in_have_no_axe_violation(open_page, enter, width):
    page = open_page("/", width)
    enter(page, "tresoriere@example.org")
    page.get_by_role("link", name="Liens", exact=True).click()
    home = page.url
    assert problems_on(page, [home, home.replace("/liens/", "/relier/?avec=association")], width) == {}
