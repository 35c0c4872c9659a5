"""Open data on the small territory: in the test's database, and on a running site."""

import os
import subprocess
import sys

import pytest
from django.db import transaction

from horizon.directory.models import Publication
from horizon.directory.services import publish_directory
from horizon.observatory.read import Marts
from tests.databases import own_database
from tests.opendata.kit import fill
from tests.published import TERRITORY
from tests.servers import running_site


@pytest.fixture(scope="module")
def filled_once(django_db_setup, django_db_blocker, small_marts):
    """Published and filled once for the file, in a transaction of its own; each test's stands inside it."""
    with django_db_blocker.unblock(), transaction.atomic():
        with Marts(small_marts) as marts:
            publication = publish_directory(marts, TERRITORY, actor="test")
        with pytest.MonkeyPatch.context() as patch:  # pairing waits for a commit that never comes here
            patch.setattr("django.db.transaction.on_commit", lambda send, **_: send())
            fill()
        yield publication.pk
        transaction.set_rollback(True)


@pytest.fixture
def filled(filled_once, db, settings, small_marts, tmp_path):
    """A publication with needs, exchanges and statements; the dumps of this test are its own."""
    settings.MARTS, settings.VAR, settings.API_RATE = small_marts, tmp_path, 100_000
    return Publication.objects.get(pk=filled_once)


@pytest.fixture(scope="session")
def open_site(small_marts, tmp_path_factory):
    """The address of a running site with the same things in it."""
    folder = tmp_path_factory.mktemp("open-site")
    environment = {
        **os.environ, "HORIZON_VAR": str(folder), "HORIZON_MARTS": str(small_marts), "HORIZON_API_RATE": "1000000",
        "DJANGO_SETTINGS_MODULE": "horizon.config.settings",
    }  # fmt: skip
    with own_database(folder, environment, migrated=True):
        made = subprocess.run(
            [sys.executable, "-m", "tests.opendata.kit"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        with running_site(environment, folder / "server.log") as address:
            yield address
