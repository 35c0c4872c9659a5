"""Confirming that it is still you (réauthentification) before what cannot be undone: erasing, taking away, giving roles."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from functools import wraps

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.internal.flows.reauthentication import suspend_request
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from horizon.actors.models import Person
from horizon.kernel.mail import write_to
from horizon.kernel.refusal import Refused

FRESH = 15 * 60
TRIES = 3
KEY = "horizon.confirm"


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session proved who it is, by a code or a key, in the last quarter of an hour."""
    person = request.user
    assert isinstance(person, Person)
    proved = [record.get("at", 0) for record in get_authentication_records(request, person)]
    return bool(proved) and time.time() - max(proved) < FRESH


def freshly(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Asks who it is again first; what was being done goes on after, with what was typed."""

    @wraps(view)
    def asked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if isinstance(request.user, Person) and not is_fresh(request):
            return suspend_request(request, reverse("account_reauthenticate"))
        return view(request, *args, **kwargs)

    return asked


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
