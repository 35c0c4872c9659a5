"""Urgent calls as everybody sees them, and as who asked follows and ends them."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors.models import Person
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.rates import TOO_MANY, too_often
from horizon.kernel.refusal import Refused
from horizon.relief import access, queries
from horizon.relief.forms import AskForm, ThanksForm
from horizon.relief.law import DANGER, NOT_FOR, REMINDERS
from horizon.relief.letters import NOBODY_KNOWN
from horizon.relief.models import UrgentCall
from horizon.relief.services import calling
from horizon.territory.queries import home_communes

BOTH = ["GET", "HEAD", "POST"]
AT_ONCE = 6
BACK = "Entraide urgente"


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What is asked now, and the two ways in: asking, saying that one is available."""
    return render(
        request,
        "relief/index.html",
        {"calls": list(queries.open_calls()[:50]), "reminders": REMINDERS, "danger": DANGER},
    )


@require_http_methods(BOTH)
def ask_help(request: HttpRequest) -> HttpResponse:
    """Asking for help: a structure, the authority, those who animate are published at once; a person is called back first."""
    person = request.user if isinstance(request.user, Person) else None
    found, firms = access.askers_and_companies(person)
    askers = {one.code: one for one in found}
    left_out = [NOT_FOR.format(name=f"« {one.name} »") for one in firms]
    communes = home_communes()

    def form(**kwargs) -> AskForm:
        return AskForm(
            communes=[(c.code, c.name) for c in communes], askers=[(a.code, a.label) for a in askers.values()],
            trusted={a.code for a in askers.values() if a.trusted}, **kwargs,
        )  # fmt: skip

    def do(cleaned: dict) -> str:
        if person is None and too_often(request, "urgent", AT_ONCE):
            raise Refused(TOO_MANY)
        asker = askers.get(cleaned.get("speaks_for", ""))
        commune = next(c for c in communes if c.code == cleaned["commune"])
        trusted = asker is not None and asker.trusted
        call = calling.ask_help(
            {**cleaned, "commune": commune}, once=cleaned["once"], actor=person.actor if person else "visitor",
            asker=access.shown_as(asker, commune.name), organization=asker.organization if asker else None, author=person,
            to_read=not trusted,
        )  # fmt: skip
        if trusted and person is not None:
            call = calling.publish_call(call, actor=person.actor)
            asked = call.proposals.count()
            messages.success(
                request,
                f"L’appel est lancé : {asked} réponse{'s' if asked > 1 else ''} demandée{'s' if asked > 1 else ''}, et ce n’est qu’un début." if asked
                else f"L’appel est lancé. {NOBODY_KNOWN}",
            )  # fmt: skip
            return reverse("relief:call", args=[call.public_id])
        messages.success(
            request, "C’est reçu. Quelqu’un de l’équipe d’animation vous rappelle ; gardez cette page."
        )
        return reverse("relief:follow", args=[call.public_id, access.call_key(call)])

    return ask(
        request, form, do, title="Demander un coup de main urgent", button="Demander", before=[DANGER, *REMINDERS[:1], *left_out],
        back=(reverse("relief:index"), BACK), robots=lambda: HttpResponseRedirect(reverse("relief:index")),
        after="Ce qui pourrait nommer quelqu’un est effacé trente jours après la fin.",
    )  # fmt: skip


@require_safe
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    """One call: to everybody what, where, until when; to who asked, also who comes."""
    call = _call(public_id)
    manages = access.may_follow(request.user, call)
    if not manages and call.status not in UrgentCall.PUBLIC:
        raise Http404
    return _page(request, call, manages, "")


@require_safe
def follow(request: HttpRequest, public_id: str, key: str) -> HttpResponse:
    """The same, for who asked without an account."""
    call = _call(public_id)
    if not access.opens(call, key):
        raise Http404
    return _page(request, call, True, key)


def _page(request: HttpRequest, call: UrgentCall, manages: bool, key: str) -> HttpResponse:
    mine = []
    if isinstance(request.user, Person) and request.user.is_active:
        mine = queries.volunteers_of(request.user)
    return render(
        request,
        "relief/call.html",
        {
            "call": call, "manages": manages, "key": key, "reminders": REMINDERS, "danger": DANGER, "mine": mine,
            "answers": queries.answers_to(call) if manages else None, "thanks_form": ThanksForm(),
            "act": reverse("relief:act-keyed", args=[call.public_id, key]) if key else reverse("relief:act", args=[call.public_id]),
        },
    )  # fmt: skip


@require_POST
def act(request: HttpRequest, public_id: str, key: str = "") -> HttpResponse:
    """Who asked widens, changes how many are wanted, ends with thanks, or cancels."""
    call = _call(public_id)
    if not (access.may_follow(request.user, call) or (key and access.opens(call, key))):
        raise Http404
    actor = request.user.actor if isinstance(request.user, Person) else "visitor"

    def do() -> str:
        verb = request.POST.get("verb", "")
        if verb == "widen":
            asked = calling.launch_wave(call, actor=actor)
            return f"{asked} de plus." if asked else "Plus personne à solliciter pour ce moment et ce lieu."
        if verb == "want":
            raw = request.POST.get("wanted", "")
            if not raw.isdigit():
                raise Refused("Écrivez un nombre de personnes.")
            calling.want_more(call, int(raw[:4]), actor=actor)
            return "C’est changé."
        if verb == "close":
            calling.close_call(call, actor=actor, thanks=request.POST.get("thanks", ""))
            return "C’est terminé. Les personnes venues sont remerciées, les autres prévenues."
        if verb == "cancel":
            calling.cancel_call(call, actor=actor)
            return "L’appel est annulé ; toutes les personnes sollicitées sont prévenues."
        raise Refused("Choisissez une action.")

    back = (
        reverse("relief:follow", args=[public_id, key]) if key else reverse("relief:call", args=[public_id])
    )
    return do_and_return(request, do, back)


def _call(public_id: str) -> UrgentCall:
    return get_object_or_404(
        UrgentCall.objects.select_related("commune", "organization", "author"), public_id=public_id
    )
