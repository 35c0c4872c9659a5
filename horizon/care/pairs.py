"""Reads about duplicates: two records side by side for a person, what the desk shows, what a page says of its merges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.db.models import F
from django.urls import reverse

from horizon.actors.access import is_operator
from horizon.actors.merged import acts_or_relays_for, root
from horizon.actors.models import Organization, Person
from horizon.care import duplicates
from horizon.care.finding import likely_same
from horizon.care.models import DuplicateSuggestion
from horizon.directory import labels
from horizon.directory.models import Entry, Publication
from horizon.kernel.refusal import Refused
from horizon.kernel.registry import Aside, Waiting
from horizon.kernel.templatetags.atlas import day

AT_MOST = 100
BY = {
    "": "d’après les registres",
    "numbers": "par leurs numéros",
    "people": "par une personne qui anime le collectif",
}
OPINION = {"same": "c’est la même", "different": "ce sont deux structures"}


def described(entry: Entry | None, organization: Organization) -> list[tuple[str, str]]:
    """One record, line by line, in words; the same lines for each, so that two may be read across."""
    if entry is None:
        return [("Nom", organization.name), ("Fiche", organization.get_kind_display())]
    place = " ".join(part for part in (entry.address, entry.postal_code, entry.commune.name) if part)
    return [
        ("Nom", entry.name), ("Sigle", entry.acronym), ("Fiche", organization.get_kind_display()), ("SIREN", entry.siren),
        ("RNA", entry.rna), ("Forme", labels.legal_label(entry.legal_category) if entry.legal_category else ""), ("Où", place),
        ("Téléphone", entry.phone), ("Courriel", entry.email), ("Site", entry.website), ("Ce qu’elle fait", entry.description[:300]),
    ]  # fmt: skip


def in_one_line(entry: Entry | None, organization: Organization) -> str:
    """A record for the desk, without what is empty."""
    return "\n".join(value for _, value in described(entry, organization)[:10] if value)


def entries_of(organizations: Iterable[Organization]) -> dict[int, Entry]:
    """The entries of organizations, by organization id. One query."""
    rows = Entry.objects.filter(organization__in=[one.pk for one in organizations]).select_related("commune")
    return {row.organization_id: row for row in rows}


def waiting_pairs(person: Person) -> list[DuplicateSuggestion]:
    """Pairs that nobody answered and that are still two, the likeliest first: all for those who animate, else one's own that
    were asked about."""
    rows = (
        DuplicateSuggestion.objects.filter(status=DuplicateSuggestion.OPEN)
        .annotate(one=root("first"), other=root("second"))
        .exclude(one=F("other"))
        .select_related("first__canonical", "second__canonical")
    )
    if not is_operator(person):
        mine = acts_or_relays_for(person)
        rows = rows.filter(asked_at__isnull=False)
        rows = rows.filter(first__in=mine) | rows.filter(second__in=mine)
    return list(rows[:AT_MOST])


def desk_pairs(person: Person) -> Iterator[Waiting]:
    """The desk's rows: both records side by side. Two queries."""
    rows = waiting_pairs(person)
    entries = entries_of(one for row in rows for one in (row.first, row.second))
    operator = is_operator(person)
    for row in rows:
        said = ". ".join(part[:1].upper() + part[1:] for part in row.reasons)
        against = f" Mais : {', '.join(row.doubts)}." if row.doubts else ""
        heard = "".join(f" {name} répond : {answer}." for name, answer in answers_of(row))
        yield Waiting(
            key=str(row.pk), room="duplicate", title=f"Une ou deux structures ? {row.first.name} / {row.second.name}",
            since=row.created_at, href=reverse("care:duplicate", args=[row.pk]), detail=f"{said}.{against}{heard}",
            before=in_one_line(entries.get(row.first_id), row.first), after=in_one_line(entries.get(row.second_id), row.second),
            sides=("Première fiche", "Seconde fiche"),
            actions={"accept": "C’est la même", "refuse": "Ce sont deux structures"} if operator else {}, alike="duplicate",
        )  # fmt: skip


