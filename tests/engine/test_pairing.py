"""Pairing on tiny examples, its covering sets against brute force, and its quality on the labelled asks."""

import json
from dataclasses import replace
from datetime import date
from itertools import combinations
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from horizon.config.match_cli import app, shipped_judge
from horizon.engine.pairing.covering import EXACT_UP_TO, Candidate, cover, shares
from horizon.engine.pairing.days import weekdays
from horizon.engine.pairing.directions import Saying, _slope, learn_directions
from horizon.engine.pairing.judging import CROWD, SIGNS, Judge, crowd, write_rules
from horizon.engine.pairing.learning import learn
from horizon.engine.pairing.lexicon import lexicon_of
from horizon.engine.pairing.meaning import digest, pack, read_purposes, unpack
from horizon.engine.pairing.reading import index_terms, read_ask, read_offer, wanted_terms
from horizon.engine.pairing.scoring import ALMOST, FITS, PART, Corpus, Pairing, Side, answered
from horizon.exchange.shipped import PURPOSES, RULES, lexicon_version

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
    assert (match.level, match.covers, match.missing) == (PART, 0.5, ("2 proposés, 4 demandés",))


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


@given(st.integers(1, 60), st.lists(st.tuples(st.integers(1, 25), st.integers(0, 9)), min_size=1, max_size=8))
def test_the_shares_of_a_smallest_set_add_up_and_ask_something_of_everybody(quantity, rows):
    candidates = {f"o{i}": Candidate(f"o{i}", q, m) for i, (q, m) in enumerate(rows)}
    found = cover(quantity, list(candidates.values()))
    if found is not None:
        held = [candidates[key].quantity for key in found.keys]
        asked = shares(quantity, held)
        assert sum(asked) == quantity
        assert all(0 < one <= most for one, most in zip(asked, held, strict=True))


def test_beyond_two_hundred_candidates_the_bound_is_said():
    many = [Candidate(f"o{i:03d}", 1 + i % 7, i * 13 % 900) for i in range(EXACT_UP_TO + 50)]
    found = cover(30, many)
    assert not found.exact and found.at_least == 5 and len(found.keys) == 5 and found.quantity >= 30


# What was measured when all was learned, less two hundredths: a change must not step back. The first nine are those of
# directions and rules learned on the other worlds.
FLOORS = {
    "dev": (0.98, 0.93, 0.74, 0.23), "dev2": (0.93, 0.87, 0.78, 0.17), "dev3": (0.93, 0.86, 0.65, 0.22),
    "dev4": (0.91, 0.87, 0.77, 0.24), "dev5": (0.88, 0.83, 0.73, 0.26), "dev6": (0.75, 0.69, 0.39, 0.33),
    "dev7": (0.88, 0.80, 0.49, 0.19), "dev8": (0.87, 0.78, 0.41, 0.15), "dev9": (0.85, 0.79, 0.35, 0.14),
    "heldout": (0.92, 0.85, 0.68, 0.22), "heldout2": (0.88, 0.79, 0.68, 0.37),
    "heldout3": (0.87, 0.80, 0.50, 0.20),
}  # fmt: skip


def measured(half):
    return json.loads(CliRunner().invoke(app, ["evaluate", "--only", half, "--json"]).stdout)


def hold(half):
    success, gain, nobody, wrongly = FLOORS[half]
    figures = measured(half)
    assert figures["asks"] >= 120 and figures["unanswerable"] >= 20
    assert figures["success_at_3"] >= success and figures["ndcg_at_5"] >= gain
    assert figures["nobody_recall"] >= nobody and figures["nobody_false"] <= wrongly
    for name in ("filters", "tfidf"):
        assert figures["success_at_3"] > figures["baselines"][name]["success_at_3"] + 0.2


def test_unseen_asks_are_answered_better_than_by_the_baselines():
    """The aim is success@3 of 0.90, nDCG@5 of 0.80 and « personne » for 0.90 of the unanswerable."""
    hold("heldout3")


