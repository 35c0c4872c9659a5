"""Whether sites answer: what is seen of each kind, what is never asked, what is kept, and what is told."""

import socket
import time
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from horizon.config.environment import loopback_allowed
from horizon.directory.models import Entry, SiteCheck
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import state
from horizon.directory.sites import fetching
from horizon.directory.sites.fetching import Policy, Seen, look
from horizon.directory.sites.services import Site, check_sites, keep_check, put_aside, sites_to_ask
from horizon.kernel.models import Event
from horizon.kernel.refusal import Refused
from tests.directory.web_kit import make_certificate, web_site
from tests.people import a_referent, entry_named

HERE = Policy(agent="HorizonCommun/test (+https://exemple.org)", loopback=True)


@pytest.fixture(scope="module")
def site():
    with web_site() as server:
        yield server


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("/", "answers"),
        ("/only-get", "answers"),
        ("/status/204", "answers"),
        ("/status/403", "answers"),
        ("/status/429", "answers"),
        ("/status/404", "not_found"),
        ("/status/410", "not_found"),
        ("/status/500", "broken"),
        ("/status/503", "broken"),
        ("/to/302//", "answers"),
        ("/to/301//status/404", "not_found"),
        ("/loop/1", "broken"),
        ("/to/302/ftp://exemple.fr/", "refused"),
        ("/to/301/http://10.0.0.1/", "refused"),
        ("/to/301/http://169.254.169.254/latest/meta-data/", "refused"),
        ("/to/302/http://[::ffff:10.0.0.1]/", "refused"),
        ("/to/302/http://user:pass@127.0.0.1/", "refused"),
        ("/endless", "silent"),
        ("/garbage", "silent"),
    ],
)
def test_what_is_seen(site, path, outcome):
    assert look(site.address + path, HERE).outcome == outcome


def test_three_redirections_are_followed_and_not_four(site):
    before = len(site.seen)
    look(f"{site.address}/loop/1", HERE)
    assert [path for _, path, _ in site.seen[before:]] == ["/loop/1", "/loop/2", "/loop/3", "/loop/4"]


def test_head_first_then_get_where_head_says_nothing(site):
    before = len(site.seen)
    look(f"{site.address}/only-get", HERE)
    look(f"{site.address}/", HERE)
    assert [(method, path) for method, path, _ in site.seen[before:]] == [
        ("HEAD", "/only-get"), ("GET", "/robots.txt"), ("GET", "/only-get"), ("HEAD", "/"),
    ]  # fmt: skip
    assert {agent for *_, agent in site.seen} == {HERE.agent}


def test_robots_that_are_kept_out_read_no_page():
    with web_site(robots="User-agent: *\nDisallow: /") as server:
        assert look(f"{server.address}/only-get", HERE).outcome == "answers"
        assert look(f"{server.address}/status/404", HERE).outcome == "not_found"
        assert ("GET", "/only-get") not in [row[:2] for row in server.seen]


def test_a_site_that_moved_says_where(site):
    other = site.address.replace("127.0.0.1", "localhost")
    assert look(f"{site.address}/to/301/{other}/ici", HERE) == Seen("moved", f"{other}/ici")
    assert look(f"{site.address}/to/302/{other}/ici", HERE) == Seen("answers")
    assert look(f"{site.address}/to/301//ailleurs", HERE) == Seen("answers")


def test_a_certificate_that_nobody_vouches_for(tmp_path):
    with web_site(certificate=make_certificate(tmp_path)) as server:
        assert look(server.address, HERE).outcome == "certificate"


def test_an_answer_that_drips_is_cut(site):
    began = time.monotonic()
    seen = look(f"{site.address}/drip", Policy(agent="x", loopback=True, seconds=0.6))
    assert seen.outcome == "silent" and time.monotonic() - began < 3


