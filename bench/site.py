"""The search and the pages: milliseconds of the judged queries, requests per second against a bare view, bytes.

    python -m bench.site

Runs on the database of HORIZON_DATABASE_URL (SQLite by default) in var/bench; the demonstration is published there, then
200,000 made-up entries are indexed for the search. Everything is measured in one run.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles

ROOT = Path(__file__).resolve().parent.parent
MANY = 200_000


def main() -> None:
    """Prints the two tables."""
    os.environ.setdefault("HORIZON_VAR", str(ROOT / "var" / "bench"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.config.settings")
    import django

    django.setup()
    from horizon.config.demo.build import run_demo

    run_demo(port=0, start=False)
    print_web()
    print_search()


def per_second(call: Callable[[], object], seconds: float = 3.0) -> tuple[float, float]:
    """How many times a second, and in a second of this process's processor, which a loaded machine does not change.

    After three calls to warm.
    """
    for _ in range(3):
        call()
    began, spent, count = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - began < seconds:
        call()
        count += 1
    return count / (time.perf_counter() - began), count / (time.process_time() - spent)


def print_rate(what: str, rate: tuple[float, float], bare: tuple[float, float], size: str = "") -> None:
    """One line: requests per second, and both ratios to the bare view."""
    ratios = [f"1/{b / r:.0f}" for r, b in zip(rate, bare, strict=True)]
    print(f"{what:<36}{rate[0]:>8.1f}{ratios[0]:>9}{ratios[1]:>12}{size:>8}")


def print_web() -> None:
    """The list page with its counts against the bare health view, kept and not kept in memory."""
    from django.core.cache import caches
    from django.test import Client

    from horizon.directory import services
    from horizon.kernel.doors import DOORS

    client = Client()
    bare = per_second(lambda: client.get("/healthz"))
    print(f"{'page':<36}{'req/s':>8}{'of bare':>9}{'of bare cpu':>12}{'kB gz':>8}")
    print_rate("bare view (/healthz)", bare, bare)
    for path in (
        "/annuaire/",
        "/annuaire/?porte=nourrir",
        "/annuaire/?q=velo",
        "/annuaire/?vue=registre",
        "/annuaire/?carte=1&teinte=densite",
        "/",
    ):
        rate = per_second(lambda path=path: client.get(path))
        size = len(gzip.compress(client.get(path).content)) / 1000
        print_rate(path, rate, bare, f"{size:.1f}")

    turns = itertools.count()

    def another() -> None:
        turn = next(turns)
        client.get(
            f"/annuaire/?commune=86194&rayon={1 + turn % 200}&porte={DOORS[turn // 200 % len(DOORS)].code}"
        )

    def redrawn() -> None:
        for kept in ("template_fragments", "lists"):
            caches[kept].clear()
        client.get("/annuaire/")

    def cold() -> None:
        services.forget()
        client.get("/annuaire/")

    for what, call in (
        ("never asked before: counted anew", another),
        ("/annuaire/, rows and map drawn anew", redrawn),
        ("/annuaire/, first after publishing", cold),
    ):
        print_rate(what, per_second(call), bare)
    body = client.get("/annuaire/positions?vue=registre").content
    print(f"positions: {len(body)} bytes for {int.from_bytes(body[4:8], 'little')} entries")


def print_search() -> None:
    """Milliseconds of the judged queries on the demonstration, then on many entries."""
    from django.db import connection, transaction

    from horizon.directory.models import Publication
    from horizon.directory.search import find, index_entries

    with (ROOT / "tests" / "labelled" / "search_dev.csv").open(encoding="utf-8") as stream:
        queries = [row["query"] for row in csv.DictReader(stream)]
    current = Publication.objects.get(current=True)
    print(f"{'search (' + connection.vendor + ')':<34}{'p50 ms':>9}{'p95 ms':>9}{'p95 cpu':>9}")
    _report(current, queries, f"{current.counts['register']} entries", find)
    with transaction.atomic():
        big = Publication.objects.create(
            territory_code="0", territory_name="bench", marts_run="bench", vintage=current.vintage
        )
        index_entries(big, _many(current))
        _report(big, queries, f"{MANY} entries", find)
        transaction.set_rollback(True)


def _many(current):
    """The demonstration's entries again and again, each time under another name and commune."""
    from horizon.directory.models import Entry

    entries = list(
        Entry.objects.filter(publication=current, active=True, in_perimeter=True).select_related("commune")
    )
    communes = [entry.commune for entry in entries]
    for number in range(MANY):
        entry = entries[number % len(entries)]
        lap = number // len(entries)
        copy = Entry(
            name=f"{entry.name} {entries[(number * 7 + lap * 13) % len(entries)].name.split()[-1]}",
            acronym=entry.acronym,
            description=entry.description,
            family=entry.family,
            legal_category=entry.legal_category,
            naf_rev2=entry.naf_rev2,
            active=True,
            in_perimeter=True,
        )
        copy.commune = communes[(number * 11 + lap) % len(communes)]
        yield copy


def _report(publication, queries: list[str], what: str, find: Callable) -> None:
    find(publication, "velo")
    spent, own = [], []
    for query in queries:
        began, processor = time.perf_counter(), time.process_time()
        find(publication, query)
        spent.append(1000 * (time.perf_counter() - began))
        own.append(1000 * (time.process_time() - processor))
    cuts = quantiles(spent, n=20)
    print(f"{what:<34}{cuts[9]:>9.1f}{cuts[18]:>9.1f}{quantiles(own, n=20)[18]:>9.1f}")


if __name__ == "__main__":
    main()
