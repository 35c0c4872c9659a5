"""A year of letters under outages: each event once to each person, never two letters in seven days, nothing lost."""

from datetime import timedelta

import pytest

from horizon.subscriptions.models import Message, Told
from tests.subscriptions.kit import closest, figures, owed, simulate, told_of

pytestmark = pytest.mark.django_db
OUTAGES = ["down", "writing", "written", "ready"]
BORDER = [*OUTAGES, "before", "after"]
WEEK = timedelta(days=7)


def exactly_once(year):
    told = told_of(year)
    assert set(told) == owed(year)
    assert set(told.values()) == {1}
    assert closest(year) >= WEEK
    assert not Message.objects.filter(status__in=Message.OPEN).exists()


def at_most_once_and_said(year):
    """Killed while the server was spoken to, nobody knows: never twice, and what was lost is in letters known as unsure."""
    told = told_of(year)
    assert set(told.values()) == {1}
    lost = owed(year) - set(told)
    kept = {(mark.subscriber_id, mark.event) for mark in Told.objects.filter(message__status=Message.UNSURE)}
    assert lost <= kept
    assert closest(year) >= WEEK
    return lost


def test_twenty_people_forty_days_with_outages(monkeypatch):
    year = simulate(monkeypatch, people=20, days=40, seed=11, points=OUTAGES, outage=0.2)
    assert {"down", "ready"} < set(year.killed)
    exactly_once(year)


def test_a_worker_killed_while_it_speaks_to_the_server(monkeypatch):
    monkeypatch.setattr("horizon.subscriptions.services.following.TOLD_KEPT", timedelta(days=4000))
    year = simulate(monkeypatch, people=20, days=40, seed=12, points=BORDER, outage=0.3)
    assert {"before", "after"} <= set(year.killed)
    lost = at_most_once_and_said(year)
    assert lost
    said = [
        mail for *_, mail in year.bag.taken if "sans que le serveur de messagerie nous réponde" in mail.body
    ]
    unsure = Message.objects.filter(status=Message.UNSURE)
    assert len(said) >= unsure.count() - 2  # those of the last month may have had nothing to tell since


@pytest.mark.long
def test_five_hundred_people_for_a_year_with_five_per_cent_of_outages(monkeypatch):
    year = simulate(monkeypatch, people=500, days=365, seed=13, points=OUTAGES)
    print(figures(year))
    assert year.runs == 730
    assert sum(year.killed.values()) > 20
    exactly_once(year)


@pytest.mark.long
def test_five_hundred_people_for_a_year_killed_anywhere(monkeypatch):
    monkeypatch.setattr("horizon.subscriptions.services.following.TOLD_KEPT", timedelta(days=4000))
    year = simulate(monkeypatch, people=500, days=365, seed=14, points=BORDER)
    print(figures(year))
    at_most_once_and_said(year)
