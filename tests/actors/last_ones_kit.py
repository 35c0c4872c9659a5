"""Two people who animate, and nobody else, erase themselves at the same moment: `python -m tests.actors.last_ones_kit`."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import django
from django.db import connections


def main() -> None:
    """Prints how many were refused, and how many still animate."""
    from horizon.actors.access import current_mandates
    from horizon.actors.models import Mandate
    from horizon.actors.services.people import erase_person
    from horizon.kernel.refusal import Refused
    from tests.people import an_operator

    together, both = Barrier(2), [an_operator(), an_operator()]

    def erase(person) -> int:
        together.wait(timeout=60)
        try:
            erase_person(person)
        except Refused:
            return 1
        finally:
            connections.close_all()
        return 0

    with ThreadPoolExecutor(2) as pool:
        refused = sum(pool.map(erase, both))
    print(
        json.dumps({"refused": refused, "left": current_mandates().filter(function=Mandate.OPERATOR).count()})
    )


if __name__ == "__main__":
    django.setup()
    main()
