"""« M’abonner » pressed many times at the same moment: each answers, one thing is followed."""

import json
import os
import subprocess
import sys

from tests.databases import own_database
from tests.subscriptions.crowd_kit import AT_ONCE


def test_pressed_many_times_at_once_it_is_followed_once(tmp_path):
    environment = {
        **os.environ,
        "HORIZON_VAR": str(tmp_path / "var"),
        "DJANGO_SETTINGS_MODULE": "horizon.config.settings",
    }
    with own_database(tmp_path, environment, migrated=True):
        done = subprocess.run(
            [sys.executable, "-m", "tests.subscriptions.crowd_kit"], env=environment, capture_output=True, text=True, check=False
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    kept = json.loads(done.stdout)
    assert kept["answers"] == {"done": 6 * AT_ONCE}
    assert (kept["followed"], kept["asked"]) == (3, 3)
    assert kept["letters"] == 9, "an address is asked three times a day at most, even at once"
