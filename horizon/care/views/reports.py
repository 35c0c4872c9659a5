"""The form that reports an error."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from horizon.actors.queries import organization_of
from horizon.care.forms import SUBJECTS, ReportForm
from horizon.care.services import receive_report
from horizon.kernel.rates import TOO_MANY, by_person, too_often

AT_ONCE = 20


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, public_id: str) -> HttpResponse:
    """GET shows the form; POST keeps the report, or shows the form again with what was typed."""
    organization = organization_of(public_id)
    if request.method != "POST":
        subject = request.GET.get("sujet")
        known = subject if subject in dict(SUBJECTS) else "erreur"
        form = ReportForm(initial={"subject": known})
        return render(request, "care/report.html", {"form": form, "organization": organization})
    form = ReportForm(request.POST)
    if not form.is_valid():
        return render(request, "care/report.html", {"form": form, "organization": organization}, status=422)
    if form.cleaned_data["second_message"]:  # a robot filled what nobody sees: same answer, nothing kept
        fake = {"public_id": "0000000000"}
        return render(request, "care/thanks.html", {"report": fake, "organization": organization})
    if too_often(request, by_person(request, "correct"), AT_ONCE):
        form.add_error(None, TOO_MANY)
        return render(request, "care/report.html", {"form": form, "organization": organization}, status=422)
    kept = receive_report(
        organization,
        subject=form.cleaned_data["subject"],
        message=form.cleaned_data["message"],
        email=form.cleaned_data["email"],
    )
    return render(request, "care/thanks.html", {"report": kept, "organization": organization}, status=201)
