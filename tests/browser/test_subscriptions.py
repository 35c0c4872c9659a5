"""On a phone, without JavaScript: follow a commune, confirm, receive the letter, stop by one click."""

import json
import re
import subprocess
import sys
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations_of

pytestmark = pytest.mark.browser
A_NEED = """
import django; django.setup()
from horizon.listening.services import reading, saying
reading.publish_need(saying.say_need("Un atelier de couture le samedi à Lusignan", once="news").need, actor="test")
"""


@pytest.fixture
def worker(site, site_environment):
    """What the worker would do: `worker()` writes and sends what is due."""

    def run() -> dict:
        done = subprocess.run(
            [sys.executable, "-m", "horizon.config.cli", "digests", "--json"],
            env=site_environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return json.loads(done.stdout.splitlines()[-1])

    return run


def path_in(text, words):
    return re.search(rf"http://[^/\s]+(/\S*{words}\S*)", text)[1]


def fine(page, width=390):
    """What somebody sees, by axe (which needs scripts: another context) and by the width."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.problems == []


def test_from_a_commune_to_the_letter_and_out(open_page, mailbox, worker, site, site_environment):
    email = "lectrice-du-soir@example.org"
    page = open_page("/communes/86139/", 390, javascript=False)
    page.get_by_role("link", name="S’abonner à Lusignan").click()
    page.get_by_label("Votre adresse électronique").fill("lectrice du soir")
    page.get_by_role("button", name="M’abonner").click()
    expect(page.locator("main")).to_contain_text("Cette adresse n’est pas complète")
    expect(page.get_by_label("Votre adresse électronique")).to_have_value("lectrice du soir")
    page.get_by_label("Votre adresse électronique").fill(email)
    page.get_by_role("button", name="M’abonner").click()
    expect(page.locator("h1")).to_have_text("Regardez votre courrier")
    worker()
    asked = [text for text in mailbox.texts() if f"To: {email}" in text][-1]
    page.goto(path_in(asked, "confirmer"))
    page.get_by_role("button", name="Confirmer").click()
    expect(page.locator("main")).to_contain_text("C’est fait, vous suivez : Lusignan.")
    manage = page.url

    subprocess.run([sys.executable, "-c", A_NEED], env=site_environment, check=True)
    assert worker()["letters"] >= 1
    letter = [text for text in mailbox.texts() if f"To: {email}" in text][-1]
    assert "Subject: [Fictif] Une nouvelle : Lusignan" in letter
    assert "Un atelier de couture le samedi à Lusignan" in letter
    page.goto(path_in(letter, "besoins/"))
    expect(page.locator("main")).to_contain_text("Un atelier de couture le samedi")
    assert worker()["letters"] == 0  # not twice

    seen = open_page(manage, 390)
    stop = path_in(letter, "arreter")
    for address in (manage, path_in(asked, "confirmer"), stop):
        seen.goto(address)
        assert violations_of(seen) == []
        fine(seen)
    page.goto(manage)
    expect(page.locator("main")).to_contain_text("Un atelier de couture")
    page.get_by_role("button", name="Pause de trente jours").click()
    expect(page.locator("main")).to_contain_text("En pause jusqu’au")
    page.get_by_role("button", name="Reprendre maintenant").click()

    page.goto(stop)
    expect(page.get_by_role("button", name="Tout arrêter")).to_be_visible()  # opening the link stops nothing
    one_click = urllib.request.Request(site + stop, b"List-Unsubscribe=One-Click", method="POST")
    with urllib.request.urlopen(one_click, timeout=20) as answer:
        assert answer.status == 200 and answer.url == site + stop and not answer.headers.get("Set-Cookie")
    seen.goto(manage)
    expect(seen.locator("main")).to_contain_text("Votre adresse n’est plus ici")
    assert violations_of(seen) == []
    fine(seen)
