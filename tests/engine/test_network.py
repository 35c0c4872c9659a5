"""The network's measures: by hand, by property, and against networkx."""

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horizon.engine.network.betweenness import betweenness
from horizon.engine.network.graph import cut_points, graph_of, groups, size_of, within
from horizon.engine.network.layout import MOST, layout
from horizon.engine.network.ways import shortest, ways

# Two triangles held by one bridge, and a pair apart: 1-2-3, 4-5-6, 3-4; 7-8.
HAND = [(1, 2), (2, 3), (3, 1), (3, 4), (4, 5), (5, 6), (6, 4), (7, 8)]
GRAPHS = st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)), max_size=30)


def their(pairs):
    graph = nx.Graph()
    graph.add_nodes_from(node for pair in pairs if pair[0] != pair[1] for node in pair)
    graph.add_edges_from(pair for pair in pairs if pair[0] != pair[1])
    return graph


def test_by_hand():
    """Ways between {1, 2, 3} and {4, 5, 6} all pass by 3 and 4: 6 pairs each, of the 21 pairs of seven others."""
    graph = graph_of([*HAND, (2, 1), (5, 5)])
    assert size_of(graph) == 8
    assert groups(graph) == [[1, 2, 3, 4, 5, 6], [7, 8]]
    assert cut_points(graph) == {3: 2, 4: 2}
    found = betweenness(graph)
    assert found.exact and found.sources == 8
    assert found.share[3] == found.share[4] == pytest.approx(6 / 21)
    assert found.share[1] == found.share[7] == 0
    assert shortest(graph, 1, 6) == (1, 3, 4, 6) and shortest(graph, 1, 7) == ()
    assert ways(graph, 1, 6, 3) == [(1, 3, 4, 6), (1, 2, 3, 4, 6), (1, 3, 4, 5, 6)]
    assert within(graph, 1, 2) == {1: 0, 2: 1, 3: 1, 4: 2}


def test_small_and_empty_graphs():
    assert groups({}) == [] and cut_points({}) == {} and layout({}) == {} and betweenness({}).share == {}
    alone = graph_of([], [5])
    assert groups(alone) == [[5]] and layout(alone) == {5: (500, 400)} and shortest(alone, 5, 5) == (5,)
    assert cut_points(graph_of([(1, 2), (2, 3), (2, 4)])) == {2: 2}


@settings(max_examples=80, deadline=None)
@given(GRAPHS)
def test_the_same_as_networkx(pairs):
    graph, oracle = graph_of(pairs), their(pairs)
    assert {frozenset(group) for group in groups(graph)} == {
        frozenset(c) for c in nx.connected_components(oracle)
    }
    assert set(cut_points(graph)) == set(nx.articulation_points(oracle))
    for node, apart in cut_points(graph).items():
        without = oracle.subgraph(nx.node_connected_component(oracle, node) - {node})
        sizes = [len(c) for c in nx.connected_components(without)]
        assert apart == sum(sizes) - max(sizes)
    expected = nx.betweenness_centrality(oracle)
    assert betweenness(graph).share == pytest.approx(expected)


@settings(max_examples=80, deadline=None)
@given(GRAPHS, st.integers(0, 13), st.integers(0, 13))
def test_ways_are_the_shortest_as_networkx_says(pairs, start, end):
    graph, oracle = graph_of(pairs), their(pairs)
    found = ways(graph, start, end, 3)
    if start == end or start not in oracle or end not in oracle or not nx.has_path(oracle, start, end):
        assert found in ([], [(start,)])
        return
    expected = [
        len(way) for _, way in zip(range(3), nx.shortest_simple_paths(oracle, start, end), strict=False)
    ]
    assert [len(way) for way in found] == expected
    assert len(set(found)) == len(found) and all(len(set(way)) == len(way) for way in found)
    assert all(nx.is_path(oracle, way) and (way[0], way[-1]) == (start, end) for way in found)


def test_above_the_budget_it_is_an_estimate_and_says_so():
    oracle = nx.barabasi_albert_graph(300, 3, seed=1)
    found = betweenness(graph_of(oracle.edges), budget=100 * oracle.size())
    assert not found.exact and found.sources == 100
    exact = nx.betweenness_centrality(oracle)
    best = sorted(exact, key=lambda node: -exact[node])[:5]
    told = sorted(found.share, key=lambda node: -found.share[node])[:10]
    assert set(best) <= set(told)
    assert sum(found.share.values()) == pytest.approx(sum(exact.values()), rel=0.15)


@settings(max_examples=20, deadline=None)
@given(GRAPHS)
def test_a_drawing_is_the_same_each_time_and_stays_in_its_frame(pairs):
    graph = graph_of(pairs)
    places = layout(graph, 300, 200, rounds=20)
    assert places == layout(graph, 300, 200, rounds=20) and set(places) == set(graph)
    assert all(0 <= x <= 300 and 0 <= y <= 200 for x, y in places.values())
    assert len(set(places.values())) == len(places)


def test_neighbours_are_drawn_nearer_than_strangers_and_too_many_are_refused():
    graph = graph_of(HAND)
    places = layout(graph, 100, 100)

    def apart(one, other):
        return sum((a - b) ** 2 for a, b in zip(places[one], places[other], strict=True)) ** 0.5

    assert max(apart(1, 2), apart(1, 3), apart(2, 3)) < min(apart(1, 5), apart(1, 6), apart(2, 5))
    with pytest.raises(ValueError, match="too many"):
        layout(graph_of((n, n + 1) for n in range(MOST)))
