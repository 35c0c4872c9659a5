"""Pages for what went wrong: each says what to do next. The 500 page needs neither database nor context."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.urls import reverse


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return render(request, "portal/error.html", {"kind": "400"}, status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: also what an address without a rule answers. A visitor who sent a form is told how to go on with it."""
    before = getattr(request, "page_before", None)
    kept = getattr(request, "interrupted", None)
    shown = {
        "kind": "403",
        "visitor_sent": before is not None,
        "kept": kept,
        "after_entering": reverse("kernel:take-up") if kept else before,
    }
    answer = render(request, "portal/error.html", shown, status=403)
    if kept:
        answer["Cache-Control"] = "private, no-store"
    return answer


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: with a search field already filled from the address."""
    words = " ".join(part for part in request.path.replace("-", " ").replace("_", " ").split("/") if part)
    return render(request, "portal/error.html", {"kind": "404", "words": words[:80]}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a page that stands alone."""
    return HttpResponse(loader.get_template("portal/500.html").render(), status=500)
