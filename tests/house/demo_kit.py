"""What the demonstration holds, and how much of it the journal knows: printed as JSON."""

import json
import os

import django


def main() -> None:
    """Counts needs, listings and deals, and those that a service wrote."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.config.settings")
    django.setup()
    from horizon.exchange.models import Deal, Listing
    from horizon.kernel.models import Event
    from horizon.listening.models import Need

    def through_services(record_type: str, verb: str) -> int:
        return Event.objects.filter(record_type=record_type, verb=verb).values("record_id").distinct().count()

    counts = {
        "needs": [Need.objects.count(), through_services("need", "say")],
        "listings": [Listing.objects.count(), through_services("listing", "write")],
        "deals": [Deal.objects.count(), through_services("deal", "propose")],
        "concluded": [
            Deal.objects.filter(status=Deal.CONCLUDED).count(),
            through_services("deal", "conclude"),
        ],
        "measured": [Deal.objects.exclude(km=None).count(), Deal.objects.exclude(other=None).count()],
    }
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
