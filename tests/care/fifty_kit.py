"""Twenty pages, fifty people, four operators in the database of a server: `python -m tests.care.fifty_kit`; prints who they are."""

import json
import sys

PEOPLE, PAGES, OPERATORS = 50, 20, 4


def prepare() -> None:
    """Makes the pages and the people; prints `people` ([session key, public id of their page, is referent]), the session keys of
    `operators`, the `suggestions` that wait for them, one a page, and a `dispute` with the session keys of the two who answer it."""
    import django

    django.setup()
    from horizon.actors.models import Mandate
    from horizon.actors.services import people, poles
    from horizon.care import claims
    from horizon.care.models import Claim
    from horizon.directory.said.refresh import refresh_directory
    from horizon.directory.said.services import declare_organization, state
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
    poles.seed_actors(actor="test")

    def enters(name):
        person = people.find_or_create_person(f"{name}@example.org", actor="test", name=name)
        people.say_of_age(person)
        return person

    operators = [enters(f"anime{number}") for number in range(OPERATORS)]
    for person in operators:
        poles.give_mandate(person, Mandate.OPERATOR, actor="test", decided_by="le bureau")
    suggestions = [
        state(page, {"website": f"https://{n}.example.org"}, origin="visitor", actor="visitor")[0].pk
        for n, page in enumerate(pages)
    ]
    second = enters("seconde")
    people.join_as_referent(second, pages[0], obtained_by="operator", actor="test")
    dispute = claims.open_claim(pages[0], enters("conteste"), Claim.EVIDENCE, "C’est à moi")
    told = {
        "people": made, "operators": [session_of(person) for person in operators], "suggestions": suggestions,
        "dispute": dispute.public_id, "sides": [made[0][0], session_of(second)],
    }  # fmt: skip
    print(json.dumps(told))


def count() -> None:
    """Prints what the database holds afterwards."""
    import django

    django.setup()
    from django.db.models import Count

    from horizon.care.models import Claim
    from horizon.directory.models import Statement
    from horizon.kernel.models import Event

    published = Statement.objects.filter(status="published").exclude(field__in=["name", "commune", "website"])
    asked = Statement.objects.filter(field="website")
    answers = Event.objects.filter(verb__in=["publish", "refuse"], payload__field="website")
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
                "claims": Claim.objects.exclude(disputed=True, said="C’est à moi").count(),
                "answered": asked.filter(status__in=["published", "refused"]).count(),
                "told_answered": answers.count(),
                "sides": Claim.objects.get(said="C’est à moi").other_side.count(" : "),
                "stated": Event.objects.filter(verb="state").count(),
                "told_published": Event.objects.filter(verb="publish", record_type="statement")
                .exclude(payload__field="website")
                .count(),
                "told_claims": Event.objects.filter(verb="open", record_type="claim").count() - 1,
            }
        )
    )


if __name__ == "__main__":
    {"prepare": prepare, "count": count}[sys.argv[1]]()
