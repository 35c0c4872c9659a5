"""Confirming that it is still you (réauthentification) before what cannot be undone: erasing, taking away, giving roles."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from functools import wraps

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY, resume_request, suspend_request
from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import resolve, reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from horizon.actors.models import Person
from horizon.kernel.access import rule_for
from horizon.kernel.mail import write_to
from horizon.kernel.refusal import Refused

FRESH, HOUR = 15 * 60, 60 * 60
TRIES = 3
KEY = "horizon.confirm"


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session proved who it is in the last quarter of an hour. ProConnect answers without asking: where a key or
    an application protects the account, that is no proof."""
    person = request.user
    assert isinstance(person, Person)
    late = time.time() - FRESH
    proved = [record for record in get_authentication_records(request, person) if record.get("at", 0) > late]
    if proved and is_mfa_enabled(person):
        return any(record.get("method") != "proconnect" for record in proved)
    return bool(proved)


def freshly(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Asks who it is again first; what was being done goes on after, with what was typed."""

    @wraps(view)
    def asked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if isinstance(request.user, Person) and not is_fresh(request):
            return suspend(request)
        return view(request, *args, **kwargs)

    return asked


def suspend(request: HttpRequest) -> HttpResponseBase:
    """Keeps what was being done and leads to the page that asks who it is."""
    answer = suspend_request(request, reverse("account_reauthenticate"))
    if STATE_SESSION_KEY in request.session:
        request.session[STATE_SESSION_KEY] = {**request.session[STATE_SESSION_KEY], "at": time.time()}
    return answer


def resume(request: HttpRequest) -> HttpResponseBase | None:
    """Goes on with what was suspended, if that was less than an hour ago and its address is still open to this person.

    Raises PermissionDenied when it no longer is: the view is called directly, past the rules of addresses.
    """
    state = request.session.get(STATE_SESSION_KEY)
    if state and "request" in state:
        rule = rule_for(resolve(json.loads(state["request"])["path_info"]).view_name)
        if time.time() - state.get("at", 0) > HOUR:
            del request.session[STATE_SESSION_KEY]
        elif rule is None or not rule(request.user):
            del request.session[STATE_SESSION_KEY]
            raise PermissionDenied
    return resume_request(request)


def send_code(request: HttpRequest) -> None:
    """Sends six figures to the person's own address; the session keeps their keyed digest, for ten minutes and three tries."""
    person = request.user
    assert isinstance(person, Person)
    code = f"{secrets.randbelow(1_000_000):06d}"
    request.session[KEY] = {"digest": _digest(person, code), "until": time.time() + 600, "tries": 0}
    write_to(
        person.email, "Votre code pour confirmer",
        f"Bonjour,\n\nVotre code : {code}\n\nIl est valable dix minutes, sur l’appareil qui l’a demandé.",
    )  # fmt: skip


def code_was_sent(request: HttpRequest) -> bool:
    """Whether a code of this session may still be typed."""
    kept = request.session.get(KEY)
    return kept is not None and kept["until"] > time.time() and kept["tries"] < TRIES


def enter_code(request: HttpRequest, code: str) -> None:
    """Confirms by the code received. Raises Refused, with what to do, for another one."""
    person = request.user
    assert isinstance(person, Person)
    if not code_was_sent(request):
        raise Refused("Ce code n’est plus valable : demandez-en un autre.")
    kept = request.session[KEY]
    kept["tries"] += 1
    request.session[KEY] = kept
    if not constant_time_compare(kept["digest"], _digest(person, "".join(code.split()))):
        raise Refused("Ce code n’est pas le bon : vérifiez les six chiffres du dernier message reçu.")
    del request.session[KEY]
    record_authentication(request, person, "code", reauthenticated=True)


def _digest(person: Person, code: str) -> str:
    return salted_hmac("horizon.actors.fresh", f"{person.public_id}:{code}").hexdigest()
