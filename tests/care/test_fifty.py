"""Fifty people correcting, claiming and suggesting on the same twenty pages at once, on a real server."""

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.care.fifty_kit import PAGES, PEOPLE
from tests.databases import own_database
from tests.published import TERRITORY
from tests.servers import running_site
from tests.visitors import Browser

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

    with own_database(tmp_path, environment, migrated=True):
        run("-m", "horizon.config.cli", "publish", "--territory", TERRITORY, "--marts", str(small_marts))
        people = json.loads(run("-m", "tests.care.fifty_kit", "prepare"))
        with running_site(environment, tmp_path / "server.log") as address:
            yield address, people, lambda: json.loads(run("-m", "tests.care.fifty_kit", "count"))
        log = (tmp_path / "server.log").read_text(errors="replace")
        assert "locked" not in log and "Traceback" not in log and "deadlock" not in log, log[-3000:]


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
