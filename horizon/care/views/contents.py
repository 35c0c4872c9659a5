"""Reporting a public text, without an account."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from horizon.actors.models import Person
from horizon.care import contents
from horizon.care.forms import ContentReportForm, ContestForm
from horizon.kernel.pages import ask
from horizon.kernel.rates import TOO_MANY, too_often
from horizon.kernel.refusal import Refused
from horizon.kernel.templatetags.atlas import day

AT_ONCE = 20


@require_http_methods(["GET", "HEAD", "POST"])
def report_content(request: HttpRequest, record_type: str, record_id: str) -> HttpResponse:
    """What is wrong, in one choice; words and an address if one wants."""
    content = contents.content_of(record_type, record_id)
    person = request.user if isinstance(request.user, Person) else None
    if content is None or content.readers and not content.readers(request.user):
        raise Http404

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


@require_http_methods(["GET", "HEAD", "POST"])
def decision(request: HttpRequest, public_id: str, side: str, key: str) -> HttpResponse:
    """What was decided of a reported content, and why; the side that it goes against may contest it, once."""
    row = contents.find_decision(public_id, side, key)
    if row is None:
        raise Http404

    def do(cleaned: dict) -> str:
        if too_often(request, "contest", AT_ONCE):
            raise Refused(TOO_MANY)
        contents.contest_content(row, side, cleaned["words"], email=cleaned["email"])
        messages.success(request, "C’est reçu. Une personne relit la décision avec ce que vous en dites.")
        return request.path

    if not contents.may_contest(row, side):
        return render(request, "care/decision.html", {"report": row, "ground": row.get_ground_display()})
    return ask(
        request, ContestForm, do, title="Contester une décision", button="Contester", lead=row.reason,
        before=[f"Décidé le {day(row.decided_at)} par une personne de l’équipe d’animation, pas par une machine."] if row.decided_at else [],
        after="La décision reste en place jusqu’à la seconde lecture. Votre adresse, si vous la laissez, sert à vous en dire la suite ; "
              "elle est effacée avec elle.",
    )  # fmt: skip
