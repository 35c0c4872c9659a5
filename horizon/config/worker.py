"""Runs background tasks (tâches de fond) from the database's queue, and periodic jobs, until told to stop."""

import logging
import os
import signal
import sys
import threading

LAST_STEP_SECONDS = 8


def main() -> None:
    """Same as `horizon manage db_worker` beside the loop of periodic jobs, under a name that a process list shows.

    SIGTERM ends both: the task and the job that run are finished first, for a few seconds at most.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.config.settings")
    import django
    from django.core.management import execute_from_command_line

    django.setup()
    logging.getLogger("horizon").setLevel(logging.INFO)
    from django.conf import settings
    from django.db import connections

    from horizon.config import in_use
    from horizon.exchange.shipped import warm
    from horizon.kernel import periodic

    in_use.hold()

    def work() -> None:
        try:
            periodic.run_until_stopped()
        finally:
            connections.close_all()

    loop = threading.Thread(target=work, name="periodic", daemon=True)
    try:
        if settings.WARM:
            warm()
        loop.start()
        execute_from_command_line([sys.argv[0], "db_worker", "--interval", "2"])
    finally:
        periodic.stop()
        if loop.is_alive():
            loop.join(timeout=LAST_STEP_SECONDS)


if __name__ == "__main__":
    main()
