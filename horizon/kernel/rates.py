"""How often one place may do something without an account: counted in memory, under a hash that is thrown away."""

from __future__ import annotations

from ipaddress import IPv6Network, ip_address

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

TOO_MANY = "Beaucoup d’envois viennent de votre connexion. Rien n’est perdu : attendez quelques minutes, puis renvoyez."


def client_address(request: HttpRequest) -> str:
    """The address of who asks, seen through the `HORIZON_PROXIES` trusted proxies in front of the site.

    Of an IPv6 address, its network (/64): one line has them all, and would otherwise be counted as many.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if settings.PROXIES and len(hops) >= settings.PROXIES:
        return _line(hops[-settings.PROXIES])
    return _line(request.META.get("REMOTE_ADDR", ""))


def _line(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:  # a Unix socket has none
        return address
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or IPv6Network((int(found), 64), strict=False))


def by_person(request: HttpRequest, what: str) -> str:
    """The name under which what somebody does is counted: who signed in alone, so that a whole meeting may share a line."""
    return f"{what}:{request.user.pk}" if request.user.is_authenticated else what


def too_often(request: HttpRequest, what: str, limit: int, minutes: float = 10, *, times: int = 1) -> bool:
    """Counts `times` more `what` from this address; whether that is more than `limit` in so many minutes.

    What does not fit is not counted: of twenty refused at once, some may still be done.
    """
    key = f"rate:{what}:{salted_hmac('horizon.rates', client_address(request)).hexdigest()[:32]}"
    cache.add(key, 0, int(minutes * 60))
    try:
        if cache.incr(key, times) <= limit:
            return False
        cache.decr(key, times)
    except ValueError:  # it ended between the two
        return times > limit
    return True
