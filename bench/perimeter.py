"""Perimeter, joins and indicators written again with pandas and with Polars, as somebody who knows each library would.

The same seven counts by territory and family as the mart `indicators`, from the same registers; themes, addresses, points and
rejects are left out, so the two do less than our own models. `figures` makes answers comparable: they must be equal.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from horizon.observatory import shipped

UNITS = "StockUniteLegale_utf8.parquet"
ESTABLISHMENTS = "StockEtablissement_utf8.parquet"
RNA = "rna_waldec_20261101.parquet"
LISTED = "liste-ess-france-2026.csv"
STRUCTURES = {"ess_structures": "n", "ess_employers": "employing", "ess_created_last_year": "young"}
PLACES = {"ess_establishments": "n", "ess_employer_establishments": "employing"}
EVERYONE = {"all_establishments": "n", "private_employer_establishments": "private"}
UNIT_COLUMNS = ("siren", "categorieJuridiqueUniteLegale", "economieSocialeSolidaireUniteLegale", "etatAdministratifUniteLegale",
                "activitePrincipaleUniteLegale", "nomenclatureActivitePrincipaleUniteLegale", "trancheEffectifsUniteLegale",
                "caractereEmployeurUniteLegale", "identifiantAssociationUniteLegale", "dateCreationUniteLegale")  # fmt: skip
PLACE_COLUMNS = ("siren", "siret", "etablissementSiege", "etatAdministratifEtablissement", "codeCommuneEtablissement",
                 "trancheEffectifsEtablissement", "caractereEmployeurEtablissement")  # fmt: skip
RNA_COLUMNS = ("id", "siret", "objet_social1", "date_creat", "date_disso", "nature", "position", "adrs_codeinsee",
               "adrs_codepostal", "adrs_libcommune")  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What the project ships: family and reason by legal category, exclusions as prefixes, current commune of any code, and
    the territories of each commune; `first` and `last` are the soundest dates, `young` the day twelve months ago."""

    categories: list[tuple[str, str, bool]]
    exclusions: dict[str, tuple[str, ...]]
    current: list[tuple[str, str]]
    levels: list[tuple[str, str]]
    first: date = date(1500, 1, 1)
    last: date = date(2027, 11, 1)
    young: date = date(2025, 11, 1)


