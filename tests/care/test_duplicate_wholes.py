"""What was merged is read as a whole: its names still lead to its page, and what people answered holds for all of it."""

import html

import pytest

from horizon.actors.models import Organization
from horizon.care import duplicates
from horizon.care.finding import find_duplicates, likely_same, published_records
from horizon.care.models import DuplicateSuggestion, LookedAt
from horizon.directory.models import Entry, Identifier, SourceRecord, Statement
from horizon.directory.queries import current_publication, entries_saying
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import declare_organization
from horizon.kernel.refusal import Refused
from tests.care.merged_kit import a_suggestion
from tests.people import entry_named

pytestmark = pytest.mark.django_db
RNA = "W863009999"


@pytest.fixture(autouse=True)
def _site(published, monkeypatch):
    monkeypatch.setattr("horizon.kernel.mail.transaction.on_commit", lambda send: send())


def declared(name, commune="86139"):
    made = declare_organization(
        {"name": name, "commune": commune},
        kind=Organization.DECLARED,
        origin=Statement.OPERATOR,
        actor="test",
    )
    refresh_directory()
    return made


def merged(first, second):
    row = duplicates.say_same(a_suggestion(first, second), actor="test")
    refresh_directory()
    return row


def look():
    LookedAt.objects.all().delete()
    return find_duplicates()


def numbered(organization, **numbers):
    Entry.objects.filter(organization=organization).update(**numbers)


def said_by(organization):
    return [entry.organization_id for entry in entries_saying("tournesol", current_publication(), 10)]


def test_the_name_of_a_merged_page_leads_to_the_one_that_stays(client):
    """« Atelier du pédalier » and « Le Tournesol des Bruyères » have no word in common."""
    kept, other = entry_named("Pédalier").organization, declared("Le Tournesol des Bruyères")
    assert said_by(kept) == [other.pk]
    row = merged(kept, other)
    assert row.folded_id == other.pk
    assert said_by(kept) == [kept.pk]
    (likely,) = likely_same("Tournesol des Bruyères", current_publication(), commune="86139")
    assert likely.entry.organization_id == kept.pk and "noms équivalents" in likely.reasons
    page = html.unescape(
        client.get("/ajouter/deja/?nom=Tournesol+des+Bruyères&commune=86139").content.decode()
    )
    assert "DALIER" in page.upper()
    third = declared("Tournesol des Bruyères")
    assert look().suggested >= 1
    pair = sorted((kept.pk, third.pk))
    assert DuplicateSuggestion.objects.filter(first=pair[0], second=pair[1], status="open").exists()
    duplicates.reopen(row, actor="test")
    refresh_directory()
    assert sorted(said_by(kept)) == sorted((other.pk, third.pk))


def test_a_merge_by_numbers_that_somebody_undid_becomes_a_question():
    first, second = entry_named("Tricoteuses").organization, declared("Les Tricoteuses du mardi")
    numbered(second, rna=first.entry.rna)
    assert look().merged == 1
    row = DuplicateSuggestion.objects.get(automatic=True)
    duplicates.reopen(row, actor="test")
    for _ in range(2):
        assert look().merged == 0
        row.refresh_from_db()
        assert row.status == "open" and any("RNA" in reason for reason in row.reasons)
    numbered(
        second, rna="", name="Tout autre chose"
    )  # it no longer looks alike: that somebody undid it is still known
    look()
    numbered(second, rna=first.entry.rna, name="Les Tricoteuses du mardi")
    assert look().merged == 0
    duplicates.say_same(row, actor="test")
    assert Organization.objects.exclude(canonical=None).count() == 1


def test_two_structures_stay_two_when_one_was_merged_with_a_third():
    """A and B were said to be two. A is then read as C: neither numbers nor somebody may put B there in silence."""
    a, b, c = (declared(name) for name in ("Tournesol du Clain", "Moulin de la Dive", "Pavot bleu"))
    different = duplicates.say_different(a_suggestion(a, b), actor="test")
    row = merged(c, a)
    kept = Organization.objects.get(pk=row.folded_id).canonical
    for one in (b, c):
        numbered(one, rna=RNA, name="Le Pavot du Clain")
    assert look().merged == 0
    assert Organization.objects.get(pk=b.pk).canonical_id is None
    with pytest.raises(Refused, match="dites deux structures"):
        duplicates.say_same(a_suggestion(c, b), actor="test")
    duplicates.reopen(different, actor="test")
    duplicates.say_same(
        DuplicateSuggestion.objects.get(first=min(b.pk, c.pk), second=max(b.pk, c.pk)), actor="test"
    )
    assert Organization.objects.get(pk=b.pk).root_id in {kept.pk, b.pk}


def test_a_merged_record_still_speaks_against_a_merge():
    """X (SIREN 1, RNA W) and Y (RNA W) are one; then Z says SIREN 2 and RNA W: a number is wrong, a person looks."""
    x, y, z = (declared("Le Pavot du Clain") for _ in range(3))
    numbered(x, siren="732829320", rna=RNA)
    numbered(y, rna=RNA)
    numbered(z, name="Tout autre chose")
    assert look().merged == 1
    refresh_directory()
    numbered(z, siren="404833048", rna=RNA, name="Le Pavot du Clain")
    assert find_duplicates().merged == 0
    assert Organization.objects.get(pk=z.pk).canonical_id is None
    assert DuplicateSuggestion.objects.filter(status="open", second=z).exists()


def test_records_have_the_numbers_that_entries_do_not_say():
    known, two = declared("Le Pavot du Clain"), declared("La Bardane")
    Identifier.objects.create(key=f"rna:{RNA}", organization=known)
    for key in ("siren:732829320", "siren:404833048"):  # which of the two lives, nobody says
        Identifier.objects.create(key=key, organization=two)
    seat = SourceRecord.objects.exclude(values__siret=None).filter(source="sirene").first()
    found = {record.key: record for record in published_records(current_publication())}
    assert found[str(known.pk)].rna == RNA and not found[str(two.pk)].siren
    assert found[str(seat.organization_id)].siret == seat.values["siret"] != ""


def test_two_establishments_of_one_siren_never_merge_by_themselves():
    """SIREN 732829320 has two SIRET: two places, two pages until somebody says otherwise."""
    first, second = declared("Le Pavot du Clain"), declared("Le Pavot du Clain")
    for one, nic in ((first, "00074"), (second, "00082")):
        numbered(one, siren="732829320")
        SourceRecord.objects.create(organization=one, source="sirene", values={"siret": f"732829320{nic}"})
    assert look().merged == 0
    row = DuplicateSuggestion.objects.get(first=first, second=second)
    assert row.status == "open" and any("SIRET" in doubt for doubt in row.doubts)
