"""Open sessions (mes connexions): kept when somebody enters or sends something, listed, closed one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from horizon.actors.models import Person
from horizon.engine.devices import device_in_words
from horizon.kernel.journal import record_event
from horizon.kernel.refusal import Refused

NO_ADDRESS = "0.0.0.0"  # noqa: S104 - the column wants one, and none is kept
AGAIN = timedelta(minutes=10)
READS = frozenset({"GET", "HEAD", "OPTIONS"})


class SessionsMiddleware:
    """Notes that a session is used when something is sent, never when a page is read; forgets it on the way out.

    When its key changes, it stays the same session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """After the answer: whoever entered or left during this request did so."""
        if request.method not in READS:
            bool(
                request.user.is_authenticated
            )  # a session under a former secret changes its key when it is read
            follow_key(request)
        response = self.get_response(request)
        follow_key(request)
        if request.method in READS:
            return response
        before = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        now = request.session.session_key if request.user.is_authenticated else None
        if before and before != now:
            UserSession.objects.filter(session_key=before).delete()
        if now and isinstance(request.user, Person):
            keep_session(request.user, now, request.headers.get("User-Agent", ""))
        return response

    def process_view(self, request: HttpRequest, view: object, args: tuple, kwargs: dict) -> None:
        """Before the view, which may list them; whether one may see it was read from the session already."""
        follow_key(request)


def follow_key(request: HttpRequest) -> None:
    """Tells what is kept of an open session its new key: Django gives one after the site's secret changed, also when a page is
    read. A page that did not look at the session does not begin to."""
    before = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if not before or not request.session.accessed:
        return
    now = request.session.session_key
    if now and now != before and request.user.is_authenticated:
        UserSession.objects.filter(session_key=before, user=request.user).update(session_key=now)


@transaction.atomic
def keep_session(person: Person, session_key: str, user_agent: str) -> None:
    """Notes that a session is open on a device, said in words, or that it was used; at most every ten minutes."""
    row = UserSession.objects.filter(session_key=session_key, user=person).first()
    if row is not None:
        if row.last_seen_at < timezone.now() - AGAIN:
            UserSession.objects.filter(pk=row.pk).update(last_seen_at=timezone.now())
        return
    if not Session.objects.filter(session_key=session_key).exists():
        return  # closed meanwhile, from another device
    made, created = UserSession.objects.get_or_create(
        session_key=session_key,
        defaults={"user": person, "ip": NO_ADDRESS, "user_agent": device_in_words(user_agent)},
    )
    if created:
        record_event(
            "open_session", "person", person.public_id, actor=person.actor, payload={"session": made.pk}
        )


def open_sessions(person: Person) -> list[UserSession]:
    """The sessions of a person that are still open, the last used first. Two queries."""
    rows = list(UserSession.objects.filter(user=person).order_by("-last_seen_at", "-pk"))
    living = set(
        Session.objects.filter(
            session_key__in=[row.session_key for row in rows], expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    return [row for row in rows if row.session_key in living]


@transaction.atomic
def close_session(person: Person, pk: int) -> str:
    """Closes one session: that device must enter again. Returns which. Raises Refused when it is closed already."""
    row = UserSession.objects.select_for_update().filter(user=person, pk=pk).first()
    if row is None:
        raise Refused("Cette connexion est déjà fermée.")
    Session.objects.filter(session_key=row.session_key).delete()
    row.delete()
    record_event("close_session", "person", person.public_id, actor=person.actor, payload={"session": pk})
    return row.user_agent


@transaction.atomic
def forget_closed_sessions() -> int:
    """Forgets the devices of sessions that are over. Returns how many."""
    living = Session.objects.values("session_key")
    return UserSession.objects.exclude(session_key__in=living).delete()[0]
