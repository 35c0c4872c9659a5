"""Writes of statements: propose, publish, refuse, undo; each is journalled and none overwrites another."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from horizon.actors.merged import of
from horizon.actors.models import Organization, Person, touch
from horizon.actors.spoken import record_spoken
from horizon.directory.models import Closure, Entry, Statement
from horizon.directory.said.fields import FIELDS, clean
from horizon.directory.said.overlay import ADDED, register_value
from horizon.directory.said.settling import ask_again, settle
from horizon.kernel.journal import record_event, record_events
from horizon.kernel.publicid import random_id
from horizon.kernel.refusal import Refused


@transaction.atomic
def state(
    organization: Organization, changes: dict[str, object], *, origin: str, actor: str, author: Person | None = None,
    message: str = "", email: str = "", heard_from: str = "", publish: bool = False, licence: str = "",
) -> list[Statement]:  # fmt: skip  # noqa: PLR0913
    """Keeps what is said of some fields as one batch; with `publish`, publishes it at once.

    A value that is already published, or that a living proposal of the same batch origin says, is left out; not what
    answers a closure that waits, though the register says it too.
    Raises Refused when a value cannot be kept (message in French) or nothing is left to say.
    """
    Organization.objects.select_for_update().get(pk=organization.pk)
    entry = Entry.objects.filter(organization=organization).first()
    batch, made = random_id(), []
    current = {code: s.value for code, s in _shown(organization).items()}
    for code, value in changes.items():
        try:
            kept = clean(code, value)
        except ValidationError as problem:
            raise Refused(f"{FIELDS[code].label} : {problem.messages[0]}") from problem
        base = register_value(entry, code) if entry else None
        if kept == current.get(code, base) and not (
            code == "state"
            and Closure.objects.filter(organization=organization, status=Closure.WAITING).exists()
        ):
            continue
        made.append(
            Statement.objects.create(
                organization=organization, field=code, value=kept, base=base, origin=origin, author=author, batch=batch,
                message=message.strip()[:1000], email=email.strip().lower(), heard_from=heard_from.strip()[:200],
                **({"licence": licence} if licence else {}),
            )
        )  # fmt: skip
    if made:
        record_spoken(
            None if origin == Statement.VISITOR else organization, "state", "organization", organization.public_id, actor=actor,
            payload={"fields": [s.field for s in made], "origin": origin, "batch": batch, **_heard(heard_from)},
        )  # fmt: skip
    if publish:
        made = [publish_statement(statement, actor=actor) for statement in made]
    return made


def _shown(organization: Organization) -> dict[str, Statement]:
    """What the page shows of what was said: its own words, else those of what was merged into it, as they are laid."""
    said = Statement.objects.filter(of(organization), status=Statement.PUBLISHED)
    own = {s.field: s for s in said if s.organization_id == organization.pk}
    others = [s for s in said if s.organization_id != organization.pk and s.field in ADDED]
    for s in sorted(others, key=lambda s: s.decided_at or s.created_at, reverse=True):
        own.setdefault(s.field, s)
    return own


def _heard(heard_from: str) -> dict:
    return {"entered_for_somebody": True} if heard_from else {}


@transaction.atomic
def publish_statement(statement: Statement, *, actor: str) -> Statement:
    """Publishes a proposal in place of what was published. Raises Refused when it was answered meanwhile."""
    Organization.objects.select_for_update().get(pk=statement.organization_id)
    kept = Statement.objects.select_for_update().get(pk=statement.pk)
    if kept.status != Statement.PROPOSED:
        raise Refused("Cette proposition a déjà reçu une réponse.")
    put_in_place(kept)
    kept.email = kept.reason = ""
    kept.save()
    settle(kept, actor=actor)
    _tell("publish", kept, actor)
    return kept


def put_in_place(statement: Statement) -> None:
    """Makes it the published one, unsaved; what was published of this field is replaced, and known as what was before."""
    before = Statement.objects.filter(
        organization_id=statement.organization_id, field=statement.field, status=Statement.PUBLISHED
    ).first()
    if before:
        before.status = Statement.REPLACED
        before.save(update_fields=["status"])
    statement.status, statement.previous, statement.decided_at = Statement.PUBLISHED, before, timezone.now()


@transaction.atomic
def refuse_statement(statement: Statement, reason: str, *, actor: str) -> Statement:
    """Refuses a proposal, with the reason that its author reads."""
    Organization.objects.select_for_update().get(pk=statement.organization_id)
    kept = Statement.objects.select_for_update().get(pk=statement.pk)
    if kept.status != Statement.PROPOSED:
        raise Refused("Cette proposition a déjà reçu une réponse.")
    kept.status, kept.reason, kept.decided_at, kept.email = (
        Statement.REFUSED,
        reason.strip()[:500],
        timezone.now(),
        "",
    )
    kept.save()
    _tell("refuse", kept, actor)
    return kept


@transaction.atomic
def undo_statement(statement: Statement, *, actor: str) -> Statement:
    """Undoes the answer: what was published before is back, or the refused proposal waits again.

    Raises Refused when something else was published since.
    """
    Organization.objects.select_for_update().get(pk=statement.organization_id)
    kept = Statement.objects.select_for_update(of=("self",)).select_related("previous").get(pk=statement.pk)
    if kept.status == Statement.PUBLISHED:
        before = kept.previous
        kept.status = (
            Statement.PROPOSED if kept.origin in {Statement.VISITOR, Statement.REGISTER} else Statement.UNDONE
        )
        kept.previous = None
        kept.save()
        ask_again(kept, actor=actor)
        if before and before.status == Statement.REPLACED:
            before.status = Statement.PUBLISHED
            before.save(update_fields=["status"])
    elif kept.status == Statement.REFUSED:
        kept.status, kept.reason, kept.decided_at = Statement.PROPOSED, "", None
        kept.save()
    elif kept.status == Statement.REPLACED:
        raise Refused("Une autre valeur l’a remplacée depuis : annulez d’abord la plus récente.")
    else:
        raise Refused("Cette réponse est déjà annulée.")
    _tell("undo", kept, actor)
    return kept


@transaction.atomic
def take_statement_away(statement: Statement, reason: str, *, actor: str) -> Statement:
    """Takes a statement off the page or its history after a report, for a reason; the registers' value is shown again."""
    Organization.objects.select_for_update().get(pk=statement.organization_id)
    kept = Statement.objects.select_for_update().get(pk=statement.pk)
    if kept.status not in Statement.PUBLIC:
        raise Refused("Cette information n’est plus publiée.")
    shown = kept.status == Statement.PUBLISHED
    kept.status, kept.reason, kept.decided_at = Statement.REFUSED, reason.strip()[:500], timezone.now()
    kept.save(update_fields=["status", "reason", "decided_at"])
    if shown:
        ask_again(kept, actor=actor)
    _tell("take_away", kept, actor)
    return kept


