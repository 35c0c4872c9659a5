"""Shapes of what people type in exchange; no decision here."""

from __future__ import annotations

from decimal import Decimal

from django import forms

from horizon.actors.forms import NamedForm
from horizon.engine.folding import fold
from horizon.engine.labels import number
from horizon.engine.wording import remarks
from horizon.exchange.models import Deal, Listing
from horizon.kernel.doors import DOORS
from horizon.kernel.forms import HouseForm, address, choice, day, text
from horizon.kernel.pictures import PictureForm
from horizon.kernel.publicid import fresh_once


def amount(label: str, hint: str = "", *, most: int = 1_000_000, places: int = 2) -> forms.DecimalField:
    """A number as people write it, with a comma or a point."""
    return CommaField(
        label=label, help_text=hint, required=False, max_value=most, decimal_places=places,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": "Écrivez un nombre, par exemple 12 ou 2,5.",
            "max_value": "C’est trop grand.",
            "max_decimal_places": f"{'Un chiffre' if places == 1 else 'Deux chiffres'} après la virgule au plus.",
        },
    )  # fmt: skip


class CommaField(forms.DecimalField):
    """A decimal typed in French."""

    def to_python(self, value: object) -> Decimal | None:  # type: ignore[override]
        """« 1 200,5 » is 1200.5."""
        if isinstance(value, str):
            value = value.replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace(",", ".")
        return super().to_python(value)

    def prepare_value(self, value: object) -> object:
        """40.00 is shown « 40 », 2.50 « 2,5 »; what was typed, as it was."""
        return number(value) if isinstance(value, Decimal) else value


class OnceForm(HouseForm):
    """A form that counts once however often it is sent."""

    once = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("once", fresh_once())

    def clean(self) -> dict:
        """A form without its mark is a new one."""
        data = super().clean() or {}
        data["once"] = data.get("once") or fresh_once()
        return data


DISCREET = (
    "En votre nom, dans une commune de moins de 1 000 habitants, peu de mots suffisent à vous reconnaître : ne dites ni votre rue, "
    "ni votre métier, ni votre famille."
)


BY_ITS_HOLDER = "la personne qui publie l’annonce"


class ListingForm(OnceForm):
    """An offer or an ask: four fields are needed, the rest makes it easier to meet."""

    field_order: tuple[str, ...] = (
        "title", "kind", "commune", "speaks_for", "text", "quantity", "unit", "terms", "price", "from_on", "until_on", "door", "audience",
    )  # fmt: skip

    price = text("Prix ou participation", "Par exemple : 20 € la journée.", required=False, limit=80)
    title = text("En quelques mots", limit=120, missing="Dites en quelques mots ce que c’est.")
    kind = choice("C’est", Listing.KINDS)
    commune = choice("Où", [])
    speaks_for = choice("Au nom de", [], radio=True)
    text = text("Précisions", "État, dimensions, ce qu’il faut savoir. Ni téléphone ni adresse : on vous écrira par le site.",
                rows=4, required=False, limit=2000)  # fmt: skip
    quantity = amount("Quantité", "Si cela se compte.")
    unit = choice("Unité", Listing.UNITS, required=False)
    terms = choice("À quelles conditions", Listing.TERMS, required=False, many=True)
    from_on = day("À partir du")
    until_on = day("Jusqu’au")
    door = choice(
        "Derrière quelle porte",
        [("", "D’après vos mots"), *((door.code, door.name) for door in DOORS)],
        required=False,
    )
    audience = choice("Qui la voit", Listing.AUDIENCES, radio=True)
    sure = forms.CharField(widget=forms.HiddenInput, required=False)
    sent_again = "Corrigez, ou envoyez ainsi : l’équipe d’animation lira avant de publier."

    def __init__(
        self, *args, side: str, communes: list[tuple[str, str]], parties: list[tuple[str, str]], discreet: bool = False, **kwargs
    ):  # fmt: skip
        super().__init__(*args, **kwargs)
        if discreet:
            self.fields["commune"].help_text = DISCREET
        self.fields["title"].help_text = (
            "Par exemple : deux barnums de 3 mètres sur 6." if side == Listing.OFFER else "Par exemple : un barnum pour la kermesse."
        )  # fmt: skip
        self._tie({name: self.fields[name] for name in ("title", "commune")})
        self.fields["commune"].choices = [("", "Choisissez"), *communes]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", "Choisissez"), *Listing.KINDS]  # type: ignore[attr-defined]
        self.fields["speaks_for"].choices = parties  # type: ignore[attr-defined]
        self.fields["speaks_for"].initial = parties[0][0] if parties else ""
        self.fields["audience"].initial = Listing.EVERYBODY

    def clean(self) -> dict:
        """Says once what would name somebody or hurt; days in order; a unit only where there is a quantity."""
        data = super().clean()
        start, end = data.get("from_on"), data.get("until_on")
        if start and end and end < start:
            self.add_error("until_on", "La fin vient avant le début.")
        quantity = data.get("quantity")
        if quantity is not None and quantity <= 0:
            self.add_error(
                "quantity",
                "La quantité doit être plus grande que zéro ; laissez vide si elle ne se compte pas.",
            )
        if quantity is None:
            data["unit"] = ""
        data["terms"] = " ".join(data.get("terms") or [])
        written = f"{data.get('title', '')} {data.get('text', '')} {data.get('price', '')}"
        seen = [
            (name, remark)
            for name in ("title", "text", "price")
            for remark in remarks(data.get(name) or "")
            if remark.told_first
        ]
        if seen and data.get("sure") != fold(written)[:200]:
            self.data = {**self.data.dict(), "sure": fold(written)[:200], "terms": self.data.getlist("terms")}  # type: ignore[attr-defined]
            for name, remark in seen:
                sentence = remark.sentence[0].lower() + remark.sentence[1:]
                self.add_error(name, f"« {remark.excerpt} » : {sentence} {self.sent_again}")
        return data


