"""A person in Lusignan says what is missing; somebody reads it; the authority answers; the page says what became of it."""

import io
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.axe import violations_of

pytestmark = pytest.mark.browser
WORDS = "Il manque un endroit pour réparer les vélos à Lusignan"


def test_the_scene_at_390_pixels(open_page, enter, mailbox):
    """Four people on a phone: whoever speaks has no account and no JavaScript."""
    person = open_page("/", 390, javascript=False)
    person.get_by_label("Dites-le en une phrase").fill(WORDS)
    person.get_by_role("button", name="Le dire").click()
    expect(person.get_by_label("Qu’est-ce qui manque")).to_have_value(WORDS)
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


LOOP = "Il manque une remorque pour emmener les vélos en panne à Lusignan"


def chapter_of(page):
    """What the panorama's chapter counts: needs, those without answer, offers, deals concluded."""
    page.goto("/panorama/200069854/")
    said = page.locator("#manques").inner_text()
    return [
        int(re.search(rf"(\d+)\s(?:{words})", said)[1])
        for words in ("besoins? dits?", "sans réponse", r"offres?\s;", "accords? conclus?")
    ]


def test_the_whole_loop_of_four_people_at_390_pixels(open_page, enter, mailbox):
    """Somebody says it, who animates reads it, the authority answers, an association offers, both confirm; all see what came of it."""
    anybody = open_page("/", 390, javascript=False)
    needs, waiting, offers, deals = chapter_of(anybody)

    person = open_page("/", 390)
    person.get_by_label("Dites-le en une phrase").fill(LOOP)
    person.get_by_role("button", name="Le dire").click()
    person.get_by_role("button", name="Envoyer").click()
    person.get_by_label("Votre adresse électronique").fill("lusignanaise@example.org")
    person.get_by_role("button", name="Enregistrer").click()
    followed = person.url

    reader = open_page("/", 390)
    enter(reader, "animation@example.org")
    reader.goto("/bureau/?quoi=need")
    item = reader.locator("li.await", has_text="remorque")
    item.get_by_role("button", name=re.compile("^Publier")).click()
    assert chapter_of(anybody) == [needs + 1, waiting + 1, offers, deals]

    agent = open_page("/", 390)
    enter(agent, "autre@example.org")
    agent.goto("/bureau/?quoi=asked")
    agent.get_by_role("link", name=re.compile("remorque")).click()
    agent.get_by_label("C’est à l’étude").check()
    agent.get_by_label("En quelques phrases").fill(
        "Le budget participatif ouvre en mars. D’ici là, qui en a une ?"
    )
    agent.get_by_label(re.compile("mission mobilités")).check()
    agent.get_by_role("button", name="Publier la réponse").click()
    expect(agent.locator("h2").first).to_have_text("À l’étude")
    need = agent.url
    assert chapter_of(anybody)[1] == waiting

    association = open_page("/", 390)
    enter(association, "tresoriere@example.org")
    association.goto(need)
    association.get_by_role("link", name="Proposer quelque chose pour y répondre").click()
    association.get_by_label("En quelques mots").fill("Une remorque à vélos à donner")
    association.get_by_label("C’est", exact=True).select_option("goods")
    association.get_by_label("Atelier du Pédalier").check()
    association.get_by_label("Quantité").fill("1")
    association.get_by_label("don", exact=True).check()
    association.get_by_role("button", name="Publier et ajouter des photos").click()
    expect(association.locator("h1")).to_have_text("Photos")
    association.get_by_label("L’image").set_input_files(
        {"name": "remorque.png", "mimeType": "image/png", "buffer": a_picture()}
    )
    association.get_by_label("Ce qu’elle montre").fill("La remorque dans la cour")
    association.get_by_label("Qui l’a faite").fill("Lou")
    association.get_by_role("button", name="Mettre sur l’annonce").click()
    expect(association.get_by_role("img", name="La remorque dans la cour")).to_be_visible()
    assert violations_of(association) == []
    assert chapter_of(anybody)[2] == offers + 1

    enter(person, "lusignanaise@example.org")
    person.goto(need)
    person.get_by_role("link", name="Une remorque à vélos à donner").click()
    expect(person.get_by_role("img", name="La remorque dans la cour")).to_be_visible()
    assert violations_of(person) == []
    person.get_by_role("link", name="Cela m’intéresse").click()
    person.get_by_label("Votre message").fill("C’est moi qui la cherchais.")
    person.get_by_role("button", name="Envoyer").click()
    deal = person.url
    association.goto(deal)
    association.get_by_role("button", name="Accepter").click()
    association.get_by_label("Combien").fill("1")
    association.get_by_role("button", name="Confirmer").click()
    person.goto(deal)
    person.get_by_role("button", name="Confirmer").click()
    expect(person.locator("main")).to_contain_text("confirmé par les deux")

    assert chapter_of(anybody) == [needs + 1, waiting, offers, deals + 1], (
        "the offer is gone, the deal is counted"
    )
    anybody.goto(need)
    expect(anybody.locator("main")).to_contain_text("C’est à l’étude")
    expect(anybody.locator("main")).to_contain_text("Accord conclu pour ce besoin avec L'Atelier du Pédalier")
    assert violations_of(person) == []
    person.goto(followed)
    expect(person.locator("main")).to_contain_text("budget participatif")
    told = [text for text in mailbox.texts() if "To: lusignanaise@example.org" in text]
    assert any("budget participatif" in text for text in told) and any(
        "Accord conclu" in text for text in told
    )


