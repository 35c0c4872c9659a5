"""People to reach at a structure, who need no account: kept, changed, forgotten by those who animate."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from horizon.actors.models import Contact, Organization, Person
from horizon.kernel.journal import record_event
from horizon.kernel.naming import may_be_a_name
from horizon.kernel.refusal import Refused


@transaction.atomic
def keep_contact(
    organization: Organization, contact: Contact | None, values: dict[str, str], *, by: Person
) -> Contact:
    """Keeps somebody to reach, or changes what is kept; the journal knows that there is somebody, not who. Raises Refused."""
    kept = contact or Contact(organization=organization, author=by)
    for field in ("name", "function", "phone", "email"):
        setattr(kept, field, values.get(field, "").strip())
    kept.email = kept.email.lower()
    if not kept.name or not may_be_a_name(kept.name):
        raise Refused("Écrivez un nom, sans chiffre ni adresse électronique.")
    if not kept.phone and not kept.email:
        raise Refused(
            "Donnez un téléphone ou une adresse électronique : sans cela, on ne peut pas la joindre."
        )
    try:
        with transaction.atomic():
            kept.save()
    except IntegrityError:
        raise Refused("Cette adresse est déjà notée pour cette structure.") from None
    _tell("change_contact" if contact else "keep_contact", kept, by)
    return kept


@transaction.atomic
def forget_contact(contact: Contact, *, by: Person) -> None:
    """Forgets somebody to reach."""
    _tell("forget_contact", contact, by)
    contact.delete()


def _tell(verb: str, contact: Contact, by: Person) -> None:
    record_event(verb, "organization", contact.organization.public_id, actor=by.actor)
