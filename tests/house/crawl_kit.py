"""An example of each address of the site that `tests/privacy/everywhere_kit.py` lives in, and who asks for it."""

from __future__ import annotations

import re

from allauth.mfa.models import Authenticator
from django.utils import timezone

from horizon.actors.models import (
    Contact,
    ContactNote,
    Due,
    Invitation,
    LeftName,
    Mandate,
    Membership,
    OrganizationLink,
    OrganizationRole,
    Person,
    Pole,
    RelayConsent,
)
from horizon.actors.services.poles import give_mandate
from horizon.care.contents import decide_content, decision_key
from horizon.care.freshness.letters import key_for
from horizon.care.models import Claim, ContentReport, DuplicateSuggestion, Import, Missing
from horizon.directory.models import Photo, Statement
from horizon.exchange.models import Deal, Listing, ListingPicture
from horizon.listening.models import Answer, Need
from horizon.listening.services.saying import voice_key
from horizon.pages.models import Path
from horizon.pages.views import path_key, read_key
from horizon.relief.access import call_key
from horizon.relief.letters import proposal_key
from horizon.relief.models import Proposal, UrgentCall
from horizon.subscriptions.keys import CONFIRM, MANAGE, NEWS, STOP, key_of
from horizon.subscriptions.models import Subscriber
from horizon.values.models import Visit
from tests.people import a_referent, again, an_operator, entry_named, somebody
from tests.privacy.everywhere_kit import live_everywhere

Example = dict[str, object]


def people() -> dict[str, Person | None]:
    """Who asks; none of them is among those who wrote what the examples are about."""
    agent = somebody("Alix Bureaucel")
    give_mandate(agent, Mandate.AGENT, actor="test", decided_by="le bureau", title="chargée de mission")
    return {
        "visitor": None,
        "stranger": somebody("Sam Inconnuel"),
        "other": a_referent(entry_named("ENDORMI").organization),
        "agent": again(agent),
        "operator": an_operator(),
    }


