"""Asking one web address: resolved, judged, and joined at the very address that was judged; little is read, and not for long.

httpcore speaks HTTP; the network that it is given here (`Guarded`) resolves a name itself, refuses what is not the public
Internet, connects to the address that it judged (a second resolution could say something else), and cuts what lasts or is
long. Redirections come back here, so that each is judged in turn.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import httpcore

from horizon.directory.sites.models import SiteCheck
from horizon.engine.webaddress import (
    NotAllowed,
    Target,
    is_loopback,
    is_public,
    redirected,
    same_place,
    target,
)

SECONDS, STEP = 20.0, 8.0
READ_AT_MOST = 256 * 1024
PAGE_AT_MOST = 1024 * 1024
HOPS = 3
FAILS = (ValueError, httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError)
REDIRECTS = {301, 302, 303, 307, 308}
GONE = {404, 410}
KEEPS_ROBOTS_OUT = {401, 402, 403, 405, 406, 409, 418, 423, 429, 451}


@dataclass(frozen=True)
class Policy:
    """How the site presents itself, and whether tests let it ask this very machine."""

    agent: str
    loopback: bool = False
    ssl_context: ssl.SSLContext | None = None
    seconds: float = SECONDS
    turns: dict[str, Lock] = field(default_factory=dict, repr=False, compare=False)

    def turn(self, host: str) -> Lock:
        """Held while a host is asked, so that it is asked one thing at a time; `setdefault` makes one lock for each."""
        return self.turns.setdefault(host, Lock())


@dataclass(frozen=True)
class Seen:
    """What one look found: an outcome of SiteCheck, and where the site moved."""

    outcome: str
    leads_to: str = ""


@dataclass(frozen=True)
class Page:
    """What one reading found: an outcome of SiteCheck, the address where it was read, and its source."""

    outcome: str
    url: str = ""
    source: str = field(default="", repr=False)


@dataclass
class Budget:
    """What is left of the time and bytes of one look."""

    ends: float
    bytes_left: int = READ_AT_MOST

    def seconds(self, wanted: float | None) -> float:
        """The time that one step may take. Raises ReadTimeout when all of it is spent."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("too long in all")
        return min(left, STEP if wanted is None else wanted)


