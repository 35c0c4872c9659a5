"""Atom feeds (flux): new structures, needs, answers, offers and asks, of the territory, a commune, a door."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time
from typing import NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from horizon.directory.licences import NAME
from horizon.directory.listing import list_entries
from horizon.directory.queries import publication_of
from horizon.directory.selection import Selection
from horizon.kernel.doors import DOOR_BY_CODE, DOORS
from horizon.listening.models import Answer, Need
from horizon.opendata import queries, records
from horizon.opendata.formats.stream import FICTITIOUS
from horizon.opendata.records import Frame
from horizon.opendata.serving import problem
from horizon.territory.queries import home_communes

LATEST = 30
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Item(NamedTuple):
    """One entry of a feed; `key` is permanent."""

    title: str
    href: str
    key: str
    text: str
    day: str
    categories: list[str]


Find = Callable[[Frame, Selection], Iterator[Item]]


class Feed(NamedTuple):
    """A feed: what it is called, what it says, how its entries are found, whether one door only chooses among them."""

    title: str
    says: str
    page: str
    find: Find
    one_door: bool = False


def _structures(frame: Frame, chosen: Selection) -> Iterator[Item]:
    found = list_entries(replace(chosen, sort="creation", page=1), frame.publication, LATEST, given=True)
    for one in queries.structures_of(found.ids if found else [], frame):
        if one["creation"]:
            text = f"{one['description'] or one['forme_juridique'] or ''}\n{one['commune']}".strip()
            yield Item(one["nom"], one["page"], one["page"], text, one["creation"], _doors(one["portes"]))


def _needs(frame: Frame, chosen: Selection) -> Iterator[Item]:
    for row in queries.open_needs(commune=chosen.commune, door="".join(chosen.doors))[:LATEST]:
        one = records.need(row, frame)
        text = (
            f"{one['besoin']}\n{one['commune'] or ''}\n{one['etat_libelle'].capitalize()}, {one['voix']} voix"
        )
        yield Item(
            _short(one["besoin"]), one["page"], one["page"], text, one["publie_le"], _doors([one["porte"] or ""])
        )  # fmt: skip


def _answers(frame: Frame, chosen: Selection) -> Iterator[Item]:
    rows = Answer.objects.filter(
        status=Answer.SHOWN, need__status=Need.PUBLISHED, need__same_as=None
    ).select_related("need")
    if chosen.commune:
        rows = rows.filter(need__commune=chosen.commune)
    if chosen.doors:
        rows = rows.filter(need__door__in=chosen.doors)
    for row in rows.prefetch_related("organizations__canonical").order_by("-shown_at", "-pk")[:LATEST]:
        one = records.answer(row, row.need, frame)
        cited = ", ".join(one.name for one in row.shown_organizations if one.pk not in frame.unnamed)
        text = "\n".join(
            part for part in (f"« {row.need.text} »", cited, one["texte"] or "", one["au_nom_de"]) if part
        )
        title = f"{one['genre_libelle']} : {_short(row.need.text)}"
        key = f"{one['page']}#{one['identifiant']}"
        yield Item(title, one["page"], key, text, _day(row.shown_at), _doors([row.need.door]))


def _day(at: datetime | None) -> str:
    """The day on which everybody could read it."""
    return timezone.localdate(at).isoformat() if at else ""


def _exchanges(frame: Frame, chosen: Selection) -> Iterator[Item]:
    found = queries.open_exchanges(commune=chosen.commune, door="".join(chosen.doors))
    rows = list(found.order_by("-public_at", "-pk")[:LATEST])
    for row, one in zip(rows, queries.exchanges_of(rows, frame), strict=True):
        title = f"{one['sens'].capitalize()} : {one['titre']}"
        text = f"{one['texte'] or one['genre_libelle']}\n{', '.join(filter(None, (one['structure_nom'], one['commune'])))}"
        yield Item(
            title,
            one["page"],
            one["page"],
            text,
            _day(row.public_at),
            [one["genre_libelle"], *_doors([one["porte"] or ""])],
        )


FEEDS = {
    "structures": Feed("Nouvelles structures", "Les plus récentes d’abord.", "directory:list", _structures),
    "besoins": Feed("Besoins", "Ce qui vient d’être publié.", "listening:list", _needs, one_door=True),
    "reponses": Feed("Réponses", "Ce qui vient d’être répondu.", "listening:list", _answers),
    "echanges": Feed(
        "Offres et demandes", "Celles des structures, ouvertes à tout le monde.", "exchange:list", _exchanges, one_door=True,
    ),
}  # fmt: skip


def feed(request: HttpRequest, name: str) -> HttpResponse:
    """One feed, under the commune and the door of its address; that of structures follows any selection of the list."""
    found, publication = FEEDS.get(name), publication_of(request)
    if found is None or publication is None:
        return problem(404, "Ce flux n’existe pas. Ceux qui existent sont dits à /flux/.")
    frame = Frame(publication)
    chosen = Selection.parse(request.GET)
    commune = chosen.commune
    if commune and commune not in frame.communes:
        return problem(422, f"La commune « {commune} » n’est pas du territoire.")
    if chosen.problems:
        return problem(422, " ".join(chosen.problems))
    if found.one_door and len(chosen.doors) > 1:
        return problem(422, "Une seule porte à la fois.")
    words = f"« {chosen.q} »" if chosen.q and name == "structures" else ""
    where = ", ".join(part for part in (words, frame.communes.get(commune), *_doors(chosen.doors)) if part)
    origin = settings.ORIGIN
    here = origin + request.path + (f"?{urlencode(request.GET, doseq=True)}" if request.GET else "")
    page = origin + reverse(found.page) + (f"?{urlencode({'commune': commune})}" if commune else "")
    warning = "Données fictives – " if frame.fictitious else ""
    out = Atom1Feed(
        title=f"{warning}{found.title}, {where or publication.territory_name}", link=page, description=found.says,
        language="fr", feed_url=here, feed_guid=here, author_name=settings.OPERATOR or "Horizon Commun",
        feed_copyright=NAME,
    )  # fmt: skip
    for item in found.find(frame, chosen):
        at = timezone.make_aware(datetime.combine(date.fromisoformat(item.day), time()))
        out.add_item(
            title=CONTROL.sub("", (FICTITIOUS if frame.fictitious else "") + item.title), link=item.href,
            description=CONTROL.sub("", item.text), unique_id=item.key, pubdate=at, updateddate=at,
            categories=[*item.categories, *(["fictif"] if frame.fictitious else [])],
        )  # fmt: skip
    return HttpResponse(out.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


def _doors(codes: Iterable[str]) -> list[str]:
    return [DOOR_BY_CODE[code].name for code in codes if code in DOOR_BY_CODE]


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 90 else words[:89].rstrip() + "…"


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The feeds, under a commune and a door that one may choose."""
    if publication_of(request) is None:
        raise Http404
    communes = home_communes()
    commune = next((c for c in communes if c.code == request.GET.get("commune")), None)
    door = DOOR_BY_CODE.get(request.GET.get("porte", ""))
    rows = []
    for name, found in FEEDS.items():
        pairs = {
            "commune": commune.code if commune else "",
            "porte": door.code if door else "",
        }
        query = urlencode({key: value for key, value in pairs.items() if value})
        rows.append((found, reverse("opendata:feed", args=[name]) + (f"?{query}" if query else "")))
    context = {"rows": rows, "communes": communes, "commune": commune, "door": door, "all_doors": DOORS}
    return render(request, "opendata/feeds.html", context)
