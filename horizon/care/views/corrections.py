"""Correcting a page, suggesting, adding what is missing, pictures; and the history of what was said."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from horizon.actors import queries
from horizon.actors.access import is_operator, may_edit
from horizon.actors.merged import of
from horizon.actors.models import Person
from horizon.care import contents, services
from horizon.care.asking import ask_structure
from horizon.care.finding import likely_same
from horizon.care.forms import CorrectionForm, MissingAnswerForm, MissingForm, PhotoForm, ReasonForm
from horizon.care.models import Missing
from horizon.care.speaking import role_of
from horizon.care.waiting import address_of, answer_suggestion, asked
from horizon.directory.models import Photo, Statement
from horizon.directory.queries import communes_of, live_entry, publication_of
from horizon.directory.said.fields import CORRECTED, FIELDS
from horizon.directory.said.photos import add_photo, remove_photo, restore_photo
from horizon.directory.said.services import declare_organization, refuse_statement, state
from horizon.kernel.answered import remember
from horizon.kernel.mail import write_to
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.rates import TOO_MANY, by_person, too_often
from horizon.kernel.refusal import Refused
from horizon.kernel.templatetags.atlas import plural

BOTH = ["GET", "HEAD", "POST"]
AT_ONCE = 20


def _actor(person: object) -> str:
    return person.actor if isinstance(person, Person) else "visitor"


@require_http_methods(BOTH)
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Corrects a page: published at once by its people and by operators, proposed by anybody else."""
    organization = queries.organization_of(public_id)
    entry = live_entry(organization)
    if entry is None:
        raise Http404
    role = role_of(request.user, organization)
    direct = role != Statement.VISITOR
    values = {code: FIELDS[code].read(entry) for code in CORRECTED}
    person = request.user if isinstance(request.user, Person) else None
    page = reverse("directory:entry", args=[organization.public_id])
    form_of = lambda **kw: CorrectionForm(  # noqa: E731
        values=values,
        communes=communes_of(publication_of(request)),
        person=request.user,
        role=role,
        **{**kw, "initial": {}},
    )

    def do(cleaned: dict) -> str:
        form = form_of(data=request.POST)
        form.is_valid()
        changes = form.changes()
        if not changes:
            raise Refused("Rien n’a changé : corrigez au moins une ligne.")
        if not direct and too_often(request, by_person(request, "correct"), AT_ONCE):
            raise Refused(TOO_MANY)
        if role != Statement.OPERATOR:
            contents.keep_words_away(organization, changes)
        made = state(
            organization, changes, origin=role, actor=_actor(request.user), author=person, publish=direct,
            message=cleaned.get("message", ""), heard_from=cleaned.get("heard_from", ""),
            email=cleaned.get("reply_to") or (person.email if person and not direct else ""),
        )  # fmt: skip
        said = "Publié. Les listes suivent dans la minute ; l’historique permet de revenir en arrière."
        if not direct:
            said = "Merci. Votre proposition attend une réponse" + (
                " : elle vous sera envoyée." if made and made[0].email else "."
            )
        messages.success(request, said if made else "C’était déjà ainsi : rien n’a changé.")
        return page

    return ask(
        request, form_of, do,
        title=f"Corriger {entry.name}" if direct else f"Proposer une correction pour {entry.name}",
        lead="Corrigez ce qui ne va pas, laissez le reste." if direct
             else "Sans compte. La structure ou l’équipe d’animation vérifie, et vous répond si vous laissez une adresse.",
        button="Publier" if direct else "Proposer", back=(page, entry.name),
        after="Publié sous Licence Ouverte 2.0, avec la date et l’origine. Ce que disent les registres reste visible à côté.",
        robots=lambda: HttpResponseRedirect(page),
    )  # fmt: skip


