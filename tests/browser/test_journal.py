"""The seals in a real Chromium: readable on a phone, opened and copied by keyboard, without JavaScript."""

import re

import pytest

from tests.browser.axe import violations_of
from tests.browser.test_accessibility import press_until

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("opened", [False, True])
def test_no_axe_violation_and_nothing_overflows(open_page, width, opened):
    page = open_page("/journal/", width)
    assert page.locator("table.seals tbody tr").count() >= 1
    if opened:
        page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert violations_of(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations_of(page, ["color-contrast"]) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.problems == []


def test_a_seal_is_opened_and_selected_by_keyboard_without_javascript(open_page):
    page = open_page("/journal/", 390, javascript=False)
    short = page.locator("table.seals summary code").first.inner_text().rstrip("…")
    whole = page.locator("table.seals code.hash").first
    assert len(short) == 12 and not whole.is_visible()
    page.locator("table.seals summary").first.focus()
    page.keyboard.press("Enter")
    assert whole.is_visible() and re.fullmatch(r"[0-9a-f]{64}", whole.inner_text())
    assert whole.inner_text().startswith(short)


def test_the_whole_head_is_copied_by_one_click(open_page):
    page = open_page("/journal/", 390)
    press_until(page, "^ [0-9a-f]{12}…")
    page.keyboard.press("Enter")
    page.locator("table.seals code.hash").first.click()
    assert re.fullmatch(r"[0-9a-f]{64}", page.evaluate("getSelection().toString().trim()"))
