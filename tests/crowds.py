"""Many people at once on a real server: what every test of a crowd prepares, starts and reads."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.databases import own_database
from tests.published import TERRITORY
from tests.servers import running_site


class Crowded:
    """A database of its own where the small territory is published; commands run on it, a site shows it."""

    def __init__(self, folder: Path, environment: dict[str, str]):
        self.folder, self.environment = folder, environment

    def run(self, *arguments: str) -> str:
        """What Python prints, given these arguments."""
        done = subprocess.run(
            [sys.executable, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, kit: str, what: str) -> Any:
        """What a kit (`prepare`, `count`) prints as JSON."""
        return json.loads(self.run("-m", kit, what))

    @contextmanager
    def site(self) -> Iterator[str]:
        """The address of the running site; once stopped, its log tells of no failure and no lock."""
        with running_site(self.environment, self.folder / "server.log") as address:
            yield address
        self.nothing_failed("server.log")

    def nothing_failed(self, name: str) -> None:
        """Asserts it of a log."""
        log = (self.folder / name).read_text(errors="replace")
        assert "locked" not in log and "Traceback" not in log and "deadlock" not in log, log[-3000:]


@contextmanager
def crowded(folder: Path, marts: Path, **more: str) -> Iterator[Crowded]:
    """See Crowded; `more` is added to its environment."""
    environment = {
        **os.environ, "HORIZON_VAR": str(folder / "var"), "DJANGO_SETTINGS_MODULE": "horizon.config.settings", **more
    }  # fmt: skip
    with own_database(folder, environment, migrated=True):
        made = Crowded(folder, environment)
        made.run("-m", "horizon.config.cli", "publish", "--territory", TERRITORY, "--marts", str(marts))
        yield made


def all_at_once(acts: Sequence, prepare: Callable[[Any], Callable[[], Any]]) -> list:
    """Each act prepared in a thread of its own (a form that is read), then all of them done together, in their order."""
    together = threading.Barrier(len(acts))

    def act(what):
        send = prepare(what)
        together.wait(timeout=120)
        return send()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))
