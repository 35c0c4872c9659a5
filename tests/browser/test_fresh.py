"""Freshness and values as people use them: on a phone, without JavaScript; every page of theirs without an axe violation."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import problems_on

pytestmark = pytest.mark.browser


def page_of(page, words):
    page.goto("/annuaire/?vue=registre")
    return page.locator("ol.rows a", has_text=words).first.get_attribute("href")


def test_values_are_said_then_seen_by_a_peer(open_page, enter):
    """The treasurer confirms the page, drafts and publishes the values, then tells a visit."""
    page = open_page("/", 390, javascript=False)
    enter(page, "tresoriere@example.org")
    hers = page_of(page, "Pédalier")
    page.goto(hers)
    page.get_by_role("button", name="Tout est exact : confirmer").click()
    expect(page.locator("main")).to_contain_text("la page est confirmée aujourd’hui")
    expect(page.locator("main")).to_contain_text("par elle-même")
    page.get_by_role("link", name="Dire comment nous les vivons").click()
    first = page.locator("#but")
    first.get_by_label("Oui, voici comment").check()
    first.get_by_label("Un lien pour le voir").fill("pas une adresse")
    page.get_by_role("button", name="Publier").click()
    expect(page.locator("#erreurs")).to_contain_text("Rien n’est perdu")
    expect(page.locator("#but").get_by_label("Oui, voici comment")).to_be_checked()
    page.locator("#but").get_by_label("Un lien pour le voir").fill("https://exemple.fr/statuts.pdf")
    page.get_by_role("button", name="Publier").click()
    expect(page.locator("#erreurs")).to_contain_text("dites comment")
    page.locator("#but").get_by_label("Comment ?").fill("Réparer plutôt que jeter.")
    page.get_by_role("button", name="Garder le brouillon").click()
    expect(page.locator("main")).to_contain_text("Brouillon gardé")
    page.get_by_role("button", name="Publier").click()
    expect(page.locator("main")).to_contain_text("Réparer plutôt que jeter.")
    page.get_by_role("button", name="Tout retirer").click()
    page.get_by_role("button", name="Remettre ce qui était publié").click()
    expect(page.locator("main")).to_contain_text("Réparer plutôt que jeter.")
    page.goto("/bureau/?quoi=visit")
    page.get_by_role("link", name=re.compile("Visite à raconter")).click()
    page.get_by_role("link", name="Dire ce que nous avons vu").click()
    page.get_by_label("Vu", exact=True).first.check()
    page.get_by_role("button", name="Garder le compte rendu").click()
    page.get_by_role("button", name="Confirmer ce compte rendu").click()
    expect(page.locator("main")).to_contain_text("doit confirmer à son tour")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_of_who_signs_in_have_no_axe_violation(open_page, enter, width):
    page = open_page("/", width)
    enter(page, "tresoriere@example.org")
    hers, knit = page_of(page, "Pédalier"), page_of(page, "Tricoteuses")
    page.goto("/bureau/?quoi=visit")
    links = page.get_by_role("link", name=re.compile("Visite"))
    visit = [links.first.get_attribute("href")] if links.count() else []
    hers_pages = [
        hers,
        f"{hers}confirmer/",
        f"{hers}valeurs/",
        f"{hers}valeurs/ecrire/",
        f"{knit}valeurs/visite/",
    ]
    paths = [*hers_pages, *visit, *(f"{one}compte-rendu/" for one in visit)]
    assert problems_on(page, paths, width) == {} and page.problems == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_of_who_animates_have_no_axe_violation(open_page, enter, width):
    page = open_page("/", width)
    enter(page, "animation@example.org")
    page.goto("/bureau/?quoi=closure")
    closure = page.get_by_role("link", name=re.compile("fermée")).first.get_attribute("href")
    paths = [
        "/bureau/?quoi=closure", "/bureau/?quoi=stale", "/bureau/?quoi=site", "/bureau/fraicheur/",
        "/bureau/fraicheur/?imprimer=1", closure, closure.replace("fermeture/", ""), closure.replace("fermeture", "confirmer"),
    ]  # fmt: skip
    assert problems_on(page, paths, width) == {} and page.problems == []


def test_the_calls_are_printed_whole(open_page, enter):
    page = open_page("/", 1280)
    enter(page, "animation@example.org")
    page.goto("/bureau/fraicheur/?imprimer=1")
    page.emulate_media(media="print")
    assert page.locator("table").is_visible() and not page.locator("header nav").is_visible()
    assert len(page.pdf(format="A4")) > 5000