@pytest.mark.long
@pytest.mark.parametrize("half", sorted(FLOORS.keys() - {"heldout3"}))
def test_the_other_worlds_are_answered_as_well_as_before(half):
    hold(half)


@pytest.fixture(scope="module")
def judge():
    return shipped_judge()


@pytest.mark.parametrize(
    ("ask", "answer", "other"),
    [
        ("contenir le public à l’arrivée du trail", "Barrières Vauban", "Piano droit"),
        ("on se gèle au local, qui s’y connaît ?", "Réparation de chaudières", "Deux barnums"),
        ("1400 gobelets", "Écocups", "Tondeuse"),
    ],
)
def test_what_is_never_named_is_found_by_its_meaning(judge, ask, answer, other):
    one = Pairing(judge.lexicon, Corpus({}, 2), TODAY, judge)
    found = one.best(Side("a", ask), [Side("other", other), Side("it", answer)])
    assert found[0].key == "it" and found[0].reasons


def test_two_offers_of_the_same_thing_both_answer_though_one_says_it_in_other_words(judge):
    one = Pairing(judge.lexicon, Corpus({}, 2), TODAY, judge)
    found = one.best(Side("a", "1400 gobelets"), [Side("o1", "Gobelets"), Side("o2", "Écocups")])
    assert [match.level for match in found] == [FITS, FITS]


def test_an_offer_that_cannot_be_used_does_not_hide_one_that_can(judge):
    one = Pairing(judge.lexicon, Corpus({}, 2), TODAY, judge)
    near, far = (
        Side("o1", "Fourgon 12 m3", lat=46.58, lon=0.34),
        Side("o2", "Camionnette pour déménager", lat=47.2, lon=0.34),
    )
    ask = Side("a", "Une camionnette pour déménager", lat=46.58, lon=0.34)
    assert answered(one.best(ask, [near])) and answered(one.best(ask, [near, far]))


def test_vectors_are_kept_in_one_byte_a_number(judge):
    rows = judge.encode(["un barnum pour la fête", "réparer une chaudière"])
    again = unpack(pack(rows))
    assert again.shape == (2, 512) and float(abs((rows * again).sum(axis=1) - 1).max()) < 0.01


def test_a_purpose_written_since_the_file_was_made_is_read_as_well(judge):
    edited = lexicon_of(["concept,words,kind_of,serves", "harpon,,,chasser la baleine blanche au large"])
    purposes = read_purposes(PURPOSES.read_bytes(), edited, judge.encode)
    asked = purposes.shorten(judge.encode(["on part chasser la baleine"]))
    assert purposes.near(asked).shape == (1, 1) and purposes.near(asked)[0, 0] > 0.5
    assert purposes.served(judge.encode(["on part chasser la baleine"]), 3).keys() == {0}


def test_the_files_are_those_of_the_lexicon(judge):
    """`scripts/learn_pairing.py` was run after the lexicon last changed."""
    phrases = {phrase for concept in judge.lexicon.concepts for phrase in concept.serves}
    assert {digest(phrase) for phrase in phrases} == set(judge.purposes.known)
    kept = lexicon_version()
    assert write_rules(judge.among, judge.alone, judge.anybody, kept) == RULES.read_text(encoding="utf-8")


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=3, max_size=30),
)
def test_a_learned_rule_gives_probabilities_whatever_the_examples(rows):
    array = np.array(rows)
    good = [a > 0 for a, _ in rows]
    found = learn(array, good, ridge=1.0).probabilities(array)
    assert ((found >= 0) & (found <= 1)).all()


def test_a_learned_rule_is_that_of_an_independent_one():
    """Two groups of ten, one sign: without a ridge, the weight is the logarithm of the odds ratio (Woolf 1955)."""
    rows = np.array([[0.0]] * 10 + [[1.0]] * 10)
    good = [True] * 2 + [False] * 8 + [True] * 7 + [False] * 3
    rule = learn(rows, good, ridge=1e-9)
    assert rule.weights[0] == pytest.approx(log((7 / 3) / (2 / 8)), abs=1e-6)
    assert rule.constant == pytest.approx(log(2 / 8), abs=1e-6)


