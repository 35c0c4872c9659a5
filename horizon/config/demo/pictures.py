"""The photos of the demonstration: plain drawings made here, that show no real thing and nobody."""

from __future__ import annotations

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from PIL import Image, ImageDraw

from horizon.config.demo.people import demo_person
from horizon.engine.folding import fold
from horizon.exchange.models import Listing, ListingPicture
from horizon.exchange.services.picturing import add_picture

PAPER, INK, SKY, LINE = "#fbfdfc", "#10282d", "#dfecea", "#c4270b"
SHOWN = 24
Draw = ImageDraw.ImageDraw


def _tent(draw: Draw, tint: str) -> None:
    draw.polygon([(180, 320), (400, 130), (620, 320)], fill=tint, outline=INK, width=6)
    for x in (190, 400, 610):
        draw.line([(x, 320), (x, 500)], fill=INK, width=8)


def _wheels(draw: Draw, tint: str) -> None:
    for x in (270, 530):
        draw.ellipse([x - 100, 300, x + 100, 500], outline=INK, width=10)
    draw.polygon([(270, 400), (370, 240), (500, 240), (400, 400)], fill=tint, outline=INK, width=6)
    draw.line([(500, 240), (530, 400)], fill=INK, width=8)


def _box(draw: Draw, tint: str) -> None:
    draw.rectangle([220, 260, 580, 500], fill=tint, outline=INK, width=6)
    draw.line([(220, 330), (580, 330)], fill=INK, width=6)
    draw.rectangle([370, 260, 430, 330], fill=PAPER, outline=INK, width=6)


def _room(draw: Draw, tint: str) -> None:
    draw.rectangle([150, 150, 650, 500], fill=tint, outline=INK, width=6)
    draw.rectangle([240, 220, 380, 360], fill=PAPER, outline=INK, width=6)
    draw.rectangle([460, 280, 580, 500], fill=PAPER, outline=INK, width=6)


SHAPES = (
    (("barnum", "tente", "tonnelle"), _tent, "#f7e6ab", "une tente de toile"),
    (
        ("velo", "remorque", "camion", "minibus", "fourgon", "voiture"),
        _wheels,
        "#cde7f3",
        "un véhicule à roues",
    ),
    (
        ("salle", "bureau", "local", "atelier", "jardin", "cuisine"),
        _room,
        "#f6dfcd",
        "un lieu, sa fenêtre et sa porte",
    ),
    (("",), _box, "#dfedc9", "un carton fermé"),
)


@transaction.atomic
def pictures_of_the_demonstration() -> int:
    """Gives some offers a drawing or two; returns how many. Run once, after the exchanges."""
    if ListingPicture.objects.exists():
        return 0
    offers = Listing.objects.filter(status=Listing.PUBLISHED, side=Listing.OFFER).exclude(
        kind__in=["skills", "help", "staff", "service"]
    )
    made = 0
    for number, offer in enumerate(offers.order_by("-published_at", "-pk")[:SHOWN]):
        words = fold(offer.title)
        for again in range(1 + number % 2):
            _, shape, tint, alt = next(row for row in SHAPES if any(word in words for word in row[0]))
            add_picture(
                offer, _drawn(shape, tint, again), alt=f"Dessin : {alt}", author="Démonstration", licence="cc-by",
                by=demo_person(0),
            )  # fmt: skip
            made += 1
    return made


def _drawn(shape, tint: str, turn: int) -> SimpleUploadedFile:
    sheet = Image.new("RGB", (800, 600), SKY if turn == 0 else PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.rectangle([0, 500, 800, 600], fill=PAPER)
    draw.line([(0, 500), (800, 500)], fill=LINE, width=6)
    for tick in range(40):
        draw.line([(10 + 20 * tick, 500), (10 + 20 * tick, 512)], fill=INK, width=2)
    shape(draw, tint)
    out = io.BytesIO()
    (sheet if turn == 0 else sheet.transpose(Image.Transpose.FLIP_LEFT_RIGHT)).save(out, "PNG")
    return SimpleUploadedFile("dessin.png", out.getvalue(), content_type="image/png")
