"""Subscribing, confirming, changing what one follows, stopping by one click."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from horizon.actors.models import Person
from horizon.kernel.pages import ask, do_and_return
from horizon.kernel.rates import TOO_MANY, too_often
from horizon.kernel.refusal import Refused
from horizon.subscriptions import keys, queries, topics
from horizon.subscriptions.forms import AddressForm, RhythmForm
from horizon.subscriptions.models import Subscriber, Subscription
from horizon.subscriptions.services import following

BOTH = ["GET", "HEAD", "POST"]
AT_ONCE = 30
LATELY = 15
PAUSE = timedelta(days=30)
WHAT = {keys.NEWS: "les lettres", keys.REMINDERS: "les rappels de ce qui vous attend"}
LEAD = (
    "Une lettre par semaine au plus, seulement s’il s’y passe quelque chose : une structure nouvelle, un besoin, une "
    "réponse, une offre, une demande."
)


@require_http_methods(BOTH)
def follow(request: HttpRequest, kind: str, value: str) -> HttpResponse:
    """Subscribes to what the address names: one field without an account, one button with one."""
    topic = topics.find_topic(kind, value, request.GET)
    if topic is None:
        raise Http404
    person = request.user if isinstance(request.user, Person) else None
    form = None if person else AddressForm

    def do(cleaned: dict) -> str:
        now = timezone.now()
        if person:
            following.follow(following.subscriber_of(person, now), topic, now)
            messages.success(request, f"Vous suivez : {topic.title}.")
            return reverse("subscriptions:mine")
        if too_often(request, "subscribe", AT_ONCE):
            raise Refused(TOO_MANY)
        following.ask_to_follow(cleaned["email"], topic, now)
        return reverse("subscriptions:asked")

    return ask(
        request, form, do, title=f"Suivre : {topic.title}", button="M’abonner", lead=LEAD, back=(topic.href, "Revenir à la page"),
        robots=lambda: redirect("subscriptions:asked"),
        after=f"Elle part à {person.email}. Vous changez d’avis quand vous voulez, depuis « Moi »." if person else
              "Sans compte ni mot de passe. Chaque lettre porte de quoi changer ou arrêter ; quand vous ne suivez plus rien, votre adresse est effacée.",
    )  # fmt: skip


@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """The same page whatever the site knew of the address."""
    return render(request, "subscriptions/asked.html")


@require_http_methods(BOTH)
def confirm(request: HttpRequest, public_id: str, key: str) -> HttpResponse:
    """The page that the mailed link opens: one prepared button."""
    if not keys.opens(keys.CONFIRM, public_id, key):
        raise Http404
    row = Subscription.objects.select_related("subscriber__person").filter(public_id=public_id).first()
    if row is None:
        return render(request, "subscriptions/late.html", status=410)
    manage_path = keys.manage_path(row.subscriber)

    def do(_: dict) -> str:
        following.confirm(row, timezone.now())
        messages.success(request, f"C’est fait, vous suivez : {row.title}.")
        return manage_path

    if row.confirmed_at and request.method != "POST":
        return redirect(manage_path)
    return ask(
        request, None, do, title=f"Suivre : {row.title}", button="Confirmer", lead=LEAD,
        after="Vous n’avez rien demandé ? Fermez cette page : l’adresse sera oubliée dans sept jours.",
    )  # fmt: skip


@require_http_methods(BOTH)
def manage(request: HttpRequest, public_id: str, key: str) -> HttpResponse:
    """What somebody follows, opened by the link that each letter carries."""
    if not keys.opens(keys.MANAGE, public_id, key):
        raise Http404
    subscriber = (
        Subscriber.objects.select_related("person")
        .prefetch_related(queries.confirmed())
        .filter(public_id=public_id)
        .first()
    )
    if subscriber is None:
        return render(request, "subscriptions/stopped.html", {"erased": True, "what": WHAT[keys.NEWS]})
    return _space(request, subscriber, keys.manage_path(subscriber), entered=subscriber.person_id is not None)


@require_http_methods(BOTH)
def mine(request: HttpRequest) -> HttpResponse:
    """What a person who entered follows."""
    assert isinstance(request.user, Person)
    if request.method == "POST":  # what the same address followed without an account joins
        following.subscriber_of(request.user, timezone.now())
    found = Subscriber.objects.select_related("person").prefetch_related(queries.confirmed())
    subscriber = found.filter(person=request.user).first() or found.filter(email=request.user.email).first()
    return _space(request, subscriber, reverse("subscriptions:mine"), entered=True)


def _space(request: HttpRequest, subscriber: Subscriber | None, here: str, *, entered: bool) -> HttpResponse:
    """What is followed, the rhythm, a pause, what happened lately. As many queries as rooms and searches followed."""
    initial = {"every_days": subscriber.every_days, "reminders": subscriber.reminders} if subscriber else None
    changing = request.method == "POST" and request.POST.get("verb") == "rhythm"
    form = RhythmForm(request.POST if changing else None, entered=entered, initial=initial)
    if request.method == "POST" and subscriber is not None and not (changing and not form.is_valid()):
        return _change(request, subscriber, form, here)
    followed = getattr(subscriber, "followed", [])
    now = timezone.now()
    today = timezone.localdate(now)
    return render(
        request,
        "subscriptions/space.html",
        {
            "subscriber": subscriber, "form": form, "here": here, "masked": _masked(subscriber) if subscriber else "",
            "followed": [(row, topics.page_of(row.kind, row.value)) for row in followed],
            "paused": subscriber is not None and (subscriber.paused_until or today) > today,
            "lately": queries.lately(followed, now, LATELY) if followed else [], "entered": entered,
            "stop": keys.stop_path(subscriber, keys.NEWS) if subscriber else "",
            "again": request.session.get("unfollowed") if request.COOKIES.get(settings.SESSION_COOKIE_NAME) else None,
        },
        status=422 if form.errors else 200,
    )  # fmt: skip


def _change(request: HttpRequest, subscriber: Subscriber, form: RhythmForm, here: str) -> HttpResponse:
    verb = request.POST.get("verb")
    now = timezone.now()
    if verb == "unfollow":
        row = get_object_or_404(subscriber.subscriptions, public_id=request.POST.get("what", ""))
        if following.unfollow(row):
            return render(request, "subscriptions/stopped.html", {"erased": True, "what": WHAT[keys.NEWS]})
        request.session["unfollowed"] = [row.kind, row.value, row.title]
        return HttpResponseRedirect(here)
    request.session.pop("unfollowed", None)

    def do() -> str:
        if verb == "follow":
            topic = topics.again(
                request.POST.get("kind", ""), request.POST.get("value", "")[: topics.LONGEST]
            )
            if topic is None:
                raise Refused("Cette page n’existe plus : il n’y a rien à suivre.")
            following.follow(subscriber, topic, now)
            return f"Vous suivez de nouveau : {topic.title}."
        if verb == "pause":
            following.pause(subscriber, now + PAUSE)
            return "Pause : rien ne part avant trente jours."
        if verb == "resume":
            following.pause(subscriber, None)
            return "Les lettres reprennent."
        following.change(
            subscriber, every_days=form.cleaned_data["every_days"],
            reminders=form.cleaned_data.get("reminders", subscriber.reminders),
        )  # fmt: skip
        return "C’est noté."

    if verb not in {"follow", "pause", "resume", "rhythm"}:
        raise Http404
    return do_and_return(request, do, here)


@csrf_exempt
@require_http_methods(BOTH)
def stop(request: HttpRequest, public_id: str, what: str, key: str) -> HttpResponse:
    """Stops letters of a kind: GET shows one prepared button; POST, from it or from a mail program (RFC 8058), stops.

    Mail programs send no cookie and follow no redirection: the key is the right, the answer is a page. Once stopped, the
    same address goes on saying so.
    """
    if what not in WHAT or not keys.opens(keys.STOP, public_id, key, what):
        raise Http404
    if request.method == "POST":
        erased = following.stop(public_id, what)
        return render(request, "subscriptions/stopped.html", {"erased": erased, "what": WHAT[what]})
    subscriber = Subscriber.objects.filter(public_id=public_id).first()
    if subscriber is None:
        return render(request, "subscriptions/stopped.html", {"erased": True, "what": WHAT[what]})
    return render(
        request, "subscriptions/stop.html",
        {
            "what": WHAT[what], "erases": subscriber.person_id is None and what == keys.NEWS,
            "manage": keys.manage_path(subscriber),
        },
    )  # fmt: skip


def _masked(subscriber: Subscriber) -> str:
    """The address as its owner recognises it, and nobody else: a letter may be forwarded with its link."""
    name, _, host = subscriber.address.partition("@")
    return f"{name[:1]}…@{host}"
