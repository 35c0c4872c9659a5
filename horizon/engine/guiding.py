"""Which steps for these answers? A guided path (parcours) as rows of conditions, on plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

Answers = Mapping[str, frozenset[str]]


class BadCondition(ValueError):
    """A condition that cannot be read, or names a question or an option that does not exist."""


class Term(NamedTuple):
    """One `question=option`."""

    question: str
    option: str


def read_condition(text: str) -> tuple[frozenset[Term], ...]:
    """Alternatives (`|`) of terms that hold together (`&`); an empty text always holds.

    >>> [sorted(together) for together in read_condition("stade=idee | stade=declaree & projet=don")]
    [[Term(question='stade', option='idee')], [Term(question='projet', option='don'), Term(question='stade', option='declaree')]]
    """
    if not text.strip():
        return (frozenset(),)
    found = []
    for alternative in text.split("|"):
        terms = set()
        for written in alternative.split("&"):
            question, sign, option = (part.strip() for part in written.partition("="))
            if not (question and sign and option):
                raise BadCondition(f"cannot read {written.strip()!r} in {text!r}")
            terms.add(Term(question, option))
        found.append(frozenset(terms))
    return tuple(found)


def holds(condition: tuple[frozenset[Term], ...], answers: Answers) -> bool:
    """Whether one alternative holds for the answers."""
    return any(
        all(term.option in answers.get(term.question, frozenset()) for term in together)
        for together in condition
    )


def check(condition: tuple[frozenset[Term], ...], options: Mapping[str, frozenset[str]]) -> None:
    """Raises BadCondition when a term names a question or an option that does not exist."""
    for together in condition:
        for term in together:
            if term.option not in options.get(term.question, frozenset()):
                raise BadCondition(f"no option {term.option!r} of {term.question!r}")


def steps_for(answers: Answers, steps: Iterable[tuple[str, str]]) -> list[str]:
    """The codes of the steps (code, condition) whose condition holds, in their order, each once.

    >>> steps_for({"stade": frozenset({"idee"})}, [("declarer", "stade=idee"), ("payer", "stade=declaree"), ("assurer", "")])
    ['declarer', 'assurer']
    """
    return list(dict.fromkeys(code for code, text in steps if holds(read_condition(text), answers)))
