"""A person in Lusignan says what is missing; somebody reads it; the authority answers; the page says what became of it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_accessibility import violations_of

pytestmark = pytest.mark.browser
WORDS = "Il manque un endroit pour réparer les vélos à Lusignan"


def test_the_scene_at_390_pixels(open_page, enter, mailbox):
    """Four people on a phone: whoever speaks has no account and no JavaScript."""
    person = open_page("/", 390, javascript=False)
    person.get_by_label("Dites-le en une phrase").fill(WORDS)
    person.get_by_role("button", name="Le dire").click()
    expect(person.get_by_label("Que manque-t-il")).to_have_value(WORDS)
    person.get_by_role("button", name="Envoyer").click()
    expect(person.locator("h1")).to_have_text("Merci, c’est noté")
    expect(person.locator("main")).to_contain_text("Lusignan")
    person.get_by_label("Votre adresse électronique").fill("cycliste@example.org")
    person.get_by_role("button", name="Enregistrer").click()
    expect(person.locator("main")).to_contain_text("C’est noté")
    mine = person.url

    reader = open_page("/", 390)
    enter(reader, "animation@example.org")
    reader.goto("/bureau/?quoi=need")
    item = reader.locator("li.await", has_text="réparer les vélos")
    item.get_by_role("button", name=re.compile("^Publier")).click()
    expect(reader.locator("main")).to_contain_text("Publié")

    neighbour = open_page("/besoins/?commune=86139&q=réparer", 390, javascript=False)
    neighbour.get_by_role("link", name=WORDS).click()
    neighbour.get_by_role("link", name="Moi aussi").click()
    neighbour.get_by_role("button", name="Ajouter ma voix").click()
    expect(neighbour.locator("h1")).to_have_text("Votre voix compte")

    agent = open_page("/", 390)
    enter(agent, "autre@example.org")
    agent.goto("/bureau/?quoi=asked")
    agent.get_by_role("link", name=re.compile("réparer les vélos")).click()
    agent.get_by_label("Cela existe déjà").check()
    agent.get_by_label("Quelles structures").fill("Atelier du Pédalier")
    agent.get_by_label("En quelques phrases").fill("L’atelier vient le premier samedi du mois.")
    agent.get_by_label(re.compile("mission mobilités")).check()
    agent.get_by_role("button", name="Publier la réponse").click()
    expect(agent.locator("main")).to_contain_text("2 personnes le disent")
    expect(agent.locator("main")).to_contain_text("Cela existe déjà")
    assert violations_of(agent) == []

    told = [text for text in mailbox.texts() if "To: cycliste@example.org" in text]
    assert len(told) == 2 and "Pédalier" in told[-1]
    person.goto(mine)
    expect(person.locator("main")).to_contain_text("premier samedi")
    person.get_by_role("link", name="Reprendre mes mots").click()
    person.get_by_role("button", name="Reprendre mes mots").click()
    expect(person.locator("h1")).to_have_text("Vos mots sont effacés")
    neighbour.goto("/besoins/?q=réparer")
    expect(neighbour.locator("main")).to_contain_text("2 voix")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_desk_of_needs(open_page, enter, width):
    page = open_page("/", width)
    enter(page, "animation@example.org")
    page.goto("/bureau/?quoi=need")
    need = page.locator("li.await a", has_text="banc").first.get_attribute("href")
    page.goto("/besoins/")
    public = page.locator("ol.rows a", has_text="bus").first.get_attribute("href")
    problems = {}
    for path in (
        need, f"{need}adresser/", f"{need}ne-pas-publier/", f"{need}reunir/", "/bureau/besoins/saisir/", "/besoins/",
        f"{public}repondre/", f"/besoins/repondre/ensemble/?besoin={public.strip('/').split('/')[-1]}",
    ):  # fmt: skip
        assert page.goto(path).status == 200, path
        found = violations_of(page)
        if found or page.evaluate("document.documentElement.scrollWidth") > width:
            problems[path] = found or "wider than the screen"
    assert problems == {} and page.problems == []


def test_a_draft_survives_the_network(open_page):
    page = open_page("/besoins/dire/", 390)
    page.get_by_label("Que manque-t-il").fill("Un lavoir")
    page.context.set_offline(True)
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("[data-offline]")).to_be_visible()
    page.context.set_offline(False)
    page.reload()
    expect(page.get_by_label("Que manque-t-il")).to_have_value("Un lavoir")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("h1")).to_have_text("Merci, c’est noté")
    page.goto("/besoins/dire/")
    expect(page.get_by_label("Que manque-t-il")).to_have_value("")


def test_from_a_need_to_a_deal_at_390_pixels(open_page, enter, mailbox):
    """An association offers for a need; somebody answers; both confirm; everybody sees what became of it."""
    giver = open_page("/", 390)
    enter(giver, "tresoriere@example.org")
    giver.goto("/besoins/?q=bus")
    giver.locator("ol.rows a", has_text="bus").first.click()
    need = giver.url
    giver.get_by_role("link", name="Proposer quelque chose pour y répondre").click()
    giver.get_by_label("En quelques mots").fill("Minibus pour le soir, bus associatif")
    giver.get_by_label("C’est", exact=True).select_option("equipment")
    giver.get_by_label("Atelier du Pédalier").check()
    giver.get_by_label("Quantité").fill("-1")
    giver.get_by_role("button", name="Publier").click()
    expect(giver.locator("main")).to_contain_text("plus grande que zéro")
    assert violations_of(giver) == []
    giver.get_by_label("Quantité").fill("1")
    giver.get_by_label("prêt", exact=True).check()
    giver.get_by_role("button", name="Publier").click()
    expect(giver.locator("main")).to_contain_text("Pour ce besoin")
    offer = giver.url

    taker = open_page(need, 390, javascript=False)
    enter(taker, "autre@example.org")
    taker.goto(need)
    taker.get_by_role("link", name="Minibus pour le soir").click()
    taker.get_by_role("link", name="Cela m’intéresse").click()
    taker.get_by_label("moi, sans structure").check()
    taker.get_by_label("Votre message").fill("Pour rentrer de la répétition du mardi.")
    taker.get_by_role("button", name="Envoyer").click()
    expect(taker.locator("main")).to_contain_text("Proposé")
    deal = taker.url
    assert any(
        "To: tresoriere@example.org" in text and deal.split("/")[-2] in text for text in mailbox.texts()
    )

    giver.goto("/bureau/")
    giver.get_by_role("link", name=re.compile("Une réponse à « Minibus")).click()
    giver.get_by_role("button", name="Accepter").click()
    expect(giver.locator("main")).to_contain_text("En discussion")
    giver.get_by_label("Combien").fill("1")
    assert violations_of(giver) == []
    giver.get_by_role("button", name="Confirmer").click()
    expect(giver.locator("main")).to_contain_text("l’autre doit confirmer")
    taker.goto(deal)
    expect(taker.get_by_label("Combien")).to_have_value("1")
    taker.get_by_role("button", name="Confirmer").click()
    expect(taker.locator("main")).to_contain_text("confirmé par les deux")
    stranger = open_page("/", 390)
    enter(stranger, "animation@example.org")
    assert stranger.goto(deal).status == 404
    taker.goto(offer)
    expect(taker.locator("main")).to_contain_text("Minibus")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_of_exchange_behind_the_door(open_page, enter, width):
    page = open_page("/", width)
    enter(page, "tresoriere@example.org")
    problems = {}
    for path in ("/echanges/ecrire/demande/", "/mes-echanges/"):
        assert page.goto(path).status == 200, path
        found = violations_of(page)
        if found or page.evaluate("document.documentElement.scrollWidth") > width:
            problems[path] = found or "wider than the screen"
    enter(page, "animation@example.org")
    for path in ("/bureau/echanges/", "/bureau/?quoi=listing"):
        assert page.goto(path).status == 200, path
        found = violations_of(page)
        if found or page.evaluate("document.documentElement.scrollWidth") > width:
            problems[path] = found or "wider than the screen"
    assert problems == {} and page.problems == []
