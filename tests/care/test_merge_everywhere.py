"""Two structures that are one: every room reads them as one, through every column that points to them, and as two once parted."""

import pytest

from horizon.actors.models import Organization
from horizon.care import duplicates
from horizon.directory.said.refresh import refresh_directory
from tests.care.follow_kit import BESIDE, BOTH, READINGS, STAYS, columns, live_everywhere, read_all
from tests.care.merged_kit import a_suggestion, everything, twins
from tests.people import again, an_operator

pytestmark = pytest.mark.django_db


def test_every_column_that_points_to_a_structure_says_how_it_follows_a_merge():
    assert columns() == set(READINGS) | set(STAYS)


def test_every_room_follows_a_merge_and_its_undoing(published, monkeypatch):
    monkeypatch.setattr("horizon.kernel.mail.transaction.on_commit", lambda send: send())
    operator = an_operator()
    known, other = twins()
    pairs = [(one, live_everywhere(one, number)["referent"]) for number, one in enumerate((known, other))]
    refresh_directory()
    before, rows = read_all(pairs), everything()
    assert [name for name, (one, two) in before.items() if not one | two] == []
    row = duplicates.say_same(a_suggestion(known, other), actor=again(operator).actor)
    refresh_directory()
    merged = read_all(pairs)
    kinds = {name: kind for name, (kind, _) in {**READINGS, **BESIDE}.items()}
    wrong = {}
    for name, (one, two) in merged.items():
        expected = before[name][0] | before[name][1] if kinds[name] == BOTH else one
        if not one == two == expected:
            wrong[name] = {"before": before[name], "merged": [one, two]}
    assert wrong == {}
    duplicates.reopen(row, actor=operator.actor)
    refresh_directory()
    assert read_all(pairs) == before
    assert not Organization.objects.exclude(canonical=None).exists()
    after = everything()
    for table, kept in rows.items():
        for pk, was in kept.items():
            now = after[table][pk]
            assert {**now, "last_login": None} == {**was, "last_login": None}, (table, pk)
