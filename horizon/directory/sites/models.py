"""What became of a declared web address the last time it was asked."""

from django.db import models
from django.db.models import F, Q

from horizon.actors.models import Organization


class SiteCheck(models.Model):
    """The last look at the site of an organization (vérification du site). One row each: a look replaces the one before.

    `failing_since` is the first of the failures in a row; it goes with the first answer, as what was told goes.
    """

    ANSWERS, MOVED, CERTIFICATE, NOT_FOUND, BROKEN, SILENT, REFUSED = (
        "answers", "moved", "certificate", "not_found", "broken", "silent", "refused",
    )  # fmt: skip
    OUTCOMES = [
        (ANSWERS, "le site répond"),
        (MOVED, "le site a changé d’adresse"),
        (CERTIFICATE, "le certificat du site a expiré ou n’est pas valable"),
        (NOT_FOUND, "la page n’existe plus"),
        (BROKEN, "le site répond par une erreur"),
        (SILENT, "le site ne répond pas"),
        (REFUSED, "cette adresse n’est pas celle d’un site public"),
    ]
    GOOD = (ANSWERS, MOVED)
    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, related_name="site_check")
    address = models.CharField(max_length=300)
    outcome = models.CharField(max_length=11, choices=OUTCOMES)
    checked_at = models.DateTimeField(db_index=True)
    leads_to = models.CharField(max_length=2000, blank=True, help_text="where it moved")
    failing_since = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text="when those who hold the page were told")
    seen_at = models.DateTimeField(null=True, blank=True, help_text="put aside at the desk")

    class Meta:
        app_label = "directory"
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["answers", "moved"], failing_since__isnull=True)
                | (~Q(outcome__in=["answers", "moved"]) & Q(failing_since__isnull=False)),
                name="only_a_failing_site_fails_since",
            ),
            models.CheckConstraint(
                condition=Q(failing_since__isnull=True) | Q(failing_since__lte=F("checked_at")),
                name="site_fails_before_it_is_seen",
            ),
            models.CheckConstraint(
                condition=Q(told_at__isnull=True) | Q(failing_since__isnull=False),
                name="only_a_failing_site_is_told",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address} {self.outcome}"

    @property
    def good(self) -> bool:
        """Whether somebody who follows the address finds the site."""
        return self.outcome in self.GOOD
