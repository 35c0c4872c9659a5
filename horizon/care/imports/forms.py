"""Shapes of what people type in the pages of imports."""

from __future__ import annotations

from django import forms

from horizon.engine.tables import MAX_BYTES
from horizon.engine.tables.mapping import LICENCES, Mapping
from horizon.engine.tables.meaning import FIELDS, MANY, Column
from horizon.kernel.forms import HouseForm, choice, text
from horizon.kernel.templatetags.atlas import plural

LEFT = "Ne pas importer"
LONG = {"description", "hours"}


class TableForm(HouseForm):
    """A file, or cells pasted from a spreadsheet."""

    file = forms.FileField(
        label="Le fichier", required=False,
        help_text=f"CSV, XLSX, ODS, GeoJSON ou JSON de GoGoCarto, {MAX_BYTES // 1_000_000} Mo au plus.",
        error_messages={"empty": "Ce fichier est vide."},
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.ods,.json,.geojson"}),
    )  # fmt: skip
    pasted = text(
        "Ou un tableau collé", "Copiez les cellules dans votre tableur, titres compris, et collez-les ici.",
        rows=5, required=False, limit=500_000,
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.one_of("file", "pasted")

    def clean(self) -> dict:
        """One of the two."""
        data = super().clean() or {}
        sent = data.get("file")
        if sent is None and not (data.get("pasted") or "").strip() and not self.errors:
            self.add_error("file", "Choisissez un fichier, ou collez un tableau.")
        if sent is not None and sent.size > MAX_BYTES:
            self.add_error(
                "file", f"Ce fichier fait {sent.size / 1e6:.0f} Mo : {MAX_BYTES // 1_000_000} Mo au plus."
            )
        return data

    def bytes_and_name(self) -> tuple[bytes, str]:
        """What was sent, and what to call it."""
        sent = self.cleaned_data.get("file")
        if sent is not None:
            return sent.read(), sent.name
        return self.cleaned_data["pasted"].encode(), "tableau collé"


class MappingForm(HouseForm):
    """What each column says, and what goes with the whole table. Fields `c0`, `c1`… are columns; `f0`… their confirmation."""

    source = text(
        "D’où vient ce tableau", "Qui l’a fait, et de quand il date : « Ville de Lusignan, liste 2026 ».", limit=200,
        missing="Dites qui a fait ce tableau : cela sera montré à côté de chaque information.",
    )  # fmt: skip
    licence = choice("Sous quelle licence", [("", "choisissez"), *LICENCES.items()],
                     "« Partage à l’identique » : qui republie ces informations doit garder cette licence. Seuls la Licence Ouverte et le "
                     "domaine public sont repris dans les données ouvertes ; le reste se lit sur le site, avec sa licence.")  # fmt: skip
    places = forms.BooleanField(
        label="Les adresses sont celles de lieux ouverts au public", required=False,
        help_text="Sinon aucune adresse et aucun point n’est importé : une association est souvent déclarée au domicile de quelqu’un.",
    )  # fmt: skip
    replace = forms.BooleanField(
        label="Remplacer ce que disent les registres quand le tableau dit autre chose", required=False,
        help_text="Sinon le tableau complète seulement ce qui manque. Ce qu’une structure dit d’elle-même ou que l’animation a noté reste toujours.",
    )  # fmt: skip

    def __init__(self, *args, columns: list[Column], sheets: tuple[str, ...] = (), sheet: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        self.columns = columns
        options = [("", LEFT), *FIELDS.items()]
        for number, column in enumerate(columns):
            self.add(**{f"c{number}": choice(column.header, options, required=False)})
            if column.personal:
                box = forms.BooleanField(
                    label="Ce sont celles des structures, pas de personnes", required=False
                )
                self.add(**{f"f{number}": box})
        self.initial = {
            **{f"c{number}": column.field for number, column in enumerate(columns)},
            **self.initial,
        }
        self.sheet = sheet if sheet in sheets else (sheets[0] if sheets else "")

    def may_drop(self, lost: int) -> None:
        """Another sheet has other lines: asks whether what was decided about the first ones may go."""
        said = plural(
            lost,
            "ligne corrigée, répondue ou laissée de côté serait perdue",
            "lignes corrigées, répondues ou laissées de côté seraient perdues",
        )
        drop = forms.BooleanField(
            label="Oublier ce qui a été décidé",
            required=False,
            help_text=f"Les lignes d’une autre feuille ne sont pas les mêmes : {said}.",
        )
        self.add(drop=drop)

    def rows(self):
        """Each column with its two fields, for the page."""
        for number, column in enumerate(self.columns):
            yield column, self[f"c{number}"], self[f"f{number}"] if column.personal else None

    def general(self):
        """The fields of the whole table."""
        return [
            self[name] for name in ("source", "licence", "places", "replace", "drop") if name in self.fields
        ]

    def clean(self) -> dict:
        """No field said twice, a name, and no column of persons without a word."""
        data = super().clean() or {}
        seen: dict[str, str] = {}
        for number, column in enumerate(self.columns):
            code = data.get(f"c{number}")
            if not code:
                continue
            if code in seen and code not in MANY:
                self.add_error(
                    f"c{number}", f"« {seen[code]} » dit déjà cela : une seule colonne peut le dire."
                )
            seen.setdefault(code, column.header)
            if column.personal and not data.get(f"f{number}"):
                self.add_error(
                    f"c{number}",
                    f"Cette colonne semble parler de personnes ({column.personal}) : ne l’importez pas, ou cochez la case.",
                )
        if "name" not in seen:
            self.add_error(None, "Dites quelle colonne donne le nom de la structure.")
        return data

    def mapping(self) -> Mapping:
        """The mapping that was chosen."""
        data = self.cleaned_data
        columns: dict[str, tuple[str, ...]] = {}
        functional = set()
        for number, column in enumerate(self.columns):
            code = data.get(f"c{number}")
            if code:
                columns[code] = (*columns.get(code, ()), column.header)
                if data.get(f"f{number}"):
                    functional.add(column.header)
        return Mapping(
            columns=columns, functional=frozenset(functional), places=data["places"], replace=data["replace"],
            source=data["source"], licence=data["licence"], sheet=self.sheet,
        )  # fmt: skip


class LineForm(HouseForm):
    """The cells of one line, each with what is wrong with it."""

    def __init__(self, *args, values: dict[str, str], fields: list[str], problems: dict[str, str], **kwargs):
        super().__init__(*args, **kwargs)
        wanted = list(
            dict.fromkeys([*(["name", "postal_code", "city"] if problems else []), *fields, *problems])
        )
        for code in sorted(wanted, key=list(FIELDS).index):
            self.add(
                **{
                    code: text(
                        FIELDS[code],
                        problems.get(code, ""),
                        required=code == "name",
                        missing="Une structure a un nom : écrivez-le.",
                        limit=10_000,
                        rows=4 if code in LONG else 0,
                    )
                }
            )
            if code in problems:
                self.fields[code].widget.attrs["aria-invalid"] = "true"
        self.initial = {code: values.get(code, "") for code in self.fields}
