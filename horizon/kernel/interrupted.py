"""What somebody sent after their session ended (envoi interrompu): kept an hour, given back in the same browser once they entered.

Nothing is done with it before they read it again and press the button: the form then goes to its own address, past the same
rules and the same token as any other.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from horizon.kernel.models import InterruptedPost
from horizon.kernel.rates import too_often

SESSION = "kernel.interrupted"
FOR = timedelta(hours=1)
LONGEST = 60_000
PER_HOUR = 30
SECRETS = frozenset({"csrfmiddlewaretoken", "code", "credential", "password"})
_unkept: set[str] = set()


def keep_nothing_sent_to(*names: str) -> None:
    """Addresses, by their name, whose forms hold secrets: nothing sent to them is ever kept."""
    _unkept.update(names)


def may_be_kept(request: HttpRequest) -> bool:
    """Whether a browser sent this form as a page of ours does, with its token checked."""
    match = request.resolver_match
    return (
        request.method == "POST"
        and match is not None
        and match.view_name not in _unkept
        and not getattr(match.func, "csrf_exempt", False)
        and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    )


def keep(request: HttpRequest) -> InterruptedPost | None:
    """Keeps what a visitor just sent, in place of what this browser had kept before. None when there is nothing to keep, when it
    is too long, or when too much comes from this line."""
    if not may_be_kept(request):
        return None
    fields = [
        [name, value] for name, values in request.POST.lists() if name not in SECRETS for value in values
    ]
    if not any(value.strip() for _, value in fields) or "\0" in "".join(
        name + value for name, value in fields
    ):
        return None
    path = request.get_full_path()
    if len(path) > 500 or sum(len(name) + len(value) for name, value in fields) > LONGEST:
        return None
    if too_often(request, "interrupted", PER_HOUR, minutes=60):
        return None
    forget(request)
    kept = InterruptedPost.objects.create(
        key=secrets.token_urlsafe(32),
        path=path,
        came_from=page_before(request),
        fields=fields,
        files=sorted({file.name[:100] for files in request.FILES.lists() for file in files[1] if file.name}),
    )
    request.session[SESSION] = kept.key
    return kept


def page_before(request: HttpRequest) -> str:
    """The page of this site where the form was, without the host; empty when the browser does not say."""
    address = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        return ""
    parts = urlsplit(address)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return path if path.startswith("/") and not path.startswith("//") and len(path) <= 500 else ""


def kept_for(request: HttpRequest) -> InterruptedPost | None:
    """What this browser sent less than an hour ago and did not send again since."""
    key = request.session.get(SESSION)
    if not key:
        return None
    return InterruptedPost.objects.filter(key=key, made_at__gt=timezone.now() - FOR).first()


def forget(request: HttpRequest) -> None:
    """Forgets what this browser had kept."""
    key = request.session.pop(SESSION, None)
    if key:
        InterruptedPost.objects.filter(key=key).delete()


def sent_again(request: HttpRequest) -> None:
    """Forgets what was kept once a form comes again to the same address."""
    kept = kept_for(request)
    if kept is None or kept.path == request.get_full_path():
        forget(request)


def forget_interrupted(now: datetime) -> int:
    """Forgets what was kept more than an hour ago. Returns how many."""
    return InterruptedPost.objects.filter(made_at__lte=now - FOR).delete()[0]
