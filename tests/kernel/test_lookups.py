"""`one_of`: as `in`, with one parameter whatever the number of values."""

import pytest

from horizon.kernel.models import Event
from horizon.territory.models import Commune

pytestmark = pytest.mark.django_db
CODES = ["86194", "86139", "86200"]


@pytest.mark.parametrize(
    "values", [CODES, [], ["86194 too long"], ["86194", "nowhere", "86194"], [f"{n:05}" for n in range(2000)]]
)
def test_finds_what_in_finds(published, values):
    found = Commune.objects.filter(code__one_of=values).order_by("code")
    assert list(found) == list(Commune.objects.filter(code__in=values).order_by("code"))


def test_says_all_values_in_one_parameter(published):
    _, parameters = Commune.objects.filter(code__one_of=CODES).query.sql_with_params()
    assert len(parameters) == 1


def test_finds_integers_and_what_points_to_them(published):
    assert list(Event.objects.filter(pk__one_of=[0, -1])) == []
    link = Commune._meta.get_field("epci")
    epci = Commune.objects.filter(epci__isnull=False).values_list("epci_id", flat=True).first()
    assert link.is_relation and epci is not None
    assert (
        Commune.objects.filter(epci_id__one_of=[epci]).count()
        == Commune.objects.filter(epci_id=epci).count()
        > 1
    )


def test_asks_nothing_when_there_is_nothing_to_look_for(published, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert list(Commune.objects.filter(code__one_of=[])) == []
