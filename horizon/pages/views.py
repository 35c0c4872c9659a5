"""The guided path, the examples, and the desk where operators write over them."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon.actors.models import Person
from horizon.actors.plan import plan
from horizon.actors.queries import pole_contacts
from horizon.kernel.doors import DOOR_BY_CODE
from horizon.kernel.keyed import fits, keyed
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.publicid import random_id
from horizon.kernel.rates import TOO_MANY, too_often
from horizon.kernel.spreadsheets import csv_answer
from horizon.pages import queries, services, shipped
from horizon.pages.forms import ExampleForm, StepForm
from horizon.pages.models import Path, Version

BOTH = ["GET", "HEAD", "POST"]
KINDS = {"etapes": Version.STEP, "exemples": Version.EXAMPLE}
AT_ONCE = 30
SALT, READ_SALT = "horizon.pages.path", "horizon.pages.path.read"


def path_key(path: Path) -> str:
    """What opens a path to who keeps it, without an account: it goes in their link, and is kept nowhere."""
    return keyed(SALT, path.public_id)


def read_key(path: Path) -> str:
    """What shows a path to whom its keeper gives that link: it opens no other."""
    return keyed(READ_SALT, path.public_id)


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """The questions, and the steps for the answers that the address holds. Nothing is kept."""
    return _guide(request, queries.read_answers(request.GET))


def _chosen(answers: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    return {question: frozenset(options) for question, options in answers.items()}


def _guide(
    request: HttpRequest, answers: dict[str, list[str]], path: Path | None = None, reading: bool = False
) -> HttpResponse:
    steps = queries.path_steps(_chosen(answers)) if answers else []
    poles = list(dict.fromkeys(step.values["pole"] for step in steps if step.values["pole"]))
    named = pole_contacts() if poles else {}
    contacts = {row.pk: row for code in poles for row in named.get(code, [])}
    documents = list(dict.fromkeys(one for step in steps for one in step.documents))
    return render(
        request,
        "pages/guide.html",
        {
            "questions": shipped.questions(), "answers": answers, "steps": steps, "path": path,
            "ticks": path.ticks if path else [], "done": sum(step.code in path.ticks for step in steps) if path else 0,
            "contacts": list(contacts.values()), "documents": documents, "own": path and not reading,
            "here": request.build_absolute_uri() if path and not reading else "",
            "to_share": request.build_absolute_uri(reverse("pages:path-read", args=[path.public_id, read_key(path)])) if path else "",
        },
    )  # fmt: skip


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keeps the path of some answers, opened by a link."""
    answers = queries.read_answers(request.POST)
    if not answers:
        messages.error(request, "Répondez d’abord à une question.")
        return HttpResponseRedirect(reverse("pages:guide"))
    if too_often(request, "path", AT_ONCE):
        messages.error(request, TOO_MANY)
        return HttpResponseRedirect(f"{reverse('pages:guide')}?{urlencode(answers, doseq=True)}")
    path = services.keep_path(answers)
    messages.success(request, "C’est gardé. Notez l’adresse de cette page : elle seule l’ouvre.")
    return HttpResponseRedirect(reverse("pages:path", args=[path.public_id, path_key(path)]))


@require_http_methods(BOTH)
def kept(request: HttpRequest, public_id: str, key: str) -> HttpResponse:
    """A path that somebody kept; POST keeps what is done, or other answers, or erases it all."""
    path = get_object_or_404(Path, public_id=public_id)
    if not fits(SALT, path.public_id, key):
        raise Http404
    if request.method == "POST":
        if request.POST.get("verb") == "erase":
            services.erase_path(path)
            messages.success(request, "Ce parcours est effacé.")
            return HttpResponseRedirect(reverse("pages:guide"))
        if request.POST.get("verb") == "answers":
            answers = queries.read_answers(request.POST)
            if answers:
                services.change_answers(path, answers)
                messages.success(request, "Les étapes suivent vos réponses ; ce qui était coché le reste.")
            else:
                messages.error(request, "Répondez au moins à une question : rien n’est changé.")
            return HttpResponseRedirect(request.path)
        texts = queries.shown_texts(Version.STEP)
        known = {text.code for text in texts}
        shown = {step.code for step in queries.path_steps(_chosen(path.answers), texts)}
        unseen = [
            code for code in path.ticks if code in known - shown
        ]  # of other answers: they may come back
        services.tick_steps(path, [code for code in request.POST.getlist("fait") if code in known] + unseen)
        messages.success(request, "C’est noté.")
        return HttpResponseRedirect(request.path)
    return _guide(request, path.answers, path)


