"""Shapes of what people type in the actors' pages; no decision here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django import forms
from django.utils import timezone

from horizon.actors.models import College, Mandate, Pole
from horizon.kernel.doors import DOORS
from horizon.kernel.forms import HouseForm, address, choice, day, text
from horizon.kernel.naming import PHONE, may_be_a_name
from horizon.kernel.registry import structures_named


class NameForm(HouseForm):
    """How a person wants to be called."""

    name = text("Votre nom, tel que vous voulez être appelé", "Montré seulement là où vous l’acceptez.", required=False,
                limit=120, autocomplete="name")  # fmt: skip

    def clean_name(self) -> str:
        """Neither a number nor an address."""
        return _name(self.cleaned_data["name"])


def _name(typed: str) -> str:
    if not may_be_a_name(typed):
        raise forms.ValidationError("Écrivez un nom, sans chiffre ni adresse électronique.")
    return typed


class InviteForm(HouseForm):
    """Inviting a colleague."""

    email = address(
        "Adresse de la personne à inviter", "Elle recevra un lien ; rien ne se fait sans son accord."
    )
    message = text("Un mot pour elle", required=False, rows=3, limit=500)


class EndRoleForm(HouseForm):
    """Why somebody no longer acts for an organization."""

    reason = text("Pourquoi", "La personne lira cette raison.", rows=3, limit=300,
                  missing="Dites pourquoi : la personne lira cette raison.")  # fmt: skip


class AskForm(HouseForm):
    """Asking to act for an organization that has referents."""

    message = text("Qui êtes-vous pour cette structure ?", "Les personnes qui tiennent la page liront ceci et votre adresse.",
                   rows=3, limit=500)  # fmt: skip


class JoinForm(HouseForm):
    """Asking to join the collective; `twins`: other pages may be the same structure, which the person must set aside;
    `for_somebody`: somebody who animates types it."""

    college = choice("Votre collège", [], radio=True)
    motive = text("Ce que vous venez y faire", required=False, rows=4, limit=1000)

    def __init__(self, *args, twins: bool = False, for_somebody: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        if for_somebody:
            self.add(heard_from=text(
                "Pour qui, comment", "Vous l’écrivez pour elle : qui vous l’a demandé, au téléphone, sur papier. L’équipe d’animation seule le "
                "lit ; oublié après un an.", limit=200, missing="Dites qui l’a demandé, et comment.",
            ))  # fmt: skip
        if twins:
            self.add(another=forms.BooleanField(
                label="Ce n’est aucune d’elles : continuer avec cette page",
                error_messages={"required": "Si c’est l’une d’elles, ouvrez sa page. Sinon, cochez cette case."},
            ))  # fmt: skip
        self.fields["college"].choices = [(c.code, _college(c)) for c in College.objects.all()]  # type: ignore[attr-defined]


def _college(college: College) -> str:
    due = (
        f" – cotisation {college.due_cents / 100:.2f} € par an".replace(".", ",") if college.due_cents else ""
    )
    return f"{college.name}{' (partenaires)' if college.partner else ''}{due}"


class DecisionForm(HouseForm):
    """Why a request is refused, or why one leaves."""

    reason = text("Pourquoi", "La structure lira cette raison.", required=False, rows=3, limit=500)


class AcceptForm(DecisionForm):
    """Accepting since a day, or refusing for a reason."""

    since = day("Membre depuis le", "Vide : aujourd’hui.")
    field_order = ["since", "reason"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Pourquoi, si vous refusez"

    def clean_since(self) -> date | None:
        """Not a day to come."""
        since = self.cleaned_data["since"]
        if since and since > timezone.localdate():
            raise forms.ValidationError("Ce jour n’est pas encore venu.")
        return since


class LeaveForm(HouseForm):
    """Why a structure leaves, or takes its request back."""

    reason = text("Pourquoi", "L’équipe d’animation lira cette raison.", required=False, rows=3, limit=500)


class NoteForm(HouseForm):
    """A note of contact."""

    kind = choice(
        "Comment",
        [("call", "appel"), ("mail", "courrier ou courriel"), ("visit", "visite"), ("meeting", "réunion")],
    )
    text = text("Ce qui s’est dit", rows=4, limit=4000, missing="Écrivez au moins trois mots.")
    next_on = day("À reprendre le")


class ContactForm(HouseForm):
    """Somebody to reach at a structure."""

    name = text("Son nom", limit=120, missing="Écrivez son nom.")
    function = text("Sa fonction", "Par exemple « trésorière ».", required=False, limit=120)
    phone = text("Téléphone", required=False, limit=30)
    email = address("Adresse électronique", required=False)


class DueForm(HouseForm):
    """Asking a due."""

    year = forms.IntegerField(label="Année", min_value=2000, max_value=2100, error_messages={
        "required": "Écrivez une année.", "invalid": "Écrivez une année, par exemple 2027.",
        "min_value": "Écrivez une année, par exemple 2027.", "max_value": "Écrivez une année, par exemple 2027."})  # fmt: skip
    amount = forms.DecimalField(label="Montant en euros", min_value=0, max_value=99_999, decimal_places=2, localize=True, error_messages={
        "required": "Écrivez un montant.", "invalid": "Écrivez un montant, par exemple 20 ou 12,50.",
        "min_value": "Le montant ne peut pas être négatif.", "max_value": "Ce montant est trop grand."})  # fmt: skip


class DuesForm(HouseForm):
    """The amount of each college for a year; an empty one asks nothing of that college."""

    def __init__(self, *args, colleges: Sequence[College] = (), **kwargs):
        super().__init__(*args, **kwargs)
        self.add(**{f"amount_{one.code}": _amount(one) for one in colleges})

    def cents(self) -> dict[str, int]:
        """The amounts in cents, by the codes of the colleges."""
        found = {name.removeprefix("amount_"): value for name, value in self.cleaned_data.items()}
        return {code: int(value * 100) for code, value in found.items() if value}


def _amount(college: College) -> forms.DecimalField:
    return forms.DecimalField(
        label=f"{college.name}, en euros", min_value=0, max_value=99_999, decimal_places=2, localize=True, required=False,
        initial=Decimal(college.due_cents) / 100 if college.due_cents else None,
        error_messages={
            "invalid": "Écrivez un montant, par exemple 20 ou 12,50.", "min_value": "Le montant ne peut pas être négatif.",
            "max_value": "Ce montant est trop grand.", "max_decimal_places": "Deux chiffres après la virgule au plus.",
        },
    )  # fmt: skip


class ReceivedForm(HouseForm):
    """The day a due was received."""

    on = day("Reçue le", "Vide : aujourd’hui.")


class PoleForm(HouseForm):
    """Naming, splitting or merging poles."""

    names = text("Nom", "Un nom par ligne pour un partage.", rows=3, limit=400, missing="Donnez un nom.")
    decided_by = text(
        "Décidé par", "Réunion, vote, date : ce que l’histoire du pôle dira.", required=False, limit=200
    )


class DescriptionForm(HouseForm):
    """What a pole is for."""

    description = text(
        "À quoi sert ce pôle",
        "Deux ou trois phrases, lues par tout le monde.",
        required=False,
        rows=6,
        limit=1000,
    )


class NamedForm(HouseForm):
    """A form whose field `named` means a structure by a few words or the address of its page; when several may be meant they are
    offered to choose. `cleaned_data["structure"]` is the public id of the one, or empty."""

    named = ""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        typed = str(self.data.get(self.add_prefix(self.named), "")).replace("\x00", " ").strip()
        self.found = structures_named(typed[:200]) if typed else []
        if len(self.found) > 1:
            self.add(
                which=choice("Laquelle ?", self.found, "Plusieurs structures portent ces mots.", radio=True)
            )

    def clean(self):
        """The structure that is meant."""
        data = super().clean() or {}
        if data.get(self.named) and not self.found:
            self.add_error(
                self.named, "Aucune structure de l’annuaire ne porte ces mots : essayez le lien de sa page."
            )
        data["structure"] = self.found[0][0] if len(self.found) == 1 else data.get("which", "")
        return data


READ = "Tout le monde le lit, si la personne montre son nom."


class MandateForm(NamedForm):
    """Giving a mandate."""

    named = "organization"

    email = address("Adresse électronique de la personne")
    name = text("Son nom", required=False, limit=120)
    function = choice("Fonction", Mandate.FUNCTIONS)
    title = text("Titre exact", f"Par exemple « vice-présidente à l’ESS ». {READ}", required=False, limit=160)
    organization = text(
        "Pour quelle structure ou collectivité",
        "Quelques mots de son nom, ou le lien de sa page.",
        required=False,
        limit=200,
    )
    pole = choice("Pôle", [], required=False)
    themes = choice("Thèmes confiés", [(d.code, d.name) for d in DOORS], required=False, many=True)
    starts_on = day("À partir du")
    ends_on = day("Jusqu’au")
    decided_by = text("Décidé par", f"Délibération, réunion, vote. {READ}", required=False, limit=200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        poles = [(p.code, p.name) for p in Pole.objects.filter(closed_at=None)]
        self.fields["pole"].choices = [("", "aucun"), *poles]  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """Neither a number nor an address."""
        return _name(self.cleaned_data["name"])

    def clean(self):
        """Dates in order, a pole where one is needed."""
        data = super().clean() or {}
        if data.get("starts_on") and data.get("ends_on") and data["ends_on"] < data["starts_on"]:
            self.add_error("ends_on", "La fin vient avant le début.")
        if data.get("function") == Mandate.POLE and not data.get("pole"):
            self.add_error("pole", "Choisissez le pôle.")
        return data


class CorrectMandateForm(HouseForm):
    """What may be wrong in a mandate that was given; the person, the function and the pole are another mandate."""

    title = text("Titre exact", f"Par exemple « vice-présidente à l’ESS ». {READ}", required=False, limit=160)
    themes = choice("Thèmes confiés", [(d.code, d.name) for d in DOORS], required=False, many=True)
    starts_on = day("À partir du", required=True)
    ends_on = day("Jusqu’au", "Vide : sans fin.")
    decided_by = text("Décidé par", f"Délibération, réunion, vote. {READ}", required=False, limit=200)

    def clean(self):
        """Dates in order."""
        data = super().clean() or {}
        if data.get("starts_on") and data.get("ends_on") and data["ends_on"] < data["starts_on"]:
            self.add_error("ends_on", "La fin vient avant le début.")
        return data


class MandateContactsForm(HouseForm):
    """How to reach somebody for a mandate, beside their shown name; nothing is shown that is not typed here."""

    email = address(
        "Adresse à montrer", "Vide : aucune. Une adresse de fonction, plutôt que la vôtre.", required=False
    )
    phone = text("Téléphone à montrer", "Vide : aucun.", required=False, limit=30, autocomplete="tel")

    def clean_phone(self) -> str:
        """A French number, or an international one."""
        typed = self.cleaned_data["phone"].strip()
        if typed and not (PHONE.fullmatch(typed) or re.fullmatch(r"\+[\d\s./-]{8,20}", typed)):
            raise forms.ValidationError("Écrivez un numéro de téléphone, par exemple 05 36 49 00 00.")
        return typed


class RefusalForm(HouseForm):
    """Why a link is not confirmed; not asked of who confirms."""

    reason = text("Si vous refusez, pourquoi", "L’autre structure lira cette raison.", required=False, rows=2,
                  limit=500)  # fmt: skip


class EvidenceForm(HouseForm):
    """On what a link is confirmed for somebody who cannot answer."""

    evidence = text("Sur quelle pièce", "Appel du 12 mars, rapport d’activité 2025, convention… Ce sera montré.", rows=2, limit=300,
                    missing="Dites sur quelle pièce.")  # fmt: skip


class RelayForm(NamedForm):
    """Consent of an informal group to its relay."""

    named = "relay"
    relay = text("Quelle structure relais", "Quelques mots de son nom, ou le lien de sa page.", limit=200)
    consent = text("Qui a donné son accord, quand, comment", rows=2, limit=300)


class AgeForm(HouseForm):
    """The only thing asked of age."""

    fifteen = forms.BooleanField(
        label="J’ai 15 ans ou plus",
        help_text="Aucune date de naissance n’est demandée ni gardée, seulement le jour où vous l’avez dit.",
        error_messages={
            "required": "Cochez la case si c’est le cas. Sinon, prenez l’autre bouton : on vous dit ce que vous pouvez faire."
        },
    )
