"""The public side of the journal: its seals, never its events. What was sent after a session ended, given back."""

from __future__ import annotations

from pathlib import Path

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from horizon.kernel import interrupted, sealing
from horizon.kernel.models import Seal

PER_PAGE = 25
VERIFIER = Path(__file__).with_name("verify.py")


@require_safe
def journal(request: HttpRequest) -> HttpResponse:
    """The latest seals, what they prove, and how to see it for oneself."""
    page = Paginator(Seal.objects.order_by("-number"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "kernel/journal.html", {"page": page, "last": sealing.last_seal()})


@require_safe
def seals(request: HttpRequest) -> StreamingHttpResponse:
    """All seals, one a line: what somebody keeps today to compare with the journal later."""
    return StreamingHttpResponse(sealing.published_lines(), content_type="text/plain; charset=us-ascii")


@require_safe
def verifier(request: HttpRequest) -> FileResponse:
    """The program that verifies an export: one file, Python's standard library alone."""
    return FileResponse(
        VERIFIER.open("rb"),
        as_attachment=True,
        filename="verify.py",
        content_type="text/x-python; charset=utf-8",
    )


@require_safe
def take_up(request: HttpRequest) -> HttpResponse:
    """What this browser sent after its session had ended: to read again, then to send to its own address, or to forget."""
    return render(request, "kernel/take_up.html", {"kept": interrupted.kept_for(request)})


@require_POST
def forget_interrupted(request: HttpRequest) -> HttpResponse:
    """Forgets it now, signed in or not."""
    kept = interrupted.kept_for(request)
    interrupted.forget(request)
    messages.success(request, "C’est oublié : rien n’est parti et rien n’est gardé.")
    return HttpResponseRedirect((kept and kept.came_from) or "/")
