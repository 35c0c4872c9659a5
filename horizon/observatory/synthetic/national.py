"""Synthetic national registers of any size, drawn inside DuckDB, for measuring the pipeline.

Scale 1 is the size of the real registers: 29 million legal units, 43 million establishments, 1.9 million
associations. Frequencies are those measured on the real ones, names are combinations without meaning. Every
value comes from a hash of the row number and the seed: the same seed gives the same bytes on any number of
threads (with the pinned version of DuckDB). The SQL is in `national_sql/`.
"""

import csv
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb

from horizon.observatory import shipped
from horizon.observatory.synthetic import french
from horizon.observatory.synthetic.activities import activities, conventional, naf_2025_codes
from horizon.observatory.synthetic.filling import MARKER, filling
from horizon.observatory.synthetic.lambert93 import to_lambert93, to_utm
from horizon.observatory.synthetic.population import VINTAGE
from horizon.observatory.synthetic.registers import PERSONAL_MARKER
from horizon.observatory.synthetic.territory import STREET_TYPES, load_territory

UNITS = 29_000_000
RNA_ONLY = 950_000
SQL = Path(__file__).with_name("national_sql")
_MEMORY = "640MB"
# Inhabitants per slot: a draw picks a slot, a slot belongs to a commune.
_SLOT = 90
_NO_RNA = ("57", "67", "68")
# Overseas departments have their own projection: UTM zone, southern hemisphere.
_UTM = {"971": (20, False), "972": (20, False), "973": (22, False), "974": (40, True), "975": (21, False)}
_UTM |= {"976": (38, True), "977": (20, False), "978": (20, False)}
_RNA_PREFIX = {
    "971": "W9G",
    "972": "W9M",
    "973": "W9C",
    "974": "W9R",
    "975": "W9S",
    "976": "W9Y",
    "977": "W9B",
    "978": "W9N",
}
_SMALL_DEPARTMENTS = ("75", "90", "92", "93", "94", "95", "91", "972", "975", "976", "977", "978")

_LEGAL = {
    "5499": 290, "5710": 235, "6540": 160, "9220": 118, "6599": 42, "9110": 40, "5599": 16, "5202": 12, "7210": 9,
    "6598": 22, "6533": 8, "6597": 6, "6589": 8, "5785": 7, "5485": 6, "8310": 7, "9260": 3, "9221": 1, "9222": 1,
    "9223": 1, "9230": 1, "5458": 2, "5460": 1, "5558": 1, "6316": 3, "6317": 1, "8210": 1, "9300": 1, "7361": 2,
    "8410": 3,
}  # fmt: skip
_BANDS = {"00": 26, "01": 38, "02": 17, "03": 9, "11": 6, "12": 4, "21": 2, "22": 1, "31": 1, "41": 1}
_SECOND = (
    "DU MARRONNIER;DE LA VALLEE;DES QUATRE VENTS;DU PONT VIEUX;DES REMPARTS;DE LA FONTAINE;DU LEVANT;DES TROIS RIVIERES;"
    "DU BEFFROI;DES COTEAUX;DE L'ETANG;DES ROSEAUX;DU GRAND PRE;DES SOURCES;DE LA LISIERE;DU CAUSSE;DES ALPAGES;DU MARAIS;"
    "DES DUNES;DE LA BAIE;DU HAMEAU;DES VIGNERONS;DE LA TOUR;DU MOULIN;DES CHATAIGNIERS;DE LA COMBE;DU BOCAGE;DES ETOILES"
)
_COMPANY_FIRST = (
    "SOCIETE;ATELIER;COMPTOIR;MAISON;CABINET;GROUPE;AGENCE;ENTREPRISE;CHANTIERS;TRANSPORTS;JARDINS;BOUTIQUE"
)
_ASSO_FIRST = "ASSOCIATION;AMICALE;COMITE;CLUB;LES AMIS;UNION;COLLECTIF;FOYER;CERCLE;ENTENTE;COMPAGNIE;ECOLE"
_PLACES = "DU NORD;DU SUD;DE L'EST;DE L'OUEST;DU CENTRE;D'EN HAUT;D'EN BAS;DE LA COTE;DE LA PLAINE;DU PLATEAU"
_THIRD = ";;; ET FILS; SERVICES; CONSEIL; INVEST; RENOVATION; DISTRIBUTION"
_ACRONYMS = "CF;DL;MR;SA;PT;LB;NE;OR;AV;GM"


