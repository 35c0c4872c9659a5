"""Pages for what went wrong: each says what to do next. The 500 page needs neither database nor context."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return render(request, "portal/error.html", {"kind": "400"}, status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: also what an address without a rule answers."""
    return render(request, "portal/error.html", {"kind": "403"}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: with a search field already filled from the address."""
    words = " ".join(part for part in request.path.replace("-", " ").replace("_", " ").split("/") if part)
    return render(request, "portal/error.html", {"kind": "404", "words": words[:80]}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a page that stands alone."""
    return HttpResponse(loader.get_template("portal/500.html").render(), status=500)
