"""Runs background tasks (tâches de fond) from the database's queue, and periodic jobs, until told to stop."""

import os
import signal
import sys
import threading

TICK_SECONDS = 5


def main() -> None:
    """Same as `horizon manage db_worker` beside the loop of periodic jobs, under a name that a process list shows."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.config.settings")
    import django
    from django.core.management import execute_from_command_line

    django.setup()
    stop = threading.Event()
    loop = threading.Thread(target=run_periodic_jobs, args=(stop,), name="periodic", daemon=True)
    loop.start()
    try:
        execute_from_command_line([sys.argv[0], "db_worker", "--interval", "2"])
    finally:
        stop.set()
        loop.join(timeout=30)


def run_periodic_jobs(stop: threading.Event) -> None:
    """Looks every few seconds for jobs that are due; a database away for a moment is tried again."""
    import logging

    from django.db import DatabaseError, close_old_connections
    from django.utils import timezone

    from horizon.kernel.periodic import run_due

    while not stop.wait(TICK_SECONDS):
        try:
            run_due(timezone.now())
        except DatabaseError:
            logging.getLogger(__name__).exception("the database did not answer the periodic jobs")
        finally:
            close_old_connections()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    main()
