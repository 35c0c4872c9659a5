"""The network with ten thousand links: seconds to read it, to measure it, to draw it, to find a way.

    python -m bench.network

Runs on the demonstration in var/bench (HORIZON_VAR, HORIZON_DATABASE_URL), inside a transaction that is undone.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parent.parent
LINKS = 10_000


def main() -> None:
    """Prints one line a measure."""
    os.environ.setdefault("HORIZON_VAR", str(ROOT / "var" / "bench"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.config.settings")
    import django

    django.setup()
    from django.db import transaction

    from horizon.config.demo.build import run_demo

    run_demo(port=0, start=False)
    with transaction.atomic():
        measure()
        transaction.set_rollback(True)


def measure() -> None:
    """Many links between the structures published, most of them around some hubs, four in five confirmed."""
    from django.test import Client
    from django.utils import timezone

    from horizon.actors.models import OrganizationLink
    from horizon.crossings.network import reading, study
    from horizon.crossings.network.selection import Asked
    from horizon.crossings.network.ways import paths
    from horizon.directory.models import Entry
    from horizon.directory.queries import current_publication

    random = Random("bench")
    publication = current_publication()
    pool = list(
        Entry.objects.filter(publication=publication, is_actor=True).values_list("organization_id", flat=True)
    )
    weights = [1 / (1 + rank) ** 0.7 for rank in range(len(pool))]
    known = set(OrganizationLink.objects.values_list("kind", "origin_id", "target_id"))
    rows = []
    while len(rows) < LINKS:
        kind = random.choice(("supplies", "hosts", "member"))
        one, other = random.choices(pool, weights, k=2)
        if one != other and (kind, one, other) not in known:
            known.add((kind, one, other))
            sure = random.random() < 0.8
            rows.append(
                OrganizationLink(
                    kind=kind, origin_id=one, target_id=other, side="origin", status="confirmed" if sure else "declared",
                    confirmed_by="other" if sure else "", answered_at=timezone.now() if sure else None,
                )
            )  # fmt: skip
    OrganizationLink.objects.bulk_create(rows, batch_size=1000)

    def told(what: str, work):
        began, computed = time.perf_counter(), time.process_time()
        found = work()
        took, of_it = time.perf_counter() - began, time.process_time() - computed
        print(f"{what:<48}{took:8.2f} s, of which {of_it:5.2f} s of processor")
        return found

    network = told(f"read {LINKS} links and their structures", lambda: reading.network(publication))
    found = told("measure and draw all of it", lambda: study.study(network, Asked()))
    print(f"  {found.structures} structures; betweenness from {found.sources} of them, exact: {found.exact}")
    ends = [network.nodes[pk] for pk in random.sample(sorted({tie.origin.pk for tie in network.ties}), 2)]
    told("three ways between two structures", lambda: paths(network, *ends))
    client = Client()
    told("the page, once measured", lambda: client.get("/reseau/"))
    told("the page of the confirmed ones, first time", lambda: client.get("/reseau/?etat=confirmes"))
    told("GraphML of everything", lambda: b"".join(client.get("/reseau.graphml").streaming_content))


if __name__ == "__main__":
    main()