@require_http_methods(BOTH)
def suggestion(request: HttpRequest, pk: int) -> HttpResponse:
    """One statement: accept, refuse with a reason, ask the structure, undo."""
    found = get_object_or_404(Statement.objects.select_related("organization__canonical", "author"), pk=pk)
    person = request.user
    if not may_edit(person, found.organization):
        raise Http404
    assert isinstance(person, Person)
    field = FIELDS[found.field]
    entry = live_entry(found.organization)
    now = field.shown(field.read(entry)) if entry else ""
    history_page = reverse("care:history", args=[found.organization.whole.public_id])

    def do(cleaned: dict) -> str:
        verb = cleaned["verb"]
        if verb == "ask":
            messages.success(request, _ask_structure(found, person))
            return request.path
        if verb == "refuse" and cleaned["reason"]:
            _refuse(found, cleaned["reason"], field.label.lower(), person)
            said = "Refusé, avec votre raison."
        else:
            said = answer_suggestion(verb, str(pk), person)
        messages.success(request, said)
        if verb not in {"accept", "refuse"}:
            return history_page
        remember(request, f"suggestion/{pk}")
        return reverse("care:desk")

    if found.status in {Statement.REPLACED, Statement.UNDONE}:
        return redirect(history_page)  # what became of it is written there, and nothing is left to answer
    waits = found.status == Statement.PROPOSED
    return ask(
        request, ReasonForm if waits else None, do,
        title=f"{found.organization.whole.name} : {field.label.lower()}",
        lead=f"Proposition {'en attente' if waits else found.get_status_display()}. Origine : {found.get_origin_display()}.",
        before=[
            f"Aujourd’hui : {now or '(rien)'}", f"Proposé : {field.shown(found.value) or '(rien)'}",
            *filter(None, (found.written_by, found.message, asked(found))),
        ],
        back=(reverse("care:desk"), "Bureau") if waits else (history_page, "Historique"),
        button="Accepter" if waits else "Annuler cette réponse", verb="accept" if waits else "undo",
        others=[("refuse", "Refuser"), ("ask", "Demander à la structure")] if waits else [],
    )  # fmt: skip


@transaction.atomic
def _refuse(found: Statement, reason: str, label: str, person: Person) -> None:
    email = address_of(found, person)
    refuse_statement(found, reason, actor=person.actor)
    write_to(
        email,
        f"{found.organization.whole.name} : votre proposition",
        f"Bonjour,\n\nVotre proposition ({label}) n’a pas été retenue.\n\n« {reason} »",
    )


def _ask_structure(found: Statement, person: Person) -> str:
    count = ask_structure(found, actor=person.actor)
    if not count:
        return "Personne ne tient cette page : appelez la structure."
    return f"Question envoyée à {plural(count, 'personne', 'personnes')}."


@require_http_methods(BOTH)
def missing(request: HttpRequest) -> HttpResponse:
    """A structure that is not in the directory: added at once by operators, proposed by anybody else."""
    publication = publication_of(request)
    person = request.user if isinstance(request.user, Person) else None
    operator = is_operator(person)
    typed = request.POST.copy() if request.method == "POST" else None
    form = MissingForm(
        typed,
        communes=communes_of(publication),
        operator=operator,
        visitor=person is None,
        initial={"name": request.GET.get("nom", "")},
    )
    same = []
    if typed is not None:
        if form.caught_a_robot():
            return redirect("portal:home")
        if form.is_valid():
            data = form.cleaned_data
            sure = data["sure"] == _sure(data)
            same = [] if sure else likely_same(data["name"], publication, commune=data["commune"])
            if not same:
                try:
                    return HttpResponseRedirect(_keep_missing(request, data, person, operator))
                except Refused as problem:
                    form.add_error(None, str(problem))
            typed["sure"] = _sure(data)
    return render(
        request,
        "care/missing.html",
        {"form": form, "same": same, "operator_view": operator},
        status=200 if typed is None else 422,
    )


def _sure(data: dict) -> str:
    """What was shown likely entries and sent again: another name or commune is looked for again."""
    return f"{data['name']}|{data['commune']}"


