"""Mandates to come, handed over, ended twice; the last one who animates."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from horizon.actors.models import Mandate
from horizon.actors.services import poles
from horizon.kernel.refusal import Refused
from tests.databases import own_database
from tests.people import an_operator, enter, somebody

pytestmark = pytest.mark.django_db


def in_days(number):
    return timezone.localdate() + timedelta(days=number)


def test_a_mandate_to_come_says_so_and_can_be_ended(client, django_capture_on_commit_callbacks):
    enter(client, an_operator())
    mandate = poles.give_mandate(somebody(), Mandate.ELECTED, actor="test", starts_on=in_days(30))
    page = f"/bureau/mandats/{mandate.pk}/"
    shown = client.get("/bureau/mandats/").content.decode()
    assert "à venir" in shown and page in shown and "fini" not in shown
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"email": ""})
    assert not Mandate.objects.filter(pk=mandate.pk).exists() and "n’aura pas lieu" in mail.outbox[-1].body


def test_handing_over_keeps_the_last_day_writes_to_both_and_happens_once(
    client, django_capture_on_commit_callbacks
):
    enter(client, an_operator())
    first = somebody()
    mandate = poles.give_mandate(
        first, Mandate.ELECTED, actor="test", starts_on=in_days(-9), ends_on=in_days(9), title="maire"
    )
    page = f"/bureau/mandats/{mandate.pk}/"
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"email": "suite@example.org"})
        second = client.post(page, {"email": "suite@example.org"})
    assert second.status_code == 422 and "déjà fini" in second.content.decode()
    given = Mandate.objects.get(person__email="suite@example.org")
    assert (given.starts_on, given.ends_on) == (in_days(0), in_days(9))
    assert {m.to[0] for m in mail.outbox} == {first.email, "suite@example.org"} and len(mail.outbox) == 2
    mandate.refresh_from_db()
    assert mandate.ends_on == in_days(-1)
    with pytest.raises(Refused, match="déjà ce mandat"):
        poles.hand_over(given, given.person, actor="test")


def test_the_end_of_a_mandate_long_over_is_not_rewritten(client):
    enter(client, an_operator())
    old = poles.give_mandate(
        somebody(), Mandate.AGENT, actor="test", starts_on=in_days(-900), ends_on=in_days(-500)
    )
    assert client.post(f"/bureau/mandats/{old.pk}/", {"email": ""}).status_code == 422
    old.refresh_from_db()
    assert old.ends_on == in_days(-500)


def test_the_day_after_which_nobody_animates_is_said(client):
    operator = an_operator()
    enter(client, operator)
    assert "plus personne n’animera" not in client.get("/bureau/mandats/").content.decode()
    operator.mandates.update(ends_on=in_days(20))
    assert "plus personne n’animera" in client.get("/bureau/mandats/").content.decode()
    poles.give_mandate(somebody(), Mandate.OPERATOR, actor="test", starts_on=in_days(20))
    assert "plus personne n’animera" not in client.get("/bureau/mandats/").content.decode()


def test_two_last_operators_who_erase_themselves_at_once_do_not_both_vanish(tmp_path):
    environment = {
        **os.environ,
        "HORIZON_VAR": str(tmp_path / "var"),
        "DJANGO_SETTINGS_MODULE": "horizon.config.settings",
    }
    with own_database(tmp_path, environment, migrated=True):
        done = subprocess.run(
            [sys.executable, "-m", "tests.actors.last_ones_kit"],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"refused": 1, "left": 1}
