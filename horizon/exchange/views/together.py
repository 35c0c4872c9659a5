"""Writing to every offer that covers an ask together, from one page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import zip_longest

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
from horizon.exchange.services.dealing import whole_listings
from horizon.exchange.services.together import ASK_IS_OVER, NotAll, once_of, propose_together, sent_by
from horizon.exchange.together import Line, Plan, Progress
from horizon.exchange.views.deals import AT_ONCE, BOTH, LAPSE, not_too_often
from horizon.exchange.views.listings import seen
from horizon.kernel.mail import one_mail_each
from horizon.kernel.publicid import SHAPE
from horizon.kernel.refusal import Refused

SEEN = "seen_"
_KEY = re.compile(f"{SEEN}({SHAPE})")
NOTHING = "Aucun ensemble d’offres ne couvre aujourd’hui ce qui manque : votre demande reste ouverte."
ALL_ASKED = "Rien ne manque si tout le monde suit : il n’y a plus personne à qui écrire pour cette demande."


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
    plan = together.plan_of(
        ask, finding.matches(ask, members=is_member(person)), asker, person, alone_too=True
    )
    if plan.together is None:
        messages.info(request, _nothing(ask, plan.progress))
        return redirect("exchange:listing", ask.public_id)
    return _page(request, ask, asker, plan.progress, *_prepared(plan))


def _nothing(ask: Listing, progress: Progress) -> str:
    return NOTHING if progress.missing or not ask.quantity else ALL_ASKED


def _offered(lines: Sequence[Line], labels: Sequence[str], shares: Sequence[Decimal | None] = ()) -> list:
    rows = zip_longest(lines, labels, shares[: len(lines)])
    return [(one.listing.public_id, label, share, one.mark) for one, label, share in rows]


def _send(request: HttpRequest, ask: Listing, asker: Party, person: Person) -> HttpResponse:
    """Sends all of it or, when something cannot be, nothing: the page comes back without what is over, with all that was typed."""
    keys = [found[1] for name in request.POST if (found := _KEY.fullmatch(name))][:AT_ONCE]
    wanted = {key for key in keys if request.POST.get(f"quantity_{key}", "").strip()}
    once = request.POST.get("once", "").strip()
    lines, progress, went = _as_they_are(ask, keys, once, asker, person)
    if went and wanted <= {deal.listing.public_id for deal in went}:
        return _sent(request, ask, went)
    form = TogetherForm(request.POST, offers=_offered(lines, together.told_apart(lines)))
    form.is_valid()
    why = together.problems_of(lines, form.cleaned_data["asked"])
    if not ask.is_open:
        form.add_error(None, ASK_IS_OVER)
    if not why and not form.errors:
        data = form.cleaned_data
        try:
            not_too_often(request, [once_of(data["once"], key) for key in data["asked"]])
            # Whoever holds several offers reads one message.
            with one_mail_each():
                done = propose_together(
                    ask, data["asked"], data["text"], once=data["once"], asker=asker, author=person
                )
            return _sent(request, ask, done)
        except NotAll as problem:
            why = problem.why
            lines, progress, _ = _as_they_are(ask, keys, once, asker, person)
        except Refused as problem:
            form.add_error(None, str(problem))
    return _given_back(request, ask, asker, progress, form, lines, why)


def _as_they_are(
    ask: Listing, keys: list[str], once: str, asker: Party, person: Person
) -> tuple[list[Line], Progress, list[Deal]]:
    """The offers of a form but those that it was sent to already, how far the ask is, and what was sent.

    In this order: what a first click sends meanwhile is not told as something that keeps the second from leaving.
    """
    by_key = {one.public_id: one for one in whole_listings().filter(public_id__in=keys)}
    progress = together.progress_of(ask)
    offers = [by_key[key] for key in keys if key in by_key]
    lines = together.lines_of(ask, offers, asker, person, progress)
    went = sent_by(once, keys) if once else []
    gone = {deal.listing_id for deal in went}
    return [one for one in lines if one.listing.pk not in gone], progress, went


def _given_back(
    request: HttpRequest, ask: Listing, asker: Party, progress: Progress, form: TogetherForm, lines: list[Line],
    why: dict[str, str],
) -> HttpResponse:  # fmt: skip  # noqa: PLR0913
    """The same form without what nobody may write to any more: each is said with why and with what was typed for it."""
    said = form.data.copy()  # type: ignore[attr-defined]
    labelled = list(zip(together.told_apart(lines), lines, strict=True))
    out = [
        (label, one.why, said.get(f"quantity_{one.listing.public_id}", ""))
        for label, one in labelled
        if one.why
    ]
    kept = [one for one in lines if not one.why]
    if out and not kept and ask.is_open:
        return _instead(request, ask, asker, said.get("text", ""), out)
    for one in kept:
        # What changed is read anew once that was said of it.
        if one.listing.public_id in why:
            said[f"{SEEN}{one.listing.public_id}"] = one.mark
    again = TogetherForm(said, offers=_offered(kept, [label for label, one in labelled if not one.why]))
    again.is_valid()
    if not kept:
        again.errors.clear()
    for line in form.non_field_errors():
        if line not in again.non_field_errors():
            again.add_error(None, line)
    for one in kept:
        if one.listing.public_id in why:
            again.add_error(f"quantity_{one.listing.public_id}", why[one.listing.public_id])
    return _page(request, ask, asker, progress, again, kept, out=out, status=422)


def _instead(
    request: HttpRequest, ask: Listing, asker: Party, text: str, out: list[tuple[str, str, str]]
) -> HttpResponse:
    """When nobody is left of the set, what completes the ask now, with the message that was typed."""
    person: Person = request.user  # type: ignore[assignment]
    plan = together.plan_of(
        ask, finding.matches(ask, members=is_member(person)), asker, person, alone_too=True
    )
    return _page(
        request, ask, asker, plan.progress, *_prepared(plan, text), out=out, instead=True, status=422
    )


def _prepared(plan: Plan, text: str = "") -> tuple[TogetherForm, list[Line], int]:
    """The form of what completes an ask, the offers that it writes to, and how many more there are than one form writes to."""
    lines = plan.lines[:AT_ONCE]
    shares = plan.together.shares if plan.together else ()
    form = TogetherForm(offers=_offered(lines, together.told_apart(lines), shares), initial={"text": text})
    return form, lines, len(plan.lines) - len(lines)


def _page(
    request: HttpRequest, ask: Listing, asker: Party, progress: Progress, form: TogetherForm, lines: list[Line], more: int = 0, *,
    out: Sequence[tuple[str, str, str]] = (), instead: bool = False, status: int = 200,
) -> HttpResponse:  # fmt: skip  # noqa: PLR0913
    return render(
        request,
        "exchange/together.html",
        {
            "listing": ask, "asker": asker, "progress": progress, "form": form, "out": out, "more": more, "at_once": AT_ONCE, "instead": instead,
            "asked": [
                (one, form[f"quantity_{one.listing.public_id}"], form[f"{SEEN}{one.listing.public_id}"]) for one in lines
            ],
            "missing": ask.counted(progress.missing), "nothing": _nothing(ask, progress),
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
