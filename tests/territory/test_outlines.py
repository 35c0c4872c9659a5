"""Official outlines, from a local HTTP server that behaves like the geo API, and misbehaves like one."""

import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import duckdb
import pytest

from horizon.directory.models import Publication
from horizon.directory.services import fetch_territory_outlines, publish_directory
from horizon.kernel.models import Event
from horizon.observatory.read import Marts
from horizon.territory.atlas import atlas
from horizon.territory.models import Commune, Outline
from horizon.territory.outlines import OutlinesUnavailable
from tests.databases import own_database
from tests.published import TERRITORY

pytestmark = pytest.mark.django_db


def square(lat, lon, side=0.05):
    ring = [[lon, lat], [lon + side, lat], [lon + side, lat + side], [lon, lat + side], [lon, lat]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
def api(published, settings):
    """A server whose next answers are in `api.answers`: (status, body) or a list of features."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked.append(self.path)
            status, body = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []
    server.features = [
        {
            "code": c.code,
            "centre": {"type": "Point", "coordinates": [c.lon, c.lat]},
            "contour": square(c.lat, c.lon),
        }
        for c in Commune.objects.all()
    ]
    server.answers = [(200, server.features)]
    settings.GEO_API = server.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def fetch(api):
    return fetch_territory_outlines(actor="test", pause=0)


def test_outlines_are_kept_and_drawn(api, client):
    before = Publication.objects.get(current=True)
    assert atlas(before.territory_code, before.edition).schematic
    assert "Carte schématique" in client.get("/communes/").content.decode()
    assert fetch(api) == 40
    after = Publication.objects.get(current=True)
    drawn = atlas(after.territory_code, after.edition)
    assert not drawn.schematic and all(commune.path.startswith("M") for commune in drawn.communes)
    assert "Limites communales : API Géo" in client.get("/communes/").content.decode()
    assert Event.objects.filter(verb="fetch-outlines").get().payload == {"communes": 40}


def test_a_busy_server_is_asked_again(api):
    api.answers = [(503, b""), (429, b""), (200, api.features)]
    assert fetch(api) == 40
    assert len(api.asked) == 3


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, b""), "404"),
        ((200, b"<html>"), "ne répond pas"),
        ((200, []), "aucune commune"),
        ((500, b""), "500"),
    ],
)
def test_what_is_no_answer_changes_nothing(api, answer, words):
    api.answers = [answer]
    with pytest.raises(OutlinesUnavailable, match=words):
        fetch(api)
    assert not Outline.objects.exists()


def test_one_missing_outline_changes_nothing_and_is_named(api):
    api.features[0].pop("contour")
    with pytest.raises(OutlinesUnavailable, match="Rien n’a été changé"):
        fetch(api)
    assert not Outline.objects.exists()


def test_a_damaged_outline_is_named(api):
    api.features[0]["contour"] = {"type": "Point", "coordinates": [0, 0]}
    with pytest.raises(OutlinesUnavailable, match="illisible"):
        fetch(api)


def test_no_network_says_so(published, settings):
    settings.GEO_API = "http://127.0.0.1:9"
    with pytest.raises(OutlinesUnavailable, match="la carte schématique reste"):
        fetch_territory_outlines(actor="test", pause=0)


def test_a_territory_without_centroids_has_lists(api, client, tmp_path, small_marts):
    """Elsewhere in France: no centroid shipped, so no drawing until outlines are fetched."""
    Commune.objects.update(lat=None, lon=None)
    Publication.objects.filter(current=True).update(atlas_edition=7)
    text = client.get("/communes/").content.decode()
    assert "horizon outlines" in text and '<svg class="map"' not in text
    assert client.get("/").status_code == 200 and client.get("/annuaire/").status_code == 200
    assert client.get("/communes/86194/").status_code == 200
    fetch(api)
    assert '<svg class="map"' in client.get("/communes/").content.decode()
    assert Commune.objects.filter(lat=None).count() == 0
    _publish_without_centroids(tmp_path, small_marts)
    assert Commune.objects.filter(lat=None).count() == 0
    assert '<svg class="map"' in client.get("/communes/").content.decode()


def _publish_without_centroids(folder, small_marts):
    """Publishes again the same marts, as they are elsewhere in France."""
    shutil.copytree(small_marts / "current", folder / "marts" / "current")
    path = folder / "marts" / "current" / "communes.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE TABLE c AS SELECT * REPLACE (CAST(NULL AS DECIMAL(9,6)) AS lat, CAST(NULL AS DECIMAL(9,6)) AS lon) "
            f"FROM read_parquet('{path}')"
        )
        connection.execute(f"COPY c TO '{path}' (FORMAT parquet)")
    with Marts(folder / "marts") as marts:
        publish_directory(marts, TERRITORY)


def test_the_worker_runs_the_task(api, tmp_path, small_marts):
    """Enqueued by one process, done by another, on a database of their own."""
    environment = {**os.environ, "HORIZON_VAR": str(tmp_path), "HORIZON_GEO_API": api.base}
    counted = "from horizon.territory.models import Outline; print('outlines:', Outline.objects.count())"

    def horizon(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "horizon.config.cli", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    with own_database(tmp_path, environment, migrated=True):
        horizon("publish", "--territory", TERRITORY, "--marts", str(small_marts))
        assert "Confié" in horizon("outlines", "--background")
        assert "outlines: 0" in horizon("manage", "shell", "-c", counted)
        horizon("manage", "db_worker", "--batch", "--interval", "0")
        assert "outlines: 40" in horizon("manage", "shell", "-c", counted)
