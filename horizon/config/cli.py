"""`horizon`: one command for the operator, made of the pipeline's commands and the site's."""

import os

from horizon.config.site_cli import register
from horizon.observatory.cli import app

register(app)


def main() -> None:
    """Entry point of the `horizon` script."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.config.settings")
    app()


if __name__ == "__main__":
    main()
