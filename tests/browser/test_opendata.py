"""From the page of a structure to a frame on somebody else's site, in a real Chromium."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture
def elsewhere():
    """Another site, at another address: `elsewhere(body)` gives the address of a page with this body."""
    pages = {}

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>Ailleurs</title>{pages.get(self.path, '')}".encode())

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def serve(body):
        path = f"/{len(pages)}"
        pages[path] = body
        return f"http://localhost:{server.server_port}{path}"

    yield serve
    server.shutdown()
    server.server_close()


def test_the_line_copied_works_on_another_site_and_no_other_page_does(open_page, elsewhere, site):
    page = open_page("/annuaire/", 390, javascript=False)
    page.locator("ol.rows a", has_text="Pédalier").first.click()
    page.get_by_role("link", name="L’intégrer à votre site").click()
    expect(page.get_by_role("heading", name="La ligne à copier")).to_be_visible()
    expect(page.frame_locator("iframe").get_by_role("heading", name="Pédalier")).to_be_visible()
    assert page.problems == []
    line = page.locator("pre.line code").inner_text().replace("http://localhost:8000", site)
    assert "\n" not in line.strip()
    host = open_page("/", 1280)
    host.goto(elsewhere(f"<p>Mon association</p>{line}"))
    frame = host.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Pédalier")).to_be_visible()
    expect(frame.get_by_text("Données fictives")).to_be_visible()
    expect(frame.get_by_text("05 36 49 12 34")).to_be_visible()
    assert host.context.cookies() == [] and host.problems == []
    with host.expect_popup() as opened:
        frame.get_by_role("link", name="Horizon Commun").click()
    opened.value.close()
    host.goto(elsewhere(f'<iframe src="{site}/annuaire/" title="x"></iframe>'))
    host.wait_for_timeout(300)
    assert any("frame-ancestors" in problem for problem in host.problems)
