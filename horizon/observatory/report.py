"""What a run did: rows read, kept, rejected by reason, and the difference to the previous publication."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from horizon.observatory.registers import REGISTERS


@dataclass
class Report:
    """The report of a run (rapport). Durations: of phases in seconds, of models in seconds of processor (on Spark, by the clock)."""

    run_id: str = ""
    vintage: str = ""
    synthetic: bool = False
    path: str = ""
    read: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    damaged_bytes: dict[str, int] = field(default_factory=dict)
    downloads: dict[str, str] = field(default_factory=dict)
    left_aside: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    difference: dict[str, int] = field(default_factory=dict)
    previous: str = ""
    phases: dict[str, float] = field(default_factory=dict)
    models: dict[str, float] = field(default_factory=dict)
    unchanged: bool = False

    def to_dict(self) -> dict:
        """Plain values, for --json."""
        return asdict(self)

    def print(self, console: Console) -> None:
        """The report as a person reads it."""
        table = Table(
            title=f"Observatoire, millésime {self.vintage}"
            + (" (données fictives)" if self.synthetic else "")
        )
        table.add_column("")
        table.add_column("lignes", justify="right")
        for name, count in self.read.items():
            table.add_row(f"lu : {name}", figure(count))
        for name, count in self.kept.items():
            change = self.difference.get(name)
            note = f" ({change:+,})".replace(",", " ") if change is not None and self.previous else ""
            table.add_row(f"gardé : {name}", figure(count) + note)
        for name, count in self.rejected.items():
            table.add_row(f"écarté : {name}", figure(count))
        for name, count in self.damaged_bytes.items():
            table.add_row(f"octets abîmés remplacés : {name}", figure(count))
        console.print(table)
        for name, said in self.downloads.items():
            console.print(f"{name} : {said}", markup=False)
        for name, instead in self.left_aside.items():
            console.print(f"Laissé de côté : {name} (lu à sa place : {instead})")
        for register in REGISTERS:
            if lack := self.missing.get(register.name):
                console.print(
                    f"Attention, {register.title} ({register.beginning}) : rien de lu ; {lack}.", markup=False
                )
        for name, why in self.unread.items():
            console.print(f"Pas lu : {name} ({why})", markup=False)
        if self.unread:
            console.print(
                f"Noms attendus : {', '.join(register.beginning for register in REGISTERS)}, en parquet, csv, csv.gz ou zip ; "
                "tout autre tableau se lit avec une correspondance (docs/reference/tables.md).",
                markup=False,
            )
        console.print(f"{Path(self.path)}  ({sum(self.phases.values()):.1f} s)")
        if self.unchanged:
            console.print("Rien n’a changé depuis la publication précédente.")


def figure(count: int) -> str:
    """With its thousands apart, as the Imprimerie nationale writes them."""
    return f"{count:,}".replace(",", "\u202f")
