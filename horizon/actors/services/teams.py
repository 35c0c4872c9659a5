"""Writes about a team: ending somebody else's role, giving one back, and pages that nobody holds."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from horizon.actors.merged import of
from horizon.actors.models import Invitation, Organization, OrganizationRole, Person
from horizon.actors.services.people import held_again, leave_organization, withdraw_invitation
from horizon.kernel.journal import record_event
from horizon.kernel.mail import write_to
from horizon.kernel.refusal import Refused


@transaction.atomic
def end_role_of(role: OrganizationRole, *, by: Person, reason: str, at: datetime | None = None) -> bool:
    """Ends somebody else's role, for a reason that they read; the invitations they made and nobody answered are withdrawn.

    Returns True when nobody acts for the organization any more. Raises Refused without a reason, or when it is over.
    """
    reason = reason.strip()[:300]
    if not reason:
        raise Refused("Dites pourquoi : la personne lira cette raison.")
    orphan = leave_organization(role, actor=by.actor, reason=reason, at=at)
    organization = role.organization
    made = Invitation.objects.filter(
        of(organization), made_by=role.person, kind=Invitation.INVITED, status=Invitation.OPEN
    )
    for invitation in made:
        withdraw_invitation(invitation, by=by)
    write_to(
        role.person.email, f"Vous n’agissez plus pour {organization.whole.name}",
        f"Bonjour,\n\nVous n’agissez plus pour {organization.whole.name} dans l’annuaire.\n\n« {reason} »\n\n"
        f"Si c’est une erreur, écrivez à l’équipe d’animation{f' : {settings.CONTACT}' if settings.CONTACT else ''}. "
        "Elle peut vous rendre ce rôle.",
    )  # fmt: skip
    return orphan


@transaction.atomic
def give_back_role(role: OrganizationRole, *, actor: str) -> OrganizationRole:
    """Undoes the end of a role: the same role goes on, as if it had not ended. Invitations withdrawn stay so.

    Raises Refused when it did not end, or when the person acts for the organization again.
    """
    whole = Organization.objects.select_for_update().get(pk=role.organization.root_id)
    locked = (
        OrganizationRole.objects.select_for_update(of=("self",))
        .select_related("organization", "person")
        .get(pk=role.pk)
    )
    if (
        not locked.until
        or OrganizationRole.objects.filter(of(whole), person=locked.person, until=None).exists()
    ):
        raise Refused(f"{locked.person} agit déjà pour {whole.name}.")
    ended_at, locked.until, locked.left, locked.end_reason = locked.until, None, False, ""
    locked.save(update_fields=["until", "left", "end_reason"])
    same = OrganizationRole.objects.filter(of(whole), person=locked.person, until=ended_at)
    same.update(until=None, left=False, end_reason="")
    held_again(whole)
    record_event(
        "give_back_role", "organization", locked.organization.public_id, actor=actor,
        payload={"person": locked.person.public_id},
    )  # fmt: skip
    if actor != locked.person.actor:
        write_to(
            locked.person.email, f"Vous agissez de nouveau pour {whole.name}",
            f"Bonjour,\n\nVotre rôle vous est rendu : vous agissez de nouveau pour {whole.name}.\n\n"
            f"{settings.ORIGIN}/moi/",
        )  # fmt: skip
    return locked


@transaction.atomic
def leave_orphan(organization: Organization, *, actor: str) -> None:
    """The desk lets a page be without anybody (page orpheline laissée)."""
    locked = Organization.objects.select_for_update().get(pk=organization.root_id)
    locked.orphan_left_at = timezone.now()
    locked.orphan_since = locked.orphan_since or locked.orphan_left_at
    locked.save(update_fields=["orphan_since", "orphan_left_at"])
    record_event("leave_orphan", "organization", locked.public_id, actor=actor)


@transaction.atomic
def reopen_orphan(organization: Organization, *, actor: str) -> None:
    """Undoes that: the page waits at the desk again."""
    locked = Organization.objects.select_for_update().get(pk=organization.root_id)
    if locked.orphan_left_at is None:
        raise Refused("Cette page attend déjà quelqu’un, ou quelqu’un la tient de nouveau.")
    locked.orphan_left_at = None
    locked.save(update_fields=["orphan_left_at"])
    record_event("reopen_orphan", "organization", locked.public_id, actor=actor)
