"""`horizon`: one command for the operator; the pipeline's commands and the site's."""

import os

from horizon.observatory.cli import app as observatory_app

app = observatory_app


def main() -> None:
    """Entry point of the `horizon` script."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.config.settings")
    app()


if __name__ == "__main__":
    main()