class PersonPictureForm(PictureForm):
    """A photo on the listing of a person, whom nothing names: who made it is said only when it is somebody else."""

    author = text(
        "Qui l’a faite, si ce n’est pas vous",
        f"Vide, la page dit « {BY_ITS_HOLDER} ». Un nom écrit ici est lu de tout le monde : demandez d’abord.",
        limit=120,
        required=False,
    )

    def clean_author(self) -> str:
        """Nobody is named unless somebody was."""
        return self.cleaned_data["author"].strip() or BY_ITS_HOLDER


class NotedForm(NamedForm, ListingForm):
    """An offer or an ask heard by telephone or read on paper: for whom, and from whom it was heard."""

    STRUCTURE, SOMEBODY, PASSED_ON = "structure", "person", "me"
    named = "organization"
    sent_again = "Corrigez, ou envoyez de nouveau : ce sera public tel quel."
    field_order = (
        "whom", "organization", "which", "email", "heard_from", "title", "kind", "commune", "text", "quantity", "unit", "terms", "price",
        "from_on", "until_on", "door", "audience",
    )  # fmt: skip
    whom = choice(
        "Pour qui",
        [
            (STRUCTURE, "une structure"),
            (SOMEBODY, "une personne qui a une adresse électronique"),
            (PASSED_ON, "une personne qui n’en a pas : je lui transmettrai les réponses"),
        ],
        radio=True,
    )
    organization = text(
        "Quelle structure",
        "Quelques mots de son nom, ou le lien de sa page. Si personne ne la tient, les réponses vous arrivent au bureau.",
        required=False,
        limit=200,
    )
    email = address(
        "L’adresse de la personne",
        "Elle y reçoit l’annonce et les réponses, et la retire quand elle veut.",
        required=False,
    )
    heard_from = text(
        "De qui, comment",
        "Par exemple : « la trésorière, au téléphone », « fiche papier du marché ». L’équipe d’animation seule le lit ; oublié après un an.",
        limit=200,
        missing="Dites de qui vous le tenez et comment.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, parties=[], **kwargs)
        del self.fields["speaks_for"]
        self.fields["email"].widget.attrs["autocomplete"] = "off"
        self.order_fields(self.field_order)

    def clean(self) -> dict:
        """A structure is named, a person has an address."""
        data = super().clean()
        whom = data.get("whom")
        if whom == self.STRUCTURE and not data.get("organization"):
            self.add_error("organization", "Dites quelle structure.")
        if whom == self.SOMEBODY and not data.get("email") and "email" not in self.errors:
            self.add_error("email", "Écrivez son adresse : c’est là qu’elle lira les réponses.")
        return data


class ProposeForm(OnceForm):
    """Answering a listing, with one's own when there is one."""

    speaks_for = choice("Au nom de", [], radio=True)
    other = choice(
        "Avec laquelle de vos annonces",
        [],
        "Elle se ferme d’elle-même quand tout est trouvé.",
        required=False,
    )
    commune = choice("D’où", [], "Pour compter la distance.", required=False)
    quantity = amount("Combien", "Si cela se compte.")
    text = text("Votre message", "Dites ce qu’il vous faut ou ce que vous pouvez, et quand.", rows=4, limit=3000,
                missing="Écrivez quelques mots : c’est ce que l’autre lira.")  # fmt: skip

    def __init__(
        self, *args, parties: list[tuple[str, str]], counted: bool, others: list[tuple[str, str]], communes: list[tuple[str, str]],
        held_as: dict[str, str], **kwargs,
    ):  # fmt: skip
        super().__init__(*args, **kwargs)
        self.held_as = held_as
        self.fields["other"].choices = [("", "Aucune"), *others]  # type: ignore[attr-defined]
        self.fields["commune"].choices = [("", "Sans le dire"), *communes]  # type: ignore[attr-defined]
        if not others:
            del self.fields["other"]
        self.fields["speaks_for"].choices = parties  # type: ignore[attr-defined]
        self.fields["speaks_for"].initial = parties[0][0]
        if not counted:
            del self.fields["quantity"]

    def clean(self) -> dict:
        """One answers with a listing of the one in whose name one speaks."""
        data = super().clean()
        whose, speaks = self.held_as.get(data.get("other", ""), ""), data.get("speaks_for", "")
        if whose and speaks and whose != speaks:
            names = dict(self.fields["speaks_for"].choices)  # type: ignore[attr-defined]
            self.add_error(
                "other",
                f"Cette annonce est au nom de « {names[whose]} » : choisissez ce nom plus haut, ou une autre annonce.",
            )
        return data


class TogetherForm(OnceForm):
    """One message to every offer of a set, and how many of each: `offers` are (reference, label, how many, mark of what is read)."""

    text = text("Votre message", "Le même pour tous : dites ce qu’il vous faut, pour quoi et quand.", rows=4, limit=3000,
                missing="Écrivez quelques mots : c’est ce que les autres liront.")  # fmt: skip

    def __init__(self, *args, offers: list[tuple[str, str, Decimal, str]], **kwargs):
        super().__init__(*args, **kwargs)
        self.offers = [reference for reference, *_ in offers]
        if len(offers) == 1:
            self.fields["text"].help_text = "Dites ce qu’il vous faut, pour quoi et quand."
        for reference, label, share, mark in offers:
            field = amount(label)
            field.widget.attrs["aria-describedby"] = (
                f"hint-quantity_{reference} id_quantity_{reference}_error"
            )
            self.add(
                **{
                    f"quantity_{reference}": field,
                    f"seen_{reference}": forms.CharField(
                        widget=forms.HiddenInput, required=False, max_length=32
                    ),
                }
            )
            self.initial.update({f"quantity_{reference}": share, f"seen_{reference}": mark})

    def clean(self) -> dict:
        """`asked`: how many of each offer, with the mark of what was read; nothing is asked of those left empty."""
        data = super().clean()
        asked = {}
        for reference in self.offers:
            name = f"quantity_{reference}"
            quantity = data.get(name)
            if quantity is not None and quantity <= 0:
                self.add_error(
                    name, "La quantité doit être plus grande que zéro ; laissez vide pour ne pas lui écrire."
                )
            elif quantity is not None:
                asked[reference] = (quantity, data.get(f"seen_{reference}", ""))
        if not asked and not self.errors:
            to_one = " à l’une des structures au moins" if len(self.offers) > 1 else ""
            self.add_error(None, f"Dites combien vous demandez{to_one}.")
        data["asked"] = asked
        return data


class MessageForm(OnceForm):
    """A message to the other side."""

    text = text("Votre message", rows=3, limit=3000, missing="Écrivez votre message.")


class AgreeForm(HouseForm):
    """The terms that both sides confirm."""

    quantity = amount("Combien", "Si cela se compte.")
    value = amount(
        "Valeur, en euros",
        "Hors taxes ; elle sert à mesurer ce qui s’échange, et n’est montrée qu’additionnée.",
    )
    from_on = day("Le, ou à partir du", "Une seule journée : laissez la fin vide.")
    until_on = day("Jusqu’au")
    km = amount("Distance, en km", "De l’un à l’autre, à peu près.", most=2000, places=1)

    def __init__(self, *args, organizations: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not organizations:
            del self.fields["value"]


class DeclineForm(HouseForm):
    """Why there is no deal: one reason, which is counted, and words for the other side if one wants."""

    why = choice("Pourquoi", Deal.WHY, radio=True)
    reason = text(
        "En quelques mots", "L’autre lira cette raison, lui seul.", rows=3, limit=500, required=False
    )

    def clean(self) -> dict:
        """Another reason is said in words."""
        data = super().clean() or {}
        if data.get("why") == "else" and not data.get("reason", "").strip():
            self.add_error("reason", "Dites pourquoi en quelques mots : l’autre lira cette raison.")
        return data


class ReasonForm(HouseForm):
    """Why a concluded deal did not happen."""

    reason = text(
        "Pourquoi",
        "L’autre lira cette raison.",
        rows=3,
        limit=500,
        missing="Dites pourquoi en quelques mots.",
    )
