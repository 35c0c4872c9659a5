"""An import, its file while it is kept, its lines, and the mappings that are remembered."""

from django.db import models

from horizon.actors.models import Organization, Person
from horizon.directory.licences import OPEN
from horizon.directory.models import Statement
from horizon.engine.tables.mapping import LICENCES, SHARE_ALIKE, Mapping
from horizon.kernel.publicid import random_id


class Import(models.Model):
    """One table that somebody brings (import): read, previewed, confirmed, and perhaps undone."""

    DRAFT, CHECKING, READY, APPLYING, DONE, UNDOING, UNDONE = (
        "draft", "checking", "ready", "applying", "done", "undoing", "undone",
    )  # fmt: skip
    STATES = [
        (DRAFT, "colonnes à relier"),
        (CHECKING, "en lecture"),
        (READY, "à confirmer"),
        (APPLYING, "en cours"),
        (DONE, "importé"),
        (UNDOING, "en cours d’annulation"),
        (UNDONE, "annulé"),
    ]
    AT_WORK = (CHECKING, APPLYING, UNDOING)
    public_id = models.CharField(max_length=10, unique=True, default=random_id)
    author = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=200, help_text="of the file, as it was sent")
    digest = models.CharField(
        max_length=64, db_index=True, help_text="SHA-256 of what the table says, whatever its format"
    )
    state = models.CharField(max_length=8, choices=STATES, default=DRAFT)
    headers = models.JSONField(default=list)
    mapping = models.JSONField(default=dict, help_text="columns, functional, places, replace, sheet")
    source = models.CharField(max_length=200, blank=True)
    licence = models.CharField(max_length=8, blank=True)
    notes = models.JSONField(default=list, help_text="what reading the file left out")
    problem = models.CharField(max_length=500, blank=True, help_text="why the work stopped")
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0, help_text="lines done of the work in progress")
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="when its values were forgotten: no undo since"
    )

    class Meta:
        app_label = "care"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="draft") | (~models.Q(source="") & ~models.Q(licence="")),
                name="import_says_where_it_comes_from",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="done") | models.Q(applied_at__isnull=False),
                name="done_import_has_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def columns(self) -> Mapping:
        """The mapping of this import."""
        kept = dict(self.mapping)
        return Mapping(
            columns={code: tuple(said) for code, said in kept.get("columns", {}).items()},
            functional=frozenset(kept.get("functional", [])), places=bool(kept.get("places")),
            replace=bool(kept.get("replace")), sheet=kept.get("sheet", ""), source=self.source, licence=self.licence,
            constants=kept.get("constants", {}),
        )  # fmt: skip

    @property
    def licence_name(self) -> str:
        """The licence as a person reads it."""
        return LICENCES.get(self.licence, self.licence)

    @property
    def given_away(self) -> bool:
        """Whether what it says goes into the open data."""
        return self.licence_name in OPEN

    @property
    def share_alike(self) -> bool:
        """Whether whoever publishes these data again must keep their licence."""
        return self.licence in SHARE_ALIKE

    @property
    def at_work(self) -> bool:
        """Whether the worker has something to do."""
        return self.state in self.AT_WORK


class ImportFile(models.Model):
    """The bytes that were sent: kept thirty days, outside of any folder that a server might show."""

    batch = models.OneToOneField(Import, on_delete=models.CASCADE, related_name="file")
    body = models.BinaryField()

    class Meta:
        app_label = "care"


class ImportMapping(models.Model):
    """How tables with these headers were read the last time."""

    key = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the set of headers")
    mapping = models.JSONField(default=dict)
    source = models.CharField(max_length=200, blank=True)
    licence = models.CharField(max_length=8, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "care"


class ImportLine(models.Model):
    """One line of a table: what it says, what was found, what was decided, what was written."""

    NEW, COMPLETES, SAME, LIKELY, TWICE, OUTSIDE, BROKEN = (
        "new", "completes", "same", "likely", "twice", "outside", "broken",
    )  # fmt: skip
    OUTCOMES = [
        (NEW, "nouvelle structure"),
        (COMPLETES, "complète une fiche"),
        (SAME, "déjà dans l’annuaire"),
        (LIKELY, "peut-être un doublon"),
        (TWICE, "répète une autre ligne"),
        (OUTSIDE, "hors du territoire"),
        (BROKEN, "à corriger"),
    ]
    WAITING, APPLIED, ASIDE, UNDONE, KEPT = "waiting", "applied", "aside", "undone", "kept"
    STATES = [
        (WAITING, "en attente"),
        (APPLIED, "importée"),
        (ASIDE, "laissée de côté"),
        (UNDONE, "annulée"),
        (KEPT, "gardée : des personnes l’ont changée depuis"),
    ]
    ANSWER_SAME, ANSWER_OTHER, ANSWER_LATER = "same", "other", "later"
    ANSWERS = [
        (ANSWER_SAME, "C’est la même"),
        (ANSWER_OTHER, "C’est une autre"),
        (ANSWER_LATER, "Plus tard"),
    ]
    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField(help_text="as a spreadsheet shows it")
    values = models.JSONField(
        default=dict, help_text="text by field, as the table has it or as it was corrected"
    )
    outcome = models.CharField(max_length=9, choices=OUTCOMES, blank=True, help_text="empty: not read yet")
    state = models.CharField(max_length=7, choices=STATES, default=WAITING)
    problems = models.JSONField(default=dict, help_text="why each cell cannot be read")
    notes = models.JSONField(default=list, help_text="what was left out of this line, and why")
    candidates = models.JSONField(default=list, help_text="structures that it may be, best first")
    changes = models.JSONField(default=dict, help_text="before and after, by field")
    answer = models.CharField(max_length=5, choices=ANSWERS, blank=True)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created = models.BooleanField(default=False, help_text="its organization came with it")
    keys = models.JSONField(default=list, help_text="register keys that it tied to its organization")
    key_id = models.CharField(max_length=24, blank=True)
    key_name = models.CharField(max_length=64, blank=True, help_text="digest of its name and commune")
    statements = models.ManyToManyField(Statement, related_name="+")
    corrected = models.BooleanField(default=False)

    class Meta:
        app_label = "care"
        ordering = ["batch", "number"]
        indexes = [
            models.Index(fields=["batch", "outcome", "state"], name="import_line_outcome"),
            models.Index(fields=["key_name"], name="import_line_name"),
            models.Index(fields=["key_id"], name="import_line_id"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="one_import_line_per_number"),
            models.CheckConstraint(
                condition=~models.Q(outcome="broken") | ~models.Q(state="applied"),
                name="broken_line_is_not_applied",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.number} {self.outcome}"

    @property
    def title(self) -> str:
        """What to call it."""
        return self.values.get("name", "") or f"ligne {self.number}"

    @property
    def where(self) -> str:
        """Its place, as the table says it."""
        return " ".join(p for p in (self.values.get("postal_code", ""), self.values.get("city", "")) if p)

    @property
    def undecided(self) -> bool:
        """Whether somebody must say what it is."""
        return (
            self.outcome == self.LIKELY
            and self.answer in {"", self.ANSWER_LATER}
            and self.state == self.WAITING
        )
