"""Twenty pages and fifty people in the database of a server: `python -m tests.care.fifty_kit`; prints who they are."""

import json
import sys

PEOPLE, PAGES = 50, 20


def prepare() -> None:
    """Makes the pages and the people; prints `[[session key, public id of their page, is referent], …]`."""
    import django

    django.setup()
    from horizon.actors.services import people
    from horizon.directory.said.refresh import refresh_directory
    from horizon.directory.said.services import declare_organization
    from tests.visitors import session_of

    pages = [
        declare_organization(
            {"name": f"Groupe {n:02d}", "commune": "86194"}, kind="declared", origin="operator", actor="test"
        )
        for n in range(PAGES)
    ]
    refresh_directory()
    made = []
    for number in range(PEOPLE):
        person = people.find_or_create_person(
            f"p{number}@example.org", actor="test", name=f"Personne {number}"
        )
        people.say_of_age(person)
        page = pages[number % PAGES]
        if number < PAGES:
            people.join_as_referent(person, page, obtained_by="operator", actor="test")
        made.append([session_of(person), page.public_id, number < PAGES])
    print(json.dumps(made))


def count() -> None:
    """Prints what the database holds afterwards."""
    import django

    django.setup()
    from django.db.models import Count

    from horizon.care.models import Claim
    from horizon.directory.models import Statement
    from horizon.kernel.models import Event

    published = Statement.objects.filter(status="published").exclude(field__in=["name", "commune"])
    print(
        json.dumps(
            {
                "hours": sorted(Statement.objects.filter(field="hours").values_list("value", flat=True)),
                "descriptions": sorted(
                    Statement.objects.filter(field="description").values_list("value", flat=True)
                ),
                "published_twice": published.values("organization", "field")
                .annotate(n=Count("pk"))
                .filter(n__gt=1)
                .count(),
                "published": published.count(),
                "claims": Claim.objects.count(),
                "stated": Event.objects.filter(verb="state").count(),
                "told_published": Event.objects.filter(verb="publish", record_type="statement").count(),
                "told_claims": Event.objects.filter(verb="open", record_type="claim").count(),
            }
        )
    )


if __name__ == "__main__":
    {"prepare": prepare, "count": count}[sys.argv[1]]()