class Guarded(httpcore.NetworkBackend):
    """A network that only leads to the public Internet, within a budget."""

    def __init__(self, policy: Policy, budget: Budget):
        self.policy, self.budget = policy, budget

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
                    socket_options: Iterable | None = None) -> httpcore.NetworkStream:  # fmt: skip  # noqa: PLR0913
        """Joins a host at an address that was judged. Raises NotAllowed, or httpcore's errors."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as problem:
            raise httpcore.ConnectError(f"no address for {host}") from problem
        addresses = list(dict.fromkeys(str(row[4][0]) for row in found))
        for address in addresses:
            if not self.allows(address):
                raise NotAllowed(f"{host} is {address}")
        last: Exception = httpcore.ConnectError(f"no address for {host}")
        for address in addresses[:3]:
            try:
                stream = httpcore.SyncBackend().connect_tcp(
                    address, port, self.budget.seconds(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                last = failed
                continue
            return Measured(stream, self.budget)
        raise last

    def allows(self, address: str) -> bool:
        """Whether an IP address may be joined."""
        return is_public(address) or (self.policy.loopback and is_loopback(address))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable | None = None
    ):
        """Never."""
        raise NotAllowed("a socket of this machine")


class Measured(httpcore.NetworkStream):
    """A connection that stops when the budget is spent, however slowly it is fed."""

    def __init__(self, stream: httpcore.NetworkStream, budget: Budget):
        self.stream, self.budget = stream, budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Reads within the budget."""
        if self.budget.bytes_left <= 0:
            raise httpcore.ReadError("too long an answer")
        said = self.stream.read(min(max_bytes, 16_384), self.budget.seconds(timeout))
        self.budget.bytes_left -= len(said)
        return said

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Writes within the budget."""
        self.stream.write(buffer, self.budget.seconds(timeout))

    def close(self) -> None:
        """Closes."""
        self.stream.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
                  timeout: float | None = None) -> httpcore.NetworkStream:  # fmt: skip
        """Speaks TLS under the name that was asked, whatever the address."""
        return Measured(
            self.stream.start_tls(ssl_context, server_hostname, self.budget.seconds(timeout)), self.budget
        )

    def get_extra_info(self, info: str) -> object:
        """What httpcore asks of a connection."""
        return self.stream.get_extra_info(info)


@dataclass
class Answer:
    """The little that is read of an answer."""

    status: int
    location: str = ""
    body: bytes = field(default=b"", repr=False)


def look(address: str, policy: Policy) -> Seen:
    """Asks an address as somebody who follows the link would, and says what they would find. Never raises for what the web does.

    HEAD first. Where HEAD is not understood or finds nothing, GET, if the site's robots.txt lets us.
    """
    budget = Budget(time.monotonic() + policy.seconds)
    try:
        return _follow(target(address, any_port=policy.loopback), policy, budget)
    except FAILS as problem:
        return Seen(_outcome(problem))


def _outcome(problem: Exception) -> str:
    if isinstance(problem, ValueError):  # NotAllowed, or what urllib cannot read
        return SiteCheck.REFUSED
    return SiteCheck.CERTIFICATE if _about_certificate(problem) else SiteCheck.SILENT


def read_page(address: str, policy: Policy) -> Page:
    """Reads one page, because somebody who says it is theirs asks for it. Never raises for what the web does.

    Its first megabyte is read; redirections are followed, and the caller judges where they led.
    """
    budget = Budget(time.monotonic() + policy.seconds, PAGE_AT_MOST)
    try:
        here = target(address, any_port=policy.loopback)
        for _ in range(HOPS + 1):
            answer = ask(here, "GET", policy, budget, keep=PAGE_AT_MOST * 3 // 4)
            if answer.status not in REDIRECTS or not answer.location:
                seen = _verdict(answer.status, here, here, True)
                read = answer.body.decode("utf-8", "replace") if answer.status == 200 else ""
                return Page(seen.outcome, here.url, read)
            here = redirected(here, answer.location, any_port=policy.loopback)
    except FAILS as problem:
        return Page(_outcome(problem))
    return Page(SiteCheck.BROKEN)


def _follow(first: Target, policy: Policy, budget: Budget) -> Seen:
    here, permanent = first, True
    for _ in range(HOPS + 1):
        answer = _head_then_get(here, policy, budget)
        if answer.status not in REDIRECTS or not answer.location:
            return _verdict(answer.status, first, here, permanent)
        permanent = permanent and answer.status in {301, 308}
        here = redirected(here, answer.location, any_port=policy.loopback)
    return Seen(SiteCheck.BROKEN)


def _verdict(status: int, first: Target, here: Target, permanent: bool) -> Seen:
    if status in GONE:
        return Seen(SiteCheck.NOT_FOUND)
    if 200 <= status < 300 or status in KEEPS_ROBOTS_OUT:
        moved = permanent and not same_place(first.url, here.url)
        return Seen(SiteCheck.MOVED, here.url) if moved else Seen(SiteCheck.ANSWERS)
    return Seen(SiteCheck.BROKEN)


def _head_then_get(here: Target, policy: Policy, budget: Budget) -> Answer:
    head = ask(here, "HEAD", policy, budget)
    if 200 <= head.status < 300 or (head.status in REDIRECTS and head.location):
        return head
    return ask(here, "GET", policy, budget) if _may_get(here, policy, budget) else head


def _may_get(here: Target, policy: Policy, budget: Budget) -> bool:
    """Whether robots.txt lets us read the page; one that cannot be read forbids nothing (RFC 9309, 2.3.1.3)."""
    parts = urlsplit(here.url)
    try:
        robots = target(f"{parts.scheme}://{parts.netloc}/robots.txt", any_port=policy.loopback)
        said = ask(robots, "GET", policy, budget, keep=READ_AT_MOST // 4)
    except (NotAllowed, httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError):
        return True
    if said.status != 200:
        return said.status < 500
    rules = RobotFileParser()
    try:
        rules.parse(said.body.decode("utf-8", "replace").splitlines())
        return rules.can_fetch(policy.agent, here.url)
    except ValueError:  # the parser's own: `Disallow: //[x`, `Crawl-delay: ²`
        return True


def ask(here: Target, method: str, policy: Policy, budget: Budget, *, keep: int = 0) -> Answer:
    """One request on a connection of its own, when the host's turn comes: the wait is not of the budget. Of what it answers,
    `keep` bytes are read.

    Raises NotAllowed and httpcore's errors.
    """
    began = time.monotonic()
    with policy.turn(here.host):
        budget.ends += time.monotonic() - began
        return _ask(here, method, policy, budget, keep)


def _ask(here: Target, method: str, policy: Policy, budget: Budget, keep: int) -> Answer:
    context = policy.ssl_context or httpcore.default_ssl_context()
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), min(STEP, policy.seconds))
    headers = [("User-Agent", policy.agent), ("Accept", "text/html, */*;q=0.5"), ("Connection", "close")]
    body = b""
    with (
        httpcore.ConnectionPool(ssl_context=context, network_backend=Guarded(policy, budget)) as pool,
        pool.stream(method, here.url, headers=headers, extensions={"timeout": timeouts}) as response,
    ):
        location = next((v for k, v in response.headers if k.lower() == b"location"), b"")
        if keep and response.status == 200:
            for chunk in response.iter_stream():
                body += chunk
                if len(body) > keep:
                    break
        return Answer(response.status, location.decode("utf-8", "replace"), body)


def _about_certificate(problem: BaseException) -> bool:
    seen: BaseException | None = problem
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
