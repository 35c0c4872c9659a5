"""The map beside a list in a real Chromium with WebGL drawn by the processor: keyboard, axe, nothing asked of anybody else."""

import struct

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations_of
from tests.browser.conftest import CHROMIUM, FLAGS

pytestmark = pytest.mark.browser
GL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
MANY = 100_000


@pytest.fixture(scope="module")
def gl(chromium):
    """A Chromium that draws WebGL without a graphics card."""
    flags = [flag for flag in FLAGS if flag != "--disable-gpu"] + GL
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=flags)
    yield browser
    browser.close()


@pytest.fixture
def open_map(gl, site):
    """`open_map(path, width, scheme, prepare)`: a page whose requests and problems are recorded."""
    contexts = []

    def _open(path, width=1280, scheme="light", prepare=lambda page: None):
        context = gl.new_context(
            base_url=site, viewport={"width": width, "height": 900}, color_scheme=scheme, locale="fr-FR",
            reduced_motion="reduce",
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.problems, page.asked = [], []
        page.on(
            "console", lambda message: page.problems.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        prepare(page)
        page.goto(path)
        return page

    yield _open
    for context in contexts:
        context.close()


def ready(page):
    expect(page.locator("#map[data-ready]")).to_be_visible(timeout=60_000)


def test_from_the_list_to_the_map_and_back_by_keyboard(open_map, site):
    page = open_map("/annuaire/?vue=registre")
    assert not [url for url in page.asked if url.endswith(("js", "map.css"))]
    page.get_by_role("link", name="Carte", exact=True).press("Enter")
    page.wait_for_url("**carte=1**")
    ready(page)
    assert {url.split("/")[2] for url in page.asked if "://" in url} == {site.split("/")[2]}
    assert violations_of(page) == []
    assert not page.locator("#map-drawn svg.map").is_visible()

    canvas = page.locator(".maplibregl-canvas")
    canvas.focus()
    page.keyboard.press("Enter")  # what is nearest to the centre of the territory
    details = page.locator("#map-details")
    expect(details.locator("> h3")).to_be_focused()
    expect(details.get_by_role("link", name="SCOP LE PAIN VIVANT")).to_be_visible()
    page.keyboard.press("Escape")
    expect(details).to_be_hidden()
    expect(canvas).to_be_focused()

    page.get_by_role("link", name="Aller à la liste").press("Enter")
    expect(page.locator("#h-l")).to_be_focused()
    page.get_by_label("Commune", exact=True).select_option("86139")
    page.get_by_role("button", name="Voir les structures").click()
    page.wait_for_url("**commune=86139**")
    ready(page)
    expect(page.locator("li.entry")).to_have_count(1)
    assert page.problems == []


def test_a_point_shows_its_structure_and_a_home_only_its_commune(open_map):
    page = open_map("/annuaire/?vue=registre&commune=86139&carte=1")
    ready(page)
    page.locator(".maplibregl-canvas").click()  # at its middle
    details = page.locator("#map-details")
    expect(details.get_by_role("link", name="L'Atelier du Pédalier")).to_be_visible()
    page = open_map("/annuaire/?vue=registre&commune=86253&carte=1")
    ready(page)
    page.locator(".maplibregl-canvas").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#map-details")).to_contain_text("montrée à sa commune, sans adresse")
    expect(page.locator("#map-details").get_by_role("link", name="THEATRE DE LA VONNE")).to_be_visible()
    expect(page.locator("#map-details").get_by_role("link", name="La liste de")).to_be_visible()
    page.route("**/annuaire/fiches**", lambda route: route.fulfill(status=409, body="{}"))
    page.locator(".maplibregl-canvas").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#map-note")).to_contain_text("rechargez la page")


def test_a_tinted_map_at_night_on_a_phone(open_map):
    page = open_map("/annuaire/?vue=registre&carte=1&teinte=nombre", 390, "dark")
    ready(page)
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert violations_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.emulate_media(color_scheme="light")  # dressed again, without a reload
    page.wait_for_timeout(300)
    assert page.problems == []


def test_without_webgl_the_drawn_map_and_the_list_stay(open_map):
    page = open_map(
        "/annuaire/?carte=1&teinte=nombre",
        prepare=lambda page: page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null"),
    )
    expect(page.locator("#map-note")).to_contain_text("la carte dessinée et la liste disent la même chose")
    expect(page.locator("#map-drawn svg.map")).to_be_visible()
    assert not [url for url in page.asked if "maplibre-gl.mjs" in url or "positions?" in url]
    assert violations_of(page) == []


def test_without_javascript_tints_are_drawn_by_the_site(open_page):
    page = open_page("/annuaire/?carte=1", 390, javascript=False)
    page.get_by_label("Teinter les communes", exact=True).select_option("nombre")
    page.get_by_role("button", name="Teinter").click()
    page.wait_for_url("**teinte=nombre**")
    expect(page.locator("#map-drawn svg.map")).to_be_visible()
    expect(page.get_by_role("list", name="Légende de la teinte")).to_be_visible()


def test_a_hundred_thousand_positions_are_drawn(open_map):
    marks = struct.pack(f"<{MANY}H", *(n % 9 for n in range(MANY)))
    places = struct.pack(f"<{2 * MANY}H", *((n * 7919) % 65536 for n in range(2 * MANY)))
    body = b"HCP2" + struct.pack("<I4f", MANY, 46.4, -0.05, 46.8, 0.85) + places + marks
    page = open_map(
        "/annuaire/?carte=1",
        prepare=lambda page: page.route("**/annuaire/positions**", lambda route: route.fulfill(body=body)),
    )
    ready(page)
    assert page.problems == []
