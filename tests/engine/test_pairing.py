"""Pairing on tiny examples, its covering sets against brute force, and its quality on the labelled asks."""

import json
from datetime import date
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from horizon.config.match_cli import app
from horizon.engine.pairing.covering import EXACT_UP_TO, Candidate, cover
from horizon.engine.pairing.days import weekdays
from horizon.engine.pairing.lexicon import lexicon_of
from horizon.engine.pairing.reading import index_terms, read_ask, read_offer, wanted_terms
from horizon.engine.pairing.scoring import ALMOST, FITS, PART, Corpus, Pairing, Side, answered

LEXICON = lexicon_of(
    [
        "concept,words,kind_of,serves",
        "barnum,tente;chapiteau,,s'abriter de la pluie;repas dehors",
        "sono,enceinte;haut parleur,,faire danser",
        "véhicule,,,",
        "instrument,,,",
        "guitare,,instrument,",
        "fourgon,camionnette,véhicule,transporter un canapé",
        "vélo,bicyclette,véhicule,",
        "langue des signes,lsf,,",
        "réparation,réviser,,",
        "réparation de vélo,réparer un vélo,réparation,chaîne qui saute",
    ]
)
TODAY = date(2026, 11, 2)
TENTS = Side("o1", "Deux barnums", "", "equipment", "nonprofit", quantity=2, unit="piece", lat=46.58, lon=0.34,
             terms=frozenset({"loan"}), confirmed=TODAY, until=date(2027, 12, 31))  # fmt: skip


def pairing():
    return Pairing(LEXICON, Corpus({"barnum": 1, "velo": 1}, 2), TODAY)


def an_ask(title="Une tente pour la kermesse", **more):
    return Side("a1", title, **{"kind": "equipment", "lat": 46.58, "lon": 0.34, **more})


def first(ask, *offers):
    found = pairing().best(ask, offers or [TENTS])
    return found[0] if found else None


def test_a_synonym_answers_and_says_why():
    match = first(an_ask(quantity=1, unit="piece", terms=frozenset({"loan"})))
    assert match.level == FITS and match.missing == ()
    assert match.reasons[:2] == ("en commun : barnums", "dans la commune")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"since": date(2028, 6, 1)}, "s’arrête le 31/12/2027"),
        ({"terms": frozenset({"gift"})}, "conditions"),
        ({"lat": 47.2}, "à 69 km"),
    ],
)
def test_what_is_missing_is_said_and_does_not_count_as_an_answer(change, said):
    match = first(an_ask(**change))
    assert match.level == ALMOST and said in match.missing[0]
    assert not answered([match])


@pytest.mark.parametrize(
    ("title", "text", "offer"),
    [
        ("Abri", "nous voulons nous abriter de la pluie", "Deux barnums"),  # the purpose, not the thing
        ("Transporter mon canapé", "", "Camionnette 12 m3"),
        ("Ma chaîne saute", "", "Atelier : réparer son vélo"),  # two thirds of a purpose
        ("Un instrument", "", "Guitare sèche"),  # a kind of what is asked
        ("une camionette", "", "Fourgon"),  # one letter away
        ("réparer ma bicyclette", "", "Réparation de bicyclettes"),
    ],
)
def test_an_ask_is_met_by_what_it_is_for_its_kin_and_its_misspellings(title, text, offer):
    one = pairing()
    assert answered(one.best(Side("a", title, text), [Side("o", offer)])), (title, offer)


@pytest.mark.parametrize(
    ("title", "text", "offer"),
    [
        ("Fourgon", "", "Vélo en bon état"),  # cousins
        ("Une bicyclette", "", "Réparation de vélo"),  # the thing is not its repair
    ],
)
def test_another_thing_of_the_same_words_is_no_answer(title, text, offer):
    one = pairing()
    assert not answered(one.best(Side("a", title, text), [Side("o", offer)])), (title, offer)


def test_the_thing_that_is_named_comes_before_what_serves_the_same_feast():
    """For a meal outside a tent would serve as well; who asks for loudspeakers is shown loudspeakers."""
    ask = Side("a", "Des enceintes", "pour un repas dehors")
    first, second = pairing().best(ask, [Side("tent", "Deux barnums"), Side("sound", "Sono complète")])
    assert (first.key, first.level, second.level) == ("sound", FITS, ALMOST)


def test_an_offer_that_the_days_forbid_is_not_replaced_by_one_that_is_hardly_it():
    """The tents are the answer, on another day; who only mentions a tent is not one instead."""
    mention = Side("o2", "Terrain plat", "on peut y poser une tente", kind="space", lat=46.58, lon=0.34)
    found = pairing().best(an_ask(since=date(2028, 6, 1)), [TENTS, mention])
    assert not answered(found) and found[0].missing


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("du lundi au jeudi, sauf le mardi", {0, 2, 3}),
        ("tous les week-ends", {5, 6}),
        ("samedi 12 et dimanche 13", {5, 6}),
        ("tous les jours sauf le mercredi", {0, 1, 3, 4, 5, 6}),
        ("du vendredi au lundi", {4, 5, 6, 0}),
        ("à la journée", set()),
    ],
)
def test_days_of_the_week_are_read(text, days):
    assert weekdays(text) == days


