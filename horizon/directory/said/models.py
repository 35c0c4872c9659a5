"""One statement: what somebody, or a new register, says of one field of an organization."""

from django.db import models

from horizon.actors.models import Organization, Person


class Statement(models.Model):
    """A statement (déclaration): proposed, then published or refused; replaced by a later one, or undone.

    At most one is published per field. `base` is what the registers said of the field at that moment: a register that
    later says something else files a new statement, and never overwrites this one.
    """

    PROPOSED, PUBLISHED, REFUSED, REPLACED, UNDONE = "proposed", "published", "refused", "replaced", "undone"
    STATUSES = [
        (PROPOSED, "proposée"),
        (PUBLISHED, "publiée"),
        (REFUSED, "refusée"),
        (REPLACED, "remplacée"),
        (UNDONE, "annulée"),
    ]
    REFERENT, RELAY, OPERATOR, VISITOR, REGISTER = "referent", "relay", "operator", "visitor", "register"
    TABLE = "table"
    ORIGINS = [
        (REFERENT, "la structure elle-même"),
        (RELAY, "sa structure relais"),
        (OPERATOR, "l’équipe d’animation"),
        (VISITOR, "une suggestion du public"),
        (REGISTER, "un registre public"),
        (TABLE, "un tableau importé"),
    ]
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="statements")
    field = models.CharField(max_length=20)
    value = models.JSONField()
    base = models.JSONField(null=True)
    status = models.CharField(max_length=9, choices=STATUSES, default=PROPOSED)
    origin = models.CharField(max_length=8, choices=ORIGINS)
    author = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    heard_from = models.CharField(
        max_length=200, blank=True, help_text="by phone, on paper: from whom, in what role"
    )
    message = models.TextField(max_length=1000, blank=True)
    email = models.EmailField(blank=True, help_text="to tell the answer; erased with it")
    reason = models.CharField(max_length=500, blank=True)
    licence = models.CharField(max_length=80, default="Licence Ouverte 2.0")
    batch = models.CharField(max_length=10, blank=True, help_text="statements sent together")
    previous = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "directory"
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["status", "created_at"], name="statement_waiting")]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "field"],
                condition=models.Q(status="published"),
                name="one_published_statement_per_field",
            ),
            models.CheckConstraint(
                condition=models.Q(status="proposed") | models.Q(email=""),
                name="decided_statement_has_no_email",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} {self.status}"

    @property
    def said(self) -> str:
        """The value as a person reads it."""
        from horizon.directory.said.fields import FIELDS

        field = FIELDS.get(self.field)
        return (field.shown(self.value) if field else str(self.value)) or "(rien)"
