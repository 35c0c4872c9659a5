"""The panorama of any territory, kept a day per run of the observatory."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.core.cache import cache

from horizon.observatory.errors import BadInput
from horizon.observatory.panorama import panorama
from horizon.observatory.read import Marts

KEPT_SECONDS = 24 * 3600
REFUSALS = 500
SHAPE = 2  # of what is kept: another one is not read back after an upgrade
# Why a code is no territory, by run: kept apart, so that made-up codes do not push panoramas out of the cache.
_refused: dict[tuple[str, str], str] = {}


def kept_panorama(code: str) -> dict:
    """The panorama of a territory; the marts are opened only when it is not known yet. Raises BadInput."""
    run = _current_run()
    found = cache.get(_key(run, code))
    if found is None:
        if refused := _refused.get((run, code)):
            raise BadInput(refused)
        with Marts(settings.MARTS, threads=1) as marts:
            try:
                found = panorama(marts, code)
            except BadInput as problem:
                if len(_refused) >= REFUSALS:
                    _refused.clear()
                _refused[run, code] = str(problem)
                raise
        cache.set(_key(found["run"], code), found, KEPT_SECONDS)
    return found


def _key(run: str, code: str) -> str:
    return f"panorama:{SHAPE}:{run}:{quote(code.strip().casefold())}"


def _current_run() -> str:
    manifest = Path(settings.MARTS) / "current" / "manifest.json"
    return json.loads(manifest.read_text(encoding="utf-8"))["run_id"] if manifest.exists() else ""
