"""Urgent help in a real browser: asked by phone, answered by a link, typed by keyboard, ended with thanks."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations_of

pytestmark = pytest.mark.browser


def problem_of(page, width):
    found = violations_of(page)
    return found or ("wider" if page.evaluate("document.documentElement.scrollWidth") > width else None)


def test_from_an_urgent_ask_to_thanks(open_page, enter, mailbox):
    """A person without an account asks on a phone; who animates calls back, publishes, types answers by keyboard."""
    person = open_page("/entraide/", 390, javascript=False)
    person.get_by_role("link", name="Demander de l’aide").click()
    person.get_by_label("De quoi avez-vous besoin").fill("Rentrer du bois avant la neige")
    person.get_by_label("Il faudra surtout").select_option("carry")
    person.get_by_label("Dans quelle commune").select_option("86139")
    person.get_by_label("Combien de personnes").fill("2")
    person.get_by_role("button", name="Demander").click()
    expect(person.locator("main")).to_contain_text("Dites jusqu’à quand")
    expect(person.get_by_label("De quoi avez-vous besoin")).to_have_value("Rentrer du bois avant la neige")
    until = open_page("/", 390).evaluate(
        "(() => { const d = new Date(Date.now() + 3600e3 * 30 - new Date().getTimezoneOffset() * 60e3); return d.toISOString().slice(0, 16) })()"
    )
    person.get_by_label("Jusqu’à quand").fill(until)
    person.get_by_label("Votre téléphone").fill("05 36 49 00 11")
    person.get_by_label("Où exactement").fill("La maison bleue du Gué")
    person.get_by_role("button", name="Demander").click()
    expect(person.locator("main")).to_contain_text("vous rappelle")
    followed = person.url

    operator = open_page("/", 1280)
    enter(operator, "animation@example.org")
    operator.goto("/bureau/?quoi=urgent")
    operator.get_by_role("link", name=re.compile("À rappeler : Rentrer du bois")).click()
    operator.get_by_role("button", name="Lancer l’appel").click()
    expect(operator.locator("h1")).to_have_text("Rentrer du bois avant la neige")
    links = [
        re.search(r"/entraide/reponse/\S+", text)[0]
        for text in mailbox.texts()
        if "Rentrer du bois" in text and "reponse" in text
    ]
    assert len(links) == 3, "three people available, twice what is missing"

    operator.keyboard.press("/")
    operator.keyboard.type("elie clain")
    expect(operator.locator("[data-row]:visible")).to_have_count(1)
    operator.keyboard.press("ArrowDown")
    operator.keyboard.press("o")
    expect(operator.locator("main")).to_contain_text("1 sur 2")
    expect(operator.locator("aside[aria-label=Réponses]")).to_contain_text("Élie Clainbrume")

    answered = [text for text in mailbox.texts() if "Vous y allez : Rentrer du bois" in text]
    assert len(answered) == 1 and "La maison bleue du Gué" in answered[0]
    elie = re.search(r"/entraide/reponse/\S+", answered[0])[0]
    helper = open_page(next(link for link in links if link != elie), 390, javascript=False)
    expect(helper.locator("main")).not_to_contain_text("maison bleue")
    assert violations_of(open_page(elie, 390)) == []
    helper.get_by_role("button", name="J’y vais").click()
    expect(helper.locator("main")).to_contain_text("La maison bleue du Gué")
    stood_down = [text for text in mailbox.texts() if "Merci, c’est bon : Rentrer du bois" in text]
    assert len(stood_down) == 1

    person.goto(followed)
    expect(person.locator("main")).to_contain_text("Élie Clainbrume")
    assert violations_of(operator) == []
    person.get_by_label("Un mot pour les personnes venues").fill("Le bois est rentré.")
    person.get_by_role("button", name="C’est fait, remercier").click()
    expect(person.locator("main")).to_contain_text("C’est terminé")
    thanked = [text for text in mailbox.texts() if "« Le bois est rentré. »" in text]
    assert len(thanked) == 2


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_behind_the_door(open_page, enter, width):
    page = open_page("/", width)
    enter(page, "animation@example.org")
    page.goto("/bureau/entraide/")
    problems = {page.url: problem_of(page, width)}
    call = page.locator("ol.rows a", has_text="cave").first.get_attribute("href")
    page.goto("/echanges/?q=bocaux")
    for path in (
        call,
        f"{call}?q=elie",
        f"{call}ne-pas-publier/",
        "/entraide/disponible/",
        "/entraide/demander/",
        "/bureau/?quoi=gap",
    ):
        assert page.goto(path).status == 200, path
        problems[path] = problem_of(page, width)
    assert {path: found for path, found in problems.items() if found} == {} and page.problems == []
