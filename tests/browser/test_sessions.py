"""« Mes connexions » on a phone: the other device is seen, closed by a button, and must enter again."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import problems_on

pytestmark = pytest.mark.browser


HERS = "deux-appareils@example.org"


def test_a_lost_device_is_closed_from_the_other(open_page, enter, entered):
    lost, here = open_page("/", 1280), open_page("/", 390)
    for page in (lost, here):
        entered.pop(HERS, None)
        enter(page, HERS)
    here.goto("/moi/")
    here.get_by_role("link", name="Mes connexions").click()
    expect(here.get_by_role("heading", name="Ailleurs")).to_be_visible()
    assert problems_on(here, ["/moi/connexions/"], 390) == {}
    here.get_by_role("button", name="Fermer :").first.click()
    expect(here.locator("main")).to_contain_text("Fermée : Chrome sur Linux.")
    lost.goto("/moi/")
    expect(lost.get_by_label("Votre adresse électronique")).to_be_visible()
