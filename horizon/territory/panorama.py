"""The panorama of any territory, kept a day per run of the observatory."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.core.cache import cache

from horizon.observatory.panorama import panorama
from horizon.observatory.read import Marts

KEPT_SECONDS = 24 * 3600


def kept_panorama(code: str) -> dict:
    """The panorama of a territory; the marts are opened only when it is not known yet. Raises BadInput."""
    found = cache.get(_key(_current_run(), code))
    if found is None:
        with Marts(settings.MARTS, threads=1) as marts:
            found = panorama(marts, code)
        cache.set(_key(found["run"], code), found, KEPT_SECONDS)
    return found


def _key(run: str, code: str) -> str:
    return f"panorama:{run}:{quote(code.strip().casefold())}"


def _current_run() -> str:
    manifest = Path(settings.MARTS) / "current" / "manifest.json"
    return json.loads(manifest.read_text(encoding="utf-8"))["run_id"] if manifest.exists() else ""