@require_safe
def read(request: HttpRequest, public_id: str, key: str) -> HttpResponse:
    """A path that its keeper shares, to read: nothing there changes or erases it, nor opens the link that does."""
    path = get_object_or_404(Path, public_id=public_id)
    if not fits(READ_SALT, path.public_id, key):
        raise Http404
    return _guide(request, path.answers, path, reading=True)


@require_safe
def elsewhere(request: HttpRequest) -> HttpResponse:
    """Examples from elsewhere, by door."""
    door = request.GET.get("porte", "") if request.GET.get("porte") in DOOR_BY_CODE else ""
    return render(
        request, "pages/elsewhere.html",
        {"examples": queries.examples(door=door), "door": DOOR_BY_CODE.get(door), "poles": dict(plan().choices())},
    )  # fmt: skip


@require_safe
def elsewhere_csv(request: HttpRequest) -> HttpResponseBase:
    """The examples as CSV, with sources and licences."""
    columns = (
        "code",
        "titre",
        "lieu",
        "texte",
        "portes",
        "poles",
        "source",
        "adresse",
        "date_source",
        "licence",
    )
    rows = [
        [text.code, *(text.values[name] for name in shipped.EXAMPLE_FIELDS)] for text in queries.examples()
    ]
    return csv_answer("exemples.csv", columns, rows)


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Every text, with its version."""
    lists = [
        (slug, label, queries.all_texts(kind))
        for (slug, kind), (_, label) in zip(KINDS.items(), Version.KINDS, strict=True)
    ]
    return render(request, "pages/desk.html", {"lists": lists})


@require_http_methods(BOTH)
def write(request: HttpRequest, kind: str, code: str = "") -> HttpResponse:
    """Writing over a text, or a new one."""
    if kind not in KINDS:
        raise Http404
    known = next((text for text in queries.all_texts(KINDS[kind]) if text.code == code), None)
    if code and known is None:
        raise Http404
    step = KINDS[kind] == Version.STEP
    start: dict[str, object] = dict(known.values) if known else {}
    if step:
        start["body"] = start.pop("text", "")
    else:
        start |= {name: str(start.get(name, "")).split() for name in ("doors", "poles")}
    start["over"] = known.number if known else 0

    def do(cleaned: dict) -> str:
        person = request.user
        assert isinstance(person, Person)
        values = {**cleaned, "text": cleaned["body"]} if step else {
            **cleaned, "doors": " ".join(cleaned["doors"]), "poles": " ".join(cleaned["poles"])
        }  # fmt: skip
        target = code or random_id()
        services.write_version(KINDS[kind], target, values, by=person, over=cleaned["over"] if code else None)
        messages.success(request, "C’est publié. La version précédente reste dans l’historique.")
        return reverse("pages:history", args=[kind, target])

    return ask(
        request, StepForm if step else ExampleForm, do, title=known.values["title"] if known else "Nouveau texte",
        button="Publier", initial=start, back=(reverse("pages:desk"), "Les textes"),
        before=["Écrivez seulement ce que la source dit, avec sa date : sans source, un texte n’est pas publié."],
    )  # fmt: skip


@require_http_methods(BOTH)
def history(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """The versions of a text; POST goes back to one, or hides the text."""
    if kind not in KINDS:
        raise Http404
    found = list(
        Version.objects.filter(kind=KINDS[kind], code=code).select_related("author").order_by("-number")
    )
    base = shipped.texts(KINDS[kind]).get(code)
    if not found and base is None:
        raise Http404
    if request.method == "POST":
        person = request.user
        assert isinstance(person, Person)

        def do() -> str:
            if request.POST.get("verb") == "hide":
                services.hide(KINDS[kind], code, by=person)
                return "Le texte n’est plus montré."
            number = request.POST.get("number", "")
            services.go_back(KINDS[kind], code, int(number) if number.isdigit() else -1, by=person)
            return "Cette version est de nouveau montrée."

        return do_and_return(request, do, request.path)
    return render(
        request,
        "pages/history.html",
        {
            "versions": found, "base": base, "kind": kind, "code": code, "hidden": bool(found and found[0].hidden),
            "title": (found[0].values if found else base or {}).get("title") or code,
        },
    )  # fmt: skip
