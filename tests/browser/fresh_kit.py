"""Freshness and values for the running site: called by `people_kit`, in its database."""


def freshness_and_values(bike, knit, partner, referent, other) -> None:
    """The knitters said how they live their values and were visited; the workshop is to visit them; a closure, a page to call
    and a site that fails wait."""
    from datetime import timedelta

    from django.utils import timezone

    from horizon.directory.models import Closure, SiteCheck, Statement
    from horizon.directory.said.closing import follow_registers
    from horizon.directory.said.services import state
    from horizon.directory.sites.fetching import Seen
    from horizon.directory.sites.services import Site, keep_check
    from horizon.values.services import visiting
    from horizon.values.services.assessing import publish
    from tests.people import entry_named

    today = timezone.localdate()
    for words in ("Tricoter ensemble, sans rien vendre.", "Tricoter ensemble, et donner."):
        publish(
            knit,
            {"but": ("yes", words, "https://exemple.fr/statuts.pdf"), "egalite": ("going", "", "")},
            by=other,
        )
    visit = visiting.propose_visit(knit, partner, today, "Deux salariés", by=other, from_visitor=True)
    visit = visiting.answer_visit(visit, True, by=other)
    visit = visiting.write_report(
        visit, {"but": ("seen", "Les pelotes sont là."), "egalite": ("not_seen", "")}, by=other
    )
    for side in (visiting.VISITOR, visiting.VISITED):
        visiting.confirm_visit(visit, side, by=other)
    asked = visiting.propose_visit(knit, bike, today, "Une bénévole", by=referent, from_visitor=True)
    visiting.answer_visit(asked, True, by=other)
    old = timezone.now() - timedelta(days=500)
    called = entry_named("AVENIR").organization
    state(called, {"phone": "0536490042"}, origin=Statement.OPERATOR, actor="test", publish=True)
    Statement.objects.filter(organization=called).update(decided_at=old, created_at=old)
    closed = entry_named("FERMEE")
    follow_registers([(closed, Closure.CEASED)], {closed.organization_id}, vintage=today, actor="test")
    bread = entry_named("PAIN")
    state(
        bread.organization,
        {"website": "https://pain.invalid"},
        origin=Statement.OPERATOR,
        actor="test",
        publish=True,
    )
    keep_check(Site(bread.organization_id, "https://pain.invalid"), Seen(SiteCheck.SILENT), actor="test")
    SiteCheck.objects.update(failing_since=timezone.now() - timedelta(days=9))