def _keep_missing(request: HttpRequest, data: dict, person: Person | None, operator: bool) -> str:
    values = {code: data[code] for code in ("name", "commune", "description") if data.get(code)}
    if operator:
        made = declare_organization(
            values,
            kind=data["kind"],
            origin=Statement.OPERATOR,
            actor=_actor(person),
            author=person,
            heard_from=data["heard_from"],
        )
        messages.success(request, f"{made.name} est ajoutée : sa page est prête dans la minute.")
        return reverse("actors:contact", args=[made.public_id])
    if too_often(request, by_person(request, "correct"), AT_ONCE):
        raise Refused(TOO_MANY)
    services.suggest_missing(values, email=data.get("reply_to", ""), author=person)
    messages.success(
        request,
        "Merci. L’équipe d’animation vérifie et l’ajoute ; elle vous répond si vous avez laissé une adresse.",
    )
    return reverse("portal:home")


@require_http_methods(BOTH)
def missing_answer(request: HttpRequest, public_id: str) -> HttpResponse:
    """Adds a proposed structure, or says why not."""
    row = get_object_or_404(Missing, public_id=public_id)
    person = request.user
    assert isinstance(person, Person)

    def do(cleaned: dict) -> str:
        if cleaned["verb"] == "undo":
            services.reopen_missing(row, actor=person.actor)
            messages.success(request, "La réponse est annulée : la proposition attend de nouveau.")
            return request.path
        if cleaned["verb"] == "accept":
            services.add_missing(row, actor=person.actor, kind=cleaned["kind"])
        elif not cleaned["reason"]:
            raise Refused("Dites pourquoi : la personne lira cette raison.")
        else:
            services.refuse_missing(row, cleaned["reason"], actor=person.actor)
        remember(request, f"missing/{public_id}")
        return reverse("care:desk")

    title, back = f"Structure manquante : {row.values.get('name', '')}", (reverse("care:desk"), "Bureau")
    if row.status != Missing.OPEN:
        answer = "Ajoutée à l’annuaire." if row.status == Missing.ADDED else f"Refusée : « {row.reason} »"
        return ask(
            request,
            None,
            do,
            title=title,
            lead=answer,
            back=back,
            button="Annuler cette réponse",
            verb="undo",
        )
    communes = dict(communes_of(publication_of(request)))
    said = [
        f"{FIELDS[code].label} : {communes.get(value, value) if code == 'commune' else value}"
        for code, value in row.values.items()
    ]
    same = likely_same(
        str(row.values.get("name", "")), publication_of(request), commune=str(row.values.get("commune", ""))
    )
    near = [
        f"Existe peut-être déjà : {one.entry.name}, {one.entry.commune.name} ({', '.join(one.reasons)}) "
        f"/structures/{one.entry.organization.whole.public_id}/"
        for one in same
    ]
    return ask(
        request, MissingAnswerForm, do, title=title, before=[*said, *near], back=back,
        button="Ajouter", verb="accept", others=[("refuse", "Refuser")],
    )  # fmt: skip


@require_http_methods(BOTH)
def photos(request: HttpRequest, public_id: str) -> HttpResponse:
    """The logo and photos of an organization; POST adds one."""
    organization = queries.editable(public_id, request.user)
    person = request.user
    assert isinstance(person, Person)
    form = PhotoForm(data=request.POST, files=request.FILES) if request.method == "POST" else PhotoForm()
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            add_photo(
                organization,
                data["file"],
                kind=data["kind"],
                alt=data["alt"],
                author=data["author"],
                licence=data["licence"],
                by=person,
            )
            messages.success(request, "L’image est sur la page.")
            return redirect(request.path)
        except Refused as problem:
            form.add_error("file", str(problem))
    rows = Photo.objects.filter(of(organization))
    return render(
        request,
        "care/photos.html",
        {"organization": organization, "form": form, "photos": rows, "operator": is_operator(person)},
        status=422 if form.errors else 200,
    )


@require_POST
def photo(request: HttpRequest, public_id: str, photo: str) -> HttpResponse:
    """Takes a picture off, or puts it back."""
    organization = queries.editable(public_id, request.user)
    row = get_object_or_404(Photo.objects.filter(of(organization)), public_id=photo)

    def do() -> str:
        if row.removed_at:
            restore_photo(row, actor=_actor(request.user), read=is_operator(request.user))
            return "Elle est de nouveau sur la page."
        remove_photo(row, actor=_actor(request.user))
        return "Retirée. Elle peut revenir pendant trente jours."

    return do_and_return(request, do, reverse("care:photos", args=[organization.public_id]))
