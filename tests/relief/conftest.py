"""A territory of two communes and two structures: relief needs no directory."""

import pytest


@pytest.fixture
def territory(db):
    """Lusignan and Poitiers, 23 km apart, and two associations."""
    from horizon.actors.models import Organization
    from horizon.territory.models import Commune, Epci

    epci = Epci.objects.create(code="200069854", name="CU du Grand Poitiers", kind="CU", home=True)
    for code, name, lat, lon in (
        ("86139", "Lusignan", 46.4361, 0.1231),
        ("86194", "Poitiers", 46.5802, 0.3404),
    ):
        Commune.objects.create(
            code=code, name=name, epci=epci, department="86", region="75", lat=lat, lon=lon
        )
    for number in (1, 2):
        Organization.objects.create(public_id=f"structure{number}", name=f"Association {number}")
