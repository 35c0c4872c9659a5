"""How well the search answers, on judged queries: totals only, the same on both databases.

Corpus: the labelled structures, published as entries. MRR@10: mean over queries of 1 / rank of the first expected
structure among the ten first, 0 beyond (Voorhees 1999).
"""

import csv
import hashlib
from pathlib import Path

import pytest

from horizon.actors.models import Organization
from horizon.directory.models import Entry, Publication, SearchTerm
from horizon.directory.search import broader, find, index_entries
from horizon.engine.folding import fold
from horizon.observatory import shipped
from horizon.territory.models import Commune

pytestmark = pytest.mark.django_db
LABELLED = Path(__file__).resolve().parent.parent / "labelled"
ORDER = "ef8823b2d1768b31"
# Aim: MRR@10 of 0.90 and 2 % of empty answers on both halves. The held-out half is at 0.934 and 1.4 %.
FLOORS = {"dev": (0.95, 0.02), "heldout": (0.92, 0.02)}
HALVES = [half for half in ("dev", "heldout") if (LABELLED / f"search_{half}.csv").exists()]


def read(name):
    path = LABELLED / f"{name}.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def corpus(db):
    """(publication, ids in catalogue order)."""
    rows = read("structures_dev")
    names = {
        row["code"]: row["name"] for row in shipped.rows("communes") if row["kind"] == "commune-actuelle"
    }
    communes = {
        code: Commune(code=code, name=names[code], department="86", region="75")
        for code in {r["commune_code"] for r in rows}
    }
    Commune.objects.bulk_create(communes.values())
    publication = Publication.objects.create(
        territory_code="200069854", territory_name="X", marts_run="x", vintage="2026-11-01", current=True
    )
    rows.sort(key=lambda row: (fold(row["name"]), row["id"]))
    entries = []
    for ordinal, row in enumerate(rows):
        organization = Organization.objects.create(public_id=row["id"][:10], name=row["name"])
        entries.append(
            Entry(
                organization=organization, publication=publication, ordinal=ordinal, name=row["name"], acronym=row["acronym"],
                description=row["object"], family="association", legal_category=row["legal_category"], naf_rev2=row["naf_rev2"],
                commune=communes[row["commune_code"]], in_perimeter=True, at_home=True,
            )
        )  # fmt: skip
    index_entries(publication, entries)
    return publication, [row["id"] for row in rows]


def measure(corpus, queries):
    publication, ids = corpus
    reciprocal, empty = 0.0, 0
    for row in queries:
        found = [ids[ordinal] for ordinal in find(publication, row["query"]).ordinals[:10]]
        empty += not found
        expected = set(row["expected"].split("|"))
        reciprocal += next((1 / rank for rank, one in enumerate(found, 1) if one in expected), 0)
    return reciprocal / len(queries), empty / len(queries)


@pytest.mark.parametrize("half", HALVES)
def test_judged_queries_find_their_structure(corpus, half):
    queries = read(f"search_{half}")
    mrr, empty = measure(corpus, queries)
    print(f"search {half}: {len(queries)} queries, MRR@10 {mrr:.3f}, without an answer {empty:.1%}")
    least_mrr, most_empty = FLOORS[half]
    assert mrr >= least_mrr and empty <= most_empty


def test_queries_that_nobody_answers(corpus):
    publication, ids = corpus
    answered = {row["query"]: find(publication, row["query"]) for row in read("search_none")}
    wrong = {
        query: [ids[o] for o in found.ordinals[:3]] for query, found in answered.items() if found.ordinals
    }
    assert len(answered) >= 20
    assert wrong == {}


def test_both_databases_give_the_same_order(corpus):
    """The whole order of every query, as one fingerprint: this test runs on SQLite and on PostgreSQL. A change of the
    search changes it: look at what moved, then write the new one."""
    publication, ids = corpus
    digest = hashlib.sha256()
    for row in [*read("search_dev"), *read("search_none")]:
        found = [ids[ordinal] for ordinal in find(publication, row["query"]).ordinals]
        digest.update(f"{row['query']}: {' '.join(found)}\n".encode())
    assert digest.hexdigest()[:16] == ORDER


def test_a_blank_line_in_an_edited_table_breaks_nothing(tmp_path, monkeypatch):
    table = tmp_path / "broader.csv"
    table.write_text("trottinette,vélo\n\n , \nluge,neige\n", encoding="utf-8")
    monkeypatch.setattr("horizon.directory.search.BROADER", table)
    broader.cache_clear()
    try:
        assert len(broader()) == 2
    finally:
        broader.cache_clear()


def test_the_postings_are_found_by_their_terms_whatever_the_database_knows_of_a_new_publication(corpus):
    """Without statistics PostgreSQL took the publication alone from the index, and read all of its terms at each search."""
    publication = Publication.objects.get(current=True)
    others = [SearchTerm(publication=publication, term=f"zz{number}", body=b"") for number in range(20_000)]
    SearchTerm.objects.bulk_create(others, batch_size=1000)
    wanted = SearchTerm.objects.filter(publication=publication, term__in=["velo", "zz7"])
    plan = wanted.explain().lower()
    assert "one_row_of_a_term" in plan or "(term=? and publication_id=?)" in plan
    assert "filter:" not in plan and "scan directory_searchterm" not in plan
