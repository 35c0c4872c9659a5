"""The first run: questions, the settings file they make, the legal pages; and the files of the deployment."""

import os
import pwd
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from horizon.config.environment import read_environment_file
from horizon.config.setup_cli import BadAnswer, resolve_territory, write_environment_file
from tests.databases import own_database

ROOT = Path(__file__).parents[2]
ANSWERS = {
    "--operator": "Collectif ESS d’essai",
    "--contact": "12 rue des Essais, 86000 Poitiers",
    "--origin": "https://ess.exemple.fr/",
    "--territory": "grand poitiers",
    "--smtp": "aucun",
    "--database": "embarquée",
    "--animator": "animation@example.org",
}


def run(folder, *options, answers="", **more):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HORIZON_")}
    database = os.environ.get("HORIZON_DATABASE_URL")
    environment |= {"HORIZON_VAR": str(folder), **({"HORIZON_DATABASE_URL": database} if database else {})}
    return subprocess.run(
        [sys.executable, "-m", "horizon.config.cli", *options],
        env=environment | more,
        input=answers,
        capture_output=True,
        text=True,
    )


def options(**changed):
    given = ANSWERS | {f"--{name}": value for name, value in changed.items()}
    return [part for name, value in given.items() if value is not None for part in (name, value)]


def test_the_answers_make_a_site_that_names_who_is_responsible(tmp_path):
    environment = {**os.environ, "HORIZON_VAR": str(tmp_path)}
    with own_database(tmp_path, environment):
        url = environment.get("HORIZON_DATABASE_URL", "")
        done = run(tmp_path, "setup", *options(database=url or "embarquée"), HORIZON_DATABASE_URL=url)
        assert done.returncode == 0, done.stderr
        path = tmp_path / "horizon.env"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
        found = read_environment_file(path)
        assert found["HORIZON_OPERATOR"] == "Collectif ESS d’essai"
        assert (
            found["HORIZON_TERRITORY"] == "200069854" and found["HORIZON_ORIGIN"] == "https://ess.exemple.fr"
        )
        assert found["HORIZON_HOSTS"] == "ess.exemple.fr,127.0.0.1"
        page = """
from django.test import Client
print(Client(SERVER_NAME="ess.exemple.fr").get("/mentions-legales/", secure=True).content.decode())
from horizon.actors.models import Mandate
print("ANIMATES", [m.person.email for m in Mandate.objects.filter(function="operator")])
"""
        shown = run(tmp_path, "manage", "shell", "-v0", "-c", page, HORIZON_DATABASE_URL=url).stdout
        assert "Collectif ESS d’essai" in shown and "12 rue des Essais" in shown
        assert "ANIMATES ['animation@example.org']" in shown


def test_asked_again_it_proposes_what_was_answered_and_keeps_the_rest(tmp_path):
    environment = {**os.environ, "HORIZON_VAR": str(tmp_path)}
    with own_database(tmp_path, environment):
        url = environment.get("HORIZON_DATABASE_URL", "")
        known = {"HORIZON_OPERATOR": "Avant", "HORIZON_CONTACT": "ici, là", "HORIZON_WORKERS": "2"}
        write_environment_file(tmp_path / "horizon.env", known)
        typed = "Après\n\npas une adresse\nhttps://b.exemple.fr\nPoitiers de nulle part\n200069854\n\n\nx\na@example.org\n"
        done = run(tmp_path, "setup", answers=typed, HORIZON_DATABASE_URL=url)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Une adresse comme https://" in done.stderr and "Aucune intercommunalité" in done.stderr
        found = read_environment_file(tmp_path / "horizon.env")
        assert found["HORIZON_OPERATOR"] == "Après" and found["HORIZON_CONTACT"] == "ici, là"
        assert found["HORIZON_WORKERS"] == "2"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("origin", "ess.exemple.fr", "Une adresse comme https://"),
        ("operator", " ", "Il faut un nom"),
        ("territory", "999999999", "Aucune intercommunalité"),
        ("smtp", "ftp://x", "smtp://"),
        ("database", "mysql://x/y", "postgresql://"),
        ("database", "postgresql://x/", "nom de la base"),
        ("animator", "camille", "n’est pas une adresse"),
    ],
)
def test_a_bad_option_is_refused_before_anything_is_written(tmp_path, name, value, said):
    done = run(tmp_path, "setup", *options(**{name: value}))
    assert done.returncode == 3 and said in done.stderr
    assert not (tmp_path / "horizon.env").exists()