def test_an_example_that_stands_for_three_weighs_as_three():
    rows = np.array([[0.0], [1.0], [2.0]])
    once = learn(np.vstack([rows, rows[1:2], rows[1:2]]), [False, True, False, True, True], ridge=1.0)
    thrice = learn(rows, [False, True, False], ridge=1.0, stands=np.array([1.0, 3.0, 1.0]))
    assert thrice.weights == pytest.approx(once.weights) and thrice.constant == pytest.approx(once.constant)


def test_learned_directions_bring_near_what_answers_and_a_batch_knows_its_slope():
    """The slope is that of the loss, against finite differences; the same sayings give the same map."""
    random = np.random.default_rng(7)
    left, right = random.normal(size=(6, 5)).astype(np.float32), random.normal(size=(6, 5)).astype(np.float32)
    things, start = np.array([0, 0, 1, 2, 3, 4]), random.normal(size=(5, 3)).astype(np.float32)

    def loss(learned):
        near, far = left @ learned, right @ learned
        near, far = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (near, far))
        alike = near @ far.T / 0.5
        same = (things[:, None] == things[None, :]) & ~np.eye(6, dtype=bool)
        shares = np.exp(np.where(same, -np.inf, alike))
        return -np.log(np.diag(shares) / shares.sum(axis=1)).mean()

    slope = _slope(left, right, things, start, 0.5)
    for row, column in ((0, 0), (2, 1), (4, 2)):
        step = np.zeros_like(start)
        step[row, column] = 1e-2
        assert slope[row, column] == pytest.approx((loss(start + step) - loss(start - step)) / 2e-2, abs=2e-3)
    told = [Saying(a, int(thing), (b[None],)) for a, b, thing in zip(left, right, things, strict=True)]
    learned = learn_directions(told, start, epochs=40, batch=6)
    assert loss(learned) < loss(start) and np.array_equal(
        learned, learn_directions(told, start, epochs=40, batch=6)
    )


def test_all_offers_together_say_that_nobody_answers_when_none_may_be_used():
    signs = np.zeros((3, len(SIGNS)))
    asked = read_ask(LEXICON, "Une tente", "")
    shares, none = np.array([0.9, 0.4, 0.1]), np.zeros(3, dtype=bool)
    told = dict(zip(CROWD, crowd(shares, shares, none, signs, asked), strict=True))
    assert told["best"] < -10 and told["blocked"] == 1 and told["best_of_all"] == pytest.approx(log(9))
    first = dict(zip(CROWD, crowd(shares, shares, ~none, signs, asked), strict=True))
    assert (
        first["best"] == pytest.approx(log(9))
        and first["second"] == pytest.approx(log(4 / 6))
        and not first["blocked"]
    )


def test_what_all_offers_together_deny_is_shown_as_doubtful(judge):
    """The same offers: who looks at all of them alike is not told that one answers, and still sees it."""
    sure = Judge(
        judge.lexicon,
        judge.encode,
        judge.purposes,
        judge.among,
        judge.alone,
        replace(judge.anybody, constant=99.0),
    )
    never = replace(sure, anybody=replace(judge.anybody, constant=-99.0))
    offers = [Side("o1", "Gobelets réutilisables"), Side("o2", "Piano droit")]
    yes, no = (
        Pairing(one.lexicon, Corpus({}, 2), TODAY, one).best(Side("a", "200 gobelets"), offers)
        for one in (sure, never)
    )
    assert answered(yes) and not answered(no)
    assert no[0].key == "o1" and "qu’en partie" in no[0].missing[-1]


def test_evaluate_says_when_there_is_no_labelled_set(tmp_path):
    result = CliRunner().invoke(app, ["evaluate", "--set", str(tmp_path)])
    assert result.exit_code == 3 and "asks_dev.csv" in result.output
