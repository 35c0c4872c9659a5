"""Runs background tasks (tâches de fond) from the database's queue until told to stop."""

import os
import sys


def main() -> None:
    """Same as `horizon manage db_worker`, under a name that a process list shows."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line([sys.argv[0], "db_worker", "--interval", "2"])


if __name__ == "__main__":
    main()
