"""The identity of an organisation: one row per published structure, with its permanent public id."""

from django.db import models


class Organization(models.Model):
    """A structure (structure de l'ESS). Every foreign key of every room targets it.

    A merge never moves a foreign key: it writes `canonical`; reads follow it; splitting clears it.
    """

    REGISTER, DECLARED, PARTNER, PUBLIC = "register", "declared", "partner", "public"
    KINDS = [
        (REGISTER, "structure connue par les registres"),
        (DECLARED, "structure déclarée"),
        (PARTNER, "partenaire de l’économie conventionnelle"),
        (PUBLIC, "collectivité ou administration"),
    ]
    public_id = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=300)
    kind = models.CharField(max_length=8, choices=KINDS, default=REGISTER)
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


class Touched(models.Model):
    """An organization of which something was said since the lists last followed; rows go once they did."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)


def touch(organization: Organization) -> None:
    """Asks the lists to follow, within a minute."""
    Touched.objects.create(organization=organization)
