"""Every address asked for real, by five people, on a site where everything happened: who is let in, and that looking writes nothing."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from horizon.config.routes import Route, walk
from horizon.config.settings import MIDDLEWARE
from horizon.kernel.models import Event
from tests.house.crawl_kit import example_of, examples, people
from tests.people import enter

pytestmark = pytest.mark.django_db
PEOPLE = ("visitor", "stranger", "other", "agent", "operator")
SESSIONS = ('"django_session"', '"usersessions_usersession"')
READS = re.compile(
    r"\s*(SELECT|SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT|PRAGMA|EXPLAIN|DECLARE \S+ [A-Z ]*CURSOR)\b",
    re.IGNORECASE,
)
LET_IN, SENT_TO_SIGN_IN, REFUSED, NOTHING_TO_LOOK_AT = 200, 302, 403, 405
# What differs from the rule of the address: what it answers to each of the five; to a POST, where there is nothing to look at.
TABLE = """
account_confirm_login_code 302 302 302 302 302
account_login 200 302 302 302 302
account_logout 302 200 200 200 200
account_request_login_code 200 302 302 302 302
actors:answer 403 403 403 403 302
actors:ask-withdraw 403 404 404 404 404
actors:attestation 302 403 403 403 404
actors:change-kind 302 403 403 403 405
actors:contact-forget 302 403 403 403 405
actors:demo-enter 404 404 404 404 404
actors:due 302 403 403 403 405
actors:end-role 302 403 403 403 200
actors:finish-note 302 403 403 403 405
actors:invitation 302 404 404 404 404
actors:join 302 403 403 403 200
actors:leave 302 403 403 403 200
actors:link-answer 302 403 403 403 403
actors:link-end 403 403 403 403 302
actors:link-reopen 403 403 403 403 403
actors:links 302 403 403 403 200
actors:mandate 403 404 404 404 404
actors:mandate-contacts 302 404 404 404 404
actors:of-age 302 302 302 302 302
actors:relay 302 403 403 403 200
actors:relay-end 403 403 403 403 302
actors:role 403 404 404 404 404
actors:sign-out-everywhere 403 302 302 302 302
actors:team 302 403 403 403 200
api-v1:indicateurs 404 404 404 404 404
care:claim 302 403 403 403 200
care:closure 302 403 403 403 200
care:confirm 302 403 403 403 200
care:declare-link 302 403 403 403 200
care:duplicate 302 404 404 404 200
care:history-undo 403 403 403 403 302
care:import-line 302 403 403 403 404
care:photo-remove 403 403 403 403 302
care:photos 302 403 403 403 200
care:split 302 403 403 403 405
care:suggestion 302 404 404 404 200
care:undo-confirm 403 403 403 403 302
directory:cards 409 409 409 409 409
exchange:accept 403 404 404 404 404
exchange:agree 302 404 404 404 404
exchange:close 302 404 404 404 200
exchange:deal 302 404 404 404 404
exchange:decline 302 404 404 404 404
exchange:edit 302 404 404 404 200
exchange:message 302 404 404 404 404
exchange:picture-change 403 404 404 404 302
exchange:pictures 302 404 404 404 200
exchange:publish 302 404 404 404 200
exchange:renew 302 404 404 404 200
exchange:reopen 302 404 404 404 404
exchange:return 403 404 404 404 404
exchange:together 302 404 404 404 404
listening:answer-together 302 302 302 302 302
kernel:forget-interrupted 302 302 302 302 302
listening:by-reference 302 403 403 403 302
listening:show-voice 302 403 403 403 405
listening:split 302 403 403 403 405
listening:take-back 302 403 403 403 200
mfa_authenticate 302 302 302 302 302
mfa_deactivate_totp 302 404 404 404 404
mfa_download_recovery_codes 302 404 404 404 404
mfa_edit_webauthn 302 404 404 404 404
mfa_login_webauthn 302 302 302 302 302
mfa_remove_webauthn 302 404 404 404 404
mfa_view_recovery_codes 302 404 404 404 404
opendata:api-unknown 404 404 404 404 404
opendata:file 404 404 404 404 404
pages:keep 302 302 302 302 302
proconnect 404 404 404 404 404
proconnect-back 404 404 404 404 404
relief:act 404 404 404 404 302
relief:act-keyed 302 302 302 302 302
relief:change 403 404 404 404 404
relief:help 403 302 302 302 302
subscriptions:confirm 302 302 302 302 302
values:act 403 403 403 403 403
values:answer 302 403 403 403 403
values:propose 302 302 302 302 302
values:reply 302 403 403 403 403
values:report 302 403 403 403 403
values:withdraw 403 403 403 403 302
values:write 302 403 403 403 200
"""


def expected() -> dict[str, list[int]]:
    """What the table says, by address."""
    rows = (line.split() for line in TABLE.strip().splitlines())
    return {row[0]: [int(code) for code in row[1:]] for row in rows}


def by_rule(route: Route) -> list[int]:
    """What an address answers to each of the five when it is not in the table."""
    if route.rule == "everyone":
        return [LET_IN] * 5
    if route.rule == "operators":
        return [SENT_TO_SIGN_IN, REFUSED, REFUSED, REFUSED, LET_IN]
    return [SENT_TO_SIGN_IN, LET_IN, LET_IN, LET_IN, LET_IN]


def look(client: Client, path: str) -> tuple[int, list[str]]:
    """What a GET answers, and what it writes besides the session."""
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(path)
        b"".join(answer.streaming_content) if answer.streaming else answer.content
    asked = [query["sql"] for query in seen if not any(table in query["sql"] for table in SESSIONS)]
    return answer.status_code, [sql for sql in asked if not READS.match(sql)]


def send(client: Client, path: str) -> tuple[int, int]:
    """What an empty POST answers, and how many events it leaves besides that of the session; all of it is then undone."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    events = Event.objects.exclude(verb="open_session")
    before = events.count()
    with transaction.atomic():
        code = client.post(path).status_code
        written = events.count() - before
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies)
    return code, written