def generate_national(
    out: Path,
    scale: float = 0.01,
    seed: int = 1,
    threads: int | None = None,
    format: str = "parquet",
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Writes national registers at `scale` (1 = the real size) in `out` and returns a summary.

    `format` is "parquet" (default) or "csv" (RNA with semicolons). `progress` receives the name of each
    file once written. The summary holds rows and bytes by file. Raises ValueError for a scale that is not
    positive or above 1, or for another format, and the errors of `filling`.
    """
    if not 0 < scale <= 1:
        raise ValueError(f"scale must be above 0 and at most 1, not {scale}")
    if format not in ("parquet", "csv"):
        raise ValueError(f"format must be parquet or csv, not {format!r}")
    with filling(out) as folder:
        files = _write(folder, scale, seed, threads or os.cpu_count() or 1, format, progress)
        stamp = {
            "synthetic": True,
            "demo": False,
            "seed": seed,
            "scale": scale,
            "vintage": VINTAGE.isoformat(),
            "files": {name: facts["rows"] for name, facts in files.items()},
        }
        text = json.dumps(stamp, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        (folder / MARKER).write_text(text, encoding="utf-8")
    return {"out": str(out), "seed": seed, "scale": scale, "files": files}


def _write(
    folder: Path,
    scale: float,
    seed: int,
    workers: int,
    file_format: str,
    progress: Callable[[str], None] | None,
) -> dict[str, dict[str, int]]:
    """The files of the registers; returns their rows and bytes."""
    files: dict[str, dict[str, int]] = {}
    with (
        tempfile.TemporaryDirectory(dir=folder) as scratch,
        duckdb.connect(str(Path(scratch) / "ids.duckdb")) as connection,
    ):
        connection.execute(f"SET threads = {workers}")
        connection.execute(f"SET memory_limit = '{_MEMORY}'")
        values = _prepare(connection, Path(scratch), scale, seed)
        targets = list(_targets(file_format))
        cursors = [connection.cursor() for _ in targets]

        def write(target: tuple[str, str], cursor: duckdb.DuckDBPyConnection) -> None:
            name, model = target
            with cursor:
                _tune(cursor, values)
                rows = _copy(cursor, folder / name, model)
            files[name] = {"rows": rows, "bytes": (folder / name).stat().st_size}
            if progress:
                progress(name)

        # DuckDB writes one file in order with one core: two files at once use two.
        with ThreadPoolExecutor(max_workers=min(2, workers)) as pool:
            writing = [pool.submit(write, *work) for work in zip(targets, cursors, strict=True)]
            try:
                for one in writing:
                    one.result()
            except BaseException:
                _stop(writing, cursors)
                raise
    return {name: files[name] for name, _ in targets}


def _stop(writing: list[Future[None]], cursors: list[duckdb.DuckDBPyConnection]) -> None:
    """Stops what is being written: an interruption that falls between two queries is lost, so it is said again."""
    left = {one for one in writing if not one.cancel()}
    while left:
        for cursor in cursors:
            with suppress(duckdb.Error):  # a cursor that has finished is closed
                cursor.interrupt()
        left = wait(left, timeout=0.1).not_done


def _targets(file_format: str) -> Iterator[tuple[str, str]]:
    yield f"StockUniteLegale_utf8.{file_format}", "legal_units"
    yield f"StockEtablissement_utf8.{file_format}", "establishments"
    yield f"rna_waldec_20261101.{file_format}", "associations"
    yield "liste-ess-france-2026.csv", "ess_list"


def _copy(connection: duckdb.DuckDBPyConnection, path: Path, model: str) -> int:
    """Streams one model to its file."""
    query = (SQL / f"{model}.sql").read_text(encoding="utf-8")
    if path.suffix == ".csv":
        separator = ";" if model == "associations" else ","
        force = ", FORCE_QUOTE *" if model == "associations" else ""
        options = f"FORMAT csv, HEADER, DELIMITER '{separator}'{force}"
    else:
        options = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 122880"
    # Without PRESERVE_ORDER, a query that joins writes its rows in an order that depends on the threads.
    target = str(path).replace("'", "''")
    rows = connection.execute(f"COPY ({query}) TO '{target}' ({options}, PRESERVE_ORDER true)").fetchone()  # noqa: S608
    return rows[0] if rows else 0


def _prepare(connection: duckdb.DuckDBPyConnection, scratch: Path, scale: float, seed: int) -> dict[str, Any]:
    """Row numbers, communes, then the views that draw. Returns the variables every connection must set."""
    units = max(200, round(UNITS * scale))
    rna_only = max(20, round(RNA_ONLY * scale))
    connection.execute("CREATE TABLE ids AS SELECT range AS i FROM range($n)", {"n": units})
    connection.execute("CREATE TABLE rna_ids AS SELECT range AS r FROM range($n)", {"n": rna_only})
    slots = _load_places(connection, scratch)
    values: dict[str, Any] = {
        "seed": f"horizon-{seed}",
        "step": (10**8 - 2_000_000) // units,
        "first_block": 1_000_000,
        "slots": slots,
        "mark": PERSONAL_MARKER,
        "last_day": date(2026, 10, 16),
        "day_zero": date(1971, 3, 16),
        **_words(),
    }
    _tune(connection, values)
    for model in ("drawn", "association_rows"):
        connection.execute((SQL / f"{model}.sql").read_text(encoding="utf-8"))
    return values


def _tune(connection: duckdb.DuckDBPyConnection, values: dict[str, Any]) -> None:
    """Variables belong to a connection; joins run as written, so that rows stream through the small tables in order."""
    connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    for name, value in values.items():
        connection.execute(f"SET VARIABLE {name} = $value", {"value": value})


def _spread(weights: dict[str, int]) -> list[str]:
    """Each word as often as its weight says: a uniform draw in the list is a weighted draw."""
    return [word for word, weight in weights.items() for _ in range(weight)]


def _ascii(text: str) -> str:
    return french.strip_accents(text).encode("ascii", "ignore").decode()


def _load_places(connection: duckdb.DuckDBPyConnection, scratch: Path) -> int:
    """Tables `places` (communes with postal codes and a projected point) and `slots` (places by population).

    Returns the number of slots, below a million so that the joins address them directly and keep the order.
    """
    with (SQL / "departments.csv").open(encoding="utf-8", newline="") as stream:
        departments = {row["code"]: (float(row["lat"]), float(row["lon"])) for row in csv.DictReader(stream)}
    centroids = {row["code"]: (float(row["lat"]), float(row["lon"])) for row in shipped.rows("centroids")}
    communes = [
        row
        for row in shipped.rows("communes")
        if row["department"] in departments
        and row["postal_codes"]
        and row["population"]
        and row["kind"] in ("commune-actuelle", "arrondissement-municipal")
        and row["code"] not in ("75056", "69123", "13055")
    ]
    communes.sort(key=lambda row: row["code"])
    places: list[tuple[Any, ...]] = []
    slots: list[tuple[int, int]] = []
    for place, row in enumerate(communes):
        x, y = _point(row["code"], row["department"], departments, centroids)
        reach = 0.02 + min(0.08, int(row["population"]) / 1_000_000)
        places.append(
            (
                place,
                row["code"],
                french.strip_accents(row["name"]).upper(),
                row["department"],
                row["postal_codes"],
                f"{x:.2f}",
                f"{y:.2f}",
                f"{reach:.4f}",
                ""
                if row["department"] in _NO_RNA
                else _RNA_PREFIX.get(row["department"], f"W{row['code'][:2]}"),
            )
        )
        slots += [(len(slots) + k, place) for k in range(max(1, round(int(row["population"]) / _SLOT)))]
    _load(
        connection,
        scratch,
        "raw_places",
        "place code label department postal_codes x y spread rna_prefix",
        places,
    )
    _load(connection, scratch, "raw_slots", "slot place", slots)
    connection.execute(
        """
        CREATE TABLE places AS SELECT CAST(place AS INTEGER) AS place, code, label, department,
            string_split(postal_codes, '|') AS postal_codes, CAST(x AS DECIMAL(10, 2)) AS x, CAST(y AS DECIMAL(10, 2)) AS y,
            CAST(spread AS DECIMAL(6, 4)) AS spread, nullif(rna_prefix, '') AS rna_prefix
        FROM raw_places;
        CREATE TABLE slots AS SELECT CAST(slot AS INTEGER) AS slot, CAST(place AS INTEGER) AS place FROM raw_slots;
        DROP TABLE raw_places;
        DROP TABLE raw_slots;
        """
    )
    return len(slots)


def _load(
    connection: duckdb.DuckDBPyConnection,
    scratch: Path,
    table: str,
    columns: str,
    rows: list[tuple[Any, ...]],
) -> None:
    """A table of text from plain rows, through a CSV in the scratch folder."""
    path = scratch / f"{table}.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns.split())
        writer.writerows(rows)
    connection.execute(
        f"CREATE TABLE {table} AS SELECT * FROM read_csv($path, header = true, all_varchar = true)",  # noqa: S608
        {"path": str(path)},
    )


def _point(
    code: str,
    department: str,
    departments: dict[str, tuple[float, float]],
    centroids: dict[str, tuple[float, float]],
) -> tuple[float, float]:
    """A point for a commune: its centroid when shipped, else a fixed one near the middle of its department."""
    if code in centroids:
        lat, lon = centroids[code]
        return to_lambert93(lon, lat)
    lat, lon = departments[department]
    if department in _UTM:
        x, y = to_utm(lon, lat, *_UTM[department])
    else:
        x, y = to_lambert93(lon, lat)
    reach = 3_000 if department in _SMALL_DEPARTMENTS else 17_000
    digest = sha256(code.encode()).digest()
    return (
        x + reach * (int.from_bytes(digest[:4]) / 2**31 - 1),
        y + reach * (int.from_bytes(digest[4:8]) / 2**31 - 1),
    )


def _words() -> dict[str, list[str]]:
    """The lists that the SQL draws from."""
    streets = [s.upper() for s in load_territory().streets]
    codes = conventional()
    purposes: dict[str, list[str]] = {"purposes": [], "social_objects": []}
    for activity in activities():
        plain = [text for text in activity.objects if "{" not in text and "|" not in text and text]
        for text in plain[:2]:
            purposes["purposes"].append(_ascii(text))
            purposes["social_objects"].append(activity.rna[0])
    association = _spread(
        {"94.99Z": 60, "93.12Z": 10, "90.01Z": 5, "88.99B": 4, "93.29Z": 4, "85.59A": 2, "88.91A": 1}
    )
    naf = {"person": codes["person_kinds"], "company": codes["kinds"], "association": association}
    pairs = naf_2025_codes()
    return {
        **{f"naf_{key}": list(value) for key, value in naf.items()},
        **{f"naf25_{key}": [pairs[code] for code in value] for key, value in naf.items()},
        **purposes,
        "legal": _spread(_LEGAL),
        "bands": _spread(_BANDS),
        "streets": [_ascii(s) for s in streets],
        "street_types": [long for long, _, weight in STREET_TYPES for _ in range(weight)],
        "street_types_short": [short for _, short, weight in STREET_TYPES for _ in range(weight)],
        "first_names": [f"{PERSONAL_MARKER} {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"],
        "company_first": _COMPANY_FIRST.split(";"),
        "asso_first": _ASSO_FIRST.split(";"),
        "second": _SECOND.split(";"),
        "third": _THIRD.split(";"),
        "places": _PLACES.split(";"),
        "acronyms": _ACRONYMS.split(";"),
    }