def test_a_territory_is_named_or_chosen():
    assert resolve_territory("CU du Grand Poitiers") == resolve_territory("grand poitiers") == "200069854"
    with pytest.raises(BadAnswer, match="Plusieurs"):
        resolve_territory("Val")
    with pytest.raises(BadAnswer, match="200096956"):
        resolve_territory("200035459")


def test_a_server_without_a_responsible_body_says_so(tmp_path):
    """The port is taken, so that the server stops after what it has to say."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run(tmp_path, "serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 3 and "responsable des données" in done.stderr


def test_the_containers_start_what_the_site_starts():
    """The image and the compose file name the processes of `horizon serve`, the folder of the data and no host."""
    from horizon.config.processes import commands

    services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]
    known = commands("0.0.0.0", 8000)
    assert services["worker"]["command"][1:] == known["worker"][1:]
    image = (ROOT / "deploy/Dockerfile").read_text()
    started = yaml.safe_load(image.splitlines()[-1].removeprefix("CMD "))
    assert started[1:] == known["server"][1:]
    assert services["web"]["volumes"] == ["site:/var/lib/horizon"] and "HORIZON_VAR=/var/lib/horizon" in image
    assert services["worker"]["build"] == services["web"]["build"]


def test_ten_commands_at_most():
    """As many as are typed: a line of the guide is one command, with no second one behind it."""
    text = (ROOT / "docs/fr/installer.md").read_text().split("## ")[0]
    lines = [line for line in text.splitlines() if line[:1].isdigit()]
    assert 1 <= len(lines) <= 10
    assert all(line.count("`") == 2 and not {"&&", ";", "alias"} & set(line.split()) for line in lines), lines


def test_installing_makes_the_command_and_the_units_of_this_folder(tmp_path):
    """As `make install` does, but in a folder that stands for the root of the server, for whoever runs this test."""
    me = pwd.getpwuid(os.getuid()).pw_name
    var = tmp_path / "var/lib/horizon"
    done = subprocess.run(
        [ROOT / "scripts/install"],
        env={**os.environ, "DESTDIR": str(tmp_path), "HORIZON_USER": me, "HORIZON_VAR": str(var)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for unit in ("horizon-web", "horizon-worker"):
        text = (tmp_path / f"etc/systemd/system/{unit}.service").read_text()
        assert f"WorkingDirectory={ROOT}" in text and f"HORIZON_VAR={var}" in text and f"User={me}" in text
        assert "/opt/horizon" not in text
    command = tmp_path / "usr/local/bin/horizon"
    assert f'"{ROOT}/.venv/bin/horizon"' in command.read_text()
    if (ROOT / ".venv/bin/horizon").exists():
        said = subprocess.run(
            [
                command,
                "manage",
                "shell",
                "-v0",
                "-c",
                "from django.conf import settings; print(settings.VAR)",
            ],
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
        )
        assert said.stdout.strip() == str(var), said.stderr


def test_the_server_starts_as_many_processes_as_the_settings_file_says(tmp_path):
    (tmp_path / "horizon.env").write_text("HORIZON_WORKERS=3\n")
    program = "import os, sys\nfrom horizon.config import server\nos.execv = lambda path, command: print(*command)\nserver.main()"
    environment = {k: v for k, v in os.environ.items() if k != "HORIZON_WORKERS"} | {
        "HORIZON_VAR": str(tmp_path)
    }
    done = subprocess.run(
        [sys.executable, "-c", program, "--port", "8011"], env=environment, capture_output=True, text=True
    )
    assert "--workers 3 " in done.stdout and "--port 8011" in done.stdout, done.stderr


def test_the_image_holds_no_secret():
    """What compose reads beside it stays out of what is copied into the image."""
    assert "**/.env" in (ROOT / ".dockerignore").read_text().splitlines()
