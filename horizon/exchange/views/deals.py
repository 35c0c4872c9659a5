"""A deal as its two sides see it: answering a listing, the introduction, messages, the terms that both confirm."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors.models import Person
from horizon.exchange import queries, together
from horizon.exchange.forms import AgreeForm, DeclineForm, MessageForm, ProposeForm, ReasonForm
from horizon.exchange.law import CONDITIONS
from horizon.exchange.models import Deal, Listing
from horizon.exchange.parties import (
    giver_and_taker,
    holder_in,
    holder_of,
    is_member,
    on_holder_side,
    opener_of,
    parties_of,
)
from horizon.exchange.queries import comes_back
from horizon.exchange.services import dealing
from horizon.exchange.services.dealing import left_of
from horizon.exchange.services.lapsing import LAPSES_AFTER, lapses_on
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.rates import TOO_MANY, too_often
from horizon.kernel.refusal import Refused
from horizon.territory.queries import home_communes

BOTH = ["GET", "HEAD", "POST"]
AT_ONCE = 20
LAPSE = f"Sans réponse au bout de {LAPSES_AFTER.days} jours, la proposition s’éteint et vous en êtes prévenu."
NOBODY = "Personne ne tient encore la page de {name} : l’équipe d’animation reçoit votre message, essaie de la joindre et vous répond pour elle."
NOBODY_YET = f"C’est envoyé à l’équipe d’animation, puisque personne ne tient encore la page de cette structure. Vous serez prévenu de la réponse. {LAPSE}"
ANOTHER_PERSON = "C’est votre propre annonce. Une autre personne de l’une des deux structures doit répondre."


@require_http_methods(BOTH)
def propose(request: HttpRequest, public_id: str) -> HttpResponse:
    """Answering an offer or an ask: as whom, how much, a message."""
    person: Person = request.user  # type: ignore[assignment]
    listing = get_object_or_404(
        Listing.objects.select_related("organization__canonical", "person", "commune"),
        public_id=public_id,
        status=Listing.PUBLISHED,
    )
    if listing.audience == Listing.MEMBERS and not is_member(person):
        raise Http404
    holder = holder_of(listing)
    parties = [found for found in parties_of(person) if found[2].key != holder.key]
    if holder.includes(person):
        messages.error(request, "C’est votre propre annonce." if len(parties) < 2 else ANOTHER_PERSON)
        return redirect("exchange:listing", listing.public_id)

    before = [CONDITIONS[listing.kind], *([NOBODY.format(name=holder.name)] if holder.unattended else [])]
    communes, others = home_communes(), queries.answering(listing, [party for _, _, party in parties])
    by_id = {one.public_id: one for one in others}
    code_of = {party.key: code for code, _, party in reversed(parties)}
    held_as = {one.public_id: code_of[holder_of(one).key] for one in others}
    start = {}
    if request.GET.get("avec") in by_id:
        start = {"other": request.GET["avec"], "speaks_for": held_as[request.GET["avec"]]}

    def form(**kwargs) -> ProposeForm:
        return ProposeForm(
            parties=[(key, label) for key, label, _ in parties], counted=listing.quantity is not None,
            others=[(one.public_id, f"{one.title}, {holder_of(one).name if one.organization else 'vous'}") for one in others],
            communes=[(one.code, one.name) for one in communes], held_as=held_as, **kwargs,
        )  # fmt: skip

    def do(cleaned: dict) -> str:
        not_too_often(request)
        party = next(party for key, _, party in parties if key == cleaned["speaks_for"])
        deal = dealing.propose_deal(
            listing,
            party,
            cleaned["text"],
            once=cleaned["once"],
            author=person,
            other=by_id.get(cleaned.get("other", "")),
            commune=next((one for one in communes if one.code == cleaned["commune"]), None),
            quantity=cleaned.get("quantity"),
        )
        messages.success(
            request,
            NOBODY_YET if deal.carried else f"C’est envoyé. Vous serez prévenu de la réponse. {LAPSE}",
        )
        return reverse("exchange:deal", args=[deal.public_id])

    offers = listing.side == Listing.OFFER
    return ask(
        request, form, do, title="Répondre à cette offre" if offers else "Répondre à cette demande", button="Envoyer", initial=start,
        lead=f"« {listing.title} », {holder.name}, {listing.commune.name}.", before=before,
        back=(reverse("exchange:listing", args=[listing.public_id]), "L’annonce"),
        after=f"L’autre accepte ou non d’être mis en relation. Votre adresse ne lui est pas donnée : vous vous écrivez ici. {LAPSE}",
    )  # fmt: skip


def not_too_often(request: HttpRequest, onces: Sequence[str] | None = None) -> None:
    """Counts a proposal or a message or, given what tells several apart (`onces`), each of them that was not counted yet.

    Raises Refused, and counts none, when these are more than somebody sends in ten minutes.
    """
    what = f"deal:{request.user.pk}"
    fresh = [one for one in onces or () if cache.add(f"{what}:{one}", 1, 600)]
    times = 1 if onces is None else len(fresh)
    if times and too_often(request, what, AT_ONCE, times=times):
        cache.delete_many([f"{what}:{one}" for one in fresh])
        raise Refused(TOO_MANY)


def _deal(request: HttpRequest, public_id: str) -> tuple[Deal, bool]:
    """A deal, and whether this person is on the holder's side. 404 to anybody else, those who animate included."""
    deal = get_object_or_404(
        Deal.objects.select_related(
            "listing__organization__canonical",
            "listing__person",
            "listing__commune",
            "organization__canonical",
            "person",
            "other",
        ),
        public_id=public_id,
    )
    if on_holder_side(deal, request.user):
        return deal, True
    if opener_of(deal).includes(request.user):
        return deal, False
    raise Http404


