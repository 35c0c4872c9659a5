"""How often one place may do something without an account: counted in memory, under a hash that is thrown away."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

TOO_MANY = "Beaucoup d’envois viennent de votre connexion. Rien n’est perdu : attendez quelques minutes, puis renvoyez."


def client_address(request: HttpRequest) -> str:
    """The address of who asks, seen through the `HORIZON_PROXIES` trusted proxies in front of the site."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if settings.PROXIES and len(hops) >= settings.PROXIES:
        return hops[-settings.PROXIES]
    return request.META.get("REMOTE_ADDR", "")


def too_often(request: HttpRequest, what: str, limit: int, minutes: float = 10) -> bool:
    """Counts one more `what` from this address; whether that is more than `limit` in so many minutes."""
    key = f"rate:{what}:{salted_hmac('horizon.rates', client_address(request)).hexdigest()[:32]}"
    if cache.add(key, 1, int(minutes * 60)):
        return limit < 1
    try:
        return cache.incr(key) > limit
    except ValueError:  # it ended between the two
        return False
