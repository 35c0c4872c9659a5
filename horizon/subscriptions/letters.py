"""What letters say: text and simple HTML from the same values, in French, short; and their headers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import formataddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone

from horizon.kernel import news
from horizon.kernel.mail import contact_address
from horizon.kernel.news import News
from horizon.kernel.registry import Waiting
from horizon.kernel.templatetags.atlas import MONTHS, plural
from horizon.subscriptions import keys, topics
from horizon.subscriptions.models import Message, Subscriber, Subscription

SHOWN = 12
NAME = "Horizon Commun"


@dataclass(frozen=True)
class Letter:
    """A message ready to keep: its subject, its text, the same in HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Section:
    """What happened around one thing that somebody follows."""

    title: str
    kind: str
    value: str
    items: list[News]


@dataclass(frozen=True)
class Line:
    """One line of a letter: what it is, its title, its sentences, its address."""

    label: str
    title: str
    said: str
    href: str


def digest(subscriber: Subscriber, sections: Sequence[Section], unsure: datetime | None) -> Letter:
    """The letter of what happened. `unsure`: when the one before was given to a server that never answered."""
    drawn = [_drawn(section) for section in sections]
    total = sum(section["count"] for section in drawn)
    first = drawn[0]["title"]
    what = "Une nouvelle" if total == 1 else f"{total} nouvelles"
    more = f" et {len(drawn) - 1} autre{'s' if len(drawn) > 2 else ''}" if len(drawn) > 1 else ""
    return _letter(
        "digest", subscriber, f"{what} : {first}{more}",
        {"sections": drawn, "unsure": _day(unsure) if unsure else "", "stop": keys.whole(keys.stop_path(subscriber, keys.NEWS))},
    )  # fmt: skip


def _drawn(section: Section) -> dict:
    """A section as templates read it: several news of one page make one line; past twelve, the page has the rest."""
    order = list(news.KINDS)
    ordered = [
        Line(item.label, item.title, item.said, keys.whole(item.href))
        for item in sorted(news.merged(section.items), key=lambda item: order.index(item.kind))
    ]
    page = topics.page_of(section.kind, section.value)
    return {
        "title": section.title,
        "count": len(ordered),
        "page": keys.whole(page) if page else "",
        "rest": plural(len(ordered) - SHOWN, "autre", "autres") if len(ordered) > SHOWN else "",
        "lines": ordered[:SHOWN],
    }


def reminder(subscriber: Subscriber, waiting: Sequence[Waiting]) -> Letter:
    """The letter of what waits, apart from the news."""
    count = len(waiting)
    subject = "Une chose vous attend" if count == 1 else f"{count} choses vous attendent"
    lines = [
        Line("", item.title, f"depuis le {_day(item.since)}", keys.whole(item.href))
        for item in waiting[:SHOWN]
    ]
    return _letter(
        "reminder", subscriber, subject,
        {
            "lines": lines, "rest": plural(count - SHOWN, "autre", "autres") if count > SHOWN else "",
            "count": count, "stop": keys.whole(keys.stop_path(subscriber, keys.REMINDERS)),
        },
    )  # fmt: skip


def confirmation(subscription: Subscription) -> Letter:
    """The message that asks an address to confirm."""
    return _letter(
        "confirm", subscription.subscriber, f"À confirmer : suivre {subscription.title}",
        {"title": subscription.title, "link": keys.whole(keys.confirm_path(subscription))},
    )  # fmt: skip


def already(subscriber: Subscriber, title: str) -> Letter:
    """The message to an address that follows this already: only the mailbox learns it."""
    return _letter("known", subscriber, f"Vous suivez déjà : {title}", {"title": title, "said": ""})


def full(subscriber: Subscriber, title: str, said: str) -> Letter:
    """The message to an address that follows too much."""
    return _letter("known", subscriber, f"Pas encore suivi : {title}", {"title": title, "said": said})


def _letter(name: str, subscriber: Subscriber, subject: str, values: dict) -> Letter:
    fiction = news.fictitious()
    whole = {
        **values,
        "manage": keys.whole(keys.manage_path(subscriber)),
        "origin": settings.ORIGIN,
        "fiction": fiction,
        "operator": settings.OPERATOR,
        "answered": bool(contact_address()),
    }
    title = " ".join(f"{'[Fictif] ' if fiction else ''}{subject}".split())
    if len(title) > 120:
        title = title[:119].rstrip() + "…"
    text = render_to_string(f"subscriptions/mail/{name}.txt", whole)
    html = render_to_string(f"subscriptions/mail/{name}.html", {**whole, "subject": title})
    return Letter(title, text.strip() + "\n", html.strip() + "\n")


def as_mail(message: Message) -> EmailMultiAlternatives:
    """A message of the outbox with its headers: the same Message-ID at each try, one-click unsubscription on letters."""
    host = urlsplit(settings.ORIGIN).hostname or "localhost"
    headers = {"Message-ID": f"<{message.public_id}@{host}>", "Auto-Submitted": "auto-generated"}
    what = keys.stop_of(message)
    if what:
        headers["List-Unsubscribe"] = f"<{keys.whole(keys.stop_path(message.subscriber, what))}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        headers["List-Id"] = f"{NAME} <{what}.{host}>"
    mail = EmailMultiAlternatives(
        subject=message.subject, body=message.text, to=[message.subscriber.address], headers=headers,
        from_email=formataddr((NAME, settings.DEFAULT_FROM_EMAIL)) if "<" not in settings.DEFAULT_FROM_EMAIL else None,
        reply_to=[contact] if (contact := contact_address()) else None,
    )  # fmt: skip
    mail.attach_alternative(message.html, "text/html")
    return mail


def _day(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{'1er' if local.day == 1 else local.day} {MONTHS[local.month - 1]} {local.year}"
