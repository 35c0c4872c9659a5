"""People at work in a real Chromium, on a phone: each of their pages, and the way from a link to a corrected page."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import problems_on

pytestmark = pytest.mark.browser
HERS = [
    "/moi/",
    "/moi/connexions/",
    "/moi/securite/",
    "/mes-abonnements/",
    "/abonnements/suivre/porte/nourrir/",
    "/bureau/",
    "/moi/effacer/",
    "/sortir/",
]
OF_HER_PAGE = [
    "",
    "corriger/",
    "equipe/",
    "images/",
    "adherer/",
    "attestation/",
    "partir/",
    "relais/",
    "historique/",
]
DESK = [
    "/bureau/", "/bureau/?quoi=suggestion", "/bureau/repondu/", "/bureau/membres/", "/bureau/membres/?statut=requested", "/bureau/colleges/",
    "/bureau/poles/", "/bureau/mandats/", "/bureau/mandats/nouveau/", "/bureau/courriers/", "/ajouter/", "/bureau/imports/",
    "/bureau/contacts/", "/bureau/contacts/?quoi=rappel&tri=reprendre", "/bureau/membres/adresses/", "/bureau/contacts/adresses/",
    "/bureau/membres/cotisations/?annee=2027", "/bureau/poles/alimentation/", "/bureau/mandats/adresses/", "/bureau/mandats/?quand=past",
    "/bureau/annuaire/adresses/?porte=nourrir", "/bureau/echanges/noter/offre/",
]  # fmt: skip


def page_of(page, words):
    page.goto("/annuaire/?vue=registre")
    return page.locator("ol.rows a", has_text=words).first.get_attribute("href")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_of_a_referent(open_page, enter, width):
    page = open_page("/", width)
    enter(page, "tresoriere@example.org")
    hers = page_of(page, "Pédalier")
    assert (
        problems_on(page, [*HERS, *(hers + part for part in OF_HER_PAGE)], width) == {}
        and page.problems == []
    )


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_of_the_operator(open_page, enter, width):
    page = open_page("/", width)
    enter(page, "animation@example.org")
    page.goto("/bureau/")
    items = [link.get_attribute("href") for link in page.locator("li.await p:first-child > a").all()]
    assert len(items) >= 8
    contact = "/bureau" + page_of(page, "VONNE")
    assert (
        problems_on(page, [*DESK, *items, contact, f"{contact}personnes/"], width) == {}
        and page.problems == []
    )


def test_from_the_link_in_the_mail_to_a_held_page(open_page, mailbox):
    """The functional address of the bakery opens its page: three pages, three fields, the box that the law asks, seven taps and no JavaScript."""
    page = open_page("/", 390, javascript=False)
    bakery = page_of(page, "PAIN")
    taps, pages = 0, 0

    def tap(name, role="button"):
        nonlocal taps
        taps += 1
        page.get_by_role(role, name=name).first.click()

    page.goto(f"{bakery}revendiquer/")
    pages += 1
    taps += 1
    page.get_by_label("Votre adresse électronique").fill("contact@example.org")
    tap("Recevoir le code")
    expect(page.get_by_label("Les six chiffres")).to_be_visible()
    pages += 1
    taps += 1
    page.get_by_label("Les six chiffres").fill(mailbox.last_code("contact@example.org"))
    taps += 1
    page.get_by_label("J’ai 15 ans ou plus").check()
    tap("Entrer")
    pages += 1
    expect(page.get_by_text("c’est la vôtre")).to_be_visible()
    taps += 1
    page.get_by_label("Qui êtes-vous pour elle").fill("gérante")
    tap("Continuer")
    page.wait_for_url("**/corriger/")
    assert (pages, taps) == (3, 7)
    page.get_by_label("Horaires").fill("Du mardi au samedi, 7 h à 13 h")
    page.get_by_label("Se nourrir").check()
    tap("Publier")
    expect(page.locator("main")).to_contain_text("Du mardi au samedi")
    expect(page.locator("main")).to_contain_text("par elle-même")
    page.get_by_role("link", name="Équipe et collectif").click()
    page.get_by_role("link", name="Rejoindre le collectif").click()
    page.get_by_label("Coopératives et sociétés de l’ESS").check()
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.locator("main")).to_contain_text("est arrivée")
    page.goto("/moi/")
    page.get_by_role("button", name="Ne plus agir pour elle").click()
    expect(page.locator("main")).to_contain_text("plus personne ne tient sa page", ignore_case=True)


def test_the_desk_by_keyboard(open_page, enter):
    """j goes down, x ticks, one box ticks all; accept; undo; a and r answer the row where one is, u undoes."""
    page = open_page("/", 1280)
    enter(page, "animation@example.org")
    page.goto("/bureau/?quoi=suggestion")
    before = page.locator("li.await").count()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("input[name=item]:checked")).to_have_count(1)
    page.keyboard.press("j")
    focused = page.evaluate("document.activeElement.closest('li.await').querySelector('input').checked")
    assert focused is (before == 1)
    page.locator(".batch").get_by_role("button", name="Accepter").click()
    expect(page.locator("li.await")).to_have_count(before - 1)
    page.get_by_role("button", name=re.compile("Annuler")).click()
    expect(page.locator("li.await")).to_have_count(before)
    page.keyboard.press("j")
    at = "[...document.querySelectorAll('li.await')].findIndex((row) => row.contains(document.activeElement))"
    row = page.evaluate(at)
    title = page.locator("li.await").nth(row).locator("b").first.inner_text()
    for key in ("r", "a"):
        page.keyboard.press(key)
        expect(page.locator("li.await")).to_have_count(before - 1)
        expect(page.locator("main, [role=status]").first).to_be_visible()
        page.wait_for_function(f"{at} === {min(row, before - 2)}")  # where one was, once the page came back
        page.keyboard.press("u")
        expect(page.locator("li.await")).to_have_count(before)
        page.wait_for_function(f"{at} >= 0")
        assert page.locator("li.await").nth(page.evaluate(at)).locator("b").first.inner_text() == title
    expect(page.get_by_text("r pour refuser")).to_be_visible()
    page.goto("/bureau/repondu/")
    expect(page.get_by_role("heading", name="Répondu ces trente jours")).to_be_visible()
