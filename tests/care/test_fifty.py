"""Fifty people correcting, claiming and suggesting on the same twenty pages at once, four operators answering the same things, the
worker beside, on a real server; then the journal of it all, verified."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from horizon.kernel import verify
from tests.care.fifty_kit import OPERATORS, PAGES, PEOPLE
from tests.crowds import crowded
from tests.visitors import Browser

ROUNDS = 3
SEALS = "import django; django.setup(); from horizon.kernel.models import Seal; print(Seal.objects.count())"


@contextmanager
def running_worker(environment, log):
    """The process of background jobs, stopped at the end as systemd stops it."""
    with log.open("wb") as stream:
        worker = subprocess.Popen(
            [sys.executable, "-m", "horizon.config.worker"],
            env={**environment, "HORIZON_WARM": "0"},
            stdout=stream,
            stderr=stream,
        )
    try:
        yield
    finally:
        worker.terminate()
        assert worker.wait(timeout=30) == 0


@pytest.fixture
def crowd(small_marts, tmp_path):
    with crowded(tmp_path, small_marts) as made:
        people = made.ask("tests.care.fifty_kit", "prepare")
        with (
            made.site() as address,
            running_worker(made.environment, tmp_path / "worker.log"),
        ):
            yield address, people, lambda: made.ask("tests.care.fifty_kit", "count")
        made.nothing_failed("worker.log")
        made.run("-m", "horizon.config.cli", "journal", "seal")
        made.run("-m", "horizon.config.cli", "journal", "export", "--out", str(tmp_path / "journal.jsonl"))
        made.run(str(Path(verify.__file__)), str(tmp_path / "journal.jsonl"))
        seals = int(made.run("-c", SEALS))
        assert seals > 1, "the worker sealed meanwhile"


def test_nothing_is_lost_nothing_is_double(crowd):
    address, made, count = crowd
    people, suggestions = made["people"], made["suggestions"]
    together = threading.Barrier(PEOPLE + OPERATORS + 2)

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

    def decide(number):
        """Two accept, two refuse, all the same suggestions in the same order: each has the answer of whoever came first."""
        browser, verb = Browser(address, made["operators"][number]), "accept" if number % 2 else "refuse"
        token = browser.form("/bureau/")
        together.wait(timeout=120)
        return [
            browser.open("/bureau/", {**token, "one": f"{verb}|suggestion/{pk}"})[0] for pk in suggestions
        ]

    def answer(number):
        """Two who hold the same page say their side of the same dispute."""
        browser, path = Browser(address, made["sides"][number]), f"/revendications/{made['dispute']}/"
        filled = browser.form(path)
        together.wait(timeout=120)
        return [browser.open(path, {**filled, "words": f"Non, dit {number}"})[0]]

    jobs = [
        *((act, n) for n in range(PEOPLE)),
        *((decide, n) for n in range(OPERATORS)),
        *((answer, n) for n in range(2)),
    ]
    with ThreadPoolExecutor(len(jobs)) as pool:
        codes = [code for found in pool.map(lambda job: job[0](job[1]), jobs) for code in found]
    assert set(codes) == {302}, sorted(set(codes))
    kept = count()
    visitors = PEOPLE - PAGES
    assert kept["hours"] == sorted(f"{n}-{t}" for n in range(PAGES) for t in range(ROUNDS))
    assert kept["descriptions"] == sorted(f"{n}-{t}" for n in range(PAGES, PEOPLE) for t in range(ROUNDS))
    assert (kept["published_twice"], kept["published"], kept["claims"]) == (0, PAGES, visitors)
    assert kept["told_claims"] == visitors and kept["told_published"] == PAGES * (ROUNDS + 2)
    assert kept["stated"] == 2 * PAGES + PEOPLE * ROUNDS, (
        "one event per batch, one for each declared page and each suggestion"
    )
    assert kept["answered"] == kept["told_answered"] == PAGES, "each suggestion is answered once"
    assert kept["sides"] == 2, "neither side is lost"
