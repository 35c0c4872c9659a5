"""`observe` against the floor: the time of only scanning the columns it needs, in the same run, each in its own process.

Growth is shown from one scale to the next. pandas and Polars do the perimeter, the joins and the indicators (bench/perimeter.py)
and must find the figures of `observe`.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import duckdb

from bench import perimeter
from horizon.observatory.registers import ESTABLISHMENTS, RNA, UNITS

FILES = {
    UNITS: "StockUniteLegale_utf8.parquet",
    ESTABLISHMENTS: "StockEtablissement_utf8.parquet",
    RNA: "rna_waldec_20261101.parquet",
}
# Perimeter, joins and indicators: every model but doors and poles; the digest of the files is no join, nor what the panorama reads.
THEMES = ("marts/60_doors", "marts/61_doors.sliced")
NOT_JOINS = (*THEMES, "marts/75_panorama", "marts/sources")


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

    marts = tempfile.TemporaryDirectory(dir=folder.parent)
    report = observe(folder, marts.name)
    joined = sum(seconds for name, seconds in report.models.items() if "/" in name and name not in NOT_JOINS)
    return {
        "joins": joined, "doors": sum(report.models.get(name, 0) for name in THEMES), "kept": report.kept, "run": report.run_id,
        "models": report.models, "after": lambda: perimeter.ours(Path(marts.name) / "current"),
    }  # fmt: skip


WORK = {"floor": floor, "observe": whole, "polars": perimeter.polars, "pandas": perimeter.pandas}
RIVALS = ("polars", "pandas")


def measured(work: str, folder: Path) -> dict:
    """Seconds, CPU seconds and peak megabytes of one piece of work in a fresh process."""
    answer = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "bench.observe", work, str(folder)], capture_output=True, text=True, check=True
    )
    return json.loads(answer.stdout.splitlines()[-1])


def run(scales: list[float], out: Path, only: tuple[str, ...] = tuple(WORK)) -> list[dict]:
    """Generates registers at each scale in `out` when they are not there, measures, prints a table; returns its lines."""
    from horizon.observatory.synthetic import generate_national

    lines = []
    for scale in scales:
        folder = out / f"national-{scale}"
        if not (folder / "SYNTHETIC.json").exists():
            generate_national(folder, scale=scale, seed=1)
        base, found = measured("floor", folder), {}
        for work in only:
            if work in RIVALS and not find_spec(work):
                print(f"{scale:>6}  {work:<8} n’est pas installé")
                continue
            line = {"scale": scale, "work": work, **(base if work == "floor" else measured(work, folder))}
            line["ratio"] = round(line["cpu"] / base["cpu"], 2)
            lines.append(line)
            found[work] = line
            print(
                f"{scale:>6}  {work:<8} {line['seconds']:>7.2f} s  {line['cpu']:>7.2f} s CPU  × {line['ratio']:<6} {line['mb']:>5} Mo"
            )
            if "joins" in line:
                joins, themes = line["joins"] / base["cpu"], line["doors"] / base["cpu"]
                print(
                    f"        dont périmètre, jointures, indicateurs : {line['joins']:.2f} s, × {joins:.2f} ; "
                    f"portes et pôles : {line['doors']:.2f} s, × {themes:.2f} ; publication {line['run']}"
                )
                others = ("sources", "marts/75_panorama", "contract", "write")
                said = ", ".join(f"{name} {line['models'][name]:.2f} s" for name in others)
                print(f"        et encore : {said}")
            if work in RIVALS and "observe" in found:
                same = line["digest"] == found["observe"]["digest"]
                print(
                    f"        périmètre, jointures, indicateurs seuls ; {line['figures']} chiffres, "
                    + ("les mêmes que observe" if same else "QUI DIFFÈRENT de ceux de observe")
                )
    return lines


def main() -> None:
    """`python -m bench.observe WORK FOLDER` measures one piece of work in this process; libraries are loaded before."""
    work, folder = WORK[sys.argv[1]], Path(sys.argv[2])
    if sys.argv[1] in RIVALS:
        import_module(sys.argv[1])
    began, cpu = time.monotonic(), time.process_time()
    result = work(folder)
    result |= {
        "seconds": time.monotonic() - began,
        "cpu": time.process_time() - cpu,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    result |= result.pop("after", dict)()
    print(json.dumps(result))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in WORK:
        main()
    else:
        run(
            [float(scale) for scale in sys.argv[1:]] or [0.01, 0.1],
            Path(os.environ.get("HORIZON_BENCH", "var/bench")),
        )
