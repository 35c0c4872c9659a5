"""Offers and asks as people see and write them: the list, one, writing, changing, renewing, withdrawing, one's own."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from horizon.actors.access import is_operator
from horizon.actors.models import Person
from horizon.engine.pairing.scoring import ALMOST
from horizon.exchange import filters, finding, queries, together
from horizon.exchange.forms import ListingForm
from horizon.exchange.law import CONDITIONS
from horizon.exchange.models import Listing
from horizon.exchange.parties import ITSELF, holder_of, is_member, parties_of
from horizon.exchange.services import listing as listings
from horizon.kernel.doors import DOOR_BY_CODE, UNDECIDED
from horizon.kernel.pages import ask
from horizon.kernel.registry import beside, unnamed_structures
from horizon.kernel.spreadsheets import csv_answer
from horizon.kernel.templatetags.atlas import day
from horizon.territory.queries import home_communes, is_small

BOTH = ["GET", "HEAD", "POST"]
PER_PAGE = 30
WRITE_AS = {"offre": Listing.OFFER, "demande": Listing.ASK}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The open offers and asks, with filters in the address."""
    communes = home_communes()
    chosen = filters.read(request.GET, {c.code for c in communes})
    members = is_member(request.user)
    page = Paginator(filters.rows(chosen, members), PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = queries.note_left(page.object_list)
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "exchange/list.html",
        {
            "operator_view": is_operator(request.user),
            "page": page, "communes": communes, "chosen": chosen, "query": query.urlencode(), "figures": queries.figures(members=members),
            "commune": next((c for c in communes if c.code == chosen["commune"]), None), "kinds": Listing.KINDS,
            "terms": Listing.TERMS, "door": DOOR_BY_CODE.get(chosen["door"]), "undecided": UNDECIDED, "filtered": any(chosen.values()),
        },
    )  # fmt: skip


@require_safe
def csv_file(request: HttpRequest) -> HttpResponseBase:
    """The listings of structures under the list's filters, as CSV; those of people are only counted, in the open data.

    A structure whose name is under another licence is given by its identifier alone."""
    columns = (
        "reference", "sens", "genre", "titre", "quantite", "unite", "commune", "code_insee", "conditions", "structure",
        "publiee_le", "jusqu_au", "porte", "identifiant_structure",
    )  # fmt: skip
    chosen = filters.read(request.GET, {c.code for c in home_communes()})
    unnamed = unnamed_structures()
    rows = (
        [
            row.public_id, row.get_side_display(), row.kind, row.title, row.quantity or "", row.unit, row.commune.name,
            row.commune_id, row.terms, "" if whole.pk in unnamed else whole.name,
            row.published_at.date().isoformat() if row.published_at else "", row.expires_on.isoformat() if row.expires_on else "",
            row.door, whole.public_id,
        ]
        for row in filters.rows(chosen, False).filter(organization__isnull=False).iterator(chunk_size=500)
        if row.organization and (whole := row.organization.whole)
    )  # fmt: skip
    return csv_answer("echanges.csv", columns, rows)


def seen(request: HttpRequest, public_id: str) -> tuple[Listing, bool]:
    """A listing that this reader may see, and whether it is theirs. 404 otherwise."""
    listing = get_object_or_404(
        Listing.objects.select_related("organization__canonical", "person", "commune"), public_id=public_id
    )
    mine = holder_of(listing).includes(request.user)
    allowed = listing.is_public and (listing.audience == Listing.EVERYBODY or is_member(request.user))
    # A draft is its holder's alone, unless who animates typed it.
    desk = is_operator(request.user) and (listing.status != Listing.DRAFT or listing.noted)
    if not (mine or allowed or desk):
        raise Http404
    return listing, mine


