"""`make demo` from nothing: every step, addresses that answer and say that all is invented, a second start in one step."""

import json
import os
import re
import socket
import subprocess
import sys
import urllib.request

from tests.databases import own_database

ADDRESSES = {
    "/": "De quoi",
    "/portes/nourrir/": "Qui est derrière cette porte",
    "/annuaire/": "Pourquoi cet ordre",
    "/annuaire/?q=velo": "Vélo",
    "/annuaire/?vue=registre": "structures inscrites",
    "/annuaire.csv?commune=86139": "Lusignan",
    "/communes/": "Les 40 communes",
    "/communes/86194/": "Poitiers",
    "/panorama/": "Panoramas",
    "/panorama/200069854/": "Quelles formes",
    "/besoins/": "Besoins",
    "/echanges/": "Échanges",
    "/methodes/": "La règle du domicile",
    "/healthz": '"ok": true',
}


def fetch(address):
    with urllib.request.urlopen(address, timeout=20) as answer:
        return answer.status, answer.read().decode("utf-8-sig")


def test_the_demonstration_from_nothing(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "HORIZON_VAR": str(tmp_path / "var"), "COLUMNS": "200"}
    for name in ("HORIZON_MARTS", "HORIZON_ORIGIN", "DJANGO_SETTINGS_MODULE"):
        environment.pop(name, None)

    def horizon(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "horizon.config.cli", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    with own_database(tmp_path, environment):
        try:
            first = horizon("demo", "--port", str(port))
            assert first.returncode == 0, first.stdout + first.stderr
            for step in (
                "Base de données",
                "Registres fictifs",
                "Observatoire",
                "Annuaire",
                "Site et exécutant",
            ):
                assert re.search(rf"{step}.* s", first.stdout), first.stdout
            assert f"http://localhost:{port}/" in first.stdout
            assert f"http://localhost:{port}<" in fetch(f"http://127.0.0.1:{port}/accessibilite/")[1]
            assert "tient la page" in fetch(f"http://127.0.0.1:{port}/entrer/")[1]
            for path, words in ADDRESSES.items():
                status, text = fetch(f"http://127.0.0.1:{port}{path}")
                assert status == 200 and words in text, path
                if not path.startswith(("/annuaire.csv", "/healthz")):
                    assert "Données fictives de démonstration" in text
            assert "NEPASPUBLIER" not in fetch(f"http://127.0.0.1:{port}/annuaire.csv?vue=registre")[1]
            counted = subprocess.run(
                [sys.executable, "-m", "tests.house.demo_kit"],
                env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert counted.returncode == 0, counted.stderr
            counts = json.loads(counted.stdout.splitlines()[-1])
            least_of_each = {
                "needs": 150,
                "voices": 400,
                "answers": 90,
                "listings": 300,
                "deals": 60,
                "grouped": 5,
            }
            for what, least in least_of_each.items():
                kept, written = counts[what]
                assert kept == written >= least, counts
            assert counts["concluded"][0] == counts["concluded"][1] >= 50
            assert counts["measured"] == [counts["deals"][0]] * 2, (
                "each deal has both its listings and its distance"
            )
            assert counts["for_needs"] >= 20 and counts["met"] >= 5, counts
            _, need = fetch(f"http://127.0.0.1:{port}/besoins/{counts['need']}/")
            assert "Données fictives de démonstration" in need and "Accord conclu pour ce besoin" in need
            _, listing = fetch(f"http://127.0.0.1:{port}/echanges/{counts['listing']}/")
            assert "Données fictives de démonstration" in listing and f"/besoins/{counts['need']}/" in listing
            second = horizon("demo", "--port", str(port))
            assert second.returncode == 0 and "Déjà prêt" in second.stdout
        finally:
            stopped = horizon("stop")
        assert "Arrêté" in stopped.stdout
        assert "Rien ne tournait" in horizon("stop").stdout


def test_a_taken_port_says_which_to_choose(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment = {**os.environ, "HORIZON_VAR": str(tmp_path)}
        result = subprocess.run(
            [sys.executable, "-m", "horizon.config.cli", "serve", "--port", str(port)],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert result.returncode == 3
    assert "déjà pris" in result.stderr and f"PORT={port + 1}" in result.stderr
