"""How machines are answered: open to every site, limited, revalidated; errors as problem+json (RFC 9457) in French."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt

from horizon.kernel.rates import too_often

FORMAT = 2  # raise it when a record changes shape: what clients keep is then read again
WAIT_SECONDS = 60
METHODS = "GET, HEAD, OPTIONS"
TITLES = {
    404: "Introuvable",
    405: "Méthode refusée",
    422: "Demande mal comprise",
    429: "Trop de demandes",
}
View = Callable[..., HttpResponseBase]
Check = Callable[[HttpRequest], HttpResponseBase | None]


def problem(status: int, detail: str, errors: list[dict] | None = None) -> JsonResponse:
    """What went wrong and what to do."""
    body: dict = {"type": "about:blank", "title": TITLES[status], "status": status, "detail": detail}
    if errors:
        body["erreurs"] = errors
    return JsonResponse(
        body,
        status=status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )


def served(view: View, check: Check | None = None, tag: Callable[[HttpRequest], str] | None = None) -> View:
    """A view for machines. `check` may answer in its place; `tag` says what its answer depends on, before any work.

    Without a tag, the answer is its own: it is made, and not sent when the client has it.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        return _opened(_answer(request, *args, **kwargs))

    def _answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers={"Allow": METHODS})
        if request.method not in {"GET", "HEAD"}:
            refused = problem(405, "Ces données se lisent seulement : employez GET.")
            refused["Allow"] = METHODS
            return refused
        if too_often(request, "open-data", settings.API_RATE, minutes=WAIT_SECONDS / 60):
            refused = problem(
                429,
                f"Plus de {settings.API_RATE} demandes en une minute. Attendez une minute, "
                "ou prenez tout d’un coup dans les fichiers de /donnees/.",
            )
            refused["Retry-After"] = str(WAIT_SECONDS)
            return refused
        found = check(request) if check else None
        if found is not None:
            return found
        etag = _quoted(f"{FORMAT} {tag(request)} {request.get_full_path()}".encode()) if tag else None
        known = get_conditional_response(request, etag=etag) if etag else None
        if known is not None and etag:
            known["ETag"] = etag
            return _kept(known)
        request.method = "GET"
        response = view(request, *args, **kwargs)
        if response.status_code != 200:
            return response
        if not response.has_header("ETag"):
            response["ETag"] = etag or _quoted(response.content)  # type: ignore[attr-defined]
        kept = get_conditional_response(request, etag=response["ETag"], response=response)  # type: ignore[arg-type]
        return _kept(kept or response)

    return csrf_exempt(answer)  # what writes is refused above


def _quoted(content: bytes) -> str:
    return f'"{sha256(content).hexdigest()[:32]}"'


def _kept(response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = "public, max-age=60"
    return response


def _opened(response: HttpResponseBase) -> HttpResponseBase:
    """Any site's page may read it (CORS); no cookie is read or set, so nothing of a person is in it."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Methods"] = METHODS
    response["Access-Control-Allow-Headers"] = "Accept, If-None-Match, If-Modified-Since"
    response["Access-Control-Expose-Headers"] = "ETag, Last-Modified, Link, Retry-After"
    response["Access-Control-Max-Age"] = "86400"
    response["X-Content-Type-Options"] = "nosniff"
    return response