@require_safe
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    """One offer or ask: what, how much, where, when, on which terms; and who may meet it, with why."""
    listing, mine = seen(request, public_id)
    every = finding.matches(listing, members=is_member(request.user)) if listing.is_open else []
    asks = listing.side == Listing.ASK
    asker = together.asker_of(listing, request.user) if mine and asks and listing.quantity else None  # type: ignore[arg-type]
    plan = together.plan_of(listing, every, asker, request.user) if asker else None  # type: ignore[arg-type]
    chosen = plan.together if plan else finding.together(listing, every) if asks else None
    several = chosen.matches if chosen else ()
    known = {one.match.key: one for one in finding.shown([*every[:8], *several])}
    met = [known[match.key] for match in every[:8] if match.key in known]
    queries.note_left([listing, *(one.listing for one in met)])
    if plan:
        together.note_under_way([one.listing for one in met], plan.progress)
    good = [one for one in met if one.match.level > ALMOST]
    return render(
        request,
        "exchange/listing.html",
        {
            "listing": listing, "mine": mine, "answer_with": listing.public_id if mine else "", "holder": holder_of(listing), "good": good,
            "almost": [one for one in met if one.match.level == ALMOST][:4],
            "plan": plan, "together": chosen, "several": [known[match.key] for match in several if match.key in known],
            "pictures": listing.pictures.filter(removed_at=None), "operator_view": is_operator(request.user),
            "condition": CONDITIONS[listing.kind], "left": getattr(listing, "left", None), "beside": beside("listing", listing),
        },
    )  # fmt: skip


def own(request: HttpRequest, public_id: str) -> Listing:
    """A listing that this person may change. 404 otherwise."""
    listing, mine = seen(request, public_id)
    if not (mine or is_operator(request.user)):
        raise Http404
    return listing


@require_http_methods(BOTH)
def write(request: HttpRequest, side: str) -> HttpResponse:
    """Writing an offer or an ask; sent, it is published, or read first when a person holds it."""
    if side not in WRITE_AS:
        raise Http404
    person: Person = request.user  # type: ignore[assignment]
    code = WRITE_AS[side]
    parties, communes = parties_of(person), home_communes()
    need = request.GET.get("besoin", "")[:10]
    about = [one for one in beside("listing", Listing(need=need)) if one.rows] if need else []
    start = {"title": request.GET.get("quoi", "")[:120], "commune": request.GET.get("commune", "")}
    start["door"] = request.GET.get("porte", "") if request.GET.get("porte") in DOOR_BY_CODE else ""

    def form(**kwargs) -> ListingForm:
        return ListingForm(
            side=code, communes=[(c.code, c.name) for c in communes], parties=[(key, label) for key, label, _ in parties],
            discreet=any(is_small(c) for c in communes), **kwargs,
        )  # fmt: skip

    def do(cleaned: dict) -> str:
        party = next(party for key, _, party in parties if key == cleaned["speaks_for"])
        values = {**cleaned, "commune": next(c for c in communes if c.code == cleaned["commune"])}
        made = listings.write_listing(
            code, party, values, once=cleaned["once"], actor=person.actor, need=need
        )
        if cleaned["verb"] == "draft":
            messages.success(request, f"Le brouillon est gardé : {_who_sees(made)}.")
        else:
            _say_published(request, listings.publish_listing(made, actor=person.actor))
        if cleaned["verb"] == "pictures":
            return reverse("exchange:pictures", args=[made.public_id])
        return reverse("exchange:listing", args=[made.public_id])

    return ask(
        request, form, do, title="Proposer quelque chose" if code == Listing.OFFER else "Demander quelque chose", button="Publier", initial=start,
        beside=about,
        others=[("pictures", "Publier et ajouter des photos"), ("draft", "Garder en brouillon")], back=(reverse("exchange:list"), "Les échanges"),
        after="Elle dure six mois, puis nous vous demandons si elle est toujours d’actualité. Votre adresse n’est montrée à personne.",
    )  # fmt: skip


def _who_sees(draft: Listing) -> str:
    """Who reads a draft: its holder, or those who act for the structure."""
    if draft.organization is None:
        return "vous seul le voyez"
    return f"seules les personnes qui agissent pour {draft.organization.whole.name} le voient"


def _say_published(request: HttpRequest, listing: Listing) -> None:
    if listing.status == Listing.PUBLISHED:
        messages.success(request, "C’est publié.")
    else:
        messages.success(request, "C’est envoyé : l’équipe d’animation lit avant de publier.")


