"""Every page in a real Chromium: no axe violation, nothing wider than the screen, usable by keyboard and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations_of

pytestmark = pytest.mark.browser
PAGES = [
    "/",
    "/portes/deplacer/",
    "/portes/vetir/",
    "/communes/",
    "/communes/86194/",
    "/communes/86024/",
    "/communes/86146/",
    "/annuaire/",
    "/annuaire/?vue=registre&porte=nourrir&commune=86194&rayon=10&q=pain",
    "/annuaire/?q=xylophone",
    "/annuaire/?imprimer=1",
    "/annuaire/?carte=1&teinte=densite",
    "/panorama/?q=poitiers",
    "/panorama/200069854/",
    "/panorama/86139/",
    "/panorama/200035459/",
    "/methodes/",
    "/mentions-legales/",
    "/vie-privee/",
    "/vie-privee/registre/",
    "/accessibilite/",
    "/plan-du-site/",
    "/aide/",
    "/aide/animer/",
    "/aide/installer/",
    "/entrer/",
    "/collectif/",
    "/collectif/?college=partenaires",
    "/poles/",
    "/poles/alimentation/",
    "/ajouter/",
    "/besoins/",
    "/besoins/?q=zzz",
    "/besoins/dire/",
    "/besoins/papier/",
    "/echanges/",
    "/ce-qui-manque/",
    "/donnees/",
    "/flux/?commune=86139",
    "/api/v1/",
    "/integrer/?nom=velo",
    "/integrer/?commune=86139&porte=deplacer",
    "/integrer/liste/?porte=deplacer",
    "EMBED",
    "/echanges/?q=zzz",
    "/reseau/",
    "/reseau/?genre=member",
    "/reseau/sans-lien/",
    "/reseau/par-qui-passer/?de=pedalier&a=vonne",
    "LINK",
    "/echanges/?porte=nourrir",
    "/entraide/",
    "/entraide/demander/",
    "CALL",
    "/parcours/",
    "/parcours/?stade=idee&projet=subvention&projet=salarie",
    "/ailleurs/",
    "/ailleurs/?porte=instruire",
    "/valeurs/",
    "VALUES",
    "VERSION",
    "VISIT",
    "/annuaire/?confirmee=1",
    "/annuaire/?site=1&membre=1",
    "/abonnements/suivre/commune/86139/",
    "/abonnements/suivre/liste/annuaire/?q=pain&porte=nourrir",
    "/abonnements/envoye/",
    "LISTING",
    "NEED",
    "TOO",
    "CONTENT",
    "/nulle-part/",
    "ENTRY",
    "HOME",
    "REPORT",
    "EDIT",
    "HISTORY",
    "MERGED",
]


def resolve(page, name):
    """The address of a page that depends on a public id."""
    if name == "LISTING":
        page.goto("/echanges/?q=gobelets&sens=demandes")
        return page.locator("ol.rows a", has_text="1400").first.get_attribute("href")
    if name == "LINK":
        page.goto("/reseau/?etat=sans-reponse")
        return page.locator("table.ties td a[href^='/liens/']").first.get_attribute("href")
    if name == "CALL":
        page.goto("/entraide/")
        return page.locator("ol.rows a", has_text="cave").first.get_attribute("href")
    if name in {"NEED", "TOO", "CONTENT"}:
        page.goto("/besoins/")
        need = page.locator("ol.rows a", has_text="four à pain").first.get_attribute("href")
        if name == "CONTENT":
            return f"/signaler/need/{need.strip('/').split('/')[-1]}/"
        return need + {"TOO": "moi-aussi/"}.get(name, "")
    if name in {"VALUES", "VERSION", "VISIT"}:
        page.goto("/valeurs/")
        page.locator("ul.rows a", has_text="Tricoteuses").click()
        if name == "VISIT":
            return page.locator("a[href^='/visites/']").first.get_attribute("href")
        return page.url + ("1/" if name == "VERSION" else "")
    if name == "EMBED":
        page.goto("/integrer/?nom=velo")
        page.locator("ul.rows a", has_text="Pédalier").click()
        return page.locator("iframe").get_attribute("src")
    wanted = {"HOME": "VONNE", "MERGED": "VONNE"}.get(name, "Pédalier")
    href = page.locator("ol.rows a", has_text=wanted).first.get_attribute("href")
    return href + {
        "REPORT": "signaler/",
        "EDIT": "corriger/",
        "HISTORY": "historique/",
        "MERGED": "reunions/",
    }.get(name, "")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_no_axe_violation_and_nothing_overflows(open_page, path, width):
    page = open_page("/annuaire/" if path.isupper() else path, width)
    if path.isupper():
        page.goto(resolve(page, path))
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert violations_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expected = {"/nulle-part/", "/communes/86146/", "/panorama/200035459/"}
    assert path in expected or page.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_holds_in_both_schemes(open_page, scheme):
    page = open_page("/")
    page.emulate_media(color_scheme=scheme)
    assert violations_of(page, ["color-contrast"]) == []


def press_until(page, pattern, limit=120):
    """Presses Tab until the focused element's text or address matches; fails after `limit`."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(() => { const e = document.activeElement; return (e.getAttribute('href') || '') + ' ' + (e.textContent || '') "
            "+ ' ' + (e.name || '') })()"
        )
        if re.search(pattern, focused):
            return focused
    raise AssertionError(f"nothing matching {pattern} in {limit} tabs")


