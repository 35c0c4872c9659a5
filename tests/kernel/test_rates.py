"""How often one line may do something: each line is counted, and none forgets what it did because others came."""

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from horizon.actors.signin import Adapter
from horizon.kernel.rates import client_address, too_often


def asked(address, **headers):
    return RequestFactory().get("/", REMOTE_ADDR=address, headers=headers)


@pytest.fixture(autouse=True)
def _nothing_counted():
    cache.clear()
    yield
    cache.clear()


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"), ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"), ("fe80::1%eth0", "fe80::/64"), ("", ""), ("unix:", "unix:"),
    ],
)  # fmt: skip
def test_a_line_is_an_address_or_the_network_of_an_ipv6_one(address, line):
    assert client_address(asked(address)) == line


def test_it_is_seen_through_the_proxies(settings):
    settings.PROXIES = 1
    request = asked("127.0.0.1", x_forwarded_for="198.51.100.9, 2001:db8:1:2::5")
    assert client_address(request) == "2001:db8:1:2::/64"


def test_all_the_addresses_of_one_network_share_one_limit():
    assert not any(too_often(asked(f"2001:db8::{n:x}"), "test", 5) for n in range(1, 6))
    assert too_often(asked("2001:db8::ffff"), "test", 5)
    assert not too_often(asked("2001:db8:0:1::1"), "test", 5)


def test_those_who_ask_for_codes_are_counted_alike():
    request = asked("2001:db8:1:2::5")
    assert Adapter(request).get_client_ip(request) == client_address(request) == "2001:db8:1:2::/64"


def test_a_crowd_does_not_make_a_limit_forgotten():
    for _ in range(3):
        too_often(asked("192.0.2.1"), "test", 2)
    for n in range(5_000):
        too_often(asked(f"10.0.{n // 250}.{n % 250}"), "test", 2)
    assert too_often(asked("192.0.2.1"), "test", 2)
