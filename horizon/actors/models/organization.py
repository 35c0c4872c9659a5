"""The identity of an organisation: one row per published structure, with its permanent public id."""

from __future__ import annotations

from django.db import models


class Organization(models.Model):
    """A structure (structure de l'ESS). Every foreign key of every room targets it.

    A merge never moves a foreign key: it writes `canonical`; reads follow it; splitting clears it.
    """

    REGISTER, DECLARED, PARTNER, PUBLIC = "register", "declared", "partner", "public"
    KINDS = [
        (REGISTER, "structure connue par les registres"),
        (DECLARED, "structure déclarée"),
        (PARTNER, "structure de l’économie conventionnelle"),
        (PUBLIC, "collectivité ou administration"),
    ]
    public_id = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=300)
    kind = models.CharField(max_length=8, choices=KINDS, default=REGISTER)
    canonical = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged"
    )
    merged_by = models.CharField(
        max_length=8, blank=True, choices=[("numbers", "par leurs numéros"), ("people", "par une personne")],
        help_text="empty: the registers tie them, and may part them again",
    )  # fmt: skip
    merged_at = models.DateTimeField(null=True, blank=True)
    orphan_since = models.DateTimeField(
        null=True, blank=True, help_text="when the last person who acted for it left"
    )
    orphan_left_at = models.DateTimeField(null=True, blank=True, help_text="when the desk let it be so")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(canonical__isnull=False) | models.Q(merged_by="", merged_at__isnull=True),
                name="only_merged_says_how",
            ),
            models.CheckConstraint(
                condition=models.Q(orphan_left_at__isnull=True) | models.Q(orphan_since__isnull=False),
                name="only_an_orphan_is_let_be",
            ),
            models.CheckConstraint(
                condition=models.Q(canonical__isnull=True) | ~models.Q(canonical=models.F("id")),
                name="organization_not_its_own_canonical",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def root_id(self) -> int:
        """The id of the organization that this one is read as."""
        return self.canonical_id or self.pk

    @property
    def whole(self) -> Organization:
        """The organization that this one is read as: itself, or the one it was merged into."""
        return self.canonical or self


class Touched(models.Model):
    """An organization of which something was said since the lists last followed; rows go once they did."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)


def touch(organization: Organization) -> None:
    """Asks the lists to follow, within a minute: the organization, and the one it is read as."""
    for pk in {organization.pk, organization.root_id}:
        Touched.objects.create(organization_id=pk)
