"""Logos and photos: read once, drawn again (so that nothing hidden in the file stays), kept with author and licence."""

from __future__ import annotations

import io
import warnings
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.utils import timezone
from PIL import Image, ImageOps

from horizon.actors.models import Organization, Person
from horizon.kernel.journal import record_event
from horizon.kernel.publicid import random_id
from horizon.kernel.refusal import Refused

MAX_BYTES = 12_000_000
MAX_PIXELS = 60_000_000
LONGEST = {"logo": 400, "photo": 1600}
FORMATS = ("JPEG", "PNG", "WEBP")
LICENCES = {
    "cc-by": "Creative Commons Attribution 4.0",
    "cc-by-sa": "Creative Commons Attribution, partage à l’identique 4.0",
    "lo": "Licence Ouverte 2.0",
    "reserved": "Tous droits réservés, montrée ici avec l’accord de son auteur",
}
AT_MOST = 6


class Photo(models.Model):
    """A logo or a photo of an organization. Removed, it waits thirty days before its file is deleted."""

    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="photos")
    kind = models.CharField(max_length=5, choices=[("logo", "logo"), ("photo", "photo")])
    file = models.FileField(upload_to="photos")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    alt = models.CharField(max_length=200)
    author = models.CharField(max_length=120)
    licence = models.CharField(max_length=10, choices=list(LICENCES.items()))
    added_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "directory"
        ordering = ["kind", "created_at"]


def redraw(upload: UploadedFile, kind: str) -> tuple[bytes, int, int]:
    """The picture drawn again as WebP, upright, at most 400 (logo) or 1,600 pixels long: (bytes, width, height).

    Raises Refused for a file that is too heavy, too large, of another format, or broken.
    """
    if upload.size is None or upload.size > MAX_BYTES:
        raise Refused("Cette image pèse plus de 12 Mo : réduisez-la d’abord.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(upload, formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise Refused("Cette image a trop de pixels : réduisez-la d’abord.")
                upright = ImageOps.exif_transpose(picture).convert(
                    "RGBA" if "A" in picture.getbands() or "transparency" in picture.info else "RGB"
                )
    except Refused:
        raise
    except (
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as problem:
        raise Refused("Ce fichier n’est pas une image JPEG, PNG ou WebP lisible.") from problem
    upright.thumbnail((LONGEST[kind], LONGEST[kind]))
    clean = Image.new(upright.mode, upright.size)
    clean.paste(upright)
    out = io.BytesIO()
    clean.save(out, "WEBP", quality=82, method=4)
    return out.getvalue(), clean.width, clean.height


@transaction.atomic
def add_photo(
    organization: Organization, upload: UploadedFile, *, kind: str, alt: str, author: str, licence: str, by: Person
) -> Photo:  # fmt: skip  # noqa: PLR0913
    """Keeps a picture. A new logo takes the place of the former. Raises Refused."""
    if not alt.strip() or not author.strip():
        raise Refused("Dites ce que l’image montre et qui l’a faite.")
    body, width, height = redraw(upload, kind)
    living = Photo.objects.filter(organization=organization, kind=kind, removed_at=None)
    if kind == "logo":
        living.update(removed_at=timezone.now())
    elif living.count() >= AT_MOST:
        raise Refused(f"Il y a déjà {AT_MOST} photos : retirez-en une d’abord.")
    photo = Photo(
        organization=organization, kind=kind, width=width, height=height, alt=alt.strip()[:200], author=author.strip()[:120],
        licence=licence, added_by=by,
    )  # fmt: skip
    photo.file.save(f"{photo.public_id}.webp", ContentFile(body), save=False)
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


def forget_removed(older_than: timedelta = timedelta(days=30)) -> int:
    """Deletes the files and rows of pictures removed thirty days ago. Returns how many."""
    gone = list(Photo.objects.filter(removed_at__lt=timezone.now() - older_than))
    for photo in gone:
        photo.file.delete(save=False)
        photo.delete()
    return len(gone)
