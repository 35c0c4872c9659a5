"""Runs the web server (granian) as the settings say, under a name that a unit, an image and `horizon serve` share."""

import argparse
import os
import sys


def command(host: str, port: int) -> list[str]:
    """The command line of granian, with as many processes as HORIZON_WORKERS says."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", os.environ.get("HORIZON_WORKERS", "1"), "--blocking-threads", "4", "--no-access-log",
        "--log-level", "warning", "horizon.config.wsgi:application",
    ]  # fmt: skip


def main() -> None:
    """Becomes granian: nothing stands between it and the signals of who started this."""
    from horizon.config.environment import load_environment_file

    parser = argparse.ArgumentParser(prog="horizon.config.server")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    asked = parser.parse_args()
    load_environment_file()
    os.execv(sys.executable, command(asked.host, asked.port))  # noqa: S606


if __name__ == "__main__":
    main()
