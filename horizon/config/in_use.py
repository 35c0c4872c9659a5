"""Whether the site of a folder runs, however it was started: each of its processes holds a lock until it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings


class SiteRuns(RuntimeError):
    """The site runs; the message is French and says how to stop it."""


def hold() -> None:
    """Says, until this process ends, that it runs the site. Waits for a restoration that is being done."""
    fcntl.flock(_opened(), fcntl.LOCK_SH)  # the kernel lets go of it with the process, however that ends


@contextmanager
def stopped() -> Iterator[None]:
    """Keeps the site from starting meanwhile. Raises SiteRuns when one of its processes runs."""
    descriptor = _opened()
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise SiteRuns(
                "le site tourne. Arrêtez-le d’abord : systemctl stop horizon-web horizon-worker, ou "
                "docker compose -f deploy/compose.yaml stop web worker, ou horizon stop."
            ) from problem
        yield
    finally:
        os.close(descriptor)


def _opened() -> int:
    folder = settings.VAR / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return os.open(folder / "in-use", os.O_RDONLY | os.O_CREAT, 0o600)