def test_the_budget_is_of_the_whole_look(site, monkeypatch):
    """HEAD, robots.txt and GET of one look share it; so do redirections. The next look has its own."""
    real, budgets = fetching.Guarded, []

    def guarded(policy, budget):
        budgets.append(budget)
        return real(policy, budget)

    monkeypatch.setattr(fetching, "Guarded", guarded)
    for path, requests in (("/only-get", 3), ("/to/302//", 2)):
        assert look(f"{site.address}{path}", HERE).outcome == "answers"
        assert len(budgets) == requests and len({id(one) for one in budgets}) == 1
        assert budgets[0].bytes_left < fetching.READ_AT_MOST
        budgets.clear()


@pytest.mark.parametrize("rules", ["User-agent: *\nDisallow: //[x", "User-agent: *\nCrawl-delay: ²"])
def test_rules_that_cannot_be_read_forbid_nothing(rules):
    with web_site(robots=rules) as server:
        assert look(f"{server.address}/only-get", HERE).outcome == "answers"
        assert ("GET", "/only-get") in [row[:2] for row in server.seen]


def test_nobody_there():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert look(f"http://127.0.0.1:{port}/", HERE).outcome == "silent"
    assert look("http://nulle-part.invalid/", HERE).outcome == "silent"


def test_this_machine_is_never_asked_without_the_setting_for_tests(site):
    before = len(site.seen)
    for address in (
        site.address,
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://0.0.0.0/",
        "http://2130706433/",
    ):
        assert look(address, Policy(agent="x")).outcome == "refused", address
    assert len(site.seen) == before


def test_a_name_is_joined_at_the_address_that_was_judged(monkeypatch, site):
    """A name that answers differently the second time (DNS rebinding) is resolved once only."""
    port, asked = int(site.address.rsplit(":", 1)[1]), []
    real = socket.getaddrinfo

    def once(host, *arguments, **named):
        asked.append(host)
        if host != "rebond.exemple":
            return real(host, *arguments, **named)
        answer = "127.0.0.1" if asked.count(host) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answer, port))]

    monkeypatch.setattr(fetching.socket, "getaddrinfo", once)
    assert look(f"http://rebond.exemple:{port}/", HERE).outcome == "answers"
    assert asked.count("rebond.exemple") == 1
    assert look(f"http://rebond.exemple:{port}/", HERE).outcome == "refused"


def test_a_name_with_one_private_address_among_others_is_refused(monkeypatch):
    def both(host, port, *arguments, **named):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("1.1.1.1", "192.168.0.1")]

    monkeypatch.setattr(fetching.socket, "getaddrinfo", both)
    assert look("http://exemple.fr/", Policy(agent="x")).outcome == "refused"


def test_the_setting_for_tests_is_refused_on_a_site_that_others_open():
    assert loopback_allowed("1", "http://localhost:8000")
    assert not loopback_allowed("", "https://horizon.exemple.fr")
    with pytest.raises(ValueError, match="remove it"):
        loopback_allowed("1", "https://horizon.exemple.fr")


@pytest.fixture
def bike(published, settings):
    settings.SITE_CHECKS_LOOPBACK = True
    return entry_named("Pédalier").organization


def _site_is(organization, address):
    state(organization, {"website": address}, origin="referent", actor="test", publish=True)
    Entry.objects.filter(organization=organization).update(website=address)


def _long_ago(days, **more):
    SiteCheck.objects.update(checked_at=timezone.now() - timedelta(days=days), **more)


@pytest.mark.django_db
def test_an_invented_directory_is_never_asked(published):
    assert published.synthetic and sites_to_ask(10) == []


@pytest.mark.django_db
def test_a_month_apart_and_at_most_so_many(bike, settings, site):
    _site_is(bike, site.address + "/")
    Entry.objects.filter(name__contains="PAIN").update(website=site.address + "/status/404")
    settings.SITE_CHECKS = 1
    assert check_sites(using=HERE) == "1 sites demandés"
    assert check_sites(using=HERE) == "1 sites demandés"
    assert check_sites(using=HERE) == "", "all were asked this month"
    assert {row.outcome for row in SiteCheck.objects.all()} == {"answers", "not_found"}
    SiteCheck.objects.filter(outcome="not_found").update(failing_since=timezone.now() - timedelta(days=8))
    _long_ago(8)
    assert [one.address for one in sites_to_ask(9)] == [site.address + "/status/404"], (
        "a first failure: after a week"
    )
    SiteCheck.objects.filter(outcome="not_found").update(failing_since=timezone.now() - timedelta(days=40))
    _long_ago(31)
    assert len(sites_to_ask(9)) == 2
    _site_is(bike, site.address + "/autre")
    assert len(sites_to_ask(9)) == 2 and sites_to_ask(9)[0].address.endswith("/autre"), (
        "a new address comes first"
    )


