"""An ask that two offers cover, from a phone without JavaScript and by keyboard: one form, what is missing after a refusal."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import problems_on

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [390, 1280])
def test_from_a_set_of_offers_to_a_proposal_with_each(open_page, enter, width):
    page = open_page("/", width, javascript=False)
    enter(page, "tresoriere@example.org")
    page.goto("/echanges/ecrire/demande/")
    page.get_by_label("En quelques mots").fill("1400 gobelets")
    page.locator("[name=kind]").select_option("equipment")
    page.locator("[name=commune]").select_option("86139")
    page.get_by_label("Atelier du Pédalier").check()
    page.get_by_label("Quantité").fill("1400")
    page.get_by_label("Unité").select_option("piece")
    page.get_by_role("button", name="Publier", exact=True).click()
    ask = page.url
    looked = open_page("/", width)
    enter(looked, "tresoriere@example.org")
    assert problems_on(looked, [ask, f"{ask}ensemble/"], width) == {} and looked.problems == []

    page.get_by_role("link", name="Écrire à tout l’ensemble").click()
    first, second = page.get_by_label("Écocups 25 cl"), page.get_by_label("Gobelets du fournil")
    assert int(first.input_value()) + int(second.input_value()) == 1400
    asked = second.input_value()
    second.fill("5000")
    page.get_by_label("Votre message").fill("Pour la fête du vélo.")
    page.get_by_role("button", name="Envoyer à chacun").click()
    expect(page.locator("main")).to_contain_text("Il n’en reste que 900")
    expect(page.get_by_label("Votre message")).to_have_value("Pour la fête du vélo.")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Gobelets du fournil").fill(asked)
    page.get_by_label("Votre message").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("2 propositions, une par offre")
    expect(page.locator("#suivi")).to_contain_text("rien ne manque si tout le monde suit")
    assert problems_on(looked, [ask], width) == {}

    for name in ("Écocups 25 cl", "Gobelets du fournil"):
        page.goto(ask)
        page.locator("#suivi").get_by_role("link", name=name).click()
        page.get_by_role("link", name="Renoncer").click()
        page.get_by_label("Plus besoin").check()
        page.get_by_role("button", name="Envoyer").click()
    page.get_by_role("link", name="Voir où en est votre demande").click()
    expect(page.locator("#suivi")).to_contain_text("il en manque 1400")
    expect(page.get_by_role("link", name="Écrire à tout l’ensemble")).to_be_visible()
    assert problems_on(looked, [ask], width) == {}
    page.goto(f"{ask}retirer/")
    page.get_by_role("button", name="Retirer").click()
