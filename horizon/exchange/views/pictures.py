"""Photos of an offer or an ask: shown, added, ordered, removed and put back."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors.models import Person
from horizon.exchange.forms import PersonPictureForm
from horizon.exchange.models import Listing, ListingPicture
from horizon.exchange.services import picturing
from horizon.exchange.views.listings import own, seen
from horizon.kernel.pages import do_and_return
from horizon.kernel.pictures import PictureForm, served
from horizon.kernel.refusal import Refused

BOTH = ["GET", "HEAD", "POST"]


@require_safe
def picture(request: HttpRequest, public_id: str) -> FileResponse:
    """A photo, to whoever may read its listing."""
    row = get_object_or_404(ListingPicture.objects.select_related("listing"), public_id=public_id)
    listing, mine = seen(request, row.listing.public_id)
    if row.removed_at is not None and not mine:
        raise Http404
    return served(
        row, public=listing.is_open and listing.audience == Listing.EVERYBODY and row.removed_at is None
    )


@require_http_methods(BOTH)
def pictures(request: HttpRequest, public_id: str) -> HttpResponse:
    """The photos of a listing; POST adds one."""
    listing = own(request, public_id)
    person = request.user
    assert isinstance(person, Person)
    sent = request.method == "POST"
    shape = PersonPictureForm if listing.organization_id is None else PictureForm
    form = shape(data=request.POST, files=request.FILES) if sent else shape()
    if sent and form.is_valid():
        data, before = form.cleaned_data, listing.status
        try:
            picturing.add_picture(
                listing, data["file"], alt=data["alt"], author=data["author"], licence=data["licence"], by=person
            )  # fmt: skip
        except Refused as problem:
            form.add_error("file", str(problem))
        else:
            listing.refresh_from_db()
            messages.success(request, _became(listing, before) or "La photo est sur l’annonce.")
            return redirect(request.path)
    rows = list(listing.pictures.all())
    shown = [row for row in rows if row.removed_at is None]
    return render(
        request,
        "exchange/pictures.html",
        {
            "listing": listing, "form": form, "shown": shown, "removed": [row for row in rows if row.removed_at],
            "full": len(shown) >= ListingPicture.MOST, "most": ListingPicture.MOST,
        },
        status=422 if form.errors else 200,
    )  # fmt: skip


def _became(listing: Listing, before: str) -> str:
    """What a photo did to the listing it is on, when it must be looked at first."""
    if listing.status == Listing.HELD:
        return "La photo est gardée ; l’équipe d’animation la regarde avant de publier."
    if listing.status == Listing.DRAFT and before != Listing.DRAFT:
        return "La photo est gardée. L’annonce est de nouveau un brouillon : publiez-la, elle sera lue."
    return ""


@require_POST
def change_picture(request: HttpRequest, public_id: str, picture: str) -> HttpResponse:
    """Puts a photo one place before, takes it off, or puts it back."""
    listing = own(request, public_id)
    row = get_object_or_404(
        ListingPicture.objects.select_related("listing"), public_id=picture, listing=listing
    )
    actor = request.user.actor  # type: ignore[union-attr]

    def do() -> str:
        verb = request.POST.get("verb", "")
        if verb == "before":
            picturing.move_picture(row, actor=actor)
            return "L’ordre est changé."
        if verb == "restore":
            before = listing.status
            picturing.restore_picture(row, actor=actor)
            listing.refresh_from_db()
            return _became(listing, before) or "La photo est de nouveau sur l’annonce."
        picturing.remove_picture(row, actor=actor)
        return "Retirée. Elle peut revenir pendant trente jours."

    return do_and_return(request, do, reverse("exchange:pictures", args=[listing.public_id]))
