"""Shapes of what people type in listening; no decision here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from django import forms

from horizon.actors.models import Mandate, Organization, Person, Pole
from horizon.engine.folding import fold
from horizon.engine.wording import Remark, remarks
from horizon.kernel.doors import DOORS
from horizon.kernel.forms import HouseForm, TrapField, address, choice, day, text
from horizon.kernel.publicid import SHAPE
from horizon.listening.access import Speaking
from horizon.listening.models import ANSWERING, PUBLICS, Answer, Voice
from horizon.listening.services.saying import LONGEST, fresh_once

AS = dict(ANSWERING)
NOWHERE = ("", "Je ne sais pas, ou partout")
PROPOSED = "Proposé d’après vos mots. Changez si ce n’est pas cela."
TO_TELL = "Pour vous dire ce qu’il en advient. Elle n’est pas montrée ; elle est oubliée ensuite."


class WordsForm(HouseForm):
    """Words that strangers will read: what could name somebody or hurt is said before anything is sent."""

    once = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)
    sure = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.remarks: list[Remark] = []
        self.initial.setdefault("once", fresh_once())

    def clean(self) -> dict:
        """Remarks what is personal or hurts, once: sent again as it is, it goes to whoever moderates."""
        data = super().clean() or {}
        data["once"] = data.get("once") or fresh_once()
        words = data.get("words", "")
        self.remarks = [remark for remark in remarks(words) if remark.told_first]
        if self.remarks and data.get("sure") != _seal(words):
            self.data = {**self.data.dict(), "sure": _seal(words)}  # type: ignore[attr-defined]
            seen = " ".join(f"« {remark.excerpt} » : {remark.sentence}" for remark in self.remarks)
            self.add_error("words", f"{seen} Corrigez, ou envoyez ainsi : l’équipe d’animation décidera.")
        return data


def _seal(words: str) -> str:
    return fold(words)[:200]


class SayForm(WordsForm):
    """One field."""

    words = text(
        "Qu’est-ce qui manque, ou quelle est votre idée, et où ?",
        "Par exemple : un endroit pour réparer les vélos à Lusignan ; ou : je voudrais ouvrir un café associatif à Sanxay.",
        rows=4, limit=LONGEST, missing="Dites en quelques mots ce qui manque, ou votre idée.",
    )  # fmt: skip
    second_message = TrapField()


class TooForm(WordsForm):
    """Somebody says it too."""

    words = text("Avec vos mots", "Si vous voulez préciser.", rows=3, limit=LONGEST, required=False)
    public = choice("Vous êtes", [("", "Je préfère ne pas le dire"), *PUBLICS], required=False)
    email = address("Votre adresse électronique", TO_TELL, required=False)
    second_message = TrapField()


class FollowForm(HouseForm):
    """What may be added once it is said; the place only while it is not public, then the desk alone changes it."""

    commune = choice("Où cela manque-t-il ?", [], required=False)
    public = choice("Vous êtes", [("", "Je préfère ne pas le dire"), *PUBLICS], required=False)
    email = address("Votre adresse électronique", TO_TELL, required=False)

    def __init__(
        self,
        *args,
        communes: list[tuple[str, str]],
        where: bool,
        poles: Sequence[Pole] | None = None,
        **kwargs,
    ):
        """With `poles`, the theme and the pole proposed from the words may be changed: while nobody has read them."""
        super().__init__(*args, **kwargs)
        if where:
            self.fields["commune"].choices = [NOWHERE, *communes]  # type: ignore[attr-defined]
        else:
            del self.fields["commune"]
        if poles is not None:
            doors = [("", "Je ne sais pas"), *((door.code, door.name) for door in DOORS)]
            self.add(
                door=choice(
                    "De quoi s’agit-il ?", doors, PROPOSED if self.initial.get("door") else "", required=False
                ),
                pole=choice(
                    "Quel pôle du collectif ?",
                    [("", "Je ne sais pas"), *((pole.code, pole.name) for pole in poles)],
                    PROPOSED if self.initial.get("pole") else "",
                    required=False,
                ),
            )


class PlaceForm(HouseForm):
    """The public text and its themes, as the desk corrects them."""

    text = text("Le texte publié", "Ce que chaque voix a dit n’est pas changé.", rows=4, limit=LONGEST)
    commune = choice("Commune", [], required=False)
    door = choice("Porte", [("", "à préciser"), *((d.code, d.name) for d in DOORS)], required=False)
    pole = choice("Pôle", [], required=False)

    def __init__(self, *args, communes: list[tuple[str, str]], poles: list[Pole], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["commune"].choices = [NOWHERE, *communes]  # type: ignore[attr-defined]
        self.fields["pole"].choices = [("", "à préciser"), *((p.code, p.name) for p in poles)]  # type: ignore[attr-defined]


class AddressForm(HouseForm):
    """Who is asked to answer, who follows it, until when."""

    to = choice("À qui cela s’adresse", [], required=False)
    structure = text("Ou à une structure", "Son nom, ou l’adresse de sa page.", required=False, limit=300)
    owner = choice("Qui le suit", [], required=False)
    due_on = day("À répondre avant le")

    def __init__(self, *args, mandates: list[Mandate], poles: list[Pole], people: list[Person], **kwargs):
        super().__init__(*args, **kwargs)
        to = [("", "personne encore")]
        to += [(f"mandate:{m.pk}", f"{m.title or m.get_function_display()} ({m.person})") for m in mandates]
        to += [(f"pole:{p.code}", f"Pôle {p.name}") for p in poles]
        self.fields["to"].choices = to  # type: ignore[attr-defined]
        self.fields["owner"].choices = [  # type: ignore[attr-defined]
            ("", "personne encore"),
            *((p.public_id, f"{p} ({p.email})") for p in people),
        ]


class AnswerForm(HouseForm):
    """An answer: what it is, which structures, in which name."""

    kind = choice("Votre réponse", [], radio=True)
    structures = text(
        "Quelles structures", "Une par ligne : le nom, ou l’adresse de la page.", rows=2, required=False, limit=900,
    )  # fmt: skip
    text = text(
        "En quelques phrases", "La personne qui a parlé les lira.", rows=4, required=False, limit=2000
    )
    speaks_as = choice("Vous répondez pour", [], radio=True)

    def __init__(self, *args, official: bool, voices: Sequence[Speaking], **kwargs):
        super().__init__(*args, **kwargs)
        kinds = Answer.KINDS if official else [kind for kind in Answer.KINDS if kind[0] == Answer.LEAD]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.fields["kind"].initial = kinds[0][0]
        self.voices = voices
        self.fields["speaks_as"].choices = [  # type: ignore[attr-defined]
            (str(i), one.title or AS[one.public].capitalize()) for i, one in enumerate(voices)
        ]
        self.fields["speaks_as"].initial = "0"


class ReasonForm(HouseForm):
    """Why a need, or the words of a voice, are not shown."""

    reason = text("Pourquoi", "La personne lira cette raison.", rows=3, limit=500, missing="Dites pourquoi.")


class LineForm(HouseForm):
    """One line of what somebody types for others."""

    words = text("Ce qui manque", rows=2, limit=LONGEST, missing="Dites ce qui manque, ou videz cette ligne.")
    commune = choice("Commune", [], required=False)
    public = choice("Qui parle", [("", "ce n’est pas dit"), *PUBLICS], required=False)
    reference = text("Référence de la fiche", required=False, limit=12)
    email = address("Adresse pour répondre", required=False)
    once = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    def __init__(self, *args, communes: list[tuple[str, str]], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["commune"].choices = [("", "d’après les mots"), *communes]  # type: ignore[attr-defined]
        self.initial.setdefault("once", fresh_once())

    def was_touched(self, data: Mapping[str, str]) -> bool:
        """Whether somebody wrote or chose something in this line."""
        return any(data.get(self.add_prefix(field.name), "").strip() for field in self.visible_fields())


class EntryForm(HouseForm):
    """How what is typed was heard."""

    origin = choice("Entendu", [o for o in Voice.ORIGINS if o[0] != Voice.WEB], radio=True)
    heard_from = text(
        "Où, quand, par qui", "Par exemple : permanence du 12, à Sanxay.", required=False, limit=200
    )


def find_organizations(lines: str) -> tuple[list[Organization], list[str]]:
    """The organizations that lines name (page address, reference or name), and what to say of those that are not found."""
    found: list[Organization] = []
    problems: list[str] = []
    for line in filter(None, (line.strip() for line in lines.splitlines())):
        reference = re.search(rf"(?:structures/)?\b({SHAPE})\b", line)
        one = (
            Organization.objects.filter(public_id=reference[1]).select_related("canonical").first()
            if reference
            else None
        )
        if one is None:
            alike = list(
                Organization.objects.filter(name__icontains=line, canonical=None).order_by("name")[:6]
            )
            exact = [o for o in alike if fold(o.name) == fold(line)]
            if len(exact) == 1 or len(alike) == 1:
                one = (exact or alike)[0]
            elif alike:
                names = ", ".join(f"{o.name} ({o.public_id})" for o in alike[:5])
                problems.append(f"« {line} » peut être : {names}. Écrivez la référence.")
            else:
                problems.append(f"« {line} » n’est pas dans l’annuaire.")
        if one is not None:
            one = one.whole
            if one not in found:
                found.append(one)
    return found, problems