@transaction.atomic
def put_statement_back(statement: Statement, *, actor: str) -> Statement:
    """Undoes that: on the page, or in its history under the one that replaced it. Raises Refused when something else was published since."""
    organization = Organization.objects.select_for_update().get(pk=statement.organization_id)
    kept = Statement.objects.select_for_update().get(pk=statement.pk)
    replaced = Statement.objects.filter(previous=kept).exists()
    living = Statement.objects.filter(organization=organization, field=kept.field, status=Statement.PUBLISHED)
    if kept.status != Statement.REFUSED:
        raise Refused("Cette information n’a pas été retirée.")
    if not replaced and living.exists():
        raise Refused("Une autre valeur l’a remplacée depuis : annulez d’abord la plus récente.")
    kept.status, kept.reason, kept.decided_at = (
        Statement.REPLACED if replaced else Statement.PUBLISHED, "", timezone.now(),
    )  # fmt: skip
    kept.save(update_fields=["status", "reason", "decided_at"])
    if not replaced:
        settle(kept, actor=actor)
    _tell("put_back", kept, actor)
    return kept


def _tell(verb: str, statement: Statement, actor: str) -> None:
    touch(statement.organization)
    record_spoken(
        statement.organization, verb, "statement", statement.pk, actor=actor,
        payload={"organization": statement.organization.public_id, "field": statement.field},
    )  # fmt: skip