@pytest.mark.django_db
def test_an_address_that_cannot_be_read_stops_no_other(bike, site):
    _site_is(bike, site.address + "/")
    broken = entry_named("PAIN").organization
    Entry.objects.filter(organization=broken).update(website="http://[www.asso.fr]")
    assert check_sites(using=HERE) == "2 sites demandés"
    assert SiteCheck.objects.get(organization=broken).outcome == "refused"
    assert SiteCheck.objects.get(organization=bike).outcome == "answers"


@pytest.mark.django_db
def test_one_host_is_asked_one_thing_at_a_time(bike, site):
    for number, entry in enumerate(Entry.objects.filter(active=True)):
        entry.website = f"{site.address}/slow?{number}"
        entry.save()
    site.busy = 0
    check_sites(using=HERE)
    assert SiteCheck.objects.count() > 4 and site.busy == 1


@pytest.mark.django_db
def test_the_page_says_when_and_the_list_that_it_answers(bike, client, site):
    _site_is(bike, site.address + "/")
    check_sites(using=HERE)
    page = client.get(f"/structures/{bike.public_id}/").content.decode()
    assert "Site vérifié le" in page and "Son site répond, vérifié le" in page
    refresh_directory()
    assert "site" in Entry.objects.get(organization=bike).signs
    assert "son site répond" in client.get("/annuaire/?q=pedalier").content.decode()
    _site_is(bike, "https://autre.example")
    refresh_directory()
    assert "site" not in Entry.objects.get(organization=bike).signs, "another address was not asked yet"


@pytest.mark.django_db
def test_a_failure_keeps_its_first_day_and_an_answer_forgets_it(bike):
    one = Site(bike.pk, "https://exemple.fr")
    first = keep_check(one, Seen("silent"), actor="test")
    again = keep_check(one, Seen("not_found"), actor="test")
    assert again.failing_since == first.failing_since and again.outcome == "not_found"
    put_aside(again, True, actor="test")
    back = keep_check(one, Seen("answers"), actor="test")
    assert (back.failing_since, back.told_at, back.seen_at) == (None, None, None)
    with pytest.raises(Refused):
        put_aside(back, True, actor="test")
    with pytest.raises(IntegrityError), transaction.atomic():
        SiteCheck.objects.update(failing_since=timezone.now())
    assert Event.objects.filter(verb="see_site").count() == 3


@pytest.mark.django_db
def test_two_failures_a_week_apart_are_told_once(
    bike, client, mailoutbox, django_capture_on_commit_callbacks
):
    from horizon.care.freshness.letters import tell_failing_sites
    from tests.people import an_operator

    referent, operator = a_referent(bike), an_operator()
    _site_is(bike, "https://exemple.fr")
    keep_check(Site(bike.pk, "https://exemple.fr"), Seen("silent"), actor="test")
    with django_capture_on_commit_callbacks(execute=True):
        assert tell_failing_sites() == ""
    SiteCheck.objects.update(failing_since=timezone.now() - timedelta(days=8))
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            tell_failing_sites()
    [message] = mailoutbox
    assert (
        message.to == [referent.email]
        and "https://exemple.fr" in message.body
        and "Rien n’est retiré" in message.body
    )
    client.force_login(operator)
    row = SiteCheck.objects.get()
    assert "ne répond pas" in client.get("/bureau/?quoi=site").content.decode()
    client.post("/bureau/", {"one": f"accept|site/{row.pk}"})
    assert "ne répond pas" not in client.get("/bureau/?quoi=site").content.decode()
    client.post("/bureau/", {"verb": "undo"})
    assert "ne répond pas" in client.get("/bureau/?quoi=site").content.decode()
    assert Entry.objects.get(organization=bike).website == "https://exemple.fr", "nothing is ever removed"
