"""The yearly letters that were sent."""

from django.db import models
from django.db.models import F, Q

from horizon.actors.models import Organization


class Reminder(models.Model):
    """One yearly letter about one page (rappel annuel), and its second try. It says nothing of whom it was sent to.

    First letters of a page are 366 days apart at least, so one a calendar year is what the database can hold.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="reminders")
    year = models.PositiveSmallIntegerField()
    first_on = models.DateField()
    second_on = models.DateField(null=True, blank=True)

    class Meta:
        app_label = "care"
        ordering = ["-year"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "year"], name="one_reminder_a_year"),
            models.CheckConstraint(
                condition=Q(second_on__isnull=True) | Q(second_on__gt=F("first_on")),
                name="second_try_comes_after",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.year}"