def a_picture():
    out = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(out, "PNG")
    return out.getvalue()


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
        need, f"{need}adresser/", f"{need}ne-pas-publier/", f"{need}reunir/", f"{need}reunir/?avec={public}", "/bureau/besoins/saisir/", "/besoins/",
        f"{public}repondre/", f"/besoins/repondre/ensemble/?besoin={public.strip('/').split('/')[-1]}",
    ):  # fmt: skip
        assert page.goto(path).status == 200, path
        found = violations_of(page)
        if found or page.evaluate("document.documentElement.scrollWidth") > width:
            problems[path] = found or "wider than the screen"
    assert problems == {} and page.problems == []


def test_a_draft_survives_the_network(open_page):
    page = open_page("/besoins/dire/", 390)
    page.get_by_label("Qu’est-ce qui manque").fill("Un lavoir")
    page.context.set_offline(True)
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("[data-offline]")).to_be_visible()
    page.context.set_offline(False)
    page.reload()
    expect(page.get_by_label("Qu’est-ce qui manque")).to_have_value("Un lavoir")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("h1")).to_have_text("Merci, c’est noté")
    page.goto("/besoins/dire/")
    expect(page.get_by_label("Qu’est-ce qui manque")).to_have_value("")


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
    giver.get_by_role("button", name="Publier", exact=True).click()
    expect(giver.locator("main")).to_contain_text("plus grande que zéro")
    assert violations_of(giver) == []
    giver.get_by_label("Quantité").fill("1")
    giver.get_by_label("prêt", exact=True).check()
    giver.get_by_role("button", name="Publier", exact=True).click()
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
    giver.get_by_role("button", name="Confirmer").click()
    expect(giver.locator("main")).to_contain_text("Dites pour quels jours")
    today = datetime.now(ZoneInfo("Europe/Paris")).date()
    giver.get_by_label("Le, ou à partir du").fill(today.isoformat())
    giver.get_by_label("Jusqu’au").fill((today + timedelta(days=3)).isoformat())
    assert violations_of(giver) == []
    giver.get_by_role("button", name="Confirmer").click()
    expect(giver.locator("main")).to_contain_text("l’autre doit confirmer")
    taker.goto(deal)
    expect(taker.get_by_label("Combien")).to_have_value("1")
    taker.get_by_role("button", name="Confirmer").click()
    expect(taker.locator("main")).to_contain_text("confirmé par les deux")
    expect(taker.get_by_role("button", name="C’est rendu")).to_be_visible()
    taker.get_by_role("link", name="Finalement, cela ne s’est pas fait").click()
    expect(taker.locator("main")).to_contain_text("L’accord revient en discussion")
    giver.goto(f"{deal}defaire/")
    assert violations_of(giver) == []
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
