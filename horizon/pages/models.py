"""The versions that operators write over shipped texts, and the paths that people keep."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from horizon.actors.models import Person
from horizon.kernel.publicid import random_id


class Version(models.Model):
    """One version of a step or an example (version d'un texte): the last one is shown; the shipped text is version 0."""

    STEP, EXAMPLE = "step", "example"
    KINDS = [(STEP, "étape du parcours"), (EXAMPLE, "exemple d’ailleurs")]

    kind = models.CharField(max_length=7, choices=KINDS)
    code = models.SlugField(max_length=40)
    number = models.PositiveIntegerField()
    values = models.JSONField(default=dict)
    hidden = models.BooleanField(default=False)
    author = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["kind", "code", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "code", "number"], name="one_version_a_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="version_0_is_shipped"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.number}"


class Path(models.Model):
    """A path that somebody keeps (parcours gardé): answers and ticks, opened by a keyed link; nothing says whose it is."""

    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    answers = models.JSONField(default=dict)
    ticks = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    used_on = models.DateField(db_index=True)

    def __str__(self) -> str:
        return f"parcours {self.public_id}"
