"""Which web addresses this site may ask: worked by hand, then whatever somebody types."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horizon.engine.webaddress import NotAllowed, is_public, is_within, redirected, same_place, target

PRIVATE = [
    "127.0.0.1", "127.255.0.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "fec0::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "2002:7f00:1::", "2002:a00:1::1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "2001:0:7f00:1::", "not an address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_the_public_internet_is_not_asked(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "80.67.169.12", "2001:910:800::12", "64:ff9b::5043:a90c"])
def test_the_public_internet_is(address):
    assert is_public(address)


@given(st.integers(0, 2**32 - 1))
def test_an_address_hidden_in_another_is_judged_as_itself(number):
    plain = IPv4Address(number)
    for hidden in (
        IPv6Address(0xFFFF << 32 | number),
        ip_address(f"64:ff9b::{plain}"),
        IPv6Address((0x2002 << 112) | (number << 80)),
    ):
        if not is_public(str(plain)):
            assert not is_public(str(hidden)), hidden


@pytest.mark.parametrize(
    "address",
    [
        "ftp://exemple.fr/", "file:///etc/passwd", "javascript:alert(1)", "gopher://exemple.fr", "//exemple.fr", "exemple.fr",
        "http://exemple.fr:8080/", "https://exemple.fr:80/", "http://exemple.fr:22/", "http://", "http:///chemin",
        "http://moi:secret@exemple.fr/", "http://exemple.fr@169.254.169.254/", "http://intranet/", "http://exemple.fr\\@10.0.0.1/",
        "http://exemple.fr/a b", "http://[::1", "http://exemple.fr:port/", "", "http://" + "a" * 2100 + ".fr",
        "http://exemple.fr/\r\nHost: autre",
    ],
)  # fmt: skip
def test_what_is_no_public_web_address_is_refused(address):
    with pytest.raises(NotAllowed):
        target(address)


def test_an_address_is_read_as_dns_and_http_know_it():
    read = target("HTTPS://Épicerie.FR/où?q=été#bas")
    assert (read.scheme, read.port, read.host) == ("https", 443, "xn--picerie-9xa.fr")
    assert read.url == "https://xn--picerie-9xa.fr/o%C3%B9?q=%C3%A9t%C3%A9"
    assert target("http://exemple.fr:80").url == "http://exemple.fr/"


def test_a_redirection_is_held_to_the_same_rules():
    here = target("https://exemple.fr/a/b")
    assert redirected(here, "../c").url == "https://exemple.fr/c"
    assert redirected(here, "//autre.fr").url == "https://autre.fr/"
    for bad in ("ftp://autre.fr/", "http://autre.fr:6379/", "http://localhost:1/", "http://a@b.fr/"):
        with pytest.raises(NotAllowed):
            redirected(here, bad)


def test_the_same_place_whatever_the_scheme_and_the_page():
    assert same_place("http://www.exemple.fr/a", "https://exemple.fr/b")
    assert not same_place("http://exemple.fr", "http://exemple.org")


def test_a_page_holds_itself_and_what_is_below():
    home = "https://exemple.fr"
    for below in (home, f"{home}/", f"{home}/a/b"):
        assert is_within(home, below) and is_within(f"{home}/", below)
    for below in ("/asso", "/asso/", "/asso/contact?x=1", "/%61sso/"):
        assert is_within(f"{home}/asso", home + below) and is_within(f"{home}/asso/", home + below), below
    for outside in ("", "/", "/asso2", "/fil", "/asso/../fil", "/asso/%2e%2e/fil"):
        assert not is_within(f"{home}/asso", home + outside), outside


@given(st.text(max_size=80))
def test_whatever_is_typed_is_read_or_refused(typed):
    for address in (typed, f"http://{typed}", f"https://exemple.fr/{typed}"):
        try:
            read = target(address)
        except NotAllowed:
            continue
        assert read.scheme in {"http", "https"} and read.port in {80, 443} and read.url.isascii()
