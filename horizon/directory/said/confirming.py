"""The structure says that its page is right: said by one button, undone by another, forgotten by no list."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from horizon.actors.merged import of
from horizon.actors.models import Organization, Person, Touched, touch
from horizon.actors.spoken import record_spoken
from horizon.directory.models import Confirmation, Entry, Statement
from horizon.directory.said.overlay import CONFIRMED_DAYS, FRESH_DAYS
from horizon.kernel.refusal import Refused

NO_ROLE = "Dites de qui vous le tenez : « la trésorière, au téléphone », sans son nom."


@transaction.atomic
def confirm_entry(
    organization: Organization, *, by: Person, origin: str, heard_from: str = ""
) -> Confirmation:
    """The organization confirms its whole page today; somebody who animates says from whom they heard it.

    Twice on one day is once. Raises Refused for an operator who says nothing of where it comes from.
    """
    whole = Organization.objects.select_for_update().get(pk=organization.root_id)
    heard = heard_from.strip()[:200] if origin == Statement.OPERATOR else ""
    if origin == Statement.OPERATOR and not heard:
        raise Refused(NO_ROLE)
    last = last_confirmation(whole)
    today = timezone.localdate()
    if last and timezone.localdate(last.at) == today and last.origin == origin:
        return last
    made = Confirmation.objects.create(organization=whole, origin=origin, author=by, heard_from=heard)
    touch(whole)
    record_spoken(
        whole,
        "confirm",
        "organization",
        whole.public_id,
        actor=by.actor,
        payload={"origin": origin, **({"entered_for_somebody": True} if heard else {})},
    )
    return made


@transaction.atomic
def undo_confirmation(confirmation: Confirmation, *, actor: str) -> Confirmation:
    """Takes a confirmation back: the page shows the one before. Raises Refused when it was taken back already."""
    kept = (
        Confirmation.objects.select_for_update(of=("self",))
        .select_related("organization__canonical")
        .get(pk=confirmation.pk)
    )
    if kept.undone_at:
        raise Refused("Cette confirmation est déjà annulée.")
    kept.undone_at = timezone.now()
    kept.save(update_fields=["undone_at"])
    touch(kept.organization)
    record_spoken(kept.organization, "undo_confirm", "organization", kept.organization.public_id, actor=actor)
    return kept


def last_confirmation(organization: Organization) -> Confirmation | None:
    """The last confirmation of an organization or of what is one with it. One query."""
    return Confirmation.objects.filter(of(organization), undone_at=None).order_by("-at", "-pk").first()


@transaction.atomic
def let_confirmations_age() -> str:
    """Asks the lists to follow where a confirmation passed a year, or two: the filter and the sign are counted in days."""
    today = timezone.localdate()
    a_year, two_years = today - timedelta(days=FRESH_DAYS), today - timedelta(days=CONFIRMED_DAYS)
    old = Entry.objects.filter(fresh=True, confirmed_on__lt=a_year).values_list("organization_id", flat=True)
    faded = Entry.objects.filter(confirmed_on__lt=two_years).values_list("organization_id", "signs")
    aged = sorted({*old, *(pk for pk, signs in faded if "confirmed" in signs)})
    Touched.objects.bulk_create(Touched(organization_id=pk) for pk in aged)
    return f"{len(aged)} pages" if aged else ""
