"""The desk says when the site no longer does by itself what it should."""

from datetime import timedelta

import pytest
from django.utils import timezone

from horizon.kernel.models import PeriodicRun
from horizon.kernel.periodic import SEAL
from tests.people import a_referent, an_operator, entry_named


@pytest.mark.django_db
def test_those_who_animate_see_a_worker_that_stopped_and_a_job_that_fails(client, published):
    operator, now = an_operator(), timezone.now()
    client.force_login(operator)
    seal = PeriodicRun.objects.create(name=SEAL, started_at=now)
    assert "Marche du site" not in client.get("/bureau/").content.decode()
    PeriodicRun.objects.create(
        name="send messages", started_at=now, outcome="failed: ValueError: lea@example.org is no address"
    )
    seal.started_at = now - timedelta(minutes=6)
    seal.save()
    shown = client.get("/bureau/?quoi=running").content.decode()
    assert "Marche du site (2)" in shown and "Les tâches de fond sont arrêtées" in shown
    assert "« send messages »" in shown and "ValueError" in shown and "lea@example.org" not in shown
    client.force_login(a_referent(entry_named("pédalier").organization))
    assert "tâches de fond" not in client.get("/bureau/").content.decode()
