"""Pictures that people add: read once, drawn again (so that nothing hidden in the file stays), kept with author and licence."""

from __future__ import annotations

import io
import warnings
from datetime import timedelta

from django import forms
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.http import FileResponse
from django.utils import timezone
from PIL import Image, ImageOps

from horizon.kernel.forms import HouseForm, choice, text
from horizon.kernel.publicid import random_id
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import contestable

MAX_BYTES = 12_000_000
MAX_PIXELS = 60_000_000
LONGEST = 1600
FORMATS = ("JPEG", "PNG", "WEBP")
LICENCES = {
    "cc-by": "Creative Commons Attribution 4.0",
    "cc-by-sa": "Creative Commons Attribution, partage à l’identique 4.0",
    "lo": "Licence Ouverte 2.0",
    "reserved": "Tous droits réservés, montrée ici avec l’accord de son auteur",
}
KEPT_REMOVED = timedelta(days=30)


class Picture(models.Model):
    """A picture of some record (image): the file as drawn again, what it shows, who made it, under which licence.

    Removed, it waits thirty days before its file is deleted; reported, until nobody may contest the decision. Each room adds what its picture is of.
    """

    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    file = models.FileField(upload_to="photos")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    alt = models.CharField(max_length=200)
    author = models.CharField(max_length=120)
    licence = models.CharField(max_length=10, choices=list(LICENCES.items()))
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def draw(
        self, upload: UploadedFile, *, alt: str, author: str, licence: str, longest: int = LONGEST
    ) -> None:
        """Takes the picture in, drawn again, with what must be said of it; the caller saves. Raises Refused."""
        if not alt.strip() or not author.strip():
            raise Refused("Dites ce que l’image montre et qui l’a faite.")
        if licence not in LICENCES:
            raise Refused("Choisissez la licence de l’image.")
        body, self.width, self.height = redraw(upload, longest)
        self.alt, self.author, self.licence = alt.strip()[:200], author.strip()[:120], licence
        self.file.save(f"{self.public_id}.webp", ContentFile(body), save=False)


class PictureForm(HouseForm):
    """A picture and what must be said of it."""

    file = forms.FileField(label="L’image", help_text="JPEG, PNG ou WebP, 12 Mo au plus. Ce que l’appareil y a caché (lieu, date) est effacé.",
                           error_messages={"required": "Choisissez une image.", "empty": "Ce fichier est vide."},
                           widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}))  # fmt: skip
    alt = text(
        "Ce qu’elle montre",
        "Pour les personnes qui ne la voient pas.",
        limit=200,
        missing="Dites ce que l’image montre.",
    )
    author = text("Qui l’a faite", limit=120, missing="Dites qui a fait l’image.")
    licence = choice("Sous quelle licence", LICENCES.items())


def redraw(upload: UploadedFile, longest: int = LONGEST) -> tuple[bytes, int, int]:
    """The picture drawn again as WebP, upright, at most `longest` pixels long: (bytes, width, height).

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
    upright.thumbnail((longest, longest))
    clean = Image.new(upright.mode, upright.size)
    clean.paste(upright)
    out = io.BytesIO()
    clean.save(out, "WEBP", quality=82, method=4)
    return out.getvalue(), clean.width, clean.height


def served(picture: Picture, *, public: bool = True) -> FileResponse:
    """The file of a picture; kept by caches for a day when everybody may see it, by none otherwise."""
    response = FileResponse(picture.file.open("rb"), content_type="image/webp")
    response["Cache-Control"] = "public, max-age=86400" if public else "private, no-store"
    return response


def forget_removed(
    model: type[Picture],
    older_than: timedelta = KEPT_REMOVED,
    *,
    reported_as: str = "",
    keep: models.Q = models.Q(pk=None),
) -> int:
    """Deletes the files and rows of pictures of one sort removed thirty days ago. Returns how many.

    Those reported under this kind stay as long as the decision may be contested; those that `keep` names stay.
    """
    old = model._default_manager.filter(removed_at__lt=timezone.now() - older_than).exclude(keep)
    gone = list(old.exclude(public_id__in=contestable(reported_as)) if reported_as else old)
    for picture in gone:
        delete_picture(picture)
    return len(gone)


def delete_picture(picture: Picture) -> None:
    """Deletes a picture and its file."""
    picture.file.delete(save=False)
    picture.delete()
