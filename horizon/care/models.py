"""Reports of errors on an entry, sent by anybody."""

from django.db import models

from horizon.actors.models import Organization


class Report(models.Model):
    """A reported error (signalement). The e-mail is optional, kept only to answer, erased when the report closes."""

    OPEN, DONE, REFUSED = "open", "done", "refused"
    public_id = models.CharField(max_length=10, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="reports")
    subject = models.CharField(max_length=20)
    message = models.TextField(max_length=4000)
    email = models.EmailField(blank=True)
    status = models.CharField(
        max_length=8, default=OPEN, choices=[(OPEN, "à traiter"), (DONE, "corrigé"), (REFUSED, "refusé")]
    )
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="open") | models.Q(email=""), name="closed_report_has_no_email"
            )
        ]