def examples() -> dict[str, Example]:
    """The parameters of each address that has some, by the start of its pattern: the longest start that gives them all."""
    who = live_everywhere()
    mine, other = (entry_named(words).organization for words in ("Pédalier", "Pain"))
    need, answer = (
        Need.objects.filter(status=Need.PUBLISHED).order_by("pk")[0],
        Answer.objects.order_by("pk")[0],
    )
    voice = need.voices.order_by("pk")[0]
    listing, deal = Listing.objects.filter(person=who).order_by("pk")[0], Deal.objects.order_by("pk")[0]
    picture = ListingPicture.objects.filter(listing=listing)[0]
    call, proposal = UrgentCall.objects.order_by("pk")[0], Proposal.objects.order_by("pk")[0]
    table, report, claim = Import.objects.get(), ContentReport.objects.get(), Claim.objects.order_by("pk")[0]
    report = decide_content(report, False, actor="test")
    first, second = sorted((mine, other), key=lambda one: one.pk)
    pair = DuplicateSuggestion.objects.create(first=first, second=second, score=1.0)
    path = Path.objects.create(answers={}, used_on=timezone.localdate())
    membership = Membership.objects.order_by("pk")[0]
    due = Due.objects.create(membership=membership, year=2026, amount_cents=1000)
    left = LeftName.objects.create(word="vonnelune", texts=21)
    reader = Subscriber.objects.order_by("pk")[0]
    followed = reader.subscriptions.order_by("pk")[0]
    consent, contact = RelayConsent.objects.order_by("pk")[0], Contact.objects.order_by("pk")[0]
    return {
        "/structures/<slug:public_id>/": {"public_id": mine.public_id},
        "/structures/<slug:public_id>/valeurs/": {"public_id": mine.public_id, "number": 1},
        "/structures/<slug:public_id>/equipe/": {
            "public_id": other.public_id, "pk": Invitation.objects.filter(organization=other).order_by("pk")[0].pk,
        },
        "/structures/<slug:public_id>/equipe/roles/": {
            "public_id": mine.public_id, "pk": OrganizationRole.objects.get(person=who).pk,
        },
        "/structures/<slug:public_id>/relais/": {"public_id": consent.group.public_id, "pk": consent.pk},
        "/structures/<slug:public_id>/images/": {"public_id": mine.public_id, "photo": Photo.objects.get().public_id},
        "/photos/": {"public_id": Photo.objects.get().public_id},
        "/integrer/structure/": {"public_id": mine.public_id},
        "/api/v1/structures/": {"identifiant": mine.public_id},
        "/api/v1/communes/": {"code": "86139"},
        "/api/v1/besoins/": {"identifiant": need.public_id},
        "/api/v1/<path:rest>": {"rest": "nulle-part"},
        "/portes/": {"code": "vetir"},
        "/communes/": {"code": "86139"},
        "/panorama/": {"code": "86139"},
        "/aide/": {"slug": "animer"},
        "/poles/": {"code": Pole.objects.order_by("pk")[0].code},
        "/donnees/": {"name": "structures.csv"},
        "/flux/": {"name": "besoins"},
        "/liens/": {"public_id": OrganizationLink.objects.order_by("pk")[0].public_id},
        "/moi/roles/": {"pk": OrganizationRole.objects.get(person=who).pk},
        "/moi/mandats/": {"pk": Mandate.objects.filter(person=who).order_by("pk")[0].pk},
        "/moi/securite/cles/": {"pk": Authenticator.objects.order_by("pk")[0].pk},
        "/invitations/": {"token": Invitation.objects.filter(email=who.email).order_by("pk")[0].token},
        "/bureau/structures/": {"public_id": mine.public_id},
        "/bureau/structures/<slug:public_id>/personnes/": {"public_id": contact.organization.public_id, "pk": contact.pk},
        "/moi/demandes/": {"pk": Invitation.objects.order_by("pk")[0].pk},
        "/bureau/adhesions/": {"pk": membership.pk},
        "/bureau/cotisations/": {"pk": due.pk},
        "/bureau/notes/": {"pk": ContactNote.objects.order_by("pk")[0].pk},
        "/bureau/noms/": {"public_id": left.public_id},
        "/bureau/poles/": {"code": Pole.objects.order_by("pk")[0].code},
        "/bureau/echanges/noter/": {"side": "offre"},
        "/bureau/mandats/": {"pk": Mandate.objects.filter(person=who).order_by("pk")[0].pk},
        "/besoins/": {"public_id": need.public_id},
        "/besoins/voix/": {"public_id": voice.public_id, "key": voice_key(voice)},
        "/besoins/reponses/": {"public_id": answer.public_id},
        "/bureau/besoins/": {"public_id": need.public_id},
        "/bureau/besoins/voix/": {"public_id": voice.public_id},
        "/echanges/": {"public_id": listing.public_id, "picture": picture.public_id},
        "/echanges/photos/": {"public_id": picture.public_id},
        "/echanges/ecrire/": {"side": "offre"},
        "/accords/": {"public_id": deal.public_id},
        "/entraide/appels/": {"public_id": call.public_id, "key": call_key(call)},
        "/entraide/reponse/": {"public_id": proposal.public_id, "key": proposal_key(proposal)},
        "/bureau/entraide/": {"public_id": call.public_id},
        "/parcours/": {"public_id": path.public_id, "key": path_key(path)},
        "/parcours/lire/": {"public_id": path.public_id, "key": read_key(path)},
        "/bureau/textes/": {"kind": "exemples", "code": "laverie"},
        "/abonnements/suivre/": {"kind": "commune", "value": "86139"},
        "/abonnements/confirmer/": {"public_id": followed.public_id, "key": key_of(CONFIRM, followed.public_id)},
        "/abonnements/arreter/": {
            "public_id": reader.public_id, "what": NEWS, "key": key_of(STOP, reader.public_id, NEWS),
        },
        "/abonnements/<slug:public_id>/": {"public_id": reader.public_id, "key": key_of(MANAGE, reader.public_id)},
        "/visites/": {"public_id": Visit.objects.order_by("pk")[0].public_id},
        "/signaler/": {"record_type": "need", "record_id": need.public_id},
        "/signalements/": {"public_id": report.public_id, "side": "author", "key": decision_key(report, "author")},
        "/toujours-exact/": {"key": key_for(mine, who)},
        "/bureau/doublons/": {"pk": pair.pk},
        "/bureau/suggestions/": {"pk": Statement.objects.filter(status=Statement.PROPOSED).order_by("pk")[0].pk},
        "/revendications/": {"public_id": claim.public_id},
        "/bureau/imports/": {"public_id": table.public_id, "number": 1},
        "/bureau/manquantes/": {"public_id": Missing.objects.order_by("pk")[0].public_id},
    }  # fmt: skip


def example_of(pattern: str, known: dict[str, Example]) -> Example | None:
    """The parameters of an address; None when no example gives them all."""
    wanted = set(re.findall(r"<(?:\w+:)?(\w+)>", pattern))
    for start in sorted((one for one in known if pattern.startswith(one)), key=len, reverse=True):
        if wanted <= set(known[start]):
            return {name: known[start][name] for name in wanted}
    return None if wanted else {}
