"""May this site ask that web address? Schemes, ports, hosts and IP addresses, without a name being resolved here.

A link checker opens addresses that strangers wrote. What it may open is the public web: http and https, on their own ports,
at addresses that the Internet routes; never the machine itself, its network, or a cloud's metadata service, however the
address is written (RFC 6890, RFC 4291, RFC 6052).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

PORTS = {"http": 80, "https": 443}
NAT64, GLOBAL_UNICAST = IPv6Network("64:ff9b::/96"), IPv6Network("2000::/3")
LONGEST = 2000


class NotAllowed(ValueError):
    """An address that must not be asked; the message says which rule it breaks."""


@dataclass(frozen=True)
class Target:
    """One address to ask: host in ASCII, in lower case; `url` without a fragment."""

    scheme: str
    host: str
    port: int
    url: str


def target(address: str, *, any_port: bool = False) -> Target:
    """Reads a web address. Raises NotAllowed for what is not public web at its default port.

    `any_port` is for tests that run their own servers.
    """
    said = address.strip()
    if not said or len(said) > LONGEST or any(c.isspace() or ord(c) < 32 or c == "\\" for c in said):
        raise NotAllowed("not an address")
    try:
        parts = urlsplit(said)
        port, host = parts.port, parts.hostname
    except ValueError as problem:
        raise NotAllowed("not an address") from problem
    if parts.scheme not in PORTS:
        raise NotAllowed(f"scheme {parts.scheme or 'missing'}")
    if not host or "@" in parts.netloc:
        raise NotAllowed("host missing, or a password in the address")
    if port not in (None, PORTS[parts.scheme]) and not any_port:
        raise NotAllowed(f"port {port}")
    plain = ascii_host(host)
    shown = f"[{plain}]" if ":" in plain else plain
    if port not in (None, PORTS[parts.scheme]):
        shown = f"{shown}:{port}"
    url = urlunsplit((parts.scheme, shown, _quoted(parts.path) or "/", _quoted(parts.query), ""))
    return Target(parts.scheme, plain, port or PORTS[parts.scheme], url)


def ascii_host(host: str) -> str:
    """A host name as DNS knows it: `Épicerie.fr` is `xn--picerie-9xa.fr`. Raises NotAllowed when it cannot be one."""
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        plain = host.encode("idna").decode("ascii").lower().rstrip(".")
    except UnicodeError as problem:
        raise NotAllowed("not a host name") from problem
    if "." not in plain and plain != "localhost":
        raise NotAllowed("not a public name")
    return plain


def redirected(here: Target, location: str, *, any_port: bool = False) -> Target:
    """Where a redirection leads, held to the same rules. Raises NotAllowed."""
    try:
        return target(urljoin(here.url, location.strip()), any_port=any_port)
    except ValueError as problem:
        raise NotAllowed(f"redirection: {problem}") from problem


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public Internet; an address carried inside another is judged too.

    `::ffff:10.0.0.1` (mapped), `2002:7f00:1::` (6to4), `64:ff9b::a00:1` (NAT64) and Teredo hide an IPv4 address.
    """
    try:
        found = ip_address(address.split("%")[0])
    except ValueError:
        return False
    return "%" not in address and all(_routed(one) for one in _inside(found))


def is_loopback(address: str) -> bool:
    """Whether an IP address is the machine itself."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def same_place(one: str, other: str) -> bool:
    """Whether two addresses lead to the same host, `www.` aside: a change of page or of scheme is no move."""
    return _bare(one) == _bare(other)


def is_within(one: str, other: str) -> bool:
    """Whether the path of the second address is the first's own or below it: `/asso` holds `/asso/` and `/asso/contact`."""
    base, found = (unquote(urlsplit(address).path).rstrip("/") for address in (one, other))
    return ".." not in found.split("/") and f"{found}/".startswith(f"{base}/")


def _bare(address: str) -> str:
    return (urlsplit(address).hostname or "").lower().rstrip(".").removeprefix("www.")


def _inside(found: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    if isinstance(found, IPv4Address):
        return [found]
    if found.ipv4_mapped:
        return [found.ipv4_mapped]
    if found in NAT64:
        return [IPv4Address(int(found) & 0xFFFFFFFF)]
    carried: list[IPv4Address | IPv6Address] = [found]
    if found.sixtofour:
        carried.append(found.sixtofour)
    if found.teredo:
        carried += found.teredo
    return carried


def _routed(one: IPv4Address | IPv6Address) -> bool:
    if isinstance(one, IPv6Address) and one not in GLOBAL_UNICAST:
        return False
    return one.is_global and not (
        one.is_multicast or one.is_reserved or one.is_unspecified or one.is_loopback
    )


def _quoted(text: str) -> str:
    return "".join(c if ord(c) < 128 else "".join(f"%{b:02X}" for b in c.encode()) for c in text)