def answers_of(row: DuplicateSuggestion) -> list[tuple[str, str]]:
    """What those who hold each page answered: (name, what they say)."""
    names = {row.first.public_id: row.first.name, row.second.public_id: row.second.name}
    return [
        (names[key], OPINION[value])
        for key, value in row.answers.items()
        if key in names and value in OPINION
    ]


def answer_pair(verb: str, key: str, person: Person) -> str:
    """One page, or two; undone, the question waits again."""
    row = DuplicateSuggestion.objects.select_related("first", "second").filter(pk=int(key)).first()
    if row is None or not is_operator(person):
        raise Refused("Cette question ne vous revient pas.")
    if verb == "accept":
        kept = duplicates.say_same(row, actor=person.actor)
        stays = kept.second if kept.folded_id == kept.first_id else kept.first
        return f"{row.first.name} et {row.second.name} n’ont plus qu’une page, celle de {stays.name}. Les listes suivent dans la minute."
    if verb == "refuse":
        duplicates.say_different(row, actor=person.actor)
        return f"{row.first.name} et {row.second.name} : deux structures, la question ne sera plus posée."
    duplicates.reopen(row, actor=person.actor)
    return f"{row.first.name} et {row.second.name} : la question attend de nouveau."


def merged_into(organization: Organization) -> list[tuple[Organization, DuplicateSuggestion | None]]:
    """What is read as an organization, each with the answer that made it so (None: the registers). Two queries."""
    folded = list(organization.merged.order_by("merged_at", "pk"))
    rows = DuplicateSuggestion.objects.filter(folded__in=folded) if folded else []
    known = {row.folded_id: row for row in rows}
    return [(one, known.get(one.pk)) for one in folded]


def why_merged(one: Organization, row: DuplicateSuggestion | None) -> str:
    """When, by whom and why, in a sentence without its stop."""
    when = f"le {day(one.merged_at)}, " if one.merged_at else ""
    why = f" : {', '.join(row.reasons)}" if row and row.reasons else ""
    return f"{when}{BY.get(one.merged_by, '')}{why}"


def read_as_one(entry: Entry) -> Aside | None:
    """On the page of a structure: what was merged into it, when, why, and where to contest. Two queries at most."""
    organization = entry.organization.whole
    found = merged_into(organization)
    if not found:
        return None
    page = reverse("care:merged", args=[organization.public_id])
    return Aside(
        title="Réunie avec", rows=tuple((page, one.name, why_merged(one, row)) for one, row in found), anchor="reunie",
        source="Une seule page pour toutes. Si c’est une erreur, contestez : rien n’est perdu, elles se séparent en un geste.",
    )  # fmt: skip


def perhaps_there_already(organization: Organization) -> Aside | None:
    """To somebody who asks something for a structure: its other pages, perhaps. Six queries at most."""
    publication = Publication.objects.filter(current=True).first()
    entry = Entry.objects.filter(organization=organization).first()
    commune = entry.commune_id if entry else ""
    answered = set(_said_to_differ(organization))
    found = likely_same(organization.name, publication, commune=commune, leave_out=organization.root_id)
    rows = [
        (reverse("directory:entry", args=[one.entry.organization.whole.public_id]), f"{one.entry.name}, {one.entry.commune.name}",
         ", ".join(one.reasons))
        for one in found if one.entry.organization_id not in answered and not _surely_apart(organization, entry, one.entry)
    ]  # fmt: skip
    return Aside(title="Elle existe peut-être déjà", rows=tuple(rows)) if rows else None


def _said_to_differ(organization: Organization) -> Sequence[int]:
    rows = DuplicateSuggestion.objects.filter(status=DuplicateSuggestion.DIFFERENT)
    pairs = (rows.filter(first=organization) | rows.filter(second=organization)).values_list(
        "first", "second"
    )
    return [pk for pair in pairs for pk in pair]


def _surely_apart(organization: Organization, entry: Entry | None, other: Entry) -> bool:
    """Whether registers know both by different numbers: then nobody needs to be asked."""
    return bool(entry and (entry.siren and other.siren or entry.rna and other.rna and entry.rna != other.rna))
