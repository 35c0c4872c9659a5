"""Runs background tasks (tâches de fond) from the database's queue, and periodic jobs, until told to stop."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

LAST_STEP_SECONDS = 8
AGAIN_SECONDS = 5.0
log = logging.getLogger("horizon.worker")


def keep_working(run: Callable[[], None], *, pause: float = AGAIN_SECONDS) -> None:
    """Takes tasks until told to stop. A database that is busy for longer than a writer waits, or away for a while, is asked
    again: without this the queue, the seals and the letters would all stop there.
    """
    from django.db import OperationalError, connection

    while True:
        try:
            return run()
        except OperationalError as problem:
            log.warning("the database did not answer, asked again: %s", problem)
            connection.close()
            time.sleep(pause)


def main() -> None:
    """Same as `horizon manage db_worker` beside the three loops of periodic jobs, under a name that a process list shows.

    SIGTERM ends all: the task and the jobs that run are finished first, for a few seconds at most.
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

    def work(chosen: periodic.Choice) -> None:
        try:
            periodic.run_until_stopped(chosen)
        finally:
            connections.close_all()

    loops = [
        threading.Thread(target=work, args=[chosen], name=chosen.__name__, daemon=True)
        for chosen in periodic.LOOPS
    ]
    try:
        if settings.WARM:
            warm()
        for loop in loops:
            loop.start()
        keep_working(partial(execute_from_command_line, [sys.argv[0], "db_worker", "--interval", "2"]))
    finally:
        periodic.stop()
        until = time.monotonic() + LAST_STEP_SECONDS
        for loop in loops:
            if loop.is_alive():
                loop.join(timeout=max(0.0, until - time.monotonic()))


if __name__ == "__main__":
    main()
