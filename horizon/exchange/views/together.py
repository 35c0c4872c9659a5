"""Writing to every offer that covers an ask together, from one page."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from horizon.actors.models import Person
from horizon.exchange import finding, together
from horizon.exchange.forms import TogetherForm
from horizon.exchange.law import CONDITIONS
from horizon.exchange.models import Deal, Listing
from horizon.exchange.parties import Party, holder_of, is_member
from horizon.exchange.services.together import ASK_IS_OVER, NotAll, propose_together, sent_by
from horizon.exchange.together import Line, Progress
from horizon.exchange.views.deals import AT_ONCE, BOTH, LAPSE, not_too_often
from horizon.exchange.views.listings import seen
from horizon.kernel.refusal import Refused

SEEN = "seen_"
NOTHING = "Aucun ensemble d’offres ne couvre aujourd’hui ce qui manque."


@require_http_methods(BOTH)
def propose(request: HttpRequest, public_id: str) -> HttpResponse:
    """One message to each offer of the set that covers an ask, with how many of each: one proposal with each, all at once."""
    person: Person = request.user  # type: ignore[assignment]
    ask, _ = seen(request, public_id)
    asker = together.asker_of(ask, person)
    if asker is None or ask.side != Listing.ASK:
        raise Http404
    if request.method == "POST":
        return _send(request, ask, asker, person)
    if not ask.is_open:
        messages.error(request, ASK_IS_OVER)
        return redirect("exchange:listing", ask.public_id)
    plan = together.plan_of(ask, finding.matches(ask, members=is_member(person)), asker, person)
    if plan.together is None:
        messages.info(request, NOTHING)
        return redirect("exchange:listing", ask.public_id)
    lines = plan.lines[:AT_ONCE]
    form = TogetherForm(offers=_offered(lines, plan.together.shares))
    return _page(request, ask, asker, plan.progress, form, lines, more=len(plan.lines) - len(lines))


def _offered(lines: Sequence[Line], shares: Sequence[Decimal | None]) -> list:
    return [
        (one.listing.public_id, f"« {one.title} », {one.holder}", share, one.mark)
        for one, share in zip(lines, shares, strict=False)
    ]


def _send(request: HttpRequest, ask: Listing, asker: Party, person: Person) -> HttpResponse:
    """Sends all of it or, when something cannot be, nothing: the page comes back without what is over, with all that was typed."""
    keys = [name.removeprefix(SEEN) for name in request.POST if name.startswith(SEEN)][:AT_ONCE]
    once = request.POST.get("once", "")
    gone = {deal.listing.public_id for deal in sent_by(once, keys)} if once else set()
    if keys and gone >= set(keys):
        return _sent(request, ask, sent_by(once, keys))
    lines, progress = _as_they_are(ask, [key for key in keys if key not in gone], asker, person)
    form = TogetherForm(request.POST, offers=_offered(lines, [None] * len(lines)))
    why: dict[str, str] = {}
    if form.is_valid():
        data = form.cleaned_data
        why = together.problems_of(lines, data["asked"])
        try:
            if not why:
                not_too_often(request, len(data["asked"]))
                done = propose_together(
                    ask, data["asked"], data["text"], once=data["once"], asker=asker, author=person
                )
                return _sent(request, ask, done)
        except NotAll as problem:
            why = problem.why
            lines, progress = _as_they_are(ask, keys, asker, person)
        except Refused as problem:
            form.add_error(None, str(problem))
    return _given_back(request, ask, asker, progress, form, lines, why)


def _as_they_are(ask: Listing, keys: list[str], asker: Party, person: Person) -> tuple[list[Line], Progress]:
    rows = Listing.objects.filter(public_id__in=keys)
    by_key = {
        one.public_id: one for one in rows.select_related("organization__canonical", "person", "commune")
    }
    progress = together.progress_of(ask)
    offers = [by_key[key] for key in keys if key in by_key]
    return together.lines_of(ask, offers, asker, person, progress), progress


def _given_back(
    request: HttpRequest, ask: Listing, asker: Party, progress: Progress, form: TogetherForm, lines: list[Line],
    why: dict[str, str],
) -> HttpResponse:  # fmt: skip  # noqa: PLR0913
    """The same form without what nobody may write to any more: each is said with why and with what was typed for it."""
    said = form.data.copy()  # type: ignore[attr-defined]
    out = [(one, one.why, said.get(f"quantity_{one.listing.public_id}", "")) for one in lines if one.why]
    kept = [one for one in lines if not one.why]
    if out and not kept:
        return _instead(request, ask, asker, said.get("text", ""), out)
    for one in kept:
        said[f"{SEEN}{one.listing.public_id}"] = one.mark
    again = TogetherForm(said, offers=_offered(kept, [None] * len(kept)))
    again.is_valid()
    for line in form.non_field_errors():
        if line not in again.non_field_errors():
            again.add_error(None, line)
    for one in kept:
        if one.listing.public_id in why:
            again.add_error(f"quantity_{one.listing.public_id}", why[one.listing.public_id])
    return _page(request, ask, asker, progress, again, kept, out=out, status=422)


def _instead(
    request: HttpRequest, ask: Listing, asker: Party, text: str, out: list[tuple[Line, str, str]]
) -> HttpResponse:
    """When nobody is left of the set, what completes the ask now, with the message that was typed."""
    person: Person = request.user  # type: ignore[assignment]
    plan = together.plan_of(ask, finding.matches(ask, members=is_member(person)), asker, person)
    lines = plan.lines[:AT_ONCE]
    shares = plan.together.shares if plan.together else ()
    form = TogetherForm(offers=_offered(lines, shares), initial={"text": text})
    return _page(request, ask, asker, plan.progress, form, lines, out=out, instead=True, status=422)


def _page(
    request: HttpRequest, ask: Listing, asker: Party, progress: Progress, form: TogetherForm, lines: list[Line], *,
    out: Sequence[tuple[Line, str, str]] = (), more: int = 0, instead: bool = False,
    status: int = 200,
) -> HttpResponse:  # fmt: skip  # noqa: PLR0913
    return render(
        request,
        "exchange/together.html",
        {
            "listing": ask, "asker": asker, "progress": progress, "form": form, "out": out, "more": more, "at_once": AT_ONCE, "instead": instead,
            "asked": [
                (one, form[f"quantity_{one.listing.public_id}"], form[f"{SEEN}{one.listing.public_id}"]) for one in lines
            ],
            "waiting": [one for one in progress.standing if one.deal.status in Deal.OPEN],
            "conditions": dict.fromkeys(CONDITIONS[one.listing.kind] for one in lines),
            "nobody": dict.fromkeys(one.holder for one in lines if one.unattended), "lapse": LAPSE,
        },
        status=status,
    )  # fmt: skip


def _sent(request: HttpRequest, ask: Listing, deals: list[Deal]) -> HttpResponse:
    many = f"{len(deals)} propositions, une par offre" if len(deals) > 1 else "une proposition"
    said = f"C’est envoyé : {many}. Vous serez prévenu de chaque réponse. {LAPSE}"
    names = sorted({holder_of(deal.listing).name for deal in deals if deal.carried})
    if names:
        said += f" L’équipe d’animation répond pour {', '.join(names)}, dont personne ne tient la page."
    messages.success(request, said)
    return redirect(f"{reverse('exchange:listing', args=[ask.public_id])}#suivi")
