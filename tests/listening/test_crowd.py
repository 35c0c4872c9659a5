"""Fifty voices at once on one need, each form sent twice, on a real server: nothing lost, nothing double."""

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.databases import own_database
from tests.published import TERRITORY
from tests.servers import running_site
from tests.visitors import Browser

PEOPLE = 50


def test_fifty_voices_at_once(small_marts, tmp_path):
    environment = {
        **os.environ,
        "HORIZON_VAR": str(tmp_path / "var"),
        "DJANGO_SETTINGS_MODULE": "horizon.config.settings",
        "HORIZON_PROXIES": "1",
    }

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    with own_database(tmp_path, environment, migrated=True):
        run("horizon.config.cli", "publish", "--territory", TERRITORY, "--marts", str(small_marts))
        need = json.loads(run("tests.listening.crowd_kit", "prepare"))
        with running_site(environment, tmp_path / "server.log") as address:
            together = threading.Barrier(PEOPLE)

            def act(number):
                browser = Browser(address, place=f"192.0.2.{number}")
                too = f"/besoins/{need}/moi-aussi/"
                filled = {**browser.form(too), "words": f"voix {number}"}
                said = {**browser.form("/besoins/dire/"), "words": f"Un banc numéro {number}"}
                together.wait(timeout=120)
                return [
                    browser.open(path, form)[0]
                    for path, form in ((too, filled), (too, filled), ("/besoins/dire/", said))
                ]

            with ThreadPoolExecutor(PEOPLE) as pool:
                codes = [code for found in pool.map(act, range(PEOPLE)) for code in found]
        log = (tmp_path / "server.log").read_text(errors="replace")
        assert "locked" not in log and "Traceback" not in log, log[-3000:]
        kept = json.loads(run("tests.listening.crowd_kit", "count"))
    assert set(codes) == {302}
    assert kept["words"] == sorted(f"voix {number}" for number in range(PEOPLE))
    assert (kept["events"], kept["voices"]) == (PEOPLE, 2 * PEOPLE + 1)
    assert (kept["needs"], kept["said"]) == (PEOPLE + 1, PEOPLE + 1)
