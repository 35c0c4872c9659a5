"""A real site in its own processes and database, and a real Chromium."""

import email
import email.policy
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.databases import own_database
from tests.published import TERRITORY
from tests.servers import running_site

# A page that is drawn by a busy processor is waited for; five seconds were too few beside another test.
expect.set_options(timeout=30_000)
# The shell is the same browser without a window: each page of its own costs a seventh of the processor (0.17 s instead of 1.2).
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None
)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def environment_of(folder: Path, marts: Path) -> dict[str, str]:
    """The environment of a site that keeps its things in a folder."""
    return {
        **os.environ, "HORIZON_VAR": str(folder), "HORIZON_MARTS": str(marts),
        "DJANGO_SETTINGS_MODULE": "horizon.config.settings",
    }  # fmt: skip


@contextmanager
def peopled_site(folder: Path, marts: Path, environment: dict[str, str]) -> Iterator[str]:
    """The address of a running site that shows the small territory and its people, in its own database."""
    with own_database(folder, environment, migrated=True):
        (folder / "database-url").write_text(environment["HORIZON_DATABASE_URL"])
        for command in (
            ["publish", "--territory", TERRITORY, "--marts", str(marts)],
            ["journal", "seal"],
        ):
            subprocess.run(
                [sys.executable, "-m", "horizon.config.cli", *command],
                env=environment,
                check=True,
                capture_output=True,
            )
        subprocess.run([sys.executable, "-m", "tests.browser.people_kit"], env=environment, check=True)
        with running_site(environment, folder / "server.log") as address:
            yield address


@pytest.fixture(scope="session")
def site_environment(small_marts, site_folder):
    """The environment of the running site, for commands that work on its database."""
    return environment_of(site_folder, small_marts)


@pytest.fixture(scope="session")
def site(small_marts, site_folder, site_environment):
    """The address of a running site, shared by the tests that leave it as others expect it."""
    with peopled_site(site_folder, small_marts, site_environment) as address:
        yield address


class Mailbox:
    """The messages that the running site wrote, newest last."""

    def __init__(self, folder: Path):
        self.folder = folder

    def last_code(self, email: str) -> str:
        """The six figures of the last message to an address."""
        found = [text for text in self.texts() if f"To: {email}" in text]
        return re.search(r"^\s+(\d{6})\s*$", found[-1], re.M)[1]

    def texts(self) -> list[str]:
        """Every message, as text, in the order they were written."""
        paths = sorted(self.folder.glob("*.log"), key=lambda path: path.stat().st_mtime_ns)
        parts = [part for path in paths for part in path.read_bytes().split(b"\n" + b"-" * 79 + b"\n")]
        return [_readable(part) for part in parts if part.strip()]


def _readable(raw: bytes) -> str:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    return f"To: {message['to']}\nSubject: {message['subject']}\n{message.get_body(('plain',)).get_content()}"


@pytest.fixture(scope="session")
def mailbox(site, site_folder):
    """What the running site wrote to people."""
    return Mailbox(site_folder / "mail")


@pytest.fixture(scope="session")
def entered():
    """The cookies of those who signed in already: a code a minute and an address is all that the site gives."""
    return {}


@pytest.fixture
def enter(mailbox, entered):
    """`enter(page, email)`: signs in on the site by the code it mails; the next time, with the same session."""

    def _enter(page, address: str) -> None:
        if address in entered:
            page.context.add_cookies(entered[address])
            page.goto("/moi/")
            return
        page.goto("/entrer/")
        page.get_by_label("Votre adresse électronique").fill(address)
        page.get_by_role("button", name="Recevoir le code").click()
        expect(page.get_by_label("Les six chiffres")).to_be_visible()
        page.get_by_label("Les six chiffres").fill(mailbox.last_code(address))
        page.get_by_role("button", name="Entrer").click()
        page.wait_for_url("**/moi/**")
        if "/moi/age/" in page.url:
            page.get_by_label("J’ai 15 ans ou plus").check()
            page.get_by_role("button", name="Continuer").click()
        page.wait_for_url("**/moi/")
        entered[address] = page.context.cookies()

    return _enter


@pytest.fixture(scope="session")
def site_folder(tmp_path_factory):
    """The folder where the running site keeps its things."""
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="session")
def chromium():
    """One Chromium for all browser tests; missing, the tests fail: they are asked for by name."""
    assert CHROMIUM, "chromium is not installed (Debian package chromium-headless-shell, or chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, site):
    """`open_page(path, width, javascript=True)`: a page of the site; every context is closed at the end."""
    contexts = []

    def _open(path: str, width: int = 1280, javascript: bool = True):
        context = chromium.new_context(
            base_url=site, viewport={"width": width, "height": 900}, java_script_enabled=javascript, locale="fr-FR",
            reduced_motion="reduce",
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on(
            "console", lambda message: page.problems.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.goto(path)
        return page

    yield _open
    for context in contexts:
        context.close()