@require_http_methods(BOTH)
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Changing what one wrote."""
    listing = own(request, public_id)
    communes = home_communes()
    start = {name: getattr(listing, name) for name in listings.EDITABLE}
    start |= {"commune": listing.commune_id, "terms": listing.terms.split(), "speaks_for": ITSELF}
    start["door"] = listing.door if listing.door_chosen else ""

    def form(**kwargs) -> ListingForm:
        return ListingForm(
            side=listing.side, communes=[(c.code, c.name) for c in communes], parties=[(ITSELF, holder_of(listing).name)],
            discreet=listing.person_id is not None and is_small(listing.commune), **kwargs,
        )  # fmt: skip

    def do(cleaned: dict) -> str:
        values = {**cleaned, "commune": next(c for c in communes if c.code == cleaned["commune"])}
        changed = listings.edit_listing(listing, values, actor=request.user.actor)  # type: ignore[union-attr]
        if changed.status == Listing.HELD:
            messages.success(request, "C’est changé ; l’équipe d’animation lit avant de publier.")
        elif changed.status == Listing.DRAFT and listing.status != Listing.DRAFT:
            messages.success(
                request,
                "C’est changé. C’est de nouveau un brouillon : publiez-le quand vous voulez, il sera lu.",
            )
        else:
            messages.success(request, "C’est changé.")
        return reverse("exchange:listing", args=[listing.public_id])

    return ask(
        request, form, do, title="Changer l’annonce", button="Enregistrer", initial=start,
        back=(reverse("exchange:listing", args=[listing.public_id]), "L’annonce"),
    )  # fmt: skip


def _one_button(
    request: HttpRequest,
    listing: Listing,
    act,
    title: str,
    button: str,
    lead: str,
    said: Callable[[Listing], str],
) -> HttpResponse:  # noqa: PLR0913
    here = reverse("exchange:listing", args=[listing.public_id])

    def do(cleaned: dict) -> str:
        done = act(listing, actor=request.user.actor)  # type: ignore[union-attr]
        if done.status == Listing.HELD:
            _say_published(request, done)
        elif done.status == Listing.DRAFT:
            messages.success(request, f"C’est un brouillon : {_who_sees(done)}, personne d’autre ne le lira.")
        else:
            messages.success(request, said(done))
        return here

    return ask(
        request,
        None,
        do,
        title=title,
        button=button,
        lead=f"« {listing.title} ». {lead}",
        back=(here, "L’annonce"),
    )


def _open_until(listing: Listing) -> str:
    if listing.until_on and listing.until_on < timezone.localdate():
        return "Sa date de fin est passée : changez-la d’abord."
    return f"Elle sera ouverte jusqu’au {day(listings.lasts_until(listing))}."


@require_http_methods(BOTH)
def publish(request: HttpRequest, public_id: str) -> HttpResponse:
    """One prepared button: publishes a draft."""
    listing = own(request, public_id)
    return _one_button(
        request, listing, listings.publish_listing, "Publier", "Publier", _open_until(listing), lambda done: "C’est publié."
    )  # fmt: skip


@require_http_methods(BOTH)
def renew(request: HttpRequest, public_id: str) -> HttpResponse:
    """One prepared button: it is still true."""
    listing = own(request, public_id)
    return _one_button(
        request, listing, listings.renew_listing, "Toujours d’actualité ?", "Oui, la garder", _open_until(listing),
        lambda done: f"C’est noté : ouverte jusqu’au {day(done.expires_on)}.",
    )  # fmt: skip


@require_http_methods(BOTH)
def close(request: HttpRequest, public_id: str) -> HttpResponse:
    """One prepared button: withdraws it; it may come back."""
    return _one_button(
        request, own(request, public_id), listings.close_listing, "Retirer l’annonce", "Retirer",
        "Vous pourrez la remettre. Les accords en cours continuent.", lambda done: "L’annonce est retirée.",
    )  # fmt: skip


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """One's own listings and deals, and those of one's structures."""
    found, deals = queries.of_person(request.user)  # type: ignore[arg-type]
    return render(
        request,
        "exchange/mine.html",
        {
            "listings": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
            "deals": Paginator(deals, PER_PAGE).get_page(request.GET.get("accords")),
        },
    )
