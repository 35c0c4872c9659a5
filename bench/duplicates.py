"""`python -m bench.duplicates`: our duplicate finder and Splink (DuckDB) on the same labelled pairs, in one run; totals only.

Needs the optional extra `measure` (Splink is no dependency of the site). Splink gets the same cleaned columns: its u from random
pairs, its m from the pairs that are one organisation in `pairs_dev.csv`, its threshold chosen on `pairs_dev.csv` alone.
"""

from __future__ import annotations

import csv
import json
import logging
from pathlib import Path

from horizon.config.duplicates_cli import LABELLED, ground_of
from horizon.engine.identity.evaluate import Pair, measure, read_pair, tally
from horizon.engine.identity.records import Reading, read
from horizon.engine.identity.weighing import NO, SUGGEST

RECALL = 0.97


def load(half: str) -> list[Pair]:
    """The pairs of a half."""
    with (LABELLED / f"pairs_{half}.csv").open(encoding="utf-8", newline="") as stream:
        return [read_pair(row) for row in csv.DictReader(stream)]


def row(key: str, one: Reading) -> dict:
    """A record as Splink reads it: cleaned, empty values absent."""
    said = {
        "name": " ".join(one.tokens), "sorted_name": " ".join(sorted(one.tokens)), "acronym": " ".join(sorted(one.acronyms)),
        "siren": one.siren, "siret": one.siret, "rna": one.rna, "commune": one.record.commune, "postal": one.record.postal_code,
        "phone": " ".join(sorted(one.phones)), "email": one.email, "site": one.site, "street": " ".join(one.street), "form": one.form,
    }  # fmt: skip
    return {
        "unique_id": key,
        **{name: value or None for name, value in said.items()},
        "words": list(one.tokens),
    }


def splink_scores(pairs: dict[str, list[Pair]]) -> dict[tuple[str, str], float]:
    """Splink's match weight of each labelled pair."""
    import duckdb
    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator
    from splink.backends.duckdb import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.ERROR)
    ground = ground_of(["86", "79", "87", "36", "37", "16"])
    rows = [
        row(record.key, read(record, ground))
        for half in pairs.values()
        for pair in half
        for record in (pair.a, pair.b)
    ]
    settings = SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=["1=1"],
        comparisons=[
            cl.JaroWinklerAtThresholds("name", [0.95, 0.88, 0.75]), cl.LevenshteinAtThresholds("sorted_name", [1, 3]),
            cl.ArrayIntersectAtSizes("words", [3, 2, 1]), cl.ExactMatch("acronym"), cl.ExactMatch("siren"), cl.ExactMatch("siret"),
            cl.ExactMatch("rna"), cl.ExactMatch("commune"), cl.ExactMatch("postal"), cl.ExactMatch("phone"), cl.ExactMatch("email"),
            cl.ExactMatch("site"), cl.ExactMatch("street"), cl.ExactMatch("form"),
        ],
    )  # fmt: skip
    connection = duckdb.connect()
    api = DuckDBAPI(connection=connection)
    import pyarrow as pa

    data = api.register(pa.Table.from_pylist(rows))
    linker = Linker(data, settings, validate_settings=False)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e5)
    positive = [
        {"unique_id_l": pair.a.key, "unique_id_r": pair.b.key, "source_dataset_l": "x", "source_dataset_r": "x"}
        for pair in pairs["dev"] if pair.same
    ]  # fmt: skip
    linker.training.estimate_m_from_pairwise_labels(api.register(pa.Table.from_pylist(positive)))
    found = linker.inference.predict().as_record_list()
    weights = {}
    for one in found:
        weights[one["unique_id_l"], one["unique_id_r"]] = one["match_weight"]
        weights[one["unique_id_r"], one["unique_id_l"]] = one["match_weight"]
    return weights


def run() -> dict:
    """The figures of both, half by half."""
    pairs = {half: load(half) for half in ("dev", "heldout") if Path(LABELLED / f"pairs_{half}.csv").exists()}
    weights = splink_scores(pairs)
    good = sorted((weights.get((p.a.key, p.b.key), -99.0) for p in pairs["dev"] if p.same), reverse=True)
    threshold = good[int(RECALL * len(good)) - 1]
    kept = ("pairs", "positives", "suggest_recall", "suggest_recall_low", "suggestions", "suggest_precision")
    found: dict = {"splink_threshold": threshold}
    for half, labelled in pairs.items():
        ground = ground_of(
            {(one.commune or one.postal_code)[:2] for p in labelled for one in (p.a, p.b)} - {""}
        )
        said = tally(
            labelled, lambda p: SUGGEST if weights.get((p.a.key, p.b.key), -99.0) >= threshold else NO
        )
        ours = measure(labelled, ground)
        right = ours["suggestions"] + ours["auto_merges"]
        wrong = sum(ours["wrong_suggestions"].values()) + ours["auto_false"]
        found[half] = {
            "horizon": {name: ours[name] for name in kept}
            | {"precision_with_merges": round(1 - wrong / right, 4)},
            "splink": {name: said[name] for name in kept}
            | {"wrong": said["wrong_suggestions"], "missed": said["missed"]},
        }
    return found


if __name__ == "__main__":
    print(json.dumps(run(), ensure_ascii=False, indent=1))
