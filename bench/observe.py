"""`observe` against the floor: the time of only scanning the columns it needs, in the same run, each in its own process.

Growth is shown from one scale to the next. pandas and Polars do the same count of structures in scope by commune when they
are installed; they are no dependency of the project.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import duckdb

from horizon.observatory.registers import ESTABLISHMENTS, RNA, UNITS

FILES = {
    UNITS: "StockUniteLegale_utf8.parquet",
    ESTABLISHMENTS: "StockEtablissement_utf8.parquet",
    RNA: "rna_waldec_20261101.parquet",
}
# What the issue calls perimeter, joins and indicators: no door, no pole, no writing.
THEMES = ("marts/60_doors", "marts/61_doors.sliced")


def floor(folder: Path) -> dict:
    """Reads every needed column once."""
    with duckdb.connect() as connection:
        for register, name in FILES.items():
            columns = ", ".join(
                f'max(length(CAST("{column}" AS VARCHAR)))'
                for column in (*register.required, *register.optional)
            )
            connection.execute(f"SELECT {columns} FROM read_parquet('{folder / name}')").fetchall()
    return {}


def whole(folder: Path) -> dict:
    """The pipeline, publication included."""
    from horizon.observatory.pipeline import observe

    with tempfile.TemporaryDirectory(dir=folder.parent) as marts:
        report = observe(folder, marts)
    joined = sum(seconds for name, seconds in report.models.items() if name not in THEMES)
    return {"joins": joined, "doors": sum(report.models.get(name, 0) for name in THEMES), "kept": report.kept}


def polars(folder: Path) -> dict:
    """Structures in scope by commune, with Polars."""
    import polars as pl

    units = pl.scan_parquet(folder / FILES[UNITS]).filter(
        pl.col("economieSocialeSolidaireUniteLegale") == "O"
    )
    places = pl.scan_parquet(folder / FILES[ESTABLISHMENTS])
    joined = (
        places.join(units.select("siren"), on="siren", how="semi").group_by("codeCommuneEtablissement").len()
    )
    return {"rows": joined.collect().height}


def pandas(folder: Path) -> dict:
    """Structures in scope by commune, with pandas."""
    import pandas as pd

    units = pd.read_parquet(folder / FILES[UNITS], columns=["siren", "economieSocialeSolidaireUniteLegale"])
    kept = units[units["economieSocialeSolidaireUniteLegale"] == "O"][["siren"]]
    places = pd.read_parquet(folder / FILES[ESTABLISHMENTS], columns=["siren", "codeCommuneEtablissement"])
    return {"rows": len(places.merge(kept, on="siren").groupby("codeCommuneEtablissement").size())}


WORK = {"floor": floor, "observe": whole, "polars": polars, "pandas": pandas}


def measured(work: str, folder: Path) -> dict:
    """Seconds, CPU seconds and peak megabytes of one piece of work in a fresh process."""
    answer = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "bench.observe", work, str(folder)], capture_output=True, text=True, check=True
    )
    return json.loads(answer.stdout.splitlines()[-1])


def run(scales: list[float], out: Path) -> list[dict]:
    """Generates registers at each scale in `out` when they are not there, measures, prints a table; returns its lines."""
    from horizon.observatory.synthetic import generate_national

    lines = []
    for scale in scales:
        folder = out / f"national-{scale}"
        if not (folder / "SYNTHETIC.json").exists():
            generate_national(folder, scale=scale, seed=1)
        base = measured("floor", folder)
        for work in WORK:
            if work in {"polars", "pandas"} and not find_spec(work):
                print(f"{scale:>6}  {work:<8} n’est pas installé")
                continue
            line = {"scale": scale, "work": work, **(base if work == "floor" else measured(work, folder))}
            line["ratio"] = round(line["cpu"] / base["cpu"], 2)
            lines.append(line)
            print(
                f"{scale:>6}  {work:<8} {line['seconds']:>7.2f} s  {line['cpu']:>7.2f} s CPU  × {line['ratio']:<6} {line['mb']:>5} Mo"
            )
            if "joins" in line:
                joins, themes = line["joins"] / base["cpu"], line["doors"] / base["cpu"]
                print(
                    f"        périmètre, jointures, indicateurs : × {joins:.2f} ; portes et pôles : × {themes:.2f}"
                )
    return lines


def main() -> None:
    """`python -m bench.observe WORK FOLDER` measures one piece of work in this process."""
    work, folder = WORK[sys.argv[1]], Path(sys.argv[2])
    began, cpu = time.monotonic(), time.process_time()
    result = work(folder)
    result |= {
        "seconds": time.monotonic() - began,
        "cpu": time.process_time() - cpu,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in WORK:
        main()
    else:
        run(
            [float(scale) for scale in sys.argv[1:]] or [0.01, 0.1],
            Path(os.environ.get("HORIZON_BENCH", "var/bench")),
        )
