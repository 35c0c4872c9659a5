"""Prepares and counts in the database of a running site: `python -m tests.relief.crowd_kit prepare|count`."""

import json
import sys

CROWD, WANTED, LEAVE = 30, 7, 3


def main(verb: str) -> None:
    """An open call for seven people and thirty who were asked; or counts who goes and who waits."""
    import django

    django.setup()
    print(json.dumps(_prepare() if verb == "prepare" else _count()))  # noqa: T201


def _prepare() -> dict:
    from horizon.relief import letters
    from horizon.relief.models import Proposal
    from tests.relief.kit import a_call, a_volunteer

    call = a_call(wanted=WANTED)
    proposals = [Proposal.objects.create(call=call, volunteer=a_volunteer()) for _ in range(CROWD)]
    return {"links": [letters.answer_path(proposal) for proposal in proposals]}


def _count() -> dict:
    from collections import Counter

    from horizon.kernel.models import Event
    from horizon.relief.models import Proposal, UrgentCall

    call = UrgentCall.objects.get()
    return {
        "taken": call.taken,
        "statuses": Counter(Proposal.objects.values_list("status", flat=True)),
        "events": Counter(Event.objects.filter(record_type="urgent_call").values_list("verb", flat=True)),
    }


if __name__ == "__main__":
    main(sys.argv[1])
