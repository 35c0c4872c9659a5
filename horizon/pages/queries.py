"""Texts as shown: the last version over the shipped one."""

from __future__ import annotations

from typing import NamedTuple

from horizon.engine.guiding import Answers, steps_for
from horizon.pages import shipped
from horizon.pages.models import Version


class Text(NamedTuple):
    """A step or an example as shown: its values, its version, whether it is hidden."""

    code: str
    values: dict[str, str]
    number: int = 0
    hidden: bool = False

    @property
    def documents(self) -> list[str]:
        """What to prepare."""
        return [one.strip() for one in self.values.get("documents", "").split(";") if one.strip()]

    @property
    def doors(self) -> list[str]:
        """The doors of an example."""
        return self.values.get("doors", "").split()

    @property
    def poles(self) -> list[str]:
        """The poles of an example."""
        return self.values.get("poles", "").split()

    @property
    def needs(self) -> list[str]:
        """The references of the needs that somebody attached an example to."""
        return self.values.get("needs", "").split()


def all_texts(kind: str) -> list[Text]:
    """Every text of a kind, hidden ones included: those shipped in their order, then those written here. One query."""
    last: dict[str, Version] = {}
    for version in Version.objects.filter(kind=kind).order_by("code", "number"):
        last[version.code] = version
    found = []
    for code, values in shipped.texts(kind).items():
        found.append(_text(last.pop(code)) if code in last else Text(code, values))
    return found + [_text(version) for version in last.values()]


def _text(version: Version) -> Text:
    return Text(version.code, version.values, version.number, version.hidden)


def shown_texts(kind: str) -> list[Text]:
    """The texts that are shown. One query."""
    return [text for text in all_texts(kind) if not text.hidden]


def current_values(kind: str, code: str) -> dict[str, str]:
    """The values of a text as they are now; empty ones for a new text. One query."""
    last = Version.objects.filter(kind=kind, code=code).order_by("-number").first()
    return dict(last.values) if last else dict(shipped.texts(kind).get(code, {}))


def examples(door: str = "", pole: str = "", limit: int = 0) -> list[Text]:
    """Examples behind a door or of a pole; those of which it is the first door come first. One query."""
    found = shown_texts(Version.EXAMPLE)
    if door:
        found = sorted(
            (text for text in found if door in text.doors), key=lambda text: text.doors.index(door)
        )
    if pole:
        found = [text for text in found if pole in text.poles]
    return found[:limit] if limit else found


def examples_for(need: str, door: str, pole: str, limit: int) -> list[Text]:
    """Examples for a need: those attached to it, then those behind its door, then those of its pole. One query."""
    ranked = []
    for text in shown_texts(Version.EXAMPLE):
        if need in text.needs:
            ranked.append((-1, text))
        elif door and door in text.doors:
            ranked.append((text.doors.index(door), text))
        elif pole and pole in text.poles:
            ranked.append((100, text))
    return [text for _, text in sorted(ranked, key=lambda one: one[0])[:limit]]


def path_steps(answers: Answers, texts: list[Text] | None = None) -> list[Text]:
    """The steps for some answers, in their order. One query, none where the texts of all steps were read before."""
    by_code = {text.code: text for text in (shown_texts(Version.STEP) if texts is None else texts)}
    return [
        by_code[code]
        for code in steps_for(answers, ((text.code, text.values["when"]) for text in by_code.values()))
    ]


def read_answers(get) -> dict[str, list[str]]:
    """The answers that an address holds; what is no option is left out."""
    found = {}
    for question in shipped.questions():
        known = {code for code, _ in question.options}
        chosen = [value for value in dict.fromkeys(get.getlist(question.code)) if value in known]
        if chosen:
            found[question.code] = chosen if question.many else chosen[:1]
    return found