def facts() -> Facts:
    """The facts, from the files that the pipeline reads."""
    with (shipped.RULES / "legal_categories.csv").open(encoding="utf-8") as stream:
        rules = sorted(csv.DictReader(stream), key=lambda rule: -len(rule["prefix"]))
    categories = []
    for code in shipped.labels("legal_categories_3"):
        rule = next((rule for rule in rules if code.startswith(rule["prefix"])), None)
        if rule:
            categories.append((code, rule["family"], rule["reason"] == "1"))
    exclusions: dict[str, tuple[str, ...]] = {}
    with (shipped.RULES / "exclusions.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            exclusions[row["kind"]] = (*exclusions.get(row["kind"], ()), row["prefix"])
    levels = []
    for commune in shipped.rows("communes"):
        if commune["kind"] == "commune-actuelle":
            code, epci = commune["code"], commune["epci_code"]
            keys = [
                "FR",
                f"region:{commune['region']}",
                f"department:{commune['department']}",
                f"commune:{code}",
            ]
            levels += [(code, key) for key in (*keys, *([f"epci:{epci}"] if epci else []))]
    return Facts(categories, exclusions, sorted(shipped.resolver().codes.items()), levels)


def figures(lines: list[tuple[str, str, str | None, int]]) -> dict:
    """How many figures and their digest, from (territory, indicator, family or None, value)."""
    text = "\n".join(
        sorted(f"{where} {name} {family or ''} {int(value)}" for where, name, family, value in lines)
    )
    return {"figures": len(lines), "digest": hashlib.sha256(text.encode()).hexdigest()[:16]}


def ours(folder: Path) -> dict:
    """The figures of a publication of the pipeline."""
    names = ", ".join(f"'{name}'" for name in (*STRUCTURES, *PLACES, *EVERYONE))
    with duckdb.connect() as connection:
        return figures(
            connection.execute(
                "SELECT territory, indicator, nullif(regexp_extract(dimensions, '\"family\": \"(.*)\"', 1), ''), value "
                f"FROM '{folder}/indicators.parquet' WHERE indicator IN ({names})"
            ).fetchall()
        )


def polars(folder: Path) -> dict:
    """With Polars: lazy scans, one materialised table of the units in scope."""
    import polars as pl

    known, resolve = facts(), shipped.resolver().resolve
    categories = pl.LazyFrame(known.categories, schema=["category", "family", "reason"], orient="row")
    current = pl.LazyFrame(known.current, schema=["code", "commune"], orient="row")
    levels = pl.DataFrame(known.levels, schema=["commune", "territory"], orient="row").lazy()

    def starts(column: str, kind: str) -> pl.Expr:
        prefixes = known.exclusions.get(kind, ())
        return pl.any_horizontal([pl.col(column).str.starts_with(prefix) for prefix in prefixes]).fill_null(
            False
        )

    def employs(flag: str, band: str) -> pl.Expr:
        staffed = pl.col(band).str.contains(r"^\d\d?$") & (pl.col(band).str.zfill(2) > "00")
        said = pl.col(flag)
        return (said == "O").fill_null(False) | (said.ne_missing("N") & staffed.fill_null(False))

    def sound(column: pl.Expr) -> pl.Expr:
        kept = column.is_between(known.first, known.last) & (column != date(1900, 1, 1))
        return pl.when(kept).then(column)

    listed = (
        pl.scan_csv(folder / LISTED, infer_schema=False).select(siren=pl.col("SIREN").str.zfill(9)).unique()
    )
    category = pl.col("category")
    units = (
        pl.scan_parquet(folder / UNITS).select(UNIT_COLUMNS)
        .filter(pl.col("categorieJuridiqueUniteLegale") >= 2000)
        .with_columns(category=pl.col("categorieJuridiqueUniteLegale").cast(pl.String))
        .join(categories, on="category", how="left")
        .join(listed.with_columns(listed=pl.lit(True)), on="siren", how="left")
        .with_columns(
            flag=(pl.col("economieSocialeSolidaireUniteLegale") == "O").fill_null(False),
            listed=pl.col("listed").fill_null(False), public=category.str.starts_with("7"),
        )
        .filter(pl.col("flag") | pl.col("listed") | (pl.col("family") != "societe").fill_null(False) | pl.col("public")
                | category.str.starts_with("84"))
        .select(
            "siren", "category", "public", pl.col("family").fill_null("autre"),
            active=(pl.col("etatAdministratifUniteLegale") == "A").fill_null(False),
            reasoned=pl.col("flag") | pl.col("listed") | pl.col("reason").fill_null(False),
            naf=pl.when(pl.col("nomenclatureActivitePrincipaleUniteLegale").fill_null("NAFRev2") == "NAFRev2")
            .then(pl.col("activitePrincipaleUniteLegale")),
            employing=employs("caractereEmployeurUniteLegale", "trancheEffectifsUniteLegale"),
            rna=pl.col("identifiantAssociationUniteLegale"), created=sound(pl.col("dateCreationUniteLegale")),
        ).collect()
    )  # fmt: skip
    declared = (
        pl.scan_parquet(folder / RNA).select(RNA_COLUMNS).rename({"id": "rna"})
        .with_columns(siren=pl.col("siret").str.extract(r"^(\d{9})\d{5}$"),
                      object=pl.col("objet_social1").str.zfill(6),
                      rna_created=sound(pl.col("date_creat").cast(pl.String).str.head(10).str.to_date(strict=False)),
                      dissolved=sound(pl.col("date_disso").cast(pl.String).str.head(10).str.to_date(strict=False)))
        .join(current, left_on="adrs_codeinsee", right_on="code", how="left").collect()
    )  # fmt: skip
    labelled = ["adrs_codepostal", "adrs_libcommune"]
    asked = (
        declared.filter(pl.col("commune").is_null() & pl.col("adrs_libcommune").is_not_null())
        .select(labelled)
        .unique()
    )
    answers = asked.with_columns(
        resolved=pl.Series([resolve(*pair).code for pair in asked.rows()], dtype=pl.String)
    )
    declared = declared.join(answers, on=labelled, how="left", nulls_equal=True).with_columns(
        commune=pl.coalesce("commune", "resolved")
    )
    mine = units.filter(~pl.col("public"))
    pairs = pl.concat([
        mine.select("siren", "rna").join(declared.select("rna"), on="rna"),
        declared.select("siren", "rna").join(mine.select("siren"), on="siren").select("siren", "rna"),
    ]).unique()  # fmt: skip
    sure = pairs.filter((pl.len().over("siren") == 1) & (pl.len().over("rna") == 1))
    places = (
        pl.scan_parquet(folder / ESTABLISHMENTS).select(PLACE_COLUMNS)
        .join(mine.lazy().select("siren"), on="siren", how="semi")
        .join(current, left_on="codeCommuneEtablissement", right_on="code", how="left")
        .select(
            "siren", "siret", "commune", active=pl.col("etatAdministratifEtablissement") == "A",
            seat=pl.col("etablissementSiege").cast(pl.String).str.to_lowercase() == "true",
            place_employing=employs("caractereEmployeurEtablissement", "trancheEffectifsEtablissement"),
        ).collect()
    )  # fmt: skip
    employers = places.filter(pl.col("active") & pl.col("place_employing")).select("siren").unique()
    seats = (
        places.sort(~pl.col("seat"), ~pl.col("active"), "siret")
        .unique("siren", keep="first")
        .select("siren", "commune")
    )
    by_siren = (
        mine.drop("rna").join(sure, on="siren", how="left")
        .join(declared.select("rna", "object", "rna_created"), on="rna", how="left")
        .join(seats, on="siren", how="left").join(employers.with_columns(hires=True), on="siren", how="left")
        .with_columns(employing=pl.col("employing") | pl.col("hires").fill_null(False),
                      created=pl.coalesce("created", "rna_created"),
                      excluded=starts("category", "legal_category") | starts("naf", "naf") | starts("object", "rna_object"))
    )  # fmt: skip
    by_rna = declared.join(sure, on="rna", how="anti").with_columns(
        category=pl.when(pl.col("nature") == "R").then(pl.lit("9230")).otherwise(pl.lit("9220"))
    ).select(
        "commune", family=pl.lit("association"), employing=pl.lit(False), created=pl.col("rna_created"),
        active=(pl.col("position").is_null() | (pl.col("position") == "A")) & pl.col("dissolved").is_null(),
        excluded=starts("category", "legal_category") | starts("object", "rna_object"),
    )  # fmt: skip
    alive = by_siren.filter(pl.col("active") & pl.col("reasoned") & ~pl.col("excluded"))
    kept = ["commune", "family", "employing", "created"]
    structures = pl.concat(
        [alive.select(kept), by_rna.filter(pl.col("active") & ~pl.col("excluded")).select(kept)]
    )
    standing = places.filter("active").join(alive.select("siren", "family"), on="siren")
    everyone = (
        pl.scan_parquet(folder / ESTABLISHMENTS).filter(pl.col("etatAdministratifEtablissement") == "A")
        .join(current, left_on="codeCommuneEtablissement", right_on="code")
        .join(units.lazy().filter("public").select("siren", "public"), on="siren", how="left")
        .group_by("commune").agg(
            n=pl.len(), private=(employs("caractereEmployeurEtablissement", "trancheEffectifsEtablissement") & pl.col("public").is_null()).sum()
        )
    )  # fmt: skip
    by_structure = (
        structures.lazy()
        .group_by("commune", "family")
        .agg(n=pl.len(), employing=pl.col("employing").sum(), young=(pl.col("created") > known.young).sum())
    )
    by_place = (
        standing.lazy()
        .group_by("commune", "family")
        .agg(n=pl.len(), employing=pl.col("place_employing").sum())
    )
    lines: list = []
    for counted, names, families in (
        (by_structure, STRUCTURES, (True, False)), (by_place, PLACES, (True, False)), (everyone, EVERYONE, (False,)),
    ):  # fmt: skip
        spread = counted.join(levels, on="commune").collect()
        for by_family in families:
            key = ["territory", "family"] if by_family else ["territory"]
            summed = spread.group_by(key).agg(pl.col(sorted(set(names.values()))).sum())
            for name, column in names.items():
                found = summed.select(key + [column]).rows()
                lines += [(row[0], name, row[1] if by_family else None, row[-1]) for row in found]
    return figures(lines)


def pandas(folder: Path) -> dict:
    """With pandas: only the columns needed, Arrow strings, natural persons filtered at the reading."""
    import pandas as pd

    known, resolve = facts(), shipped.resolver().resolve
    categories = pd.DataFrame(known.categories, columns=["category", "family", "reason"])
    current = dict(known.current)
    levels = pd.DataFrame(known.levels, columns=["commune", "territory"])

    def starts(column: pd.Series, kind: str) -> pd.Series:
        return column.str.startswith(known.exclusions.get(kind, ())).fillna(False).astype(bool)

    def employs(flag: pd.Series, band: pd.Series) -> pd.Series:
        staffed = band.str.fullmatch(r"\d\d?").fillna(False).astype(bool) & (band.str.zfill(2) > "00")
        refused = (flag == "N").fillna(False).astype(bool)
        return (flag == "O").fillna(False).astype(bool) | staffed.fillna(False).astype(bool) & ~refused

    def sound(day: pd.Series, written: str | None = None) -> pd.Series:
        day = pd.to_datetime(day, errors="coerce", format=written)
        kept = day.between(pd.Timestamp(known.first), pd.Timestamp(known.last)) & (
            day != pd.Timestamp(1900, 1, 1)
        )
        return day.where(kept)

    listed = set(pd.read_csv(folder / LISTED, dtype=str)["SIREN"].str.zfill(9))
    units = pd.read_parquet(
        folder / UNITS, columns=list(UNIT_COLUMNS), filters=[("categorieJuridiqueUniteLegale", ">=", 2000)]
    )
    units["category"] = units["categorieJuridiqueUniteLegale"].astype("int64").astype(str)
    units = units.merge(categories, on="category", how="left")
    flag = (units["economieSocialeSolidaireUniteLegale"] == "O").fillna(False).astype(bool)
    units["public"] = units["category"].str.startswith("7")
    on_list = units["siren"].isin(listed)
    family = (units["family"].notna()) & (units["family"] != "societe")
    units["reasoned"] = flag | on_list | (units["reason"] == True)  # noqa: E712
    units = units[flag | on_list | family | units["public"] | units["category"].str.startswith("84")].copy()
    rev2 = units["nomenclatureActivitePrincipaleUniteLegale"].fillna("NAFRev2") == "NAFRev2"
    units["naf"] = units["activitePrincipaleUniteLegale"].where(rev2)
    units["employing"] = employs(units["caractereEmployeurUniteLegale"], units["trancheEffectifsUniteLegale"])
    units["created"] = sound(units["dateCreationUniteLegale"])
    units["active"] = units["etatAdministratifUniteLegale"] == "A"
    units["family"] = units["family"].fillna("autre")
    units = units.rename(columns={"identifiantAssociationUniteLegale": "rna"})
    units = units[
        ["siren", "category", "public", "family", "active", "reasoned", "naf", "employing", "rna", "created"]
    ]

    declared = pd.read_parquet(folder / RNA, columns=list(RNA_COLUMNS)).rename(columns={"id": "rna"})
    declared["siren"] = declared["siret"].str.extract(r"^(\d{9})\d{5}$", expand=False)
    declared["object"] = declared["objet_social1"].str.zfill(6)
    declared["rna_created"] = sound(declared["date_creat"].astype(str).str[:10], "%Y-%m-%d")
    declared["dissolved"] = sound(declared["date_disso"].astype(str).str[:10], "%Y-%m-%d")
    declared["commune"] = declared["adrs_codeinsee"].map(current)
    labelled = ["adrs_codepostal", "adrs_libcommune"]
    asked = declared.loc[
        declared["commune"].isna() & declared["adrs_libcommune"].notna(), labelled
    ].drop_duplicates()
    pairs = asked.astype(object).where(asked.notna(), None).itertuples(index=False)
    asked["resolved"] = [resolve(*pair).code for pair in pairs]
    declared = declared.merge(asked, on=labelled, how="left")
    declared["commune"] = declared["commune"].fillna(declared["resolved"])

    mine = units[~units["public"]]
    pairs = pd.concat([
        mine[["siren", "rna"]].dropna().merge(declared[["rna"]], on="rna"),
        declared[["siren", "rna"]].dropna().merge(mine[["siren"]], on="siren"),
    ]).drop_duplicates()  # fmt: skip
    sure = pairs[
        (pairs.groupby("siren")["rna"].transform("size") == 1)
        & (pairs.groupby("rna")["siren"].transform("size") == 1)
    ]

    everywhere = pd.read_parquet(folder / ESTABLISHMENTS, columns=list(PLACE_COLUMNS))
    everywhere["commune"] = everywhere["codeCommuneEtablissement"].map(current)
    everywhere["active"] = everywhere["etatAdministratifEtablissement"] == "A"
    open_ones = everywhere[everywhere["active"] & everywhere["commune"].notna()]
    private = employs(
        open_ones["caractereEmployeurEtablissement"], open_ones["trancheEffectifsEtablissement"]
    ) & ~open_ones["siren"].isin(units.loc[units["public"], "siren"])
    by_commune = (
        open_ones[["commune"]]
        .assign(n=1, private=private.astype("int64"))
        .groupby("commune", as_index=False)
        .sum()
    )
    places = everywhere[everywhere["siren"].isin(mine["siren"])].copy()
    del everywhere, open_ones
    places["seat"] = places["etablissementSiege"].astype(str).str.lower() == "true"
    places["place_employing"] = employs(
        places["caractereEmployeurEtablissement"], places["trancheEffectifsEtablissement"]
    )
    employers = set(places.loc[places["active"] & places["place_employing"], "siren"])
    seats = places.assign(rank=~places["seat"], shut=~places["active"]).sort_values(["rank", "shut", "siret"])
    seats = seats.drop_duplicates("siren")[["siren", "commune"]]

    by_siren = mine.drop(columns="rna").merge(sure, on="siren", how="left")
    by_siren = by_siren.merge(declared[["rna", "object", "rna_created"]], on="rna", how="left").merge(
        seats, on="siren", how="left"
    )
    by_siren["employing"] |= by_siren["siren"].isin(employers)
    by_siren["created"] = by_siren["created"].fillna(by_siren["rna_created"])
    excluded = (
        starts(by_siren["category"], "legal_category")
        | starts(by_siren["naf"], "naf")
        | starts(by_siren["object"], "rna_object")
    )
    alive = by_siren[by_siren["active"] & by_siren["reasoned"] & ~excluded]
    only = declared[~declared["rna"].isin(sure["rna"])]
    living = (
        (only["position"].isna() | (only["position"] == "A"))
        & only["dissolved"].isna()
        & ~starts(only["object"], "rna_object")
    )
    only = (
        only[living].assign(family="association", employing=False).rename(columns={"rna_created": "created"})
    )
    kept = ["commune", "family", "employing", "created"]
    structures = pd.concat([alive[kept], only[kept]])
    structures["young"] = structures["created"] > pd.Timestamp(known.young)
    standing = places[places["active"]].merge(alive[["siren", "family"]], on="siren")
    lines: list = []
    for counted, names, families in (
        (structures.assign(n=1), STRUCTURES, (True, False)),
        (standing.rename(columns={"place_employing": "employing"}).assign(n=1), PLACES, (True, False)),
        (by_commune, EVERYONE, (False,)),
    ):
        columns = sorted(set(names.values()))
        grouped = counted.groupby(["commune", "family"] if True in families else ["commune"], as_index=False)[
            columns
        ].sum()
        spread = grouped.merge(levels, on="commune")
        for by_family in families:
            key = ["territory", "family"] if by_family else ["territory"]
            summed = spread.groupby(key, as_index=False)[columns].sum()
            for name, column in names.items():
                family_of = summed["family"] if by_family else [None] * len(summed)
                lines += list(
                    zip(summed["territory"], [name] * len(summed), family_of, summed[column], strict=True)
                )
    return figures(lines)
