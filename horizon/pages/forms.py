"""Shapes of what operators write over texts; no decision here."""

from __future__ import annotations

from django import forms

from horizon.actors.plan import plan
from horizon.kernel.doors import DOORS
from horizon.kernel.forms import HouseForm, choice, text
from horizon.kernel.pictures import LICENCES

DATED = "Année-mois-jour, par exemple 2026-11-26."


class StepForm(HouseForm):
    """A step of the path."""

    over = forms.IntegerField(widget=forms.HiddenInput, required=False)
    title = text("Titre", limit=120, missing="Donnez un titre à l’étape.")
    body = text("Ce qu’il faut faire", rows=6, limit=2000, missing="Dites ce qu’il faut faire.")
    documents = text("Documents à préparer", "Séparés par des points-virgules.", required=False, limit=600)
    when = text(
        "Pour quelles réponses",
        "Vide : toujours. Sinon « stade=idee », « projet=subvention | projet=salarie », « stade=idee & projet=don ».",
        required=False,
        limit=300,
    )
    seek = text("Mots à chercher dans l’annuaire", required=False, limit=80)
    pole = choice("Pôle à qui parler", lambda: [("", "aucun"), *plan().choices()], required=False)
    source = text("Source", "Une loi, une page officielle : qui le dit.", limit=200)
    url = text("Adresse de la source", required=False, limit=300)
    seen_on = text("Lue le", DATED, limit=10)


class ExampleForm(HouseForm):
    """An example from elsewhere."""

    over = forms.IntegerField(widget=forms.HiddenInput, required=False)
    title = text("Titre", limit=120, missing="Donnez un titre à l’exemple.")
    where = text("Où", limit=120, missing="Dites où.")
    what = text(
        "Ce qui s’y fait",
        "Seulement ce que la source dit.",
        rows=6,
        limit=1500,
        missing="Dites ce qui s’y fait.",
    )
    doors = choice("Derrière quelles portes", [(door.code, door.name) for door in DOORS], many=True)
    poles = choice("Quels pôles", lambda: plan().choices(), many=True, required=False)
    needs = text(
        "Pour quels besoins",
        "L’adresse ou la référence de leurs pages : il y sera montré en premier.",
        required=False,
        limit=600,
    )
    source = text("Source", limit=200)
    url = text("Adresse de la source", limit=300)
    source_on = text("Source lue le", DATED, limit=10)
    licence = choice("Licence de ce texte", LICENCES.items())