@require_safe
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    """The deal: who, what, the messages, the terms, what to do next."""
    deal, holder = _deal(request, public_id)
    giver, taker = giver_and_taker(deal)
    mine_agreed = deal.holder_agreed_at if holder else deal.opener_agreed_at
    theirs_agreed = deal.opener_agreed_at if holder else deal.holder_agreed_at
    terms = {name: getattr(deal, name) for name in dealing.TERMS}
    left = _left_to_say(deal)
    return render(
        request,
        "exchange/deal.html",
        {
            "deal": deal, "listing": deal.listing, "holder": holder, "giver": giver, "taker": taker,
            "other_side": opener_of(deal) if holder else holder_in(deal),
            "thread": deal.messages.select_related("author"), "message_form": MessageForm(),
            "until_accepted": dealing.UNTIL_ACCEPTED,
            "agree_form": AgreeForm(organizations=deal.between_organizations, initial=terms), "mine_agreed": mine_agreed,
            "theirs_agreed": theirs_agreed, "condition": CONDITIONS[deal.listing.kind],
            "held_by": holder_in(deal),
            "lapses_on": lapses_on(deal), "left": left, "ended": queries.ended_of(deal, left),
            "missing_of": _followed(deal, holder, request.user),  # type: ignore[arg-type]
            "may_be_returned": dealing.may_be_returned(deal),
        },
    )  # fmt: skip


def _followed(deal: Deal, holder: bool, person: Person) -> Listing | None:
    """The open ask of this side, once a deal that would have answered it has ended and as long as its page tells it to this person."""
    mine = deal.listing if holder else deal.other
    lately = deal.ended_at and deal.ended_at >= timezone.now() - dealing.AFTER_A_REFUSAL
    if deal.status not in Deal.ENDED or not lately or mine is None or not mine.is_open:
        return None
    return mine if mine.side == Listing.ASK and mine.quantity and together.asker_of(mine, person) else None


def _left_to_say(deal: Deal) -> Decimal | None:
    """What is left, once it means something: of what comes back, for the days that are said."""
    if comes_back(deal.listing.side, deal.listing.kind) and not (deal.from_on or deal.until_on):
        return None
    return left_of(deal.listing, deal.from_on, deal.until_on)


@require_POST
def note_return(request: HttpRequest, public_id: str) -> HttpResponse:
    """Either side says that it is back."""
    deal, _ = _deal(request, public_id)

    def do() -> str:
        dealing.note_return(deal, author=request.user)  # type: ignore[arg-type]
        return "C’est noté : rendu aujourd’hui. L’autre est prévenu."

    return do_and_return(request, do, _here(deal))


