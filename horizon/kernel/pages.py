"""The page that asks: one form, one button; refused or wrong, it comes back with what was typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from horizon.kernel.forms import HouseForm
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Aside

Do = Callable[[dict], str]


def ask(
    request: HttpRequest, form: Callable[..., Form] | None, do: Do, *, title: str, button: str, lead: str = "",
    back: tuple[str, str] | None = None, before: Sequence[str] = (), after: str = "", initial: dict | None = None,
    others: Sequence[tuple[str, str]] = (), verb: str = "", robots: Callable[[], HttpResponse] | None = None,
    beside: Sequence[Aside] = (), draft: bool = False,
) -> HttpResponse:  # fmt: skip  # noqa: PLR0913
    """GET shows the form. POST calls `do(cleaned data)` and goes to the address it returns, or shows what is wrong.

    `beside` is shown above the form, with its links. `others` are further buttons `(verb, label)`; the pressed one is in
    `cleaned["verb"]`. What `do` refuses (`Refused`) is said above the form, with everything typed still there. A robot gets
    the answer of `robots`. With `draft`, what is written stays on the device until the page that follows shows its `once`
    (`data-draft-sent`).
    """
    filled = _form(form, request, initial)
    status = 200
    if request.method == "POST":
        if isinstance(filled, HouseForm) and filled.caught_a_robot() and robots:
            return robots()
        if filled is None or filled.is_valid():
            cleaned = dict(filled.cleaned_data) if filled else {}
            try:
                return HttpResponseRedirect(do({**cleaned, "verb": request.POST.get("verb", "")}))
            except Refused as problem:
                if filled is None:
                    messages.error(request, str(problem))
                else:
                    filled.add_error(None, str(problem))
        status = 422
    return render(
        request,
        "kernel/form.html",
        {
            "form": filled, "title": title, "button": button, "lead": lead, "back": back, "before": before,
            "after": after, "others": others, "verb": verb, "beside": beside,
            "draft": draft,
        },
        status=status,
    )  # fmt: skip


def _form(form: Callable[..., Form] | None, request: HttpRequest, initial: dict | None) -> Form | None:
    if form is None:
        return None
    if request.method == "POST":
        return form(data=request.POST, files=request.FILES, initial=initial)
    return form(initial=initial)


def do_and_return(request: HttpRequest, do: Callable[[], str | None], back: str) -> HttpResponse:
    """Does one prepared thing, says what was done or why not, and goes back."""
    try:
        said = do()
    except Refused as problem:
        messages.error(request, str(problem))
    else:
        if said:
            messages.success(request, said)
    return HttpResponseRedirect(back)
