"""Thirty people say yes at once, twice each, for seven places, on a real server; then three leave at once."""

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.databases import own_database
from tests.published import TERRITORY
from tests.relief.crowd_kit import CROWD, LEAVE, WANTED
from tests.servers import running_site
from tests.visitors import Browser


def test_thirty_people_at_once_never_overbook(small_marts, tmp_path):
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
        return json.loads(done.stdout) if arguments[0].startswith("tests.") else None

    with own_database(tmp_path, environment, migrated=True):
        run("horizon.config.cli", "publish", "--territory", TERRITORY, "--marts", str(small_marts))
        links = run("tests.relief.crowd_kit", "prepare")["links"]
        with running_site(environment, tmp_path / "server.log") as address:

            def all_at_once(chosen, verb, times):
                together = threading.Barrier(len(chosen))

                def act(link):
                    browser = Browser(address)
                    form = {**browser.form(link), "verb": verb}
                    together.wait(timeout=120)
                    return [browser.open(link, form) for _ in range(times)], browser

                with ThreadPoolExecutor(len(chosen)) as pool:
                    return list(pool.map(act, chosen))

            found = all_at_once(links, "yes", 2)
            assert {code for answers, _ in found for code, _ in answers} == {302}
            full = run("tests.relief.crowd_kit", "count")
            said = {link: Browser(address).open(link)[1] for link in links}
            going = [link for link in links if "Vous y allez" in said[link]]
            left = all_at_once(going[:LEAVE], "no", 1)
            assert {code for answers, _ in left for code, _ in answers} == {302}
        log = (tmp_path / "server.log").read_text(errors="replace")
        assert "locked" not in log and "Traceback" not in log, log[-3000:]
        after = run("tests.relief.crowd_kit", "count")
    assert full["taken"] == WANTED and full["statuses"] == {"going": WANTED, "waiting": CROWD - WANTED}
    assert (full["events"]["go"], full["events"]["wait"]) == (WANTED, CROWD - WANTED), "said twice, kept once"
    assert len(going) == WANTED
    assert after["taken"] == WANTED
    assert after["statuses"] == {"going": WANTED, "waiting": CROWD - WANTED - LEAVE, "cancelled": LEAVE}
