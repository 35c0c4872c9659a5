"""Fetching the registers from their official addresses: resumed, cached, polite, never half a file under its name.

A file arrives as `<name>.part`, is checked, then renamed. Beside it `<name>.json` keeps its etag, size and sha256, so
that the next run asks for it only if it changed. Resuming uses Range with If-Range: a file that changed meanwhile
starts again.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path

import httpx

from horizon.observatory.errors import AlreadyRunning, BadInput, DiskFull, NoNetwork, is_out_of_room
from horizon.observatory.opening import refuse_html
from horizon.observatory.sources import Remote, declared, newest_resource

ATTEMPTS = 6
PATIENCE = 60.0
AGENT = "horizon-commun (observatoire de l'ESS ; logiciel libre)"
RETRIED = {408, 425, 429, 500, 502, 503, 504}
Progress = Callable[[str, int, int | None], None]


@dataclass
class Download:
    """The files of a folder once fetched: what happened to each (téléchargé, repris, inchangé, gardé)."""

    folder: Path
    outcomes: dict[str, str] = field(default_factory=dict)

    @property
    def not_refreshed(self) -> dict[str, str]:
        """The files that could not be asked again and serve as they are, with the reason."""
        return {name: said for name, said in self.outcomes.items() if said.startswith("gardé")}


def download_registers(
    folder: Path,
    *,
    quiet: bool = False,
    remotes: list[Remote] | None = None,
    sleep: Callable[[float], None] | None = None,
    progress: Progress | None = None,
) -> Download:
    """Brings the declared registers into `folder` and says what happened to each; a progress bar on the error output unless `quiet`.

    A register that its site does not give (silent, or answering something else) is kept as it was last fetched. Raises, when there is
    none in the folder, NoNetwork or BadInput for an answer that is no register; DiskFull, AlreadyRunning.
    """
    from horizon.observatory.progress import bytes_bar

    with bytes_bar(silent=quiet or progress is not None) as bar:
        return fetch_all(folder, remotes or declared(), sleep or time.sleep, progress or bar)


def fetch_all(
    folder: Path, remotes: list[Remote], sleep: Callable[[float], None], progress: Progress
) -> Download:
    """Fetches each remote in turn; see download_registers."""
    folder.mkdir(parents=True, exist_ok=True)
    result = Download(folder)
    with (
        (folder / ".lock").open("w") as lock,
        httpx.Client(
            headers={"User-Agent": AGENT, "Accept-Encoding": "identity"},
            follow_redirects=True,
            timeout=httpx.Timeout(60, connect=20),
        ) as client,
    ):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            raise AlreadyRunning(f"Un autre téléchargement écrit déjà dans « {folder} ».") from problem
        for remote in remotes:
            try:
                name, outcome = _Fetch(client, folder, remote, sleep, progress).run()
            except (NoNetwork, BadInput) as problem:
                kept = _already_there(folder, remote)
                if kept is None:
                    raise
                name, outcome = kept, f"gardé ({problem})"
            except OSError as problem:
                if is_out_of_room(problem):
                    raise DiskFull(_no_room(folder)) from problem
                raise
            result.outcomes[name] = outcome
            _forget_older(folder, remote, name)
    return result


class _Fetch:
    """One file, from its address to its name."""

    def __init__(self, client, folder, remote, sleep, progress):
        self.client, self.folder, self.remote = client, folder, remote
        self.sleep, self.progress = sleep, progress

    def run(self) -> tuple[str, str]:
        name, url = self.remote.file, self.remote.url
        if self.remote.dataset:
            name, url = self._patiently(self._newest)
        self.name, self.url = name, url
        self.target, self.part = self.folder / name, self.folder / f"{name}.part"
        self.card, self.part_card = self.folder / f"{name}.json", self.folder / f"{name}.part.json"
        self.resumed = False
        return name, self._patiently(self._once)

    def _newest(self) -> tuple[str, str]:
        response = self.client.get(self.remote.dataset)
        _check_status(response)
        try:
            return newest_resource(self.remote, response.json())
        except ValueError as problem:
            raise _Unfit(f"{self.remote.dataset} ne répond pas en JSON") from problem

    def _patiently(self, work: Callable):
        """Tries again after a pause that doubles, or as long as the site asks; bytes received reset the count."""
        failures, reached = 0, -1
        while True:
            try:
                return work()
            except (httpx.TransportError, _Retry) as problem:
                size = self._received()
                failures = 1 if size > reached >= 0 else failures + 1
                reached = max(reached, size)
                if failures >= ATTEMPTS:
                    raise self._give_up(problem) from problem
                asked = problem.after if isinstance(problem, _Retry) else None
                self.sleep(min(PATIENCE, asked if asked is not None else 2.0 ** (failures - 1)))

    def _received(self) -> int:
        part = getattr(self, "part", None)
        return part.stat().st_size if part is not None and part.exists() else 0

    def _give_up(self, problem: Exception) -> NoNetwork | BadInput:
        if isinstance(problem, _Unfit):
            return BadInput(f"{self.remote.register.title} : {problem}. Réessayez plus tard.")
        return NoNetwork(
            f"{self.remote.register.title} : « {self.remote.url or self.remote.dataset} » ne répond pas ({problem}). "
            f"Ce qui est arrivé est gardé et sera repris. Sans réseau : téléchargez-le depuis {self.remote.page} "
            "et relancez avec --from DOSSIER."
        )

    def _once(self) -> str:
        start = self._received()
        partial, known = _read_card(self.part_card), _read_card(self.card)
        validator = partial.get("etag") or partial.get("last_modified")
        headers = {}
        if start and validator and not str(validator).startswith("W/"):
            headers = {"Range": f"bytes={start}-", "If-Range": validator}
        elif self.target.exists() and known.get("size") == self.target.stat().st_size:
            headers = _conditions(known)
        with self.client.stream("GET", self.url, headers=headers) as response:
            if response.status_code == 304:
                return "inchangé"
            if response.status_code == 416:
                if response.headers.get("content-range") != f"bytes */{start}":
                    self._drop_part()
                    raise _Retry("la reprise est refusée")
                # All had arrived when the previous run was cut.
                self._accept(partial)
                return "repris"
            _check_status(response)
            if response.status_code == 206 and _range_start(response) == start:
                self.resumed = True
            else:
                start = 0
            self._receive(response, start)
            self._accept(_validators(response))
        return "repris" if self.resumed else "téléchargé"

    def _receive(self, response: httpx.Response, start: int) -> None:
        if response.headers.get("content-type", "").startswith("text/html"):
            raise _Unfit("le site répond par une page web au lieu du fichier")
        length = response.headers.get("content-length")
        total = start + int(length) if length else None
        free = shutil.disk_usage(self.folder).free
        if length and int(length) > free:
            raise DiskFull(_no_room(self.folder, int(length)))
        if start == 0:
            self._drop_part()
            _write_card(self.part_card, _validators(response))
        with self.part.open("ab") as out:
            done = start
            try:
                for chunk in response.iter_raw():
                    out.write(chunk)
                    done += len(chunk)
                    self.progress(self.name, done, total)
            finally:
                out.flush()
                os.fsync(out.fileno())
        if total is not None and done != total:
            raise _Retry(f"connexion coupée à {done} octets sur {total}")

    def _accept(self, validators: dict[str, str]) -> None:
        """Checks that the file is what its name says, then gives it its name."""
        try:
            _check_kind(self.part, self.name)
        except BadInput:
            self._drop_part()
            raise
        with self.part.open("rb") as stream:
            sha256 = file_digest(stream, "sha256").hexdigest()
        card = {**validators, "url": self.url, "size": self.part.stat().st_size, "sha256": sha256}
        self.card.unlink(missing_ok=True)
        self.part.replace(self.target)
        _write_card(self.card, card)
        self.part_card.unlink(missing_ok=True)

    def _drop_part(self) -> None:
        self.part.unlink(missing_ok=True)
        self.part_card.unlink(missing_ok=True)


class _Retry(Exception):
    """Worth another try; `after` is the pause the site asks for, in seconds."""

    def __init__(self, message: str, after: float | None = None):
        super().__init__(message)
        self.after = after


class _Unfit(_Retry):
    """An answer that is not the file."""


def _check_status(response: httpx.Response) -> None:
    code = response.status_code
    if code in RETRIED:
        asked = response.headers.get("retry-after", "")
        raise _Retry(f"réponse {code}", float(asked) if asked.isdigit() else None)
    if code >= 400:
        raise NoNetwork(
            f"« {response.url} » répond {code} : l’adresse a sans doute changé. Téléchargez le fichier à la main et "
            "relancez avec --from DOSSIER, ou déclarez la nouvelle adresse (HORIZON_SOURCES)."
        )


def _check_kind(path: Path, name: str) -> None:
    if path.stat().st_size == 0:
        raise BadInput(f"{name} est arrivé vide (0 octet). Réessayez plus tard.")
    refuse_html(path, name)
    if name.endswith(".parquet"):
        with path.open("rb") as stream:
            start = stream.read(4)
            stream.seek(-4, os.SEEK_END)
            whole = start == stream.read(4) == b"PAR1"
        if not whole:
            raise BadInput(f"{name} n’est pas un fichier parquet entier. Réessayez plus tard.")
    if name.endswith(".zip") and not zipfile.is_zipfile(path):
        raise BadInput(f"{name} n’est pas une archive entière. Réessayez plus tard.")


def _conditions(card: dict) -> dict[str, str]:
    if card.get("etag"):
        return {"If-None-Match": card["etag"]}
    return {"If-Modified-Since": card["last_modified"]} if card.get("last_modified") else {}


def _validators(response: httpx.Response) -> dict[str, str]:
    found = {"etag": response.headers.get("etag"), "last_modified": response.headers.get("last-modified")}
    return {key: value for key, value in found.items() if value}


def _range_start(response: httpx.Response) -> int:
    matched = re.match(r"bytes (\d+)-", response.headers.get("content-range", ""))
    return int(matched.group(1)) if matched else -1


def _read_card(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _write_card(path: Path, card: dict) -> None:
    unfinished = path.with_name(f"{path.name}.tmp")
    unfinished.write_text(json.dumps(card, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    unfinished.replace(path)


def _owned(folder: Path, remote: Remote) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if re.match(remote.register.pattern, path.name, re.IGNORECASE)
        and not path.name.endswith((".part", ".json", ".tmp"))
    )


def _already_there(folder: Path, remote: Remote) -> str | None:
    whole = [path for path in _owned(folder, remote) if path.with_name(f"{path.name}.json").exists()]
    return whole[-1].name if whole else None


def _forget_older(folder: Path, remote: Remote, name: str) -> None:
    """Last month's file of the same register, that this tool fetched: two months must not be read together."""
    for path in _owned(folder, remote):
        card = path.with_name(f"{path.name}.json")
        if path.name != name and card.exists():
            path.unlink()
            card.unlink()


def _no_room(folder: Path, needed: int | None = None) -> str:
    what = f" : il faut {needed / 1e6:,.0f} Mo".replace(",", " ") if needed else ""
    return f"Plus de place dans « {folder} »{what}. Libérez de l’espace puis relancez ; ce qui est arrivé sera repris."
