"""Logos and photos of organizations."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.utils import timezone

from horizon.actors.models import Organization, Person
from horizon.kernel import pictures
from horizon.kernel.journal import record_event
from horizon.kernel.refusal import Refused

LONGEST = {"logo": 400, "photo": pictures.LONGEST}
AT_MOST = 6


class Photo(pictures.Picture):
    """A logo or a photo of an organization."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="photos")
    kind = models.CharField(max_length=5, choices=[("logo", "logo"), ("photo", "photo")])
    added_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        app_label = "directory"
        ordering = ["kind", "created_at"]


@transaction.atomic
def add_photo(
    organization: Organization, upload: UploadedFile, *, kind: str, alt: str, author: str, licence: str, by: Person
) -> Photo:  # fmt: skip  # noqa: PLR0913
    """Keeps a picture. A new logo takes the place of the former. Raises Refused."""
    living = Photo.objects.filter(organization=organization, kind=kind, removed_at=None)
    if kind == "logo":
        living.update(removed_at=timezone.now())
    elif living.count() >= AT_MOST:
        raise Refused(f"Il y a déjà {AT_MOST} photos : retirez-en une d’abord.")
    photo = Photo(organization=organization, kind=kind, added_by=by)
    photo.draw(upload, alt=alt, author=author, licence=licence, longest=LONGEST[kind])
    photo.save()
    record_event(
        "add_photo",
        "organization",
        organization.public_id,
        actor=by.actor,
        payload={"photo": photo.public_id, "kind": kind},
    )
    return photo


@transaction.atomic
def remove_photo(photo: Photo, *, actor: str) -> Photo:
    """Takes a picture off the page; done again, it is back (undo)."""
    photo.removed_at = None if photo.removed_at else timezone.now()
    photo.save(update_fields=["removed_at"])
    record_event(
        "remove_photo" if photo.removed_at else "restore_photo", "organization", photo.organization.public_id,
        actor=actor, payload={"photo": photo.public_id},
    )  # fmt: skip
    return photo


def forget_removed() -> int:
    """Deletes the pictures removed thirty days ago. Returns how many."""
    return pictures.forget_removed(Photo)
