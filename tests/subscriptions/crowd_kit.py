"""Follows one thing many times at the same moment, in the database of the environment: `python -m tests.subscriptions.crowd_kit`."""

from __future__ import annotations

import json
import threading
from collections import Counter

AT_ONCE = 8


def main() -> None:
    """Prints what each of the doors answered, and what is kept."""
    import django

    django.setup()
    from django.db import connection
    from django.utils import timezone

    from horizon.subscriptions.models import Message, Subscription
    from horizon.subscriptions.services import following
    from horizon.subscriptions.topics import Topic
    from tests.people import somebody

    now, person = timezone.now(), somebody()
    subscriber = following.subscriber_of(person, now)
    answers: Counter[str] = Counter()

    def together(act) -> None:
        gate = threading.Barrier(AT_ONCE)

        def one() -> None:
            gate.wait(timeout=60)
            try:
                act()
                answers["done"] += 1
            except Exception as problem:  # noqa: BLE001
                answers[repr(problem)[:200]] += 1
            finally:
                connection.close()

        threads = [threading.Thread(target=one) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    for round_ in range(3):
        topic = Topic("commune", f"8613{round_}", f"Commune {round_}", "/")
        together(lambda topic=topic: following.follow(subscriber, topic, now))
        address = f"lectrice{round_}@example.org"
        together(lambda topic=topic, address=address: following.ask_to_follow(address, topic, now))
    followed = Subscription.objects.exclude(confirmed_at=None).count()
    print(json.dumps({"answers": answers, "followed": followed, "asked": Subscription.objects.count() - followed,  # noqa: T201
                      "letters": Message.objects.count()}))  # fmt: skip


if __name__ == "__main__":
    main()