@require_POST
def accept(request: HttpRequest, public_id: str) -> HttpResponse:
    """The holder accepts the introduction."""
    deal, holder = _deal(request, public_id)
    if not holder:
        raise Http404

    def do() -> str:
        dealing.accept_deal(deal, author=request.user)  # type: ignore[arg-type]
        return "Vous êtes en relation."

    return do_and_return(request, do, _here(deal))


def _here(deal: Deal) -> str:
    return reverse("exchange:deal", args=[deal.public_id])


@require_http_methods(BOTH)
def decline(request: HttpRequest, public_id: str) -> HttpResponse:
    """Declining, or giving up, with a reason."""
    deal, _ = _deal(request, public_id)

    def do(cleaned: dict) -> str:
        dealing.decline_deal(deal, cleaned["reason"], author=request.user, why=cleaned["why"])  # type: ignore[arg-type]
        messages.success(request, "C’est dit, avec votre raison.")
        return _here(deal)

    return ask(
        request, DeclineForm, do, title="Pas de suite", button="Envoyer", lead=f"« {deal.listing.title} »", back=(_here(deal), "L’accord")
    )  # fmt: skip


@require_http_methods(BOTH)
def write(request: HttpRequest, public_id: str) -> HttpResponse:
    """A message to the other side."""
    deal, holder = _deal(request, public_id)

    def do(cleaned: dict) -> str:
        not_too_often(request)
        dealing.write_message(
            deal, cleaned["text"], once=cleaned["once"], author=request.user, from_holder=holder,  # type: ignore[arg-type]
        )  # fmt: skip
        return _here(deal) + "#messages"

    return ask(
        request, MessageForm, do, title="Écrire", button="Envoyer", lead=f"« {deal.listing.title} »", back=(_here(deal), "L’accord")
    )  # fmt: skip


@require_http_methods(BOTH)
def agree(request: HttpRequest, public_id: str) -> HttpResponse:
    """Confirming the terms; wrong ones come back with what was typed."""
    deal, holder = _deal(request, public_id)

    def form(**kwargs) -> AgreeForm:
        return AgreeForm(organizations=deal.between_organizations, **kwargs)

    def do(cleaned: dict) -> str:
        done = dealing.agree(deal, cleaned, author=request.user, from_holder=holder)  # type: ignore[arg-type]
        concluded = done.status == Deal.CONCLUDED
        messages.success(
            request, "L’accord est conclu." if concluded else "C’est noté ; l’autre doit confirmer."
        )
        return _here(deal)

    terms = {name: getattr(deal, name) for name in dealing.TERMS}
    return ask(
        request, form, do, title="Confirmer l’accord", button="Confirmer", initial=terms, lead=f"« {deal.listing.title} »",
        back=(_here(deal), "L’accord"),
    )  # fmt: skip


@require_http_methods(BOTH)
def reopen(request: HttpRequest, public_id: str) -> HttpResponse:
    """A concluded deal that did not happen."""
    deal, _ = _deal(request, public_id)

    def do(cleaned: dict) -> str:
        not_too_often(request)
        dealing.reopen_deal(deal, cleaned["reason"], author=request.user)  # type: ignore[arg-type]
        messages.success(request, "L’accord revient en discussion.")
        return _here(deal)

    return ask(
        request, ReasonForm, do, title="Finalement, cela ne s’est pas fait", button="Revenir en discussion",
        lead=f"« {deal.listing.title} »", back=(_here(deal), "L’accord"),
        before=[
            "L’accord revient en discussion ; l’autre lit votre raison.",
            "Une annonce retirée faute de reste se remet par « Remettre ».",
        ],
    )  # fmt: skip


@require_safe
def funnel(request: HttpRequest) -> HttpResponse:
    """What became of the proposals, for those who animate. No message is shown."""
    return render(
        request,
        "exchange/funnel.html",
        {"funnel": queries.funnel(), "figures": queries.figures(members=True)},
    )
