"""What is given of each thing, as plain values: one function per kind, the same for the API, the dumps and the feeds.

Only what is written here goes out: a new column of a table is not published until somebody names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils import timezone

from horizon.actors.models import Organization
from horizon.directory import labels
from horizon.directory.licences import NAME, closed_sources, kept_entries, kept_under, open_up, unnamed_in
from horizon.directory.models import Entry, EntryReason, EntryTheme, Publication, SourceRecord
from horizon.directory.said.fields import FIELDS
from horizon.directory.said.overlay import Said
from horizon.exchange.models import Listing
from horizon.kernel.templatetags.atlas import doors_named
from horizon.listening.models import Answer, Need
from horizon.territory.models import Commune

SIDES = {Listing.OFFER: "offre", Listing.ASK: "demande"}
STATES, KINDS, ANSWERS = dict(Need.STATES), dict(Listing.KINDS), dict(Answer.KINDS)
SAID_BY, SPEAKS_AS = dict(labels.SOURCES), dict(Answer._meta.get_field("speaks_as").choices or [])


@dataclass(frozen=True)
class Frame:
    """What every record needs to know: the publication shown, and where the site answers."""

    publication: Publication

    @property
    def fictitious(self) -> bool:
        """Whether nothing of what is given exists."""
        return self.publication.demo or self.publication.synthetic

    @cached_property
    def closed(self) -> frozenset[str]:
        """Sources shown on the pages and left out here."""
        return closed_sources(self.publication)

    @cached_property
    def kept(self) -> dict[int, tuple[int, str]]:
        """Entries shown on the pages and left out here whole: their organization, and the licence that keeps them. One query."""
        return kept_entries(self.publication.pk)

    @cached_property
    def unnamed(self) -> set[int]:
        """The organizations whose names are not given either where others name them. One query more."""
        return unnamed_in(self.kept)

    @cached_property
    def communes(self) -> dict[str, str]:
        """Names of the communes of the territory. One query."""
        rows = Commune.objects.filter(epci_id=self.publication.territory_code)
        return dict(rows.values_list("code", "name"))

    @property
    def head(self) -> dict:
        """What is said once of a set of records: the territory, the day, the licence, whether all is fictitious."""
        return {
            "territoire": {
                "code": self.publication.territory_code,
                "nom": self.publication.territory_name,
            },
            "millesime": self.publication.vintage.isoformat(),
            "licence": NAME,
            "fictif": self.fictitious,
        }


def address(name: str, *args: str) -> str:
    """A permanent address of the site."""
    return settings.ORIGIN + reverse(name, args=args)


def with_evidence(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """Entries with all that their records say. Five queries for any number."""
    return entries.select_related("organization").prefetch_related(
        Prefetch("reason_rows", EntryReason.objects.filter(excludes=False).order_by("code", "source")),
        Prefetch("theme_rows", EntryTheme.objects.order_by("kind", "rank")),
        Prefetch("organization__source_records", SourceRecord.objects.order_by("source")),
    )


def structure(entry: Entry, said: Said, frame: Frame) -> dict | None:
    """A structure as its page shows it now, in what is open; None when nothing of it is, or when it is no longer listed.
    `entry` comes from `with_evidence`."""
    if kept_under(entry, said):
        return None
    left_out = open_up(entry, said)
    place = frame.communes.get(entry.commune_id)
    if place is None or not (entry.active and entry.in_perimeter):
        return None
    evidence = [r for r in entry.organization.source_records.all() if r.source not in frame.closed]
    return {
        "identifiant": entry.organization.public_id,
        "nom": entry.name,
        "sigle": entry.acronym or None,
        "autres_noms": entry.other_names or None,
        "description": entry.description or None,
        "famille": entry.family,
        "forme_juridique": labels.legal_label(entry.legal_category) or None,
        "categorie_juridique": entry.legal_category or None,
        "siren": entry.siren or None,
        "siret": next((r.values["siret"] for r in evidence if r.values.get("siret")), None),
        "rna": entry.rna or None,
        "activite": labels.naf_label(entry.naf_rev2) if entry.naf_rev2 else None,
        "code_naf": entry.naf_rev2 or None,
        "portes": list(entry.doors),
        "poles": list(entry.poles),
        "pourquoi": [
            {"genre": "porte" if row.kind == EntryTheme.DOOR else "pole", "code": row.code,
             "confiance": float(row.confidence), "raison": doors_named(row.reason)}
            for row in entry.theme_rows.all()
        ],
        "commune": place,
        "code_insee": entry.commune_id,
        "montree_a": "commune" if entry.at_home else "adresse",
        "adresse": entry.address or None,
        "code_postal": entry.postal_code or None,
        "latitude": entry.lat,
        "longitude": entry.lon,
        "effectif": labels.band_label(entry.employees_band),
        "tranche_effectif": entry.employees_band or None,
        "annee_effectif": entry.employees_year or None,
        "employeur": entry.is_employer,
        "creation": _day(entry.created_on),
        "modification": _day(entry.updated_on),
        "site": entry.website or None,
        "telephone": entry.phone or None,
        "courriel": entry.email or None,
        "horaires": entry.hours or None,
        "acteur": entry.is_actor,
        "signes": list(entry.signs),
        "raisons": _reasons(entry, frame),
        "sources": [
            {"source": r.source, "libelle": labels.SOURCES.get(r.source, r.source), "millesime": r.vintage or None}
            for r in evidence
        ],
        "dit": [
            {"champ": code, "libelle": FIELDS[code].label, "par": one.get_origin_display(), "le": _day(one.decided_at)}
            for code, one in sorted(said.statements.items()) if code in FIELDS and code not in left_out
        ],
        "page": address("directory:entry", entry.organization.public_id),
        "millesime": frame.publication.vintage.isoformat(),
        "fictif": frame.fictitious,
    }  # fmt: skip


def _reasons(entry: Entry, frame: Frame) -> list[dict]:
    found = [
        {
            "code": row.code,
            "libelle": labels.REASONS.get(row.code, (row.code, ""))[0],
            "source": row.source or None,
            "millesime": row.vintage or None,
        }
        for row in entry.reason_rows.all()
        if row.source not in frame.closed and row.code not in frame.closed
    ]
    if entry.organization.kind == Organization.DECLARED:
        found.append(
            {
                "code": "declared",
                "libelle": labels.REASONS["declared"][0],
                "source": None,
                "millesime": None,
            }
        )
    return found


def commune(row: Commune, counts: dict, frame: Frame) -> dict:
    """A commune and who is there. Its point is the centre of the commune."""
    here = counts.get("by_commune", {}).get(row.code, {})
    doors = counts.get("by_commune_door", {})
    return {
        "code_insee": row.code,
        "nom": row.name,
        "departement": row.department,
        "codes_postaux": list(row.postal_codes),
        "population": row.population,
        "millesime_population": row.population_vintage or None,
        "latitude": row.lat,
        "longitude": row.lon,
        "acteurs": here.get("actors", 0),
        "structures": here.get("register", 0),
        "acteurs_par_porte": {
            key.split(":")[1]: views.get("actors", 0)
            for key, views in sorted(doors.items())
            if key.startswith(f"{row.code}:") and views.get("actors")
        },
        "page": address("portal:commune", row.code),
        "fictif": frame.fictitious,
    }


def need(row: Need, frame: Frame) -> dict:
    """A need with its answers; its voices are only counted. `row` comes from `open_needs`."""
    return {
        "identifiant": row.public_id,
        "besoin": row.text,
        "commune": row.commune.name if row.commune else None,
        "code_insee": row.commune_id,
        "porte": row.door or None,
        "pole": row.pole.code if row.pole else None,
        "voix": row.voice_count,  # type: ignore[attr-defined]
        "etat": row.state,
        "etat_libelle": STATES[row.state],
        "publie_le": _day(row.published_at),
        "repondu_le": _day(row.answered_at),
        "reponses": [answer(one, row, frame) for one in _answers_of(row)],
        "page": address("listening:need", row.public_id),
        "fictif": frame.fictitious,
    }


def _answers_of(row: Need) -> list[Answer]:
    given = [one for need in (row, *row.grouped.all()) for one in need.answers.all()]
    return sorted(given, key=lambda one: (one.created_at, one.pk))


def answer(one: Answer, asked: Need, frame: Frame) -> dict:
    """An answer; who wrote it and in what function are not given, only for whom they speak."""
    return {
        "identifiant": one.public_id,
        "besoin": asked.public_id,
        "genre": one.kind,
        "genre_libelle": ANSWERS[one.kind],
        "texte": one.text or None,
        "au_nom_de": SPEAKS_AS.get(one.speaks_as, one.speaks_as),
        "structures": [organization.public_id for organization in one.shown_organizations],
        "le": _day(one.created_at),
        "page": address("listening:need", asked.public_id),
        "fictif": frame.fictitious,
    }


def listing(row: Listing, needs: Mapping[str, str], frame: Frame) -> dict:
    """An offer or an ask of a structure. `needs` leads from the needs that are public to the one they are grouped with."""
    assert row.organization is not None  # those of people are only counted
    whole = row.organization.whole
    return {
        "identifiant": row.public_id,
        "sens": SIDES[row.side],
        "genre": row.kind,
        "genre_libelle": KINDS[row.kind],
        "titre": row.title,
        "texte": row.text or None,
        "quantite": None if row.quantity is None else float(row.quantity),
        "unite": row.unit or None,
        "porte": row.door or None,
        "commune": row.commune.name,
        "code_insee": row.commune_id,
        "a_partir_du": _day(row.from_on),
        "jusqu_au": _day(row.until_on),
        "conditions": row.terms.split(),
        "prix": row.price or None,
        "structure": whole.public_id,
        "structure_nom": None if whole.pk in frame.unnamed else whole.name,
        "besoin": needs.get(row.need),
        "publiee_le": _day(row.published_at),
        "confirmee_le": _day(row.confirmed_on),
        "ouverte_jusqu_au": _day(row.expires_on),
        "page": address("exchange:listing", row.public_id),
        "fictif": frame.fictitious,
    }


def _day(value: date | datetime | None) -> str | None:
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return value.isoformat() if value else None
