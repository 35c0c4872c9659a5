"""Fifty people correcting, claiming and suggesting on the same twenty pages at once, on a real server."""

import html
import json
import os
import re
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.care.fifty_kit import PAGES, PEOPLE
from tests.databases import own_database
from tests.published import TERRITORY
from tests.servers import running_site

ROUNDS = 3


@pytest.fixture
def crowd(small_marts, tmp_path):
    environment = {
        **os.environ,
        "HORIZON_VAR": str(tmp_path / "var"),
        "DJANGO_SETTINGS_MODULE": "horizon.config.settings",
    }

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    with own_database(tmp_path, environment):
        run("-m", "horizon.config.cli", "manage", "migrate", "-v0")
        run("-m", "horizon.config.cli", "publish", "--territory", TERRITORY, "--marts", str(small_marts))
        people = json.loads(run("-m", "tests.care.fifty_kit", "prepare"))
        with running_site(environment, tmp_path / "server.log") as address:
            yield address, people, lambda: json.loads(run("-m", "tests.care.fifty_kit", "count"))
        log = (tmp_path / "server.log").read_text(errors="replace")
        assert "locked" not in log and "Traceback" not in log and "deadlock" not in log, log[-3000:]


class Browser:
    """As much of a browser as a form needs."""

    def __init__(self, address, session):
        self.address = address
        jar = urllib.request.HTTPCookieProcessor()
        self.opener = urllib.request.build_opener(jar, _Stay())
        self.session, self.jar = session, jar.cookiejar

    def open(self, path, form=None):
        body = urllib.parse.urlencode(form, doseq=True).encode() if form is not None else None
        cookies = "; ".join(
            [f"sessionid={self.session}", *(f"{c.name}={c.value}" for c in self.jar if c.name == "csrftoken")]
        )
        request = urllib.request.Request(
            self.address + path, body, {"Cookie": cookies, "Referer": self.address + path}
        )
        try:
            with self.opener.open(request, timeout=90) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as problem:
            return problem.code, problem.read().decode()

    def form(self, path):
        """What the form at an address holds, as a browser would send it back."""
        text = self.open(path)[1]
        found = {
            n: html.unescape(v)
            for n, v in re.findall(r'<input type="(?:text|hidden)" name="([^"]+)"(?: value="([^"]*)")?', text)
        }
        for name, body in re.findall(r'<textarea name="([^"]+)"[^>]*>\s*(.*?)</textarea>', text, re.S):
            found[name] = html.unescape(body)
        for name, body in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', text, re.S):
            found[name] = re.search(r'value="([^"]*)" selected', body)[1]
        return found


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


def test_nothing_is_lost_nothing_is_double(crowd):
    address, people, count = crowd
    together = threading.Barrier(PEOPLE)

    def act(number):
        session, page, referent = people[number]
        browser, codes = Browser(address, session), []
        for turn in range(ROUNDS):
            filled = browser.form(f"/structures/{page}/corriger/")
            change = {"hours": f"{number}-{turn}"} if referent else {"description": f"{number}-{turn}"}
            if turn == 0:
                together.wait(timeout=120)
            codes.append(browser.open(f"/structures/{page}/corriger/", {**filled, **change})[0])
        if not referent:
            filled = browser.form(f"/structures/{page}/revendiquer/")
            codes.append(
                browser.open(
                    f"/structures/{page}/revendiquer/", {**filled, "method": "evidence", "said": "moi"}
                )[0]
            )
        return codes

    with ThreadPoolExecutor(PEOPLE) as pool:
        codes = [code for found in pool.map(act, range(PEOPLE)) for code in found]
    assert set(codes) == {302}, sorted(set(codes))
    kept = count()
    visitors = PEOPLE - PAGES
    assert kept["hours"] == sorted(f"{n}-{t}" for n in range(PAGES) for t in range(ROUNDS))
    assert kept["descriptions"] == sorted(f"{n}-{t}" for n in range(PAGES, PEOPLE) for t in range(ROUNDS))
    assert (kept["published_twice"], kept["published"], kept["claims"]) == (0, PAGES, visitors)
    assert kept["told_claims"] == visitors and kept["told_published"] == PAGES * (ROUNDS + 2)
    assert kept["stated"] == PAGES + PEOPLE * ROUNDS, "one event per batch, and one for each declared page"
