"""Prepares and counts in the database of a running site: `python -m tests.listening.crowd_kit prepare|count`."""

import json
import sys


def main(verb: str) -> None:
    """Publishes one need, or counts what came of it."""
    import django

    django.setup()
    from horizon.kernel.models import Event
    from horizon.listening.models import Need, Voice
    from horizon.listening.services import reading, saying

    if verb == "prepare":
        voice = saying.say_need("Il manque un four à pain à Lusignan", once="kit")
        need = reading.publish_need(voice.need, actor="test")
        print(json.dumps(need.public_id))  # noqa: T201
        return
    found = {
        "voices": Voice.objects.count(),
        "words": sorted(Voice.objects.exclude(words="").filter(first=False).values_list("words", flat=True)),
        "events": Event.objects.filter(verb="say_too").count(),
        "needs": Need.objects.count(),
        "said": Event.objects.filter(verb="say", record_type="need").count(),
    }
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
