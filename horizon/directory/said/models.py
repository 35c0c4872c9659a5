"""What is said of an organization: of one field, of its whole page, of its end."""

from django.db import models
from django.utils import timezone

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
    PUBLIC = (PUBLISHED, REPLACED)
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
    author_erased = models.BooleanField(default=False, help_text="its author erased their account")
    heard_from = models.CharField(
        max_length=200, blank=True, help_text="by phone, on paper: from whom, in what role"
    )
    message = models.TextField(max_length=1000, blank=True)
    email = models.EmailField(blank=True, help_text="to tell the answer; erased with it")
    reason = models.CharField(max_length=500, blank=True)
    licence = models.CharField(max_length=80, default="Licence Ouverte 2.0")
    batch = models.CharField(max_length=10, blank=True, help_text="statements sent together")
    previous = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(null=True, blank=True, help_text="when its structure was last asked")
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
            models.CheckConstraint(
                condition=models.Q(author_erased=False) | models.Q(author=None),
                name="erased_author_is_not_kept",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} {self.status}"

    @property
    def shown_to_all(self) -> bool:
        """Whether everybody reads it: published, or replaced, unless it may be the home, the telephone or the address of somebody
        whom a correction took off the page."""
        from horizon.directory.said.fields import MAY_BE_SOMEBODYS

        replaced = self.status == Statement.REPLACED and self.field not in MAY_BE_SOMEBODYS
        return self.status == Statement.PUBLISHED or replaced

    @property
    def written_by(self) -> str:
        """Who wrote it and from whom they have it, in a sentence, for those who may edit the page; nobody else reads it. Empty when a
        register or a table alone says it."""
        who = str(self.author) if self.author else ""
        if self.author_erased:
            who = "une personne qui a effacé son compte"
        elif not who and self.origin == Statement.VISITOR:
            who = "une personne sans compte"
        heard = f"D’après : {self.heard_from}" if self.heard_from else ""
        return " ".join(f"{part.rstrip('.')}." for part in (who and f"Écrit par {who}", heard) if part)

    @property
    def said(self) -> str:
        """The value as a person reads it."""
        from horizon.directory.said.fields import FIELDS

        field = FIELDS.get(self.field)
        return (field.shown(self.value) if field else str(self.value)) or "(rien)"


class Confirmation(models.Model):
    """The structure says that its whole page is right (confirmation). Rows are kept; the last one counts.

    Said to somebody who animates, on the telephone, it says in what role they heard it.
    """

    BY = [
        (Statement.REFERENT, "par elle-même"),
        (Statement.RELAY, "par sa structure relais"),
        (Statement.OPERATOR, "par elle-même, au téléphone"),
    ]
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="confirmations")
    at = models.DateTimeField(default=timezone.now)
    origin = models.CharField(max_length=8, choices=BY)
    author = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    heard_from = models.CharField(max_length=200, blank=True, help_text="in what role, never a name")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "directory"
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["organization", "-at"], name="confirmation_last")]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(origin="operator") | ~models.Q(heard_from=""),
                name="heard_confirmation_says_from_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.at:%Y-%m-%d}"


class Closure(models.Model):
    """A register says that a structure closed (fermeture). Its page changes once somebody answers, or thirty days pass.

    One that the register takes back is `withdrawn`; at most one other is kept for each organization.
    """

    WAITING, CONFIRMED, DENIED, ELAPSED, WITHDRAWN = "waiting", "confirmed", "denied", "elapsed", "withdrawn"
    STATUSES = [
        (WAITING, "à confirmer"),
        (CONFIRMED, "confirmée"),
        (DENIED, "démentie"),
        (ELAPSED, "sans réponse en trente jours"),
        (WITHDRAWN, "reprise par le registre"),
    ]
    CEASED, LEFT, GONE = "ceased", "left", "gone"
    WHY = [
        (CEASED, "le registre la dit fermée"),
        (LEFT, "le registre ne lui connaît plus d’établissement ouvert ici"),
        (GONE, "aucun registre ne la connaît plus ici"),
    ]
    YES, MOVED, TAKEN_OVER, MISTAKE = "closed", "moved", "taken_over", "mistake"
    ANSWERS = [
        (YES, "Oui, elle a cessé"),
        (MOVED, "Non, elle a déménagé"),
        (TAKEN_OVER, "Non, une autre structure l’a reprise et continue"),
        (MISTAKE, "Non, le registre se trompe"),
    ]
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="closures")
    status = models.CharField(max_length=9, choices=STATUSES, default=WAITING)
    why = models.CharField(max_length=6, choices=WHY, default=CEASED)
    closed_on = models.DateField(null=True, blank=True, help_text="the day that the register gives")
    vintage = models.DateField(help_text="the day of the register that says so")
    due_on = models.DateField(help_text="the page changes after this day without an answer")
    filed_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=10, choices=ANSWERS, blank=True)
    note = models.CharField(max_length=300, blank=True, help_text="read by operators and by its people only")
    origin = models.CharField(max_length=8, choices=Statement.ORIGINS, blank=True)
    author = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    statement = models.ForeignKey(
        Statement, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "directory"
        ordering = ["-filed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], condition=~models.Q(status="withdrawn"), name="one_closure_at_a_time"
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["confirmed", "denied"])
                | (~models.Q(answer="") & models.Q(answered_at__isnull=False)),
                name="answered_closure_says_what",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="waiting") | models.Q(answer="", answered_at__isnull=True),
                name="waiting_closure_has_no_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.status}"
