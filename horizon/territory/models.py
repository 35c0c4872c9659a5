"""Communes and EPCI as the marts give them. A commune is known by its INSEE code only."""

from django.db import models


class Epci(models.Model):
    """An intercommunality (EPCI), current or vanished."""

    code = models.CharField(primary_key=True, max_length=9, help_text="SIREN of the EPCI")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12)
    status = models.CharField(max_length=10, default="current")
    replaced_by = models.JSONField(default=list)
    departments = models.JSONField(default=list)
    population = models.PositiveIntegerField(null=True)
    home = models.BooleanField(default=False, help_text="the territory that this site publishes")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Commune(models.Model):
    """A current commune of the published territory and its surroundings."""

    code = models.CharField(primary_key=True, max_length=5, help_text="INSEE code")
    name = models.CharField(max_length=80)
    epci = models.ForeignKey(Epci, null=True, on_delete=models.PROTECT, related_name="communes")
    department = models.CharField(max_length=3)
    region = models.CharField(max_length=2)
    population = models.PositiveIntegerField(null=True)
    population_vintage = models.CharField(max_length=10, blank=True)
    postal_codes = models.JSONField(default=list)
    lat = models.FloatField(null=True, help_text="centroid, degrees WGS 84")
    lon = models.FloatField(null=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Outline(models.Model):
    """The official outline of a commune, fetched and simplified: exterior rings as lists of [lon, lat] degrees."""

    commune = models.OneToOneField(
        Commune, primary_key=True, on_delete=models.CASCADE, related_name="outline"
    )
    rings = models.JSONField()
    source = models.CharField(max_length=200)
    fetched_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"contour de {self.commune_id}"
