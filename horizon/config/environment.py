"""Reads what the settings need from the machine: the settings file, the database address and the secret key."""

import os
import re
import secrets
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

ENVIRONMENT_FILE = "horizon.env"
SECRET, FORMER = "secret.key", "secret.former"
LINE = re.compile(r"(?:export\s+)?(HORIZON_[A-Z_]+)\s*=(.*)")


class BadEnvironmentFile(ValueError):
    """A line of the settings file that is not a setting."""


def read_environment_file(path: Path) -> dict[str, str]:
    """The settings written in `path`, one `HORIZON_NAME=value` a line; empty when the file is not there.

    A value goes to the end of its line, spaces included; a pair of quotes around it is dropped; a line that is empty or
    starts with `#` says nothing. Raises BadEnvironmentFile, with the number of the line, for anything else.
    """
    if not path.exists():
        return {}
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        setting = LINE.fullmatch(line)
        if setting is None:
            raise BadEnvironmentFile(f"{path}, ligne {number} : attendu HORIZON_NOM=valeur.")
        value = setting[2].strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        found[setting[1]] = value
    return found


def load_environment_file() -> None:
    """Gives this process the settings of `HORIZON_VAR/horizon.env` that its environment does not already say.

    Raises BadEnvironmentFile.
    """
    var = Path(os.environ.get("HORIZON_VAR", "var")).resolve()
    for name, value in read_environment_file(var / ENVIRONMENT_FILE).items():
        os.environ.setdefault(name, value)


def database_config(url: str, var: Path) -> dict:
    """Django's DATABASES entry for `sqlite:///path` or `postgresql://…`; empty means SQLite in `var`.

    SQLite is opened in WAL mode with immediate transactions (a writer waits instead of failing half-way),
    foreign keys and recursive triggers. Raises ValueError for any other scheme.
    """
    if not url:
        url = f"sqlite:///{var / 'horizon.sqlite3'}"
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = Path(unquote(parts.path[1:] if parts.path.startswith("/") else parts.path))
        if not path.is_absolute():
            path = Path.cwd() / path
        path.parent.mkdir(parents=True, exist_ok=True)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
                    "PRAGMA recursive_triggers=ON;PRAGMA cache_size=-32768;PRAGMA temp_store=MEMORY"
                ),
            },
        }
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    raise ValueError(f"HORIZON_DATABASE_URL: unknown scheme {parts.scheme!r} (sqlite or postgresql)")


def loopback_allowed(value: str, origin: str) -> bool:
    """Whether checks of declared sites may ask this very machine. Raises ValueError on a site that others open:
    anybody could then have it ask what only this machine may."""
    if value != "1":
        return False
    if urlsplit(origin).hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError(
            f"HORIZON_SITE_CHECKS_LOOPBACK is for tests on this machine, not for {origin}: remove it"
        )
    return True


def mail_config(url: str, var: Path) -> dict:
    """Django's EMAIL settings for `smtp://user:password@host:port` (STARTTLS unless `?tls=0`) or `smtps://…` (TLS).

    Empty means no mail server: each message becomes a file of `var/mail`. Raises ValueError for any other scheme.
    """
    if not url:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": var / "mail",
        }
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError(f"HORIZON_SMTP_URL: expected smtp://… or smtps://…, not {parts.scheme!r}")
    inside = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if inside else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": inside,
        "EMAIL_USE_TLS": not inside and parse_qs(parts.query).get("tls", ["1"])[0] != "0",
        "EMAIL_TIMEOUT": 20,
    }


def proconnect_issuer(address: str) -> str:
    """The issuer of ProConnect, without a slash at its end. Raises ValueError unless it is https, or this very machine."""
    address = address.strip().rstrip("/")
    parts = urlsplit(address)
    if address and parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1"}:
        raise ValueError(f"HORIZON_PROCONNECT_ISSUER: expected https://…, not {address!r}")
    return address


def origin_of(address: str) -> str:
    """The scheme, host and port of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def secret_key(var: Path) -> str:
    """The site's secret key, made at the first start and kept readable by its owner only."""
    path = var / SECRET
    if not path.exists():
        temporary = _written(var, secrets.token_urlsafe(48))
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    return path.read_text()


def former_keys(var: Path, said: str) -> list[str]:
    """The former secrets that are still accepted, the last one first: those of the setting, then those of the file."""
    path = var / FORMER
    kept = path.read_text().split() if path.exists() else []
    return list(dict.fromkeys([*said.split(), *kept]))


def rotate_secret(var: Path) -> None:
    """Makes a new secret; the one of today becomes a former one. Killed in between, both are still there."""
    today = secret_key(var)
    _written(var, "\n".join([today, *(key for key in former_keys(var, "") if key != today)])).replace(
        var / FORMER
    )
    _written(var, secrets.token_urlsafe(48)).replace(var / SECRET)


def forget_former_secrets(var: Path) -> int:
    """Stops accepting the former secrets of the file. Returns how many there were."""
    count = len(former_keys(var, ""))
    (var / FORMER).unlink(missing_ok=True)
    return count


def _written(var: Path, text: str) -> Path:
    """A new file of mode 600 beside the secret, to be put in place in one step."""
    var.mkdir(parents=True, exist_ok=True)
    temporary = var / f".secret.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    return temporary
