"""`horizon`: one command for the operator, made of the pipeline's commands and the site's."""

import os
import sys

from horizon.config.digests_cli import digests
from horizon.config.dumps_cli import dumps
from horizon.config.duplicates_cli import app as duplicates
from horizon.config.environment import BadEnvironmentFile, load_environment_file
from horizon.config.import_cli import register as register_import
from horizon.config.journal_cli import app as journal
from horizon.config.match_cli import app as match
from horizon.config.routes import routes
from horizon.config.secret_cli import app as secret
from horizon.config.setup_cli import register as register_setup
from horizon.config.site_cli import register
from horizon.config.upkeep_cli import register as register_upkeep
from horizon.observatory.cli import app

register(app)
register_setup(app)
register_upkeep(app)
register_import(app)
app.command()(digests)
app.command()(routes)
app.command()(dumps)
app.add_typer(journal, name="journal")
app.add_typer(match, name="match")
app.add_typer(secret, name="secret")
app.add_typer(duplicates, name="duplicates")


def main() -> None:
    """Entry point of the `horizon` script."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.config.settings")
    try:
        load_environment_file()
    except BadEnvironmentFile as problem:
        if sys.argv[1:] == ["--version"]:
            app()
        print(f"Erreur : {problem}", file=sys.stderr)  # noqa: T201
        sys.exit(3)
    app()


if __name__ == "__main__":
    main()
