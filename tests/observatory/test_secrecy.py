"""Statistical secrecy: what is shown gives no hidden jobs back."""

from itertools import chain, combinations, product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from horizon.engine.staff import BANDS
from horizon.observatory.panorama import panorama
from horizon.observatory.panorama.secrecy import (
    LARGEST_SHARE,
    Cell,
    cell,
    hidden,
    hidden_in_tables,
    jobs_interval,
    secret,
    together,
)
from tests.observatory.registers_kit import establishment, unit

HIDDEN = "secret statistique"


@pytest.mark.parametrize(
    ("bands", "expected"),
    [
        (["01", "01", "03"], (8, 13)),  # 1–2, 1–2, 6–9
        (["01", "01"], None),  # two units
        (["01", "01", "32"], None),  # one above 85 %
        (["NN", None, "01", "01", "01"], (3, 6)),  # unknown left out, never zero
        (["53"] * 4, (40000, None)),  # an open band has no upper bound
        (["00", "00", "00"], None),  # nobody employed
    ],
)
def test_the_interval_of_jobs_and_its_secrecy(bands, expected):
    assert jobs_interval(bands) == expected


def test_a_structure_is_one_unit_and_the_largest_is_told():
    assert cell([(1, 2), (3, 5), (0, 0), (3, 5)]) == Cell(3, 7, 12, 3, 5)
    assert cell([(10000, None), (1, 2)]) == Cell(2, 10001, None, 10000, None)
    assert cell([]) == Cell(0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        (Cell(2, 100, 200, 50, 100), True),  # two structures
        (Cell(3, 100, 200, 85, 99), True),  # 99 of 15 + 99: above 85 %
        (Cell(3, 100, 200, 85, 85), False),  # exactly 85 %: the rule says above
        (Cell(9, 100, None, 10, 19), False),
    ],
)
def test_three_units_and_none_above_eighty_five_percent(jobs, expected):
    assert secret(jobs) is expected


def part(name, *bands):
    return {f"{name}{rank}": tuple(BANDS[band]) for rank, band in enumerate(bands)}


def hide(parts):
    """The parts hidden of a line."""
    cells = {name: cell(units.values()) for name, units in parts.items()}
    return hidden(cells, lambda names: together(parts[name] for name in names))


def test_a_part_alone_hides_others_until_their_sum_is_not_secret():
    """1: one large structure beside a part of three small ones: their sum is the large one, give or take. 2: two parts of
    one structure: their sum is two structures. 3: a part of many is enough beside one."""
    large = {"a": part("a", "32"), "b": part("b", "01", "01", "01"), "c": part("c", *["21"] * 5)}
    assert hide(large) == {"a", "b", "c"}
    twice = {"a": part("a", "02"), "b": part("b", "02"), "c": part("c", *["02"] * 4), "d": part("d", *["02"] * 9)}  # fmt: skip
    assert hide(twice) == {"a", "b", "c"}
    assert hide({**twice, "b": part("b", *["02"] * 5)}) == {"a", "c"}
    assert hide({"a": part("a", *["02"] * 4), "d": part("d", *["02"] * 9)}) == set()


def test_two_places_of_one_structure_are_one_unit():
    """Three sections, of which two hold the same structure alone: hiding both would leave one structure."""
    same = {"1": (3, 5)}
    assert hide({"a": same, "b": same, "c": part("c", *["02"] * 4)}) == {"a", "b", "c"}


EMPLOYING = [code for code, band in BANDS.items() if band.low]
parts_of_a_line = st.lists(
    st.lists(st.sampled_from(EMPLOYING), min_size=1, max_size=5), min_size=1, max_size=6
)


@given(parts_of_a_line)
@settings(max_examples=300)
def test_no_subtraction_within_a_line_gives_what_may_not_be_said(line):
    parts = {f"p{rank}": part(f"p{rank}-", *bands) for rank, bands in enumerate(line)}
    whole = together(parts.values())
    if secret(whole):
        return  # then nothing is shown
    masked = hide(parts)
    assert all(name in masked or not secret(cell(units.values())) for name, units in parts.items())
    rest = together(parts[name] for name in masked)
    shown = together(units for name, units in parts.items() if name not in masked)
    assert rest.low == whole.low - shown.low
    for name in masked:
        # the remainder bounds each hidden part from above, and no closer than the rule allows
        assert rest.units >= 3 and cell(parts[name].values()).low < rest.low
        assert max(low for low, _ in parts[name].values()) <= LARGEST_SHARE * rest.low


PLACES, SECTIONS = ("86001", "86002", "86003"), ("P", "Q", "R")
few_jobs = st.lists(st.integers(1, 3), max_size=6)
tables = st.tuples(st.sampled_from([(3, 2), (2, 3)]), st.lists(few_jobs, min_size=6, max_size=6))
# P is alone in the first place and Q in the second: hidden with P, the total of R would leave two structures
SHOWN_BESIDE_A_HIDDEN_TOTAL = ((2, 3), [[1], [], [1] * 6, [1] * 3, [1], [1] * 2])


def inside(units, kind="section"):
    """The cells of a place and a section."""
    return [key for key in units if key[0] and key[1] == kind]


def with_totals(table):
    """Units by (place, kind, part) of a table of places and sections, with every total."""
    units, ((places, sections), rows) = {}, table
    for (where, section), jobs in zip(product(PLACES[:places], SECTIONS[:sections]), rows, strict=True):
        for place, (kind, name) in product(("", where), (("all", ""), ("section", section))):
            found = units.setdefault((place, kind, name), {})
            found.update({f"{where}{section}{rank}": (low, low) for rank, low in enumerate(jobs)})
    return units