def test_each_address_answers_each_person_what_it_should(published, settings, tmp_path):
    settings.MEDIA_ROOT, settings.VAR, settings.MIDDLEWARE = tmp_path, tmp_path, MIDDLEWARE
    known, said, problems, lines = examples(), expected(), [], []
    clients = {}
    for name, person in people().items():
        clients[name] = Client(raise_request_exception=False)
        if person:
            enter(clients[name], person)
    for route in walk():
        example = example_of(route.pattern, known)
        if example is None:
            problems.append(f"{route.name}: no example of {route.pattern} in tests/house/crawl_kit.py")
            continue
        path = reverse(route.name, kwargs=example)
        codes, sents = [], []
        for name in PEOPLE:
            code, writes = look(clients[name], path)
            codes.append(code)
            if writes:
                problems.append(f"GET {path} by {name} writes: {writes[0][:100]}")
            if code >= 500:
                problems.append(f"GET {path} by {name}: {code}")
            if route.name != "account_logout" or name == "visitor":
                sent, written = send(clients[name], path)
                sents.append(sent)
                kept_out = code in (403, 404) or (name == "visitor" and route.rule != "everyone")
                if sent >= 500 or (written and (sent >= 400 or kept_out)) or (kept_out and sent < 400):
                    problems.append(
                        f"POST {path} by {name}: {sent}, {written} events, where a GET answers {code}"
                    )
        codes = sents if set(codes[1:]) == {NOTHING_TO_LOOK_AT} else codes
        if codes != said.get(route.name, by_rule(route)):
            problems.append(
                f"the table should say, if that is right: {route.name} {' '.join(map(str, codes))}"
            )
        lines.append(route.name)
    gone = sorted(set(said) - set(lines))
    assert not problems and not gone, "\n".join([*problems, *gone])
