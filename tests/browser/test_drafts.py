"""What is typed and did not arrive: kept on the device until the server has it, or given back after signing in again."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations_of

pytestmark = pytest.mark.browser
FIELD = "Qu’est-ce qui manque"


def lose(page, path, arrives=False):
    """The next form sent to a path gets no answer, though the device believes that it has a network."""

    def answer(route):
        if route.request.method != "POST":
            route.fallback()
            return
        if arrives:
            route.fetch(max_redirects=0)
        route.abort("connectionreset")

    page.route(f"**{path}", answer)


def test_words_that_met_a_broken_network_are_still_there(open_page):
    """The device says that it is connected, and the form never arrives: a lift, a captive portal, a server that restarts."""
    page = open_page("/besoins/dire/", 390)
    page.get_by_label(FIELD).fill("Un lavoir à Lusignan")
    lose(page, "/besoins/dire/")
    page.get_by_role("button", name="Envoyer").click()
    page.wait_for_url("chrome-error://**")
    page.unroute_all()
    page.goto("/besoins/dire/")
    expect(page.get_by_label(FIELD)).to_have_value("Un lavoir à Lusignan")
    expect(page.get_by_text("est revenu")).to_be_visible()
    assert violations_of(page) == []
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("h1")).to_have_text("Merci, c’est noté")
    page.goto("/besoins/dire/")
    expect(page.get_by_label(FIELD)).to_have_value("")


def test_words_whose_answer_was_lost_count_once(open_page):
    """The server had them: sent again as they are, they lead to the same voice; changed, they are another."""
    page = open_page("/besoins/dire/", 390)
    page.get_by_label(FIELD).fill("Un séchoir à noix à Lusignan")
    once = page.locator("[name=once]").input_value()
    lose(page, "/besoins/dire/", arrives=True)
    page.get_by_role("button", name="Envoyer").click()
    page.wait_for_url("chrome-error://**")
    page.unroute_all()
    page.goto("/besoins/dire/")
    expect(page.locator("[name=once]")).to_have_value(once)
    page.get_by_label(FIELD).press("End")
    page.get_by_label(FIELD).press_sequentially(" !")
    expect(page.locator("[name=once]")).not_to_have_value(once)
    page.reload()
    page.get_by_role("button", name="L’effacer").click()
    expect(page.get_by_label(FIELD)).to_have_value("")
    page.reload()
    expect(page.get_by_label(FIELD)).to_have_value("")


def test_interview_notes_survive_a_broken_network_line_by_line(open_page, enter):
    """Six lines typed in the field: all of them come back, and go line by line once the server has them."""
    page = open_page("/", 390)
    enter(page, "animation@example.org")
    page.goto("/bureau/besoins/saisir/")
    page.get_by_label("en entretien").check()
    page.get_by_label(re.compile("^Où, quand")).fill("permanence du 12, à Sanxay")
    first, third = page.locator("[name='0-words']"), page.locator("[name='2-words']")
    first.fill("Un four à pain partagé")
    page.locator("[name='0-email']").fill("quelqu.un@example.org")
    third.fill("Une navette le jeudi")
    lose(page, "/bureau/besoins/saisir/")
    page.get_by_role("button", name="Noter").click()
    page.wait_for_url("chrome-error://**")
    page.unroute_all()
    page.goto("/bureau/besoins/saisir/")
    expect(first).to_have_value("Un four à pain partagé")
    expect(third).to_have_value("Une navette le jeudi")
    expect(page.get_by_label("en entretien")).to_be_checked()
    expect(page.locator("[name='0-email']")).to_have_value("")  # an address stays on no device
    page.get_by_role("button", name="Noter").click()
    expect(page.get_by_role("heading", name="Notés à l’instant")).to_be_visible()
    expect(page.locator("section.note a")).to_have_text(["Un four à pain partagé", "Une navette le jeudi"])
    expect(first).to_have_value("")
    assert violations_of(page) == [] and page.evaluate("localStorage.length") == 0


def test_what_was_sent_after_the_session_ended_comes_back(open_page, enter, mailbox):
    """On a phone: refused, entered again, read again, sent."""
    page = open_page("/", 390)
    enter(page, "tresoriere@example.org")
    page.goto("/echanges/ecrire/offre/")
    page.get_by_label("En quelques mots").fill("Un four à pain mobile")
    page.locator("[name=speaks_for]").first.check()
    page.locator("[name=audience]").first.check()
    page.locator("[name=terms]").first.check()
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Garder en brouillon").click()
    expect(page.locator("h1")).to_have_text("Entrez pour continuer")
    expect(page.locator("main")).to_contain_text("rien n’est perdu")
    assert violations_of(page) == []
    page.get_by_role("link", name="Entrer et retrouver ce que j’ai écrit").click()
    page.get_by_label("Votre adresse électronique").fill("tresoriere@example.org")
    page.get_by_role("button", name="Recevoir le code").click()
    expect(page.get_by_label("Les six chiffres")).to_be_visible()
    page.get_by_label("Les six chiffres").fill(mailbox.last_code("tresoriere@example.org"))
    page.get_by_role("button", name="Entrer").click()
    expect(page.locator("h1")).to_have_text("Ce que vous aviez écrit")
    expect(page.locator("blockquote").first).to_have_text("Un four à pain mobile")
    assert violations_of(page) == [] and page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Envoyer maintenant").click()
    expect(page.get_by_label("En quelques mots")).to_have_value(
        "Un four à pain mobile"
    )  # with what is still to say
