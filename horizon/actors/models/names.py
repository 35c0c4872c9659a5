"""A name that erasing somebody left in the texts of others, until somebody who animates reads where."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from horizon.kernel.publicid import random_id


class LeftName(models.Model):
    """What named somebody who was erased, and stands in more than twenty texts of others (nom laissé): it may mean something else.

    `rows` are (model, key). The word goes when it is taken out, a day after it is left, thirty days without an answer.
    """

    WAITING, TAKEN, LEFT, PAST = "waiting", "taken", "left", "past"
    STATUSES = [
        (WAITING, "à lire"),
        (TAKEN, "retiré"),
        (LEFT, "laissé"),
        (PAST, "sans réponse en trente jours"),
    ]
    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    word = models.CharField(max_length=254, blank=True)
    rows = models.JSONField(default=list)
    texts = models.PositiveIntegerField(help_text="how many texts, which the journal also says")
    status = models.CharField(max_length=7, choices=STATUSES, default=WAITING)
    filed_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["filed_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["waiting", "left"]) | models.Q(word="", rows=[]),
                name="answered_left_name_is_empty",
            ),
            models.CheckConstraint(
                condition=models.Q(status="waiting", answered_at__isnull=True)
                | (~models.Q(status="waiting") & models.Q(answered_at__isnull=False)),
                name="left_name_has_the_day_of_its_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.texts} textes"
