"""Entering by ProConnect, and leaving it."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.views import LogoutView
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from horizon.actors import proconnect
from horizon.actors.services.agents import welcome_agent
from horizon.kernel.rates import TOO_MANY, too_often
from horizon.kernel.refusal import Refused


@never_cache
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """Leads to ProConnect; only this browser's session is written."""
    if not proconnect.is_on():
        raise Http404
    after = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(after, {request.get_host()}, require_https=request.is_secure())
    try:
        if too_often(request, "proconnect", 30):
            raise Refused(TOO_MANY)
        return HttpResponseRedirect(proconnect.begin(request, after if safe else ""))
    except Refused as problem:
        messages.error(request, str(problem))
        return redirect("account_login")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def back(request: HttpRequest) -> HttpResponse:
    """GET reads what ProConnect says and shows one prepared button; POST enters."""
    if not proconnect.is_on():
        raise Http404
    try:
        if request.method != "POST" and ("state" in request.GET or "error" in request.GET):
            proconnect.complete(request)
        found = proconnect.known(request)
        if found is None:
            raise Refused(proconnect.LATE)
    except Refused as problem:
        messages.error(request, str(problem))
        return redirect("account_login")
    agent, after = found
    if request.method != "POST":
        return render(request, "actors/proconnect.html", {"agent": agent})
    del request.session[proconnect.KNOWN]
    token = request.session.get(proconnect.TOKEN)
    person = welcome_agent(agent)
    record_authentication(request, person, "proconnect")
    answer = perform_login(request, Login(user=person, redirect_url=after or None))
    request.session[proconnect.TOKEN] = token
    return answer


class LeaveView(LogoutView):
    """Leaves the site, and ProConnect for who entered by it."""

    def post(self, *args, **kwargs) -> HttpResponse:
        """Closes both sessions."""
        token = self.request.session.get(proconnect.TOKEN) if proconnect.is_on() else None
        answer = super().post(*args, **kwargs)
        away = proconnect.goodbye(token) if token else ""
        answer = HttpResponseRedirect(away) if away else answer
        if self.request.is_secure():
            answer["Clear-Site-Data"] = '"cache"'
        return answer


leave = LeaveView.as_view()
