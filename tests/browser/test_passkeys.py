"""A passkey in a real Chromium, with the virtual authenticator of the DevTools protocol, under the site's strict policy."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations_of

pytestmark = pytest.mark.browser
EMAIL = "cle@example.org"


@pytest.fixture
def open_page(chromium, site):
    """A page of the site by a name: a passkey belongs to a domain, which an IP address is not."""
    contexts = []

    def _open(width: int):
        context = chromium.new_context(
            base_url=site.replace("127.0.0.1", "localhost"),
            viewport={"width": width, "height": 900},
            locale="fr-FR",
        )
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("console", lambda said: page.problems.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        return page

    yield _open
    for context in contexts:
        context.close()


def with_a_device(page):
    """Gives the browser a device that keeps passkeys and says yes."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    device = devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                     "isUserVerified": True, "automaticPresenceSimulation": True}},
    )  # fmt: skip
    return devtools, device["authenticatorId"]


def fine(page, width, problems):
    """Notes what axe finds and what is wider than the screen."""
    found = violations_of(page)
    if found or page.evaluate("document.documentElement.scrollWidth") > width:
        problems[page.url] = found or "wider than the screen"


@pytest.mark.parametrize("width", [390])
def test_a_passkey_is_added_opens_alone_confirms_and_is_removed(open_page, enter, width):
    page, problems = open_page(width), {}
    enter(page, EMAIL)
    devtools, device = with_a_device(page)
    page.goto("/moi/securite/")
    fine(page, width, problems)
    page.get_by_role("link", name="Ajouter une clé d’accès").click()
    fine(page, width, problems)
    page.get_by_label("Son nom").fill("Mon téléphone")
    page.get_by_role("button", name="Ajouter").click()
    expect(page.get_by_role("heading", name="Mes codes de secours")).to_be_visible()
    fine(page, width, problems)
    kept = devtools.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert len(kept) == 1 and kept[0]["isResidentCredential"]

    page.context.clear_cookies()
    page.goto("/entrer/")
    fine(page, width, problems)
    page.get_by_role("button", name="Entrer avec ma clé d’accès").click()
    expect(page.get_by_text(EMAIL)).to_be_visible()

    page.goto("/moi/securite/")
    expect(page.locator("b", has_text="Mon téléphone")).to_be_visible()
    fine(page, width, problems)
    page.get_by_role("link", name="Retirer Mon téléphone").click()
    if "confirmer" in page.url:
        fine(page, width, problems)
        page.get_by_role("button", name="Avec ma clé d’accès").click()
    expect(page.get_by_role("heading", name="Retirer cette clé d’accès")).to_be_visible()
    fine(page, width, problems)
    page.get_by_role("button", name="Retirer").click()
    expect(page.get_by_text("Aucune pour l’instant")).to_be_visible()
    page.goto("/moi/securite/application/")
    fine(page, width, problems)
    assert problems == {} and page.problems == []


def test_a_refused_key_says_what_to_do(open_page, enter):
    page = open_page(1280)
    enter(page, EMAIL)
    devtools, device = with_a_device(page)
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto("/moi/securite/cles/ajouter/")
    page.get_by_role("button", name="Ajouter").click()
    expect(page.get_by_role("alert").filter(has_text="n’a pas été lue")).to_be_visible()
    assert page.problems == []
