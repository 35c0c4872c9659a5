"""Builds the shipped table of communes, EPCI and dated perimeters from two vintages of one npm package.

    npm pack @etalab/decoupage-administratif@6.0.0 @etalab/decoupage-administratif@1.1.1
    python scripts/build_communes.py etalab-decoupage-administratif-6.0.0.tgz etalab-decoupage-administratif-1.1.1.tgz

Sources of the package: code officiel géographique (INSEE), intercommunalités (DGCL), codes postaux (La Poste);
Licence Ouverte 2.0. Two snapshots say who belonged where in 2021 and in 2026, not the day between them when it
changed: `valid_to` of a pair seen only in 2021 is the eve of the later snapshot, and `source` says so.
The output is byte for byte the same for the same input.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import tarfile
from collections import Counter
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "horizon" / "observatory" / "data"
NOW, BEFORE = "2026-01-01", "2021-01-01"
EVE = "2025-12-31"
POPULATION_VINTAGE = "2023"


def members(tarball: Path) -> tuple[list[dict], list[dict]]:
    """(communes, epci) of a package."""
    with tarfile.open(tarball) as archive:
        return tuple(
            json.load(archive.extractfile(f"package/data/{name}.json")) for name in ("communes", "epci")
        )


def write(name: str, header: list[str], rows: list[list]) -> None:
    """One gzipped CSV without a date in its header, so that the bytes depend on the rows alone."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([["" if value is None else value for value in row] for row in rows])
    with (
        (OUT / name).open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as stream,
    ):
        stream.write(text.getvalue().encode())
    print(f"{name}: {len(rows)} rows, {(OUT / name).stat().st_size} bytes")


def main() -> None:
    """Reads the two tarballs and the centroids, writes the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("current", type=Path)
    parser.add_argument("older", type=Path)
    arguments = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    communes, epcis = members(arguments.current)
    _, old_epcis = members(arguments.older)

    current = {row["code"] for row in communes if row["type"] == "commune-actuelle"}
    parent = {
        row["code"]: row.get("chefLieu") or row.get("commune")
        for row in communes
        if row["type"] != "commune-actuelle"
    }
    today = {**parent}
    for row in communes:
        for code in row.get("anciensCodes", []):
            today.setdefault(code, row["code"])

    def now(code: str) -> str | None:
        seen = set()
        while code not in current:
            if code in seen or code not in today:
                return None
            seen.add(code)
            code = today[code]
        return code

    belongs = {member["code"]: epci["code"] for epci in epcis for member in epci["membres"]}
    centroids = read_centroids()
    write(
        "communes.csv.gz",
        ["code", "name", "kind", "parent_code", "department", "region", "epci_code", "population",
         "population_vintage", "lat", "lon", "postal_codes", "former_codes"],
        [
            [
                row["code"], row["nom"], row["type"], parent.get(row["code"]), row.get("departement"), row.get("region"),
                belongs.get(now(row["code"]) or ""), row.get("population"),
                POPULATION_VINTAGE if row.get("population") is not None else None,
                *centroids.get(row["code"], (None, None)),
                "|".join(row.get("codesPostaux", [])), "|".join(row.get("anciensCodes", [])),
            ]
            for row in sorted(communes, key=lambda row: (row["code"], row["type"]))
        ],
    )  # fmt: skip

    pairs = {(epci["code"], member["code"]) for epci in epcis for member in epci["membres"]}
    old_pairs = {
        (epci["code"], code)
        for epci in old_epcis
        for member in epci["membres"]
        if (code := now(member["code"]))
    }
    write(
        "perimeters.csv.gz",
        ["epci_code", "commune_code", "valid_from", "valid_to", "source"],
        [
            [
                *pair,
                BEFORE if pair in old_pairs else NOW,
                None if pair in pairs else EVE,
                {(True, True): "DGCL 2021 et 2026", (True, False): "DGCL 2026, absent en 2021",
                 (False, True): "DGCL 2021, absent en 2026"}[pair in pairs, pair in old_pairs],
            ]
            for pair in sorted(pairs | old_pairs)
        ],
    )  # fmt: skip

    living = {epci["code"]: epci for epci in epcis}
    gone = [epci for epci in old_epcis if epci["code"] not in living]
    rows = [
        [epci["code"], epci["nom"], epci["type"], "current", None, len(epci["membres"]), epci["populationMunicipale"],
         epci["populationTotale"], NOW]
        for epci in epcis
    ]  # fmt: skip
    for epci in gone:
        heirs = Counter(
            belongs[code] for member in epci["membres"] if (code := now(member["code"])) and code in belongs
        )
        rows.append(
            [
                epci["code"], epci["nom"], epci["type"], "vanished",
                "|".join(code for code, _ in sorted(heirs.items(), key=lambda item: (-item[1], item[0]))),
                len(epci["membres"]), epci["populationMunicipale"], epci["populationTotale"], BEFORE,
            ]
        )  # fmt: skip
    write(
        "epcis.csv.gz",
        [
            "code",
            "name",
            "kind",
            "status",
            "replaced_by",
            "members",
            "population",
            "population_total",
            "last_seen",
        ],
        sorted(rows),
    )
    print(f"{len(gone)} EPCI of {BEFORE[:4]} have vanished")


def read_centroids() -> dict[str, tuple[str, str]]:
    """(lat, lon) in degrees by commune, from the hand-kept table beside the output."""
    with (OUT / "centroids.csv").open(encoding="utf-8") as stream:
        return {row["code"]: (row["lat"], row["lon"]) for row in csv.DictReader(stream)}


if __name__ == "__main__":
    main()
