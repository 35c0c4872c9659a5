"""What the demonstration holds, and how much of it the journal knows: printed as JSON."""

import json
import os

import django


def main() -> None:
    """Counts needs, voices, answers, listings and deals, and those that a service wrote; names one need and one listing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.config.settings")
    django.setup()
    from horizon.exchange.models import Deal, Listing
    from horizon.kernel.models import Event
    from horizon.listening.models import Answer, Need, Voice

    def through_services(record_type: str, verb: str) -> int:
        return Event.objects.filter(record_type=record_type, verb=verb).values("record_id").distinct().count()

    met = Deal.objects.filter(status=Deal.CONCLUDED).exclude(listing__need="").order_by("pk")
    counts = {
        "voices": [
            Voice.objects.count(),
            Event.objects.filter(record_type="need", verb__in=["say", "say_too"]).count(),
        ],
        "answers": [Answer.objects.count(), Event.objects.filter(record_type="need", verb="answer").count()],
        "grouped": [Need.objects.exclude(same_as=None).count(), through_services("need", "group")],
        "for_needs": Listing.objects.exclude(need="").count(),
        "met": met.count(),
        "need": met[0].listing.need,
        "listing": met[0].listing.public_id,
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
