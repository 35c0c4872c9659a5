"""A JSON document written one record at a time."""

from __future__ import annotations

import json
from pathlib import Path

FICTITIOUS = "Fictif : "


class JsonStream:
    """`before`, then each value of `value(record)` that is not None, then `after`. Counts what it wrote."""

    before, after = "[\n", "\n]\n"

    def __init__(self, path: Path):
        self.path = path
        self.rows = 0
        self._out = path.open("w", encoding="utf-8", newline="\n")
        self._out.write(self.before)

    def value(self, record: dict) -> dict | None:
        """What is written of a record; None leaves it out."""
        raise NotImplementedError

    def add(self, record: dict) -> None:
        """Writes a record."""
        found = self.value(record)
        if found is None:
            return
        self._out.write(",\n" if self.rows else "")
        self._out.write(json.dumps(found, ensure_ascii=False, separators=(",", ":")))
        self.rows += 1

    def close(self) -> None:
        """Ends the document."""
        self._out.write(self.after)
        self._out.close()


def opened(head: dict, name: str) -> str:
    """The beginning of an object that says `head`, then holds a list under `name`."""
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "{name}": [\n'


def named(record: dict) -> str:
    """The name of a structure; an invented one says so wherever the name goes alone."""
    return (FICTITIOUS if record["fictif"] else "") + record["nom"]
