"""Four people write to one set while two take the last of one of its offers, all at once on a real server: once each, or not at all."""

import html
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.databases import own_database
from tests.exchange.together_kit import RIVALS, TEAM
from tests.published import TERRITORY
from tests.servers import running_site
from tests.visitors import Browser


def test_a_set_is_written_to_once_or_says_what_was_taken(small_marts, tmp_path):
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
        made = json.loads(run("tests.exchange.together_kit", "prepare"))
        here = f"/echanges/{made['ask']}/ensemble/"
        acts = [(session, here, {"text": f"Message {n}"}) for n, session in enumerate(made["team"])]
        acts += [
            (session, f"/accords/{deal}/confirmer/", {"quantity": "40"}) for session, deal in made["rivals"]
        ]
        with running_site(environment, tmp_path / "server.log") as address:
            together = threading.Barrier(len(acts))

            def act(what):
                session, path, typed = what
                browser = Browser(address, session)
                form = {**browser.form(path), **typed}
                together.wait(timeout=120)
                return [browser.open(path, form) for _ in range(2)]

            with ThreadPoolExecutor(len(acts)) as pool:
                answers = list(pool.map(act, acts))
        log = (tmp_path / "server.log").read_text(errors="replace")
        assert "locked" not in log and "Traceback" not in log and "deadlock" not in log, log[-3000:]
        kept = json.loads(run("tests.exchange.together_kit", "count"))
    team, rivals = answers[:TEAM], answers[TEAM:]
    assert len(rivals) == RIVALS and sum(codes[0][0] == 302 for codes in rivals) == 1, (
        "the last of an offer goes once"
    )
    won = [codes for codes in team if codes[0][0] == 302]
    assert len(won) <= 1 and all(second[0] == 302 for _, second in won), (
        "sent again, it is what was sent already"
    )
    sets = len(set(kept["offers"]))
    assert kept == {"concluded": 1, "offers": kept["offers"], "messages": sets, "events": sets}
    assert len(kept["offers"]) == sets == (2 if won else 0), "one with each, or none"
    for number, codes in enumerate(team):
        for code, page in codes:
            if code != 302:
                said = html.unescape(page)
                assert code == 422 and f"Message {number}" in said
                why = ("déjà en cours", "n’est plus ouverte", "Il n’en reste plus pour ces jours-là")
                assert any(one in said for one in why), said[said.find("<main") :][:3000]