def compare_with_registers(
    entries: Iterable[Entry], statements: dict[int, dict[str, Statement]], *, actor: str
) -> int:
    """After new registers, before laying: files a suggestion where a register now says something new of a stated field.

    What it said when the person spoke, and what the person said, are nothing new; nor is what was already filed.
    Returns how many were filed.
    """
    filed: dict[tuple[int, str], list[object]] = {}
    for row in Statement.objects.filter(origin=Statement.REGISTER).values_list(
        "organization_id", "field", "value"
    ):
        filed.setdefault(row[:2], []).append(_unordered(row[2]))
    made = []
    for entry in entries:
        for code, statement in statements.get(entry.organization_id, {}).items():
            now = FIELDS[code].read(entry) if code in FIELDS else None
            known = [_unordered(statement.base), _unordered(statement.value), "", None, []]
            if code not in FIELDS or _unordered(now) in known:
                continue
            if _unordered(now) in filed.get((entry.organization_id, code), []):
                continue
            made.append(
                Statement(
                    organization_id=entry.organization_id,
                    field=code,
                    value=now,
                    base=now,
                    origin=Statement.REGISTER,
                )
            )
    filed_now = Statement.objects.bulk_create(made, batch_size=500)
    return record_events("file_register_change", "statement", [s.pk for s in filed_now], actor=actor)


def _unordered(value: object) -> object:
    """Doors were once kept by rank: another order of the same codes says nothing new."""
    return sorted(value) if isinstance(value, list) else value


@transaction.atomic
def declare_organization(
    values: dict[str, object], *, kind: str, origin: str, actor: str, author: Person | None = None,
    heard_from: str = "", message: str = "", licence: str = "",
) -> Organization:  # fmt: skip  # noqa: PLR0913
    """A structure that no register knows: at least its name and commune, published at once. Raises Refused."""
    try:
        cleaned = {code: clean(code, value) for code, value in values.items() if value not in ("", None, [])}
    except ValidationError as problem:
        raise Refused(problem.messages[0]) from problem
    if not cleaned.get("name") or not cleaned.get("commune"):
        raise Refused("Il faut au moins son nom et sa commune.")
    organization = Organization.objects.create(
        public_id=random_id(), name=str(cleaned["name"])[:300], kind=kind
    )
    record_event(
        "declare",
        "organization",
        organization.public_id,
        actor=actor,
        payload={"kind": kind, **_heard(heard_from)},
    )
    state(
        organization,
        cleaned,
        origin=origin,
        actor=actor,
        author=author,
        heard_from=heard_from,
        message=message,
        licence=licence,
        publish=True,
    )
    return organization


@transaction.atomic
def withdraw_declared(organization: Organization, *, actor: str) -> None:
    """Takes a declared structure out of the lists: what was said of it is undone, its public id stays for ever."""
    Organization.objects.select_for_update().get(pk=organization.pk)
    published = Statement.objects.filter(organization=organization, status=Statement.PUBLISHED)
    published.update(status=Statement.UNDONE, decided_at=timezone.now())
    touch(organization)
    record_event("withdraw", "organization", organization.public_id, actor=actor)


@transaction.atomic
def declare_again(
    organization: Organization, values: dict[str, object], *, kind: str, origin: str, actor: str, author: Person | None = None
) -> Organization:  # fmt: skip
    """Undoes `withdraw_declared`: what was said when it was withdrawn is published again, on the same page.

    Words that are no longer kept are said anew from `values`.
    """
    Organization.objects.select_for_update().get(pk=organization.pk)
    organization.kind = kind
    organization.save(update_fields=["kind"])
    undone = Statement.objects.filter(organization=organization, status=Statement.UNDONE)
    last = undone.aggregate(at=Max("decided_at"))["at"]
    spoken = set(
        Statement.objects.filter(organization=organization, status=Statement.PUBLISHED).values_list("field", flat=True)
    )  # fmt: skip
    for statement in undone.filter(decided_at=last).exclude(field__in=spoken).order_by("-pk"):
        if statement.field not in spoken:
            spoken.add(statement.field)
            statement.status, statement.decided_at = Statement.PUBLISHED, timezone.now()
            statement.save(update_fields=["status", "decided_at"])
    for code, value in values.items():
        if code not in spoken and value not in ("", None, []):
            made = Statement.objects.create(
                organization=organization, field=code, value=clean(code, value), origin=origin, author=author
            )
            publish_statement(made, actor=actor)
    touch(organization)
    record_event("declare_again", "organization", organization.public_id, actor=actor)
    return organization
