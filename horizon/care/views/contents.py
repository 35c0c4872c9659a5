"""Reporting a public text, without an account."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from horizon.actors.models import Person
from horizon.care import contents
from horizon.care.forms import ContentReportForm
from horizon.kernel.pages import ask
from horizon.kernel.rates import TOO_MANY, too_often
from horizon.kernel.refusal import Refused

AT_ONCE = 20


@require_http_methods(["GET", "HEAD", "POST"])
def report_content(request: HttpRequest, record_type: str, record_id: str) -> HttpResponse:
    """What is wrong, in one choice; words and an address if one wants."""
    content = contents.content_of(record_type, record_id)
    if content is None:
        raise Http404
    person = request.user if isinstance(request.user, Person) else None

    def do(cleaned: dict) -> str:
        if too_often(request, "report", AT_ONCE):
            raise Refused(TOO_MANY)
        contents.report_content(
            record_type, record_id, ground=cleaned["ground"], message=cleaned["message"],
            email=cleaned["email"] or (person.email if person else ""), actor=person.actor if person else "visitor",
        )  # fmt: skip
        messages.success(request, "Merci. Une personne lit, décide, et dit pourquoi.")
        return content.href

    return ask(
        request, ContentReportForm, do, title="Signaler ce contenu", button="Signaler", lead=f"« {content.text[:400]} »",
        back=(content.href, content.kind), robots=lambda: HttpResponseRedirect(content.href),
        after="Le contenu reste en place jusqu’à la décision. Votre adresse, si vous la laissez, sert à vous la dire ; elle est effacée avec elle.",
    )  # fmt: skip
