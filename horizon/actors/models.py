"""The identity of an organisation: one row per published structure, with its permanent public id."""

from django.db import models


class Organization(models.Model):
    """A structure (structure de l'ESS). Every foreign key of every room targets it.

    A merge never moves a foreign key: it writes `canonical`; reads follow it; splitting clears it.
    """

    public_id = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=300)
    canonical = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(canonical__isnull=True) | ~models.Q(canonical=models.F("id")),
                name="organization_not_its_own_canonical",
            )
        ]

    def __str__(self) -> str:
        return self.name
