"""Logos and photos of organizations."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.utils import timezone

from horizon.actors.merged import of
from horizon.actors.models import Organization, Person
from horizon.actors.spoken import record_spoken
from horizon.kernel import pictures
from horizon.kernel.refusal import Refused

LONGEST = {"logo": 400, "photo": pictures.LONGEST}
AT_MOST = 6


class Photo(pictures.Picture):
    """A logo or a photo of an organization."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="photos")
    kind = models.CharField(max_length=5, choices=[("logo", "logo"), ("photo", "photo")])
    reason = models.CharField(max_length=500, blank=True, help_text="why somebody who animates took it away")
    added_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        app_label = "directory"
        ordering = ["kind", "created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(removed_at__isnull=False) | models.Q(reason=""),
                name="photo_shown_has_no_reason",
            )
        ]


@transaction.atomic
def add_photo(
    organization: Organization, upload: UploadedFile, *, kind: str, alt: str, author: str, licence: str, by: Person
) -> Photo:  # fmt: skip  # noqa: PLR0913
    """Keeps a picture. A new logo takes the place of the former. Raises Refused."""
    living = Photo.objects.filter(of(organization), kind=kind, removed_at=None)
    if kind == "logo":
        living.filter(organization=organization).update(removed_at=timezone.now())
    elif living.count() >= AT_MOST:
        raise Refused(f"Il y a déjà {AT_MOST} photos : retirez-en une d’abord.")
    photo = Photo(organization=organization, kind=kind, added_by=by)
    photo.draw(upload, alt=alt, author=author, licence=licence, longest=LONGEST[kind])
    photo.save()
    record_spoken(
        organization,
        "add_photo",
        "organization",
        organization.public_id,
        actor=by.actor,
        payload={"photo": photo.public_id, "kind": kind},
    )
    return photo


def shown_photos(organization: Organization) -> list[Photo]:
    """The pictures of a page, and of what is one with it; one logo, its own before any other. One query."""
    rows = list(Photo.objects.filter(of(organization), removed_at=None))
    logos = [row for row in rows if row.kind == "logo"]
    chosen = min(logos, key=lambda row: row.organization_id != organization.root_id, default=None)
    return [row for row in rows if row.kind != "logo" or row is chosen]


@transaction.atomic
def remove_photo(photo: Photo, *, actor: str, reason: str = "") -> Photo:
    """Takes a picture off the page; with a `reason`, those who hold the page cannot put it back."""
    kept = _locked(photo)
    if kept.removed_at is None or reason:
        kept.removed_at, kept.reason = kept.removed_at or timezone.now(), reason.strip()[:500]
        kept.save(update_fields=["removed_at", "reason"])
        _note("take_away_photo" if reason else "remove_photo", kept, actor)
    return kept


@transaction.atomic
def restore_photo(photo: Photo, *, actor: str, read: bool = False) -> Photo:
    """Puts a picture back on the page (`read`: by somebody who animates, who had taken it away). Raises Refused."""
    kept = _locked(photo)
    if kept.reason and not read:
        raise Refused(f"L’équipe d’animation a retiré cette image. {kept.reason}")
    if kept.removed_at is not None:
        kept.removed_at, kept.reason = None, ""
        kept.save(update_fields=["removed_at", "reason"])
        _note("restore_photo", kept, actor)
    return kept


def _locked(photo: Photo) -> Photo:
    return Photo.objects.select_for_update(of=("self",)).select_related("organization").get(pk=photo.pk)


def _note(verb: str, photo: Photo, actor: str) -> None:
    record_spoken(
        photo.organization, verb, "organization", photo.organization.public_id, actor=actor,
        payload={"photo": photo.public_id},
    )  # fmt: skip


def forget_removed() -> int:
    """Deletes the pictures removed thirty days ago. Returns how many."""
    return pictures.forget_removed(Photo, reported_as="photo")