@given(st.text(max_size=80))
def test_any_text_has_days_of_a_week(text):
    assert weekdays(text) <= set(range(7))


def test_days_of_the_week_that_do_not_meet_are_said():
    room = Side("o3", "Barnum", "du lundi au mercredi")
    ask = Side("a2", "Barnum", since=date(2026, 11, 7), until=date(2026, 11, 7))  # a Saturday
    assert pairing().best(ask, [room])[0].missing == ("proposée le lundi, le mardi, le mercredi",)


def test_too_few_answers_in_part():
    match = first(an_ask(quantity=4, unit="piece"))
    assert (match.level, match.covers, match.missing) == (PART, 0.5, ("il y en a 2, vous en demandez 4",))


def test_another_unit_is_not_compared():
    assert first(an_ask(quantity=4, unit="m2")).covers is None


def test_volunteers_never_go_to_a_company():
    helpers = Side("o2", "Réparation de vélos", kind="help", who="nonprofit")
    assert first(an_ask("Réviser des vélos", kind="service", who="company"), helpers).level == ALMOST
    assert first(an_ask("Réviser des vélos", kind="service", who="nonprofit"), helpers).level == FITS


def test_the_same_word_for_another_thing_is_no_answer():
    workshop = Side("o3", "Réparation de vélos", kind="service")
    assert not answered(pairing().best(an_ask("Réparation de toiture", kind="service"), [workshop]))


def test_nobody_is_offered_their_own():
    own = Side("o4", "Barnum", holder="x")
    assert pairing().best(an_ask(holder="x"), [own]) == []


def test_words_that_say_nothing_find_nobody():
    assert pairing().best(an_ask("Urgent !!!"), [TENTS]) == []


def test_an_index_of_terms_finds_what_a_concept_wants():
    wanted = wanted_terms(LEXICON, read_ask(LEXICON, "Un chapiteau", ""))
    assert set(wanted) & index_terms(read_offer(LEXICON, "Tente de réception", ""))


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_read_and_relevance_is_a_share(title, text, offered):
    one = pairing()
    share, _, _ = one.relevance(read_ask(LEXICON, title, text), read_offer(LEXICON, offered, text))
    assert 0 <= share <= 1


@given(st.text(alphabet="abcdefghi ", min_size=8, max_size=40))
def test_what_is_asked_in_the_words_of_the_offer_is_answered(words):
    units = read_ask(LEXICON, words, "")
    match = first(an_ask(words), Side("o", words, kind="equipment"))
    assert not units or match.level == FITS


def brute(quantity, candidates):
    for count in range(1, len(candidates) + 1):
        enough = [c for c in combinations(candidates, count) if sum(x.quantity for x in c) >= quantity]
        if enough:
            return count, min(sum(x.metres for x in c) for c in enough)
    return None


@given(
    st.integers(1, 60),
    st.lists(st.tuples(st.integers(0, 25), st.integers(0, 50)), max_size=9),
)
def test_the_covering_set_is_the_one_that_brute_force_finds(quantity, rows):
    candidates = [Candidate(f"o{i}", q, m) for i, (q, m) in enumerate(rows)]
    found, expected = cover(quantity, candidates), brute(quantity, candidates)
    if expected is None:
        assert found is None
    else:
        assert (len(found.keys), found.metres) == expected
        assert found.exact and found.at_least == expected[0] and found.quantity >= quantity


def test_beyond_two_hundred_candidates_the_bound_is_said():
    many = [Candidate(f"o{i:03d}", 1 + i % 7, i * 13 % 900) for i in range(EXACT_UP_TO + 50)]
    found = cover(30, many)
    assert not found.exact and found.at_least == 5 and len(found.keys) == 5 and found.quantity >= 30


# What was measured when the lexicon was widened, less two hundredths: a change must not step back.
FLOORS = {"dev": (0.97, 0.93, 0.69, 0.04), "dev2": (0.78, 0.72, 0.66, 0.21), "heldout": (0.6, 0.5, 0.6, 0.33)}


def test_the_labelled_asks_are_answered_better_than_by_the_baselines():
    """The aim is success@3 of 0.90, nDCG@5 of 0.80 and « personne » for 0.90 of the unanswerable: reached where trained only."""
    halves = json.loads(CliRunner().invoke(app, ["evaluate", "--json"]).stdout)["halves"]
    for half, (success, gain, nobody, wrongly) in FLOORS.items():
        figures = halves[half]
        assert figures["asks"] >= 120 and figures["unanswerable"] >= 20
        assert figures["success_at_3"] >= success and figures["ndcg_at_5"] >= gain, half
        assert figures["nobody_recall"] >= nobody and figures["nobody_false"] <= wrongly, half
        for baseline in figures["baselines"].values():
            assert figures["success_at_3"] > baseline["success_at_3"] + 0.1, half


def test_evaluate_says_when_there_is_no_labelled_set(tmp_path):
    result = CliRunner().invoke(app, ["evaluate", "--set", str(tmp_path)])
    assert result.exit_code == 3 and "asks_dev.csv" in result.output
