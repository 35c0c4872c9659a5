"""Somebody new on a phone: from the search to a held page, the collective, a link, a subscription, and out again."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.own_site import entered, mailbox, site, site_environment, site_folder  # noqa: F401
from tests.browser.test_imports import asked_of, looked_at

pytestmark = pytest.mark.browser
HERS = "contact@example.org"


def test_from_the_search_to_a_held_page_and_out_again(open_page, enter, mailbox, site_folder):  # noqa: F811
    """The baker finds her bakery, holds its page, corrects it, joins, confirms a link, subscribes, leaves, and is forgotten."""
    page = open_page("/", 390)
    looked_at(page, 390, "new-01-home")
    page.get_by_role("searchbox").first.fill("pain")
    page.get_by_role("searchbox").first.press("Enter")
    looked_at(page, 390, "new-02-found")
    page.locator("ol.rows a", has_text="PAIN").first.click()
    looked_at(page, 390, "new-03-entry")
    entry = page.url
    page.get_by_role("link", name="C’est ma structure").first.click()
    looked_at(page, 390, "new-04-claim")
    page.get_by_label("Votre adresse électronique").fill("contact@example")
    page.get_by_role("button", name="Recevoir le code").click()
    looked_at(page, 390, "new-05-wrong-address")
    page.get_by_label("Votre adresse électronique").fill(HERS)
    page.get_by_role("button", name="Recevoir le code").click()
    expect(page.get_by_label("Les six chiffres")).to_be_visible()
    looked_at(page, 390, "new-06-code")
    page.get_by_label("Les six chiffres").fill(mailbox.last_code(HERS))
    page.get_by_label("J’ai 15 ans ou plus").check()
    page.get_by_role("button", name="Entrer").click()
    looked_at(page, 390, "new-07-hers")
    page.get_by_label("Qui êtes-vous pour elle").fill("gérante")
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url("**/corriger/")
    looked_at(page, 390, "new-08-correct")
    page.get_by_label("Horaires").fill("Du mardi au samedi, 7 h à 13 h")
    page.get_by_label("Se nourrir").check()
    page.get_by_role("button", name="Publier").click()
    expect(page.locator("main")).to_contain_text("Du mardi au samedi")
    looked_at(page, 390, "new-09-corrected")
    page.get_by_role("link", name="Équipe et collectif").click()
    looked_at(page, 390, "new-10-team")
    page.get_by_role("link", name="Rejoindre le collectif").click()
    looked_at(page, 390, "new-11-join")
    page.get_by_label("Coopératives et sociétés de l’ESS").check()
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.locator("main")).to_contain_text("est arrivée")
    looked_at(page, 390, "new-12-asked")

    operator = open_page("/", 390)
    enter(operator, "animation@example.org")
    operator.goto("/bureau/?quoi=membership")
    looked_at(operator, 390, "new-13-desk")
    item = operator.locator("li.await", has_text=re.compile("pain", re.I))
    item.get_by_role("button", name=re.compile("Accepter")).click()
    looked_at(operator, 390, "new-14-accepted")

    page.goto(entry)
    expect(page.locator("main")).to_contain_text("membre du collectif")
    looked_at(page, 390, "new-15-badge")

    other = open_page("/", 390)
    enter(other, "tresoriere@example.org")
    other.get_by_role("link", name="Liens", exact=True).click()
    other.get_by_role("link", name="Noter un lien").click()
    looked_at(other, 390, "new-16-note-a-link")
    other.get_by_label("Avec quelle structure").fill("pain")
    other.get_by_label("Quelle relation").select_option("partner")
    other.get_by_role("button", name="Noter ce lien").click()
    if other.get_by_role("radio").count():
        looked_at(other, 390, "new-17-which")
        other.get_by_label(re.compile("PAIN")).first.check()
        other.get_by_role("button", name="Noter ce lien").click()
    expect(other.locator("main")).to_contain_text("C’est noté")

    page.goto("/moi/")
    looked_at(page, 390, "new-18-me")
    page.get_by_role("link", name=re.compile("vous atten")).click()
    looked_at(page, 390, "new-19-waits")
    page.get_by_role("link", name=re.compile("Pédalier", re.I)).first.click()
    looked_at(page, 390, "new-20-link")
    page.get_by_role("button", name="Confirmer").click()
    looked_at(page, 390, "new-21-confirmed")
    expect(page.locator("main")).to_contain_text("Confirmé")

    page.goto(entry)
    page.get_by_role("link", name="S’abonner").first.click()
    looked_at(page, 390, "new-22-follow")
    page.get_by_role("button", name="M’abonner").click()
    looked_at(page, 390, "new-23-followed")
    page.goto("/mes-abonnements/")
    looked_at(page, 390, "new-24-mine")

    page.goto(f"{entry}equipe/")
    page.get_by_role("link", name="Cotisations").click()
    page.get_by_role("link", name="Quitter le collectif").click()
    looked_at(page, 390, "new-25-leave")
    page.locator("main form button").last.click()
    looked_at(page, 390, "new-26-left")
    page.goto("/moi/")
    page.get_by_role("link", name="Tout effacer").click()
    looked_at(page, 390, "new-27-erase")
    assert count_of(site_folder, HERS) == 1
    page.get_by_role("button", name="Effacer définitivement").click()
    page.wait_for_url(lambda address: "effacer" not in address)
    expect(page.locator("main")).to_contain_text("C’est effacé")
    looked_at(page, 390, "new-28-erased")
    assert count_of(site_folder, HERS) == 0
    page.goto("/moi/")
    expect(page.get_by_label("Votre adresse électronique")).to_be_visible()
    page.goto(entry)
    expect(page.locator("main")).to_contain_text("Du mardi au samedi")
    operator.goto("/bureau/membres/")
    expect(operator.locator("main")).not_to_contain_text(HERS)
    page.goto("/entrer/")
    page.get_by_label("Votre adresse électronique").fill(HERS)
    page.get_by_role("button", name="Recevoir le code").click()
    expect(page.get_by_label("J’ai 15 ans ou plus")).to_be_visible()
    looked_at(page, 390, "new-29-unknown-again")


def count_of(folder, email):
    """How many people of the site's database have this address."""
    return int(asked_of(folder, f"horizon.actors.models.Person.objects.filter(email='{email}').count()"))
