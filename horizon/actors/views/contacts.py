"""The structures that the collective follows, the people to reach there, and the addresses of a selection."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors import following, queries
from horizon.actors.forms import ContactForm
from horizon.actors.models import Contact, Organization, Person
from horizon.actors.services import contacts as writes
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.spreadsheets import csv_answer

PER_PAGE, AT_ONCE = 50, 200


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user


def _query(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()


def _all(request: HttpRequest) -> Iterator[following.Followed]:
    rows = list(following.followed(request.GET)[0])
    for start in range(0, len(rows), AT_ONCE):
        yield from following.told(rows[start : start + AT_ONCE])


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The structures that somebody called, that somebody holds, or that joined: last note, next date."""
    found, chosen = following.followed(request.GET)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "actors/contacts.html",
        {
            "page": page, "rows": following.told(page), "chosen": chosen, "fields": following.fields(chosen),
            "memberships": following.MEMBERSHIPS, "what": following.WHAT, "sorts": following.SORTS, "query": _query(request),
            "filtered": any(value for name, value in chosen.items() if name != "tri" or value != "nom"),
        },
    )  # fmt: skip


@require_safe
def csv_file(request: HttpRequest) -> StreamingHttpResponse:
    """Exactly the selection."""
    columns = [
        "structure", "adhésion", "collège", "dernière note", "à reprendre le", "en retard", "personnes à joindre", "adresses", "page",
    ]  # fmt: skip
    return csv_answer("contacts.csv", columns, (_cells(request, row) for row in _all(request)))


def _cells(request: HttpRequest, row: following.Followed) -> list[object]:
    joined = row.membership
    return [
        row.organization.name, joined.get_status_display() if joined else "", joined.college.name if joined else "",
        f"{row.last_note:%Y-%m-%d}" if row.last_note else "", row.next_on or "", "oui" if row.late else "",
        "; ".join(" ".join(filter(None, (str(c), c.phone, c.email))) for c in row.contacts), ", ".join(row.reached.all),
        request.build_absolute_uri(reverse("directory:entry", args=[row.organization.public_id])),
    ]  # fmt: skip


@require_safe
def addresses(request: HttpRequest) -> HttpResponse:
    """The addresses of the selection, each once, and how many structures have none."""
    return show_addresses(request, (row.reached.all for row in _all(request)), reverse("actors:contacts"))


def show_addresses(
    request: HttpRequest,
    of_each: Iterable[Collection[str]],
    back: str,
    *,
    one: str = "structure",
    many: str = "structures",
) -> HttpResponse:
    """The block to copy, from the addresses of each structure, or of each of what else is chosen."""
    found: dict[str, None] = {}
    total = without = 0
    for emails in of_each:
        total, without = total + 1, without + (not emails)
        found |= dict.fromkeys(email.lower() for email in emails)
    return render(
        request, "actors/addresses.html",
        {"addresses": list(found), "total": total, "without": without, "back": f"{back}?{_query(request)}", "one": one, "many": many},
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: HttpRequest, public_id: str) -> HttpResponse:
    """Notes somebody to reach."""
    return _keep(request, queries.organization_of(public_id), None)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Changes what is kept of somebody to reach."""
    organization = queries.organization_of(public_id)
    contact = get_object_or_404(Contact.objects.filter(queries.of(organization)), pk=pk)
    return _keep(request, organization, contact)


def _keep(request: HttpRequest, organization: Organization, contact: Contact | None) -> HttpResponse:
    person = _person(request)
    page = reverse("actors:contact", args=[organization.public_id])

    def do(cleaned: dict) -> str:
        writes.keep_contact(organization, contact, cleaned, by=person)
        return page

    initial = (
        {name: getattr(contact, name) for name in ("name", "function", "phone", "email")} if contact else None
    )
    return ask(
        request, ContactForm, do, title="Une personne à joindre", button="Garder", back=(page, organization.name), initial=initial,
        lead="Dites-lui que vous gardez ces coordonnées, et qu’elle peut demander à ce qu’elles soient effacées.",
        after="Lu par l’équipe d’animation seulement ; effacé trois ans après le dernier changement.",
    )  # fmt: skip


@require_POST
def forget(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Forgets somebody to reach."""
    organization, person = queries.organization_of(public_id), _person(request)
    contact = get_object_or_404(
        Contact.objects.filter(queries.of(organization)).select_related("organization"), pk=pk
    )

    def do() -> str:
        writes.forget_contact(contact, by=person)
        return "C’est effacé."

    return do_and_return(request, do, reverse("actors:contact", args=[organization.public_id]))
