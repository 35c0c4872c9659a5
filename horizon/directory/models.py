"""The directory's evidence and its published form.

`SourceRecord` keeps what each source said; `Entry` is the denormalised row that pages read. A publication replaces
all entries of the territory in one transaction; organizations and identifiers are never deleted.
"""

from django.db import models

from horizon.actors.models import Organization
from horizon.territory.models import Commune


class Publication(models.Model):
    """One published state of the directory (publication): which run of the observatory, when, with what counts."""

    territory_code = models.CharField(max_length=9)
    territory_name = models.CharField(max_length=120)
    marts_run = models.CharField(max_length=64)
    vintage = models.DateField(help_text="the day the registers describe: 'today' for every rule")
    sources = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    demo = models.BooleanField(default=False)
    synthetic = models.BooleanField(default=False)
    published_at = models.DateTimeField(auto_now_add=True)
    current = models.BooleanField(default=False)
    atlas_edition = models.PositiveIntegerField(default=0, help_text="grows when outlines are fetched")
    revision = models.PositiveIntegerField(
        default=0, help_text="grows when what people say is taken into the lists"
    )

    poles_stamp: int | None = None

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["current"], condition=models.Q(current=True), name="one_current_publication"
            )
        ]

    @property
    def dated_sources(self) -> list[tuple[str, str]]:
        """(titles, vintage of the files themselves) of what was read: titles that share a vintage together."""
        by_vintage: dict[str, dict[str, None]] = {}
        for source in self.sources:
            by_vintage.setdefault(source.get("vintage", ""), {})[source["title"]] = None
        return [(", ".join(titles), vintage) for vintage, titles in by_vintage.items()]

    @property
    def read_list(self) -> bool:
        """Whether the ESS France list was read: without it, what the State's rule keeps is not known."""
        return any(source["source"] == "ess_france_list" for source in self.sources)

    @property
    def edition(self) -> str:
        """Changes whenever what is drawn or counted from this publication changes, the poles included where they were read."""
        return f"{self.pk}.{self.atlas_edition}.{self.revision}.{self.poles_stamp or 0}"

    def __str__(self) -> str:
        return f"{self.territory_name} {self.vintage}"


class Identifier(models.Model):
    """Crosswalk from a register's key (`siren:…`, `rna:…`) to an organization: a page outlives a change of key."""

    key = models.CharField(max_length=24, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="identifiers")

    def __str__(self) -> str:
        return self.key


class SourceRecord(models.Model):
    """What one source says of one organization, with the source's own vintage."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="source_records")
    source = models.CharField(max_length=40)
    vintage = models.CharField(max_length=10, blank=True)
    values = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "source"], name="one_record_per_source")
        ]


class Entry(models.Model):
    """A published entry (fiche). `address`, `lat`, `lon` are empty under the home rule (règle du domicile)."""

    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, related_name="entry")
    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="entries")
    ordinal = models.PositiveIntegerField(help_text="rank in the alphabetical order of the publication")
    name = models.CharField(max_length=300)
    acronym = models.CharField(max_length=60, blank=True)
    other_names = models.CharField(max_length=600, blank=True)
    description = models.TextField(blank=True)
    siren = models.CharField(max_length=9, blank=True)
    rna = models.CharField(max_length=10, blank=True)
    family = models.CharField(max_length=20)
    legal_category = models.CharField(max_length=4, blank=True)
    naf_rev2 = models.CharField(max_length=6, blank=True)
    naf_2025 = models.CharField(max_length=6, blank=True)
    naf_section = models.CharField(max_length=1, blank=True)
    employees_band = models.CharField(max_length=2, blank=True)
    employees_year = models.CharField(max_length=4, blank=True)
    size_class = models.CharField(max_length=12, blank=True)
    is_employer = models.BooleanField(null=True)
    active = models.BooleanField(default=True)
    created_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    updated_on = models.DateField(null=True)
    website = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    email = models.EmailField(blank=True, help_text="functional address, never a person's")
    hours = models.CharField(max_length=600, blank=True)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="entries")
    address = models.CharField(max_length=300, blank=True)
    postal_code = models.CharField(max_length=5, blank=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    at_home = models.BooleanField(default=False, help_text="shown at its commune only")
    hidden_why = models.CharField(
        max_length=10, blank=True, help_text="why it is: home, diffusion, unknown, said"
    )
    state_rule = models.BooleanField(default=False)
    in_perimeter = models.BooleanField(default=False)
    is_actor = models.BooleanField(default=False, help_text="an ESS reason and a sign of life")
    signs = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    exclusions = models.JSONField(default=list)
    doors = models.JSONField(default=list, help_text="door codes, best first")
    poles = models.JSONField(default=list)
    folded = models.BooleanField(
        default=False,
        help_text="its organization is read as another, which has an entry: out of lists and counts",
    )
    confirmed_on = models.DateField(
        null=True, help_text="when the structure last said that its page is right"
    )
    fresh = models.BooleanField(
        default=False, help_text="confirmed less than a year before the lists last followed"
    )
    base = models.JSONField(
        default=dict, help_text="what registers say, where people say otherwise (`overlay`)"
    )

    square: str = ""  # of the atlas, set by views

    class Meta:
        ordering = ["ordinal"]
        indexes = [
            models.Index(fields=["publication", "ordinal"], name="entry_ordinal"),
            models.Index(fields=["commune"], name="entry_commune"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(at_home=False)
                | models.Q(address="", lat__isnull=True, lon__isnull=True, postal_code=""),
                name="entry_home_has_no_place",
            )
        ]

    def __str__(self) -> str:
        return self.name


class EntryReason(models.Model):
    """One reason why an entry is here, or one exclusion, with its evidence."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="reason_rows")
    code = models.CharField(max_length=24)
    excludes = models.BooleanField(default=False)
    source = models.CharField(max_length=40, blank=True)
    vintage = models.CharField(max_length=10, blank=True)
    evidence = models.CharField(max_length=400, blank=True)


class EntryTheme(models.Model):
    """One door or pole of an entry, with the confidence and the sentence that says why."""

    DOOR, POLE = "door", "pole"
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="theme_rows")
    kind = models.CharField(max_length=4, choices=[(DOOR, "porte"), (POLE, "pôle")])
    code = models.CharField(max_length=16)
    rank = models.PositiveSmallIntegerField()
    confidence = models.DecimalField(max_digits=3, decimal_places=2)
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ["kind", "rank"]


class SearchTerm(models.Model):
    """Search index: one term of a publication and its postings, packed (`directory.search` says how)."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="+", db_index=False)
    term = models.CharField(max_length=40)
    body = models.BinaryField()

    class Meta:
        # The term first: PostgreSQL, which has no statistics of a publication just made, would read all of it.
        constraints = [models.UniqueConstraint(fields=["term", "publication"], name="one_row_of_a_term")]

    def __str__(self) -> str:
        return self.term


from horizon.directory.said.models import (  # noqa: E402 - models of this room, kept with what they serve
    Closure,
    Confirmation,
    Statement,
)
from horizon.directory.said.photos import Photo  # noqa: E402 - likewise
from horizon.directory.sites.models import SiteCheck  # noqa: E402 - likewise

__all__ = [
    "Closure",
    "Confirmation",
    "Entry",
    "EntryReason",
    "EntryTheme",
    "Identifier",
    "Photo",
    "Publication",
    "SearchTerm",
    "SiteCheck",
    "SourceRecord",
    "Statement",
]
