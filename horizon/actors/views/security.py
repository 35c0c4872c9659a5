"""What protects one's account: passkeys, an application of codes, recovery codes; and confirming that it is still you."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.internal import auth
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from horizon.actors import fresh
from horizon.actors.keys import ConfirmCodeForm
from horizon.actors.models import Person
from horizon.kernel.rates import too_often
from horizon.kernel.refusal import Refused

TOO_FAST = "Plusieurs codes viennent de partir : attendez quelques minutes."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponseBase:
    """Asks who it is again: by what protects the account, or by a code sent to its address."""
    person = request.user
    assert isinstance(person, Person)
    kinds = set(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    form = key_form = None
    problem = ""
    if kinds:
        posted = request.POST if request.method == "POST" else None
        by_key = posted is not None and "credential" in posted
        form = ConfirmCodeForm(posted if posted and not by_key else None, user=person)
        key_form = ReauthenticateWebAuthnForm(posted if by_key else None, user=person)
        chosen = key_form if by_key else form
        if posted is not None and chosen.is_valid():
            chosen.save()
            return _go_on(request)
        if by_key:
            problem = " ".join(message for found in key_form.errors.values() for message in found)
    elif request.method == "POST":
        try:
            if request.POST.get("verb") == "send":
                if too_often(request, f"confirm:{person.pk}", 5):
                    raise Refused(TOO_FAST)
                fresh.send_code(request)
            else:
                fresh.enter_code(request, request.POST.get("code", ""))
                return _go_on(request)
        except Refused as refused:
            problem = str(refused)
    data = None
    if Authenticator.Type.WEBAUTHN in kinds:
        data = {"request_options": auth.begin_authentication(person)}
    return render(
        request, "actors/confirm.html",
        {
            "form": form if kinds - {Authenticator.Type.WEBAUTHN} else None, "key_form": key_form if data else None,
            "js_data": data, "problem": problem, "sent": fresh.code_was_sent(request), "protected": bool(kinds),
            "next": request.GET.get("next") or request.POST.get("next", ""),
        },
        status=422 if problem or (form and form.errors) else 200,
    )  # fmt: skip


def _go_on(request: HttpRequest) -> HttpResponseBase:
    return fresh.resume(request) or HttpResponseRedirect(reverse("actors:me"))
