"""One new ask against 100,000 open offers: milliseconds of finding who meets it, on the database of the site.

    python -m bench.match [how many offers]

Runs on the database of HORIZON_DATABASE_URL (SQLite by default) in var/bench; the first time, the demonstration is published
there, then 100,000 offers are made from its phrases with a varying word. Asks are those of `tests/labelled/asks_dev.csv`.
Also told: the processor's milliseconds, which other work on the machine changes less, and those of the same asks again.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from pathlib import Path
from random import Random
from statistics import quantiles

ROOT = Path(__file__).resolve().parent.parent
MANY = 100_000
COLOURS = "rouge bleu vert jaune noir blanc gris orange violet rose beige brun doré argenté clair foncé uni rayé".split()  # noqa: SIM905


def main() -> None:
    """Prints the table."""
    os.environ.setdefault("HORIZON_VAR", str(ROOT / "var" / "bench"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.config.settings")
    import django

    django.setup()
    from django.core.cache import caches
    from django.db import connection

    from horizon.config.demo.build import run_demo
    from horizon.exchange.finding import meets_side
    from horizon.exchange.models import Listing

    if "exchange_listing" not in connection.introspection.table_names() or not _made().exists():
        run_demo(port=0, start=False)
    _fill(int(sys.argv[1]) if len(sys.argv) > 1 else MANY)
    caches[
        "pairing_counts"
    ].clear()  # kept ten minutes: those of the demonstration, a few hundred offers, would stand for all
    asks = _asks()
    for ask in asks[:5]:
        meets_side(ask, Listing.ASK, members=False)
    offers = Listing.objects.filter(status=Listing.PUBLISHED, side=Listing.OFFER).count()
    print(f"{connection.vendor}: {len(asks)} asks, {offers:,} open offers")  # noqa: T201
    for what in ("first", "again"):
        wall, processor = [], []
        for ask in asks:
            began, worked = time.perf_counter(), time.process_time()
            meets_side(ask, Listing.ASK, members=False)
            wall.append(1000 * (time.perf_counter() - began))
            processor.append(1000 * (time.process_time() - worked))
        for name, spent in (("wall", wall), ("processor", processor)):
            cut = quantiles(spent, n=100)
            print(f"{what}, {name}: median {cut[49]:.1f} ms, p95 {cut[94]:.1f} ms, worst {max(spent):.1f} ms")  # noqa: T201


def _made():
    from horizon.exchange.models import Listing

    return Listing.objects.filter(once__startswith="bench-")


def _fill(many: int) -> None:
    """Open offers up to a hundred thousand, indexed as the service would."""
    from django.utils import timezone

    from horizon.actors.models import Organization
    from horizon.config.demo.exchanges import PHRASES
    from horizon.engine.pairing.reading import index_terms, read_offer
    from horizon.exchange.indexing import meaning_of
    from horizon.exchange.models import Listing, ListingMeaning, ListingTerm
    from horizon.exchange.shipped import lexicon, version
    from horizon.territory.queries import home_communes

    have = _made().count()
    random, communes = Random(1), home_communes()  # noqa: S311 - a benchmark, the same each time
    organizations = list(Organization.objects.order_by("pk")[:2000])
    with PHRASES.open(encoding="utf-8", newline="") as stream:
        phrases = [row for row in csv.DictReader(stream) if row["offer"]]
    now, today = timezone.now(), timezone.localdate()
    for start in range(have, many, 5000):
        made = []
        for number in range(start, min(start + 5000, many)):
            phrase = random.choice(phrases)
            made.append(Listing(
                side=Listing.OFFER, organization=random.choice(organizations), kind=phrase["kind"],
                title=f"{phrase['offer']} {random.choice(COLOURS)}", text=phrase["offer_text"], commune=random.choice(communes),
                terms=phrase["terms"], status=Listing.PUBLISHED, published_at=now, confirmed_on=today,
                expires_on=today.replace(year=today.year + 1), once=f"bench-{number}",
            ))  # fmt: skip
        Listing.objects.bulk_create(made)
        ListingTerm.objects.bulk_create(
            (
                ListingTerm(listing=row, side=row.side, term=term)
                for row in made
                for term in index_terms(read_offer(lexicon(), row.title, row.text))
            ),
            batch_size=5000,
        )
        known = {(row.title, row.text): row for row in made}
        packed = {key: meaning_of(row) for key, row in known.items()}
        ListingMeaning.objects.bulk_create(
            (
                ListingMeaning(listing=row, vectors=packed[row.title, row.text], version=version())
                for row in made
            ),
            batch_size=2000,
        )


def _asks() -> list:
    from horizon.engine.pairing.evaluate import read_side
    from horizon.observatory import shipped

    places = {row["code"]: (float(row["lat"]), float(row["lon"])) for row in shipped.rows("centroids")}
    with (ROOT / "tests" / "labelled" / "asks_dev.csv").open(encoding="utf-8", newline="") as stream:
        return [read_side(row, places, "asker") for row in csv.DictReader(stream)]


if __name__ == "__main__":
    main()