def test_from_home_to_an_entry_by_keyboard(open_page):
    """Skip link, search field, typing, results, entry: no mouse."""
    page = open_page("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#contenu"
    press_until(page, r"^ .* q$|^  q$")
    page.keyboard.type("pedalier")
    page.keyboard.press("Enter")
    page.wait_for_url("**/annuaire/?q=pedalier*")
    press_until(page, "/structures/.*Pédalier")
    page.keyboard.press("Enter")
    page.wait_for_url("**/structures/*/")
    expect(page.locator("h1")).to_have_text("L'Atelier du Pédalier")
    outline = page.evaluate(
        "(() => { document.querySelector('main a').focus(); return getComputedStyle(document.activeElement).outlineStyle })()"
    )
    assert outline != "none"


def test_from_home_to_the_panorama_by_keyboard(open_page):
    page = open_page("/")
    press_until(page, "^/panorama/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/panorama/")
    press_until(page, "/panorama/200069854/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/panorama/200069854/")
    expect(page.locator("h1")).to_have_text("Grand Poitiers")


@pytest.mark.parametrize("width", [390, 1280])
def test_everything_works_without_javascript(open_page, width):
    """Search, filter by a door in the form, open the entry, report an error."""
    page = open_page("/", width, javascript=False)
    page.get_by_label("Que cherchez-vous").fill("pédalier")
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("link", name="L'Atelier du Pédalier").click()
    page.get_by_role("link", name="Signaler une erreur").click()
    page.get_by_label("Votre message").fill("")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("main")).to_contain_text("même en trois mots")
    page.get_by_label("Votre message").fill("Le nom a changé")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("main")).to_contain_text("Merci, c’est noté")


def test_filters_narrow_the_list_on_a_phone_without_javascript(open_page):
    page = open_page("/annuaire/", 390, javascript=False)
    page.get_by_text("Filtrer", exact=False).first.click()
    page.get_by_label("Commune", exact=True).select_option("86139")
    page.get_by_role("button", name="Voir les structures").click()
    page.wait_for_url("**commune=86139**")
    expect(page.locator("li.entry")).to_have_count(1)


def test_printing_keeps_the_content(open_page):
    page = open_page("/annuaire/?imprimer=1")
    page.evaluate("window.print = () => { document.title = 'Imprimée' }")
    page.get_by_role("button", name="Imprimer").click()
    assert page.title() == "Imprimée"
    page.emulate_media(media="print")
    assert page.locator("table").is_visible()
    assert not page.locator("header nav").is_visible()
    assert len(page.pdf(format="A4")) > 5000


def test_the_control_finds_a_violation(open_page):
    """Without this, a silent axe would look like a perfect site."""
    page = open_page("/")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"/static/kernel/icon.svg\">')"
    )
    assert "image-alt" in {rule for rule, _, _ in violations_of(page)}
