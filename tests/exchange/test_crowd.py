"""Thirty people confirm one deal, eight take the same last unit, all at once on a real server: once each."""

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.databases import own_database
from tests.exchange.crowd_kit import RIVALS, SIDE
from tests.published import TERRITORY
from tests.servers import running_site
from tests.visitors import Browser


def test_thirty_people_confirm_one_deal_and_the_last_unit_goes_once(small_marts, tmp_path):
    environment = {
        **os.environ,
        "HORIZON_VAR": str(tmp_path / "var"),
        "DJANGO_SETTINGS_MODULE": "horizon.config.settings",
    }

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    with own_database(tmp_path, environment, migrated=True):
        run("horizon.config.cli", "publish", "--territory", TERRITORY, "--marts", str(small_marts))
        made = json.loads(run("tests.exchange.crowd_kit", "prepare"))
        acts = [(session, made["deal"], "2") for session in made["people"]]
        acts += [(session, deal, "1") for session, deal in made["rivals"]]
        with running_site(environment, tmp_path / "server.log") as address:
            together = threading.Barrier(len(acts))

            def act(what):
                session, deal, quantity = what
                browser, path = Browser(address, session), f"/accords/{deal}/confirmer/"
                lent = "2030-06-01" if deal == made["deal"] else ""
                form = {**browser.form(path), "quantity": quantity, "from_on": lent}
                together.wait(timeout=120)
                return [browser.open(path, form)[0] for _ in range(2)]

            with ThreadPoolExecutor(len(acts)) as pool:
                codes = list(pool.map(act, acts))
        log = (tmp_path / "server.log").read_text(errors="replace")
        assert "locked" not in log and "Traceback" not in log, log[-3000:]
        kept = json.loads(run("tests.exchange.crowd_kit", "count"))
    assert set(sum(codes[: 2 * SIDE], [])) == {302}
    won = [found for found in codes[2 * SIDE :] if found == [302, 302]]
    assert len(won) == 1 and len(codes) == 2 * SIDE + RIVALS
    assert all(found == [422, 422] for found in codes[2 * SIDE :] if found not in won)
    assert kept == {"concluded": ["Deux barnums", "Un lit"], "events": 2, "talking": RIVALS - 1, "closed": 1}
