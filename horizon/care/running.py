"""What those who animate are told when the site no longer does by itself what it should: seals, letters, lists."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone

from horizon.actors.access import is_operator
from horizon.actors.models import Person
from horizon.kernel import periodic
from horizon.kernel.registry import Waiting, declare_waiting
from horizon.kernel.templatetags.atlas import moment


def declare() -> None:
    """Tells the desk."""
    declare_waiting("running", troubles)


def troubles(person: Person) -> Iterator[Waiting]:
    """The worker that no longer runs, and the jobs whose last run failed, for operators. Two queries at most."""
    if not is_operator(person):
        return
    since, failing = periodic.troubles(timezone.now())
    if since:
        yield Waiting(
            key="worker", room="running", title="Les tâches de fond sont arrêtées", since=since,
            href=reverse("kernel:journal"), urgent=True,
            detail=f"Rien n’est plus fait depuis le {moment(since)} : ni les sceaux du journal, ni les courriels, ni les listes qui "
                   "suivent les corrections. À dire à qui tient le serveur : systemctl restart horizon-worker.",
        )  # fmt: skip
    for name, at, kind in failing:
        yield Waiting(
            key=name, room="running", title=f"Une tâche de fond échoue : « {name} »", since=at,
            href=reverse("kernel:journal"),
            detail=f"Dernier essai le {moment(at)} ({kind}) ; elle est réessayée d’elle-même. À dire à qui tient le serveur : "
                   "journalctl -u horizon-worker.",
        )  # fmt: skip
