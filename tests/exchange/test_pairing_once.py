"""What pairs is loaded once, outside of any transaction; what it found is kept while nothing changed; without encoder, words pair."""

import threading
import time
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache, caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from horizon.actors.models import Organization
from horizon.engine.pairing.scoring import ALMOST, FITS
from horizon.exchange import finding, indexing, shipped
from horizon.exchange.models import Listing, ListingMeaning, ListingTerm
from horizon.exchange.parties import Party
from horizon.exchange.services import listing as listings
from horizon.exchange.services import upkeep
from horizon.kernel.registry import waiting_for
from tests.exchange.kit import an_ask, an_offer, organization, values
from tests.exchange.test_left import promised
from tests.people import a_referent, an_operator, somebody


@pytest.fixture(autouse=True)
def _afresh(monkeypatch):
    """What was found and counted is forgotten; what waits for a commit runs at once: a test's transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send, **_: send())
    for kept in (caches["pairing"], caches["pairing_counts"], cache):
        kept.clear()


def test_many_first_requests_read_the_lexicon_and_the_judge_once(monkeypatch):
    """Without the two locks, each of them would read them: the work takes as long as all need to arrive."""
    read, made = [], []
    monkeypatch.setattr(shipped, "read_lexicon", lambda: (read.append(1), time.sleep(0.05), "lexicon")[2])
    monkeypatch.setattr(
        shipped, "read_judge", lambda lexicon: (made.append(lexicon), time.sleep(0.05), "judge")[2]
    )
    shipped._lexicon.cache_clear()
    shipped._judge.cache_clear()
    try:
        found, together = [], threading.Barrier(8)

        def ask():
            together.wait(timeout=10)
            found.append((shipped.lexicon(), shipped.judge()))

        threads = [threading.Thread(target=ask) for _ in range(7)]
        for thread in threads:
            thread.start()
        together.wait(timeout=10)
        shipped.warm().join(timeout=10)
        for thread in threads:
            thread.join(timeout=10)
        assert found == [("lexicon", "judge")] * 7
        assert (len(read), made) == (1, ["lexicon"])
    finally:
        shipped._lexicon.cache_clear()
        shipped._judge.cache_clear()


def test_what_is_warmed_is_all_that_a_first_page_would_build():
    held = shipped.judge()
    held.purposes._all, held._spoken = None, {}
    shipped.warm().join(timeout=60)
    assert held.purposes._all is not None and held._spoken


@pytest.mark.parametrize("rules", ["{}", "[]", "not a file of rules", '{"among": 1}'])
def test_rules_that_cannot_be_read_leave_words_to_pair_and_are_logged(rules, tmp_path, monkeypatch, caplog):
    file = tmp_path / "rules.json"
    file.write_text(rules, encoding="utf-8")
    shipped._judge.cache_clear()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(shipped, "RULES", file)
            assert shipped.judge() is None
    finally:
        shipped._judge.cache_clear()
    assert [one.levelname for one in caplog.records if "by words alone" in one.message] == ["WARNING"]


@pytest.mark.django_db
def test_publishing_pairs_once_all_is_committed(published, monkeypatch, django_capture_on_commit_callbacks):
    """The commit itself calls what waits for it; nobody waits for the pairing to write; failing, it is published all the same."""
    monkeypatch.undo()
    paired = []
    meets = listings.meets
    monkeypatch.setattr(listings, "meets", lambda *a, **k: (paired.append(1), meets(*a, **k))[1])
    with django_capture_on_commit_callbacks(execute=True):
        an_offer(0)
    with django_capture_on_commit_callbacks(execute=True):
        ask = an_ask(1, title="Un barnum")
        assert paired == [] and Listing.objects.get(pk=ask.pk).answered is None
    assert paired == [1] and Listing.objects.get(pk=ask.pk).answered is True
    monkeypatch.setattr(listings, "meets", lambda *a, **k: 1 / 0)
    with django_capture_on_commit_callbacks(execute=True):
        other = an_ask(2, title="Un piano")
    assert other.is_open and Listing.objects.get(pk=other.pk).answered is None


@pytest.fixture
def weighed(monkeypatch):
    """How many times the engine weighed."""
    calls = []
    weigh = finding._weigh
    monkeypatch.setattr(finding, "_weigh", lambda *args: (calls.append(1), weigh(*args))[1])
    return calls


@pytest.mark.django_db
def test_a_page_seen_again_is_not_weighed_again_until_something_of_it_changed(published, weighed):
    offer, ask = an_offer(0), an_ask(1, title="Un barnum")
    pages = [reverse("exchange:listing", args=[one.public_id]) for one in (offer, ask)]

    def see():
        weighed.clear()
        for page in pages:
            assert Client().get(page).status_code == 200
        return len(weighed)

    see()
    assert see() == 0
    listings.edit_listing(offer, values("Deux barnums et leurs poids"), actor="test")
    assert see() >= 1 and see() == 0, "the edited offer is weighed again, once"
    promised(offer, None)
    assert see() == 2 and see() == 0, "a deal changes what is left"
    third = an_offer(2, title="Barnum pliant")
    assert see() >= 1 and see() == 0
    listings.close_listing(third, actor="test")
    see()
    assert see() == 0


@pytest.mark.django_db
def test_another_lexicon_or_another_day_weighs_again(published, weighed, monkeypatch):
    ask = an_ask(1, title="Un barnum")
    an_offer(0)
    finding.meets(ask, members=False)
    weighed.clear()
    finding.meets(ask, members=False)
    assert weighed == []
    monkeypatch.setattr(finding, "version", lambda: "another")
    finding.meets(ask, members=False)
    assert len(weighed) == 1
    tomorrow = timezone.localdate() + timedelta(days=1)
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: tomorrow)
    finding.meets(ask, members=False)
    assert len(weighed) == 2


@pytest.mark.django_db
def test_the_sort_of_a_holder_and_a_merge_weigh_again(published):
    """Volunteers never for a company: what the law says of an ask changes with the sort of its holder."""
    holder, other, asker = organization(0), organization(2), organization(1)
    an_ask(1, title="Un coup de main pour monter les barnums", kind="help", terms="gift")
    offer = an_offer(0, title="Coup de main pour monter des barnums", kind="help", terms="gift")

    def level():
        return [one.match.level for one in finding.meets(Listing.objects.get(pk=offer.pk), members=False)]

    def sort(row, **values):
        Organization.objects.filter(pk=row.pk).update(**values)

    assert level() == [FITS]
    sort(asker, kind=Organization.PARTNER)
    assert level() == [ALMOST], "the ask is now held by a company"
    sort(asker, kind=Organization.REGISTER)
    assert level() == [FITS]
    sort(asker, canonical=holder)
    assert level() == [], "one and the same holder"
    sort(asker, canonical=other)
    assert level() == [FITS]
    sort(other, kind=Organization.PARTNER)
    assert level() == [ALMOST]


@pytest.mark.django_db
def test_counts_of_terms_end_together_and_what_nobody_has_is_not_kept(published, monkeypatch):
    kept, now = caches["pairing_counts"], [1000.0]
    monkeypatch.setattr("django.core.cache.backends.locmem.time.time", lambda: now[0])
    monkeypatch.setattr("django.core.cache.backends.base.time.time", lambda: now[0])

    def count(*terms):
        return finding._counts(dict.fromkeys(terms, 1.0), "ask")

    first = an_offer(0, title="Deux barnums")
    ListingTerm.objects.create(listing=first, side="ask", term="zygote")
    assert count("zygote", "yaourtiere") == {"zygote": 1}
    ListingTerm.objects.create(listing=first, side="ask", term="yaourtiere")
    assert count("zygote", "yaourtiere") == {"zygote": 1, "yaourtiere": 1}, (
        "the first one to have it is seen at once"
    )
    second = an_offer(2, title="Trois barnums")
    ListingTerm.objects.create(listing=second, side="ask", term="zygote")
    now[0] += 590
    assert count("zygote", "nouveau") == {"zygote": 1}
    now[0] += 20
    assert count("zygote") == {"zygote": 2}, "another term missing meanwhile did not make it last"
    assert kept.default_timeout == 600


@pytest.mark.django_db
def test_the_queries_of_a_page_do_not_grow_with_listings(published, django_assert_max_num_queries):
    offer = an_offer(0)
    for n in range(1, 4):
        an_ask(n, title=f"Un barnum {n}")
    page = reverse("exchange:listing", args=[offer.public_id])
    Client().get(page)
    with django_assert_max_num_queries(14):
        Client().get(page)


@pytest.mark.django_db
def test_without_encoder_words_pair_alone_and_nothing_is_read_again_each_hour(published, monkeypatch):
    def fails(lexicon):
        raise OSError("no weights")

    shipped._judge.cache_clear()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(shipped, "read_judge", fails)
            assert shipped.judge() is None
        offer, ask = an_offer(0), an_ask(1, title="Une tente pour la kermesse")
        assert not ListingMeaning.objects.exists()
        met = finding.meets(ask, members=False)
        assert [one.listing for one in met] == [offer] and met[0].match.level == FITS
        assert [one.listing for one in finding.meets(offer, members=False)] == [ask]
        assert Listing.objects.get(pk=ask.pk).answered is True
        assert indexing.index_again() == 0
        page = Client().get(reverse("exchange:listing", args=[ask.public_id]))
        assert page.status_code == 200 and offer.title in page.content.decode()
    finally:
        shipped._judge.cache_clear()
    assert indexing.index_again() == 2 and indexing.index_again() == 0, "once there is one, they are read"


@pytest.mark.django_db
def test_beyond_five_hundred_every_ask_has_its_turn(published, monkeypatch):
    """Two at a time here: five asks take three hours, then it begins again."""
    asks = [an_ask(1, title=f"Un piano {n}") for n in range(5)]
    turns, first = [], timezone.now()
    for hour in range(6):
        monkeypatch.setattr("django.utils.timezone.now", lambda hour=hour: first + timedelta(hours=hour))
        turns.append([ask.pk for ask in upkeep._asks_of_the_hour(most=2)])
    assert sorted(sum(turns[:3], [])) == sorted(ask.pk for ask in asks), "each one once"
    assert turns[:3] == turns[3:] and all(len(turn) <= 2 for turn in turns)


@pytest.mark.django_db
def test_one_hour_looks_at_every_ask_when_they_are_few(published):
    asks = [an_ask(1, title=f"Un piano {n}") for n in range(3)]
    assert [ask.pk for ask in upkeep._asks_of_the_hour()] == [ask.pk for ask in asks]


@pytest.mark.django_db
def test_listings_of_people_cost_no_query_per_person(published):
    """Asks held by people and by structures are weighed with the same number of queries."""
    offer = an_offer(0)
    an_ask(title="Un barnum", holder=Party(person=somebody()))
    finding.matches(offer, members=False)

    def count():
        caches["pairing"].clear()
        with CaptureQueriesContext(connection) as seen:
            found = finding.meets(offer, members=False)
        return len(found), len(seen)

    one, before = count()
    for _ in range(3):
        an_ask(title="Un barnum", holder=Party(person=somebody()))
    an_ask(2, title="Un barnum")
    five, after = count()
    assert (one, five) == (1, 5) and after == before


@pytest.mark.django_db
def test_two_workers_that_find_an_answer_tell_it_once(published):
    """Both read the ask before either wrote: the second finds that it was noted already."""
    ask = an_ask(1, title="Un piano droit")
    asker = a_referent(ask.organization)
    first, second = Listing.objects.get(pk=ask.pk), Listing.objects.get(pk=ask.pk)
    an_offer(0, title="Piano à donner", terms="gift loan", kind="goods")
    mail.outbox.clear()
    listings.look_for_answer(first)
    listings.look_for_answer(second)
    told = [message for message in mail.outbox if "le propose" in message.subject]
    assert len(told) == 1 and told[0].to == [asker.email]


@pytest.mark.django_db
def test_far_more_than_the_pool_are_searched_by_their_words(published, monkeypatch):
    """With a pool of three, the one that shares rare words is found among ten others, both ways."""
    monkeypatch.setattr(finding, "POOL", 3)
    monkeypatch.setattr(finding, "WEIGHED", 2)
    piano = an_offer(0, title="Piano droit accordé", kind="goods", terms="gift")
    for n in range(10):
        an_offer(2, title=f"Deux barnums {n}")
    ask = an_ask(1, title="Un piano", kind="goods", terms="gift")
    assert finding.meets(ask, members=False)[0].listing == piano
    assert finding.meets(piano, members=False)[0].listing == ask
    nothing = an_ask(2, title="Un ascenseur spatial")
    assert all(one.match.level == ALMOST for one in finding.meets(nothing, members=False))


@pytest.mark.django_db
def test_an_insult_is_said_kindly_kept_and_read_before_it_is_public(published):
    person = a_referent(organization(0))
    visitor = Client()
    visitor.force_login(person)
    page = reverse("exchange:write", args=["offre"])
    sent = {
        "title": "Deux barnums", "kind": "equipment", "commune": "86139", "text": "Pas pour les connards d’en face.",
        "speaks_for": organization(0).public_id, "audience": "everybody", "terms": ["loan"], "verb": "", "price": "10 € la journée",
    }  # fmt: skip
    answer = visitor.post(page, sent)
    body = answer.content.decode()
    assert answer.status_code == 422 and "connards" in body and "dites-le autrement" in body
    assert "Pas pour les connards d’en face." in body and "10 € la journée" in body, "nothing typed is lost"
    assert not Listing.objects.exists()

    sure = answer.context["form"]["sure"].value()
    done = visitor.post(page, {**sent, "sure": sure})
    assert done.status_code == 302
    kept = Listing.objects.get()
    assert kept.status == Listing.HELD and kept.text == sent["text"]
    [item] = [one for one in waiting_for(an_operator()) if one.room == "listing"]
    assert "« connards »" in item.detail and item.alike == "remarked"
