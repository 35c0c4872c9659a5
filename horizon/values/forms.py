"""Shapes of what is typed about values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from horizon.kernel.forms import HouseForm, choice, day, text
from horizon.values.criteria import Criterion, by_theme, criteria
from horizon.values.models import Answer, Seen

WRONG_LINK = "Cette adresse n’est pas complète, par exemple https://www.exemple.fr/comptes.pdf."


def _link(value: str) -> None:
    try:
        URLValidator(schemes=["http", "https"])(value)
    except ValidationError as problem:
        raise ValidationError(WRONG_LINK) from problem


class AssessmentForm(HouseForm):
    """An answer, words and a link for each criterion; everything is optional, so that a draft may be kept at any moment."""

    since = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, answers: Mapping[str, Answer] | None = None, stamp: str = "", **kwargs):
        known = answers or {}
        initial = {"since": stamp}
        for code, row in known.items():
            initial |= {f"{code}-answer": row.answer, f"{code}-words": row.words, f"{code}-link": row.link}
        super().__init__(*args, initial=initial, **kwargs)
        for one in criteria():
            self.add(
                **{
                    f"{one.code}-answer": choice(one.question, Answer.CHOICES, required=False, radio=True),
                    f"{one.code}-words": text(
                        "Comment ?", f"Pour montrer : {one.evidence}", rows=3, required=False, limit=2000
                    ),
                    f"{one.code}-link": text("Un lien pour le voir", required=False, limit=500),
                }
            )
            self.fields[f"{one.code}-link"].validators.append(_link)

    def themes(self) -> Iterator[tuple[str, list[tuple[Criterion, list]]]]:
        """The fields under their themes, in order."""
        for theme, ones in by_theme():
            yield (
                theme,
                [(one, [self[f"{one.code}-{part}"] for part in ("answer", "words", "link")]) for one in ones],
            )

    def said(self) -> dict[str, tuple[str, str, str]]:
        """What is answered, by criterion."""
        data = self.cleaned_data
        return {
            one.code: (
                data.get(f"{one.code}-answer", ""),
                (data.get(f"{one.code}-words") or "").strip(),
                (data.get(f"{one.code}-link") or "").strip(),
            )
            for one in criteria()
        }


class ProposeForm(HouseForm):
    """Who visits, when, and in what role."""

    def __init__(self, *args, others: list[tuple[str, str]], label: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.add(
            other=choice(label, others),
            on=day("Quel jour ?", "Le jour se change encore en acceptant.", required=True),
            who=text("Qui vient ?", "En quelle qualité plutôt que des noms : « deux bénévoles et la directrice ».", required=False, limit=200),
        )  # fmt: skip


class AnswerForm(HouseForm):
    """Accepting, with another day if it suits better, or declining with a reason."""

    on = day("Un autre jour", "Laissez ainsi pour garder celui qui est proposé.")
    reason = text("Pourquoi décliner ?", "L’autre structure lira cette raison.", required=False, limit=500)


class ReportForm(HouseForm):
    """What the visitor saw of each criterion that the version answers; `stamp` tells which text was shown."""

    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args,
        edition: str,
        seen: Mapping[str, Seen] | None = None,
        who: str = "",
        stamp: str = "",
        **kwargs,
    ):
        known = seen or {}
        initial = {"who": who, "stamp": stamp}
        for code, row in known.items():
            initial |= {f"{code}-verdict": row.verdict, f"{code}-note": row.note}
        super().__init__(*args, initial=initial, **kwargs)
        self.edition = edition
        self.add(
            who=text("Qui est venu ?", "En quelle qualité plutôt que des noms.", required=False, limit=200)
        )
        for one in criteria(edition):
            self.add(
                **{
                    f"{one.code}-verdict": choice(
                        "L’avez-vous vu ?", Seen.CHOICES, required=False, radio=True
                    ),
                    f"{one.code}-note": text("Note", required=False, limit=500, rows=2),
                }
            )

    def rows(self) -> Iterator[tuple[Criterion, list]]:
        """The fields of each criterion, in order."""
        for one in criteria(self.edition):
            yield one, [self[f"{one.code}-verdict"], self[f"{one.code}-note"]]

    def said(self) -> dict[str, tuple[str, str]]:
        """What was seen, by criterion."""
        data = self.cleaned_data
        return {
            one.code: (data.get(f"{one.code}-verdict", ""), (data.get(f"{one.code}-note") or "").strip())
            for one in criteria(self.edition)
        }


class NoteForm(ReportForm):
    """A visit that was told on paper or by telephone: who came, when, what was seen, and from whom it is known."""

    def __init__(self, *args, others: list[tuple[str, str]], edition: str, **kwargs):
        super().__init__(*args, edition=edition, **kwargs)
        self.add(
            other=choice("Quelle structure est venue ?", [("", ""), *others]),
            on=day("Quel jour ?", required=True),
            heard_visitor=text("Qui vous le dit, chez qui a visité ?", "En quelle qualité, et comment : « la directrice, au téléphone ».", limit=200),
            heard_visited=text("Et chez qui a reçu ?", "Vide : il lui sera demandé de confirmer, comme d’habitude.", required=False, limit=200),
            reply=text("Ce que répond la structure visitée", rows=4, required=False, limit=2000),
        )  # fmt: skip


class ReplyForm(HouseForm):
    """What the visited structure answers."""

    stamp = forms.CharField(required=False, widget=forms.HiddenInput)
    reply = text("Ce que vous répondez", "Montré sous le compte rendu.", rows=4, required=False, limit=2000)
