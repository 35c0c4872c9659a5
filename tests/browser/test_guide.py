"""The guided path in a real browser: answered, kept, ticked, printed, without an account and without JavaScript."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations_of

pytestmark = pytest.mark.browser


def test_from_an_idea_to_ticked_steps_on_a_phone(open_page):
    page = open_page("/parcours/", 390, javascript=False)
    page.get_by_label("Une idée, à quelques personnes").check()
    page.get_by_label("Demander une subvention").check()
    page.get_by_role("button", name="Voir les étapes").click()
    expect(page.get_by_role("heading", name="Déclarer l’association")).to_be_visible()
    page.get_by_role("button", name="Garder ce parcours").click()
    expect(page.locator("h1")).to_have_text("Mon parcours")
    page.get_by_label("Déclarer l’association").check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("main")).to_contain_text("1 sur")
    again = open_page(page.url, 1280)
    expect(again.get_by_label("Déclarer l’association")).to_be_checked()
    assert violations_of(again) == []
    again.emulate_media(media="print")
    assert again.get_by_text("À préparer").first.is_visible()
    assert not again.get_by_role("button", name="Enregistrer").is_visible()
    assert len(again.pdf(format="A4")) > 5000


@pytest.mark.parametrize("width", [390, 1280])
def test_the_desk_of_texts(open_page, enter, width):
    page = open_page("/", width)
    enter(page, "animation@example.org")
    problems = {}
    for path in (
        "/bureau/textes/", "/bureau/textes/etapes/declarer/", "/bureau/textes/etapes/declarer/ecrire/",
        "/bureau/textes/exemples/eole/ecrire/",
    ):  # fmt: skip
        assert page.goto(path).status == 200, path
        found = violations_of(page)
        if found or page.evaluate("document.documentElement.scrollWidth") > width:
            problems[path] = found or "wider than the screen"
    assert problems == {} and page.problems == []
