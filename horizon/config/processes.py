"""The two processes of a site: the web server (granian) and the worker of background tasks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from django.conf import settings

START_PATIENCE = 40


class PortTaken(RuntimeError):
    """Something that is not this site answers on the port."""


def commands(host: str, port: int) -> dict[str, list[str]]:
    """The command line of each process."""
    return {
        "server": [sys.executable, "-m", "horizon.config.server", "--host", host, "--port", str(port)],
        "worker": [sys.executable, "-m", "horizon.config.worker"],
    }


def run_foreground(host: str, port: int) -> int:
    """Runs both until one stops or Ctrl-C; returns the exit code."""
    _refuse_taken_port(port)
    children = [subprocess.Popen(command) for command in commands(host, port).values()]
    print(f"http://localhost:{port}  (Ctrl-C pour arrêter)", flush=True)  # noqa: T201
    try:
        while all(child.poll() is None for child in children):
            time.sleep(0.5)
    except KeyboardInterrupt:
        return 0
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait(timeout=10)
    return 1


def start_background(host: str, port: int) -> None:
    """Starts both, detached, with their logs in the var folder; returns once the site answers.

    Raises PortTaken, or RuntimeError with the end of the log when the site does not answer.
    """
    stop_background()
    _refuse_taken_port(port)
    folder = _folder()
    for name, command in commands(host, port).items():
        log = (folder / f"{name}.log").open("ab")
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        (folder / f"{name}.pid").write_text(str(child.pid))
    for _ in range(START_PATIENCE * 4):
        if _answers(port):
            return
        time.sleep(0.25)
    tail = (folder / "server.log").read_text(errors="replace")[-1500:]
    stop_background()
    raise RuntimeError(f"Le site ne répond pas sur le port {port}. Fin du journal :\n{tail}")


def stop_background() -> bool:
    """Stops what `start_background` started; says whether something ran."""
    stopped = False
    for path in sorted(_folder().glob("*.pid")):
        pid = int(path.read_text() or 0)
        if pid and _is_ours(pid):
            stopped = True
            os.killpg(pid, signal.SIGTERM)
            for _ in range(40):
                if not _is_ours(pid):
                    break
                time.sleep(0.25)
            else:
                os.killpg(pid, signal.SIGKILL)
        path.unlink()
    return stopped


def _folder() -> Path:
    folder = settings.VAR / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _is_ours(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"horizon.config" in command


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            raise PortTaken(
                f"Le port {port} est déjà pris par un autre programme. "
                f"Arrêtez-le, ou choisissez-en un autre : make demo PORT={port + 1}"
            ) from problem


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False
