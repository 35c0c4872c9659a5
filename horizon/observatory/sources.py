"""The official addresses of the registers, declared in sources.toml."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from horizon.observatory.errors import BadInput
from horizon.observatory.registers import REGISTERS, Register

SHIPPED = Path(__file__).with_name("sources.toml")


@dataclass(frozen=True)
class Remote:
    """One register's address: a `url` kept under the name `file`, or the newest matching resource of a `dataset`."""

    register: Register
    file: str = ""
    url: str = ""
    dataset: str = ""
    match: str = ""
    page: str = ""


def declared(path: Path | None = None) -> list[Remote]:
    """The declared sources: of `path`, else of the file named by HORIZON_SOURCES, else the official ones.

    Raises BadInput for a file that does not declare sources as it should.
    """
    path = path or Path(os.environ.get("HORIZON_SOURCES", SHIPPED))
    registers = {register.name: register for register in REGISTERS}
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["source"]
        return [Remote(registers[entry["register"]], **_rest(entry)) for entry in entries]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as problem:
        raise BadInput(f"« {path} » ne déclare pas les sources comme il faut : {problem!r}.") from problem


def _rest(entry: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in entry.items() if key != "register"}


def newest_resource(remote: Remote, answer: dict) -> tuple[str, str]:
    """(file name, url) of the newest resource of a data.gouv.fr dataset answer that matches; BadInput when none does.

    Newest by the date written in the name, which is the vintage; the site's own dates change when it is tidied.
    """
    found = []
    for resource in answer.get("resources", []):
        url = str(resource.get("url", ""))
        name = Path(urlsplit(url).path).name
        if matched := re.search(remote.match, name):
            found.append((matched.group(1) if matched.groups() else name, name, url))
    if not found:
        raise BadInput(
            f"{remote.register.title} : aucun fichier attendu dans le jeu de données. Voyez {remote.page}, téléchargez-le "
            "à la main et relancez avec --from."
        )
    _, name, url = max(found)
    return name, url