def worlds(units, masked):
    """Every table of jobs that agrees with what is shown, by brute force: a reader knows that jobs are not negative, and
    where nobody employs."""
    total = {key: sum(low for low, _ in found.values()) for key, found in units.items()}
    keys = inside(units)
    free = [key for key in keys if key in masked]
    sums = {
        key: [one for one in keys if key[0] in ("", one[0]) and key[2] in ("", one[2])]
        for key in units
        if key not in masked and key not in keys
    }

    def fill(rank, world):
        left = {}
        for margin, inner in sums.items():
            rest = total[margin] - sum(world.get(key, 0) for key in inner)
            unknown = [key for key in free[rank:] if key in inner]
            if rest < 0 or (rest and not unknown):
                return
            left.update({key: min(rest, left.get(key, rest)) for key in unknown})
        if rank == len(free):
            yield world
            return
        for jobs in range(left.get(free[rank], 20) + 1):
            yield from fill(rank + 1, {**world, free[rank]: jobs})

    yield from fill(0, {key: total.get(key, 0) for key in keys if key not in masked})


@given(tables)
@example(SHOWN_BESIDE_A_HIDDEN_TOTAL)
@settings(max_examples=100, deadline=None)
def test_nobody_finds_what_may_not_be_said_by_crossing_what_is_shown(table):
    """Neither a hidden cell of a commune nor the sum of several, where that sum is secret."""
    units = with_totals(table)
    masked = hidden_in_tables(units)
    cells = [key for key in inside(units) if key in masked]
    if ("", "all", "") in masked:
        return
    several = chain.from_iterable(combinations(cells, size) for size in range(1, len(cells) + 1))
    seen = {group: set() for group in several if len(group) == 1 or secret(together(map(units.get, group)))}
    for world in worlds(units, masked):
        for group, sums in seen.items():
            sums.add(sum(world[key] for key in group))
        if all(len(sums) > 1 for sums in seen.values()):
            return
    told = {group: sums for group, sums in seen.items() if len(sums) < 2}
    assert not told


def test_a_hidden_total_less_the_places_shown_of_it_leaves_no_two_structures():
    """The whole less the shown totals and the shown places of the hidden ones, by hand."""
    masked = hidden_in_tables(with_totals(SHOWN_BESIDE_A_HIDDEN_TOTAL))
    assert {("", "section", name) for name in SECTIONS} <= masked and ("", "all", "") not in masked


@given(tables)
@example(SHOWN_BESIDE_A_HIDDEN_TOTAL)
@settings(max_examples=300)
def test_no_line_of_a_table_gives_what_may_not_be_said(table):
    units = with_totals(table)
    masked = hidden_in_tables(units)
    for key, found in units.items():
        assert key in masked or not found or not secret(cell(found.values()))
    lines = [[(place, "all", ""), [(place, "section", name) for name in SECTIONS]] for place in ("", *PLACES)]
    if ("", "all", "") not in masked:
        leaves = [key for key in inside(units) if key in masked and ("", *key[1:]) in masked]
        assert not leaves or not secret(together(units[key] for key in leaves))
    lines += [
        [("", kind, name), [(place, kind, name) for place in PLACES]]
        for kind, name in [("all", ""), *(("section", name) for name in SECTIONS)]
    ]
    for total, line in lines:
        parts = [key for key in line if key in masked]
        if total in masked:
            assert parts or not any(units.get(key) for key in line)
        elif parts:
            assert len(parts) > 1 and not secret(together(units[key] for key in parts))


def test_what_is_hidden_tells_nothing_by_its_place_among_lines(run):
    """The section of one structure comes last, though it has the most jobs."""
    sirens = [f"1000000{rank:02}" for rank in range(12)]
    marts = run(
        [unit(siren, f"ASSOCIATION {siren}", caractereEmployeur="O", trancheEffectifs="12") for siren in sirens],
        [
            establishment(siren, caractereEmployeur="O", trancheEffectifs="21" if rank == 0 else "12",
                          activitePrincipale="88.99B" if rank == 0 else "94.99Z" if rank < 7 else "90.01Z")
            for rank, siren in enumerate(sirens)
        ],
    )  # fmt: skip
    found = next(item for item in panorama(marts, "86194")["indicators"] if item["code"] == "jobs_sections")
    assert [row[1] == HIDDEN for row in found["rows"]] == [False, True, True]


def test_an_intercommunality_less_its_communes_gives_no_jobs_back(run):
    """Lusignan has one employer, Poitiers five, Chauvigny six: hidden alone, Lusignan would be the total less two."""
    towns = {"86139": 1, "86194": 5, "86070": 6}
    sirens = [f"1000000{rank:02}" for rank in range(12)]
    seats = [code for code, count in towns.items() for _ in range(count)]
    marts = run(
        [
            unit(siren, f"ASSOCIATION {siren}", caractereEmployeur="O", trancheEffectifs="02")
            for siren in sirens
        ],
        [
            establishment(siren, caractereEmployeur="O", trancheEffectifs="02", codeCommune=code)
            for siren, code in zip(sirens, seats, strict=True)
        ],
    )

    def rows(code, indicator):
        found = [item["rows"] for item in panorama(marts, code)["indicators"] if item["code"] == indicator]
        return {row[0]: row[1:] for row in found[0]} if found else None

    assert rows("200069854", "jobs")["Emplois salariés, au moins"] == [36]
    assert rows("86139", "jobs") == rows("86194", "jobs") == {"Emplois salariés": [HIDDEN]}
    assert rows("86194", "jobs_families") is None
    assert rows("86070", "jobs")["Emplois salariés, au plus"] == [30]
    assert rows("86070", "jobs_families") == {"Associations": [18, 30]}
