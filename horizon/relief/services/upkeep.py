"""What relief does by itself: waves widen, calls end at their hour, and what could name somebody is erased after the case."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from horizon.engine.calling import minutes_between_waves
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.relief import letters
from horizon.relief.models import Proposal, UrgentCall, Volunteer
from horizon.relief.services.answering import locked_call
from horizon.relief.services.calling import close_call, launch_wave
from horizon.relief.services.volunteering import erase_row

KEPT_AFTER = timedelta(days=30)
SILENT = timedelta(days=365)
BEFORE = timedelta(days=30)


def widen_calls() -> str:
    """Asks the next wave where places are missing and the last wave had its time; ends what is past its hour."""
    now = timezone.now()
    asked = 0
    for call in UrgentCall.objects.filter(status=UrgentCall.OPEN, until_at__lte=now):
        close_call(call, actor="worker")
    for call in UrgentCall.objects.filter(status=UrgentCall.OPEN, taken__lt=F("wanted")):
        wait = timedelta(minutes=minutes_between_waves(call.until_at - now))
        if call.last_wave_at is None or now - call.last_wave_at >= wait:
            asked += launch_wave(call, actor="worker")
    return f"{asked} sollicités" if asked else ""


def erase_old_calls() -> str:
    """Thirty days after its end, a call keeps what was asked, where and how many came; nothing that could name somebody."""
    ended = Q(ended_at__lt=timezone.now() - KEPT_AFTER)
    stale = Q(ended_at=None, until_at__lt=timezone.now() - KEPT_AFTER)
    old = UrgentCall.objects.filter(ended | stale, erased_at=None)
    for call in list(old):
        erase_call(call, actor="worker")
    return ""


@transaction.atomic
def erase_call(call: UrgentCall, *, actor: str) -> None:
    """Erases the personal data of a call: words, place, contacts, author, who was asked."""
    locked = locked_call(call)
    locked.text = locked.place = locked.contact = locked.callback = locked.thanks = ""
    locked.author, locked.erased_at = None, timezone.now()
    if locked.status in {UrgentCall.HELD, UrgentCall.OPEN}:
        locked.status = UrgentCall.CANCELLED
    if locked.organization_id is None:
        locked.title = locked.get_kind_display().capitalize()[:120]
    locked.save()
    Proposal.objects.filter(call=locked).update(volunteer=None, name="")
    record_event("erase", "urgent_call", locked.public_id, actor=actor)


def ask_silent_volunteers() -> str:
    """Writes once to those who said nothing for eleven months; at a year, they are erased."""
    today = timezone.localdate()
    for volunteer in list(Volunteer.objects.filter(confirmed_on__lt=today - SILENT)):
        erase_row(volunteer, actor="worker")
    quiet = Volunteer.objects.filter(confirmed_on__lt=today - SILENT + BEFORE, reminded_on=None)
    link = settings.ORIGIN + reverse("relief:available")
    for volunteer in quiet.select_related("organization", "person")[:500]:
        with transaction.atomic():
            for person in letters.people_of(volunteer):
                write_to(
                    person.email, "Toujours disponible pour un coup de main ?",
                    f"Bonjour,\n\nVous aviez dit que vous pourriez aider en urgence. Si c’est toujours vrai, dites-le ici : {link}\n\n"
                    "Sans réponse d’ici un mois, nous effaçons ce que vous aviez dit.",
                )  # fmt: skip
            Volunteer.objects.filter(pk=volunteer.pk).update(reminded_on=today)
            record_event("remind", "volunteer", volunteer.public_id, actor="worker")
    return ""
