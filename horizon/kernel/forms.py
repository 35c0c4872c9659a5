"""How every form of the house looks and answers: hints and errors tied to their field, and a trap for robots."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from django import forms

Options = Iterable[tuple[str, str]]


class HouseForm(forms.Form):
    """A form drawn by `kernel/_fields.html`. What is optional says so; errors say what to do."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self._tie(self.fields)

    def add(self, **fields: forms.Field) -> None:
        """Adds fields at the end, tied like the others."""
        self.fields.update(fields)
        self._tie(fields)

    def _tie(self, fields: Mapping[str, forms.Field]) -> None:
        for name, field in fields.items():
            named = self.add_prefix(name)
            ids = [f"hint-{named}"] if field.help_text else []
            field.widget.attrs.setdefault("aria-describedby", " ".join([*ids, f"id_{named}_error"]))
            limit = getattr(field, "max_length", None)
            if limit:
                field.error_messages["max_length"] = (
                    f"C’est trop long : {limit:,} caractères au plus (il y en a %(show_value)d).".replace(
                        ",", " "
                    )
                )

    def one_of(self, *names: str) -> None:
        """Says « l’un des deux » beside fields of which one is enough, instead of « facultatif »."""
        for name in names:
            self.fields[name].either = True  # type: ignore[attr-defined]

    @property
    def trap(self) -> str:
        """The name of the field that only robots fill, or an empty string."""
        return "second_message" if "second_message" in self.fields else ""

    def caught_a_robot(self) -> bool:
        """Whether somebody filled what nobody sees."""
        return bool(self.trap and self.data.get(self.trap))


class TrapField(forms.CharField):
    """A field that people do not see."""

    def __init__(self):
        super().__init__(
            label="Ne pas remplir",
            required=False,
            widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
        )


def text(label: str, hint: str = "", *, rows: int = 0, required: bool = True, limit: int = 300, missing: str = "",
         autocomplete: str = "off", initial: str = "") -> forms.CharField:  # fmt: skip  # noqa: PLR0913
    """A line or, with `rows`, a block of text, with its limit in characters."""
    attrs: dict[str, object] = {"autocomplete": autocomplete}
    widget = forms.Textarea(attrs={**attrs, "rows": rows}) if rows else forms.TextInput(attrs=attrs)
    return forms.CharField(
        label=label, help_text=hint, required=required, max_length=limit, widget=widget, initial=initial,
        error_messages={"required": missing or "Il manque quelques mots ici."},
    )  # fmt: skip


def address(label: str, hint: str = "", *, required: bool = True) -> forms.EmailField:
    """An e-mail address."""
    return forms.EmailField(
        label=label, help_text=hint, required=required, max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": "Écrivez une adresse électronique, par exemple nom@exemple.fr.",
            "invalid": "Cette adresse n’est pas complète, par exemple nom@exemple.fr.",
        },
    )  # fmt: skip


def choice(label: str, choices: Options | Callable[[], Options], hint: str = "", *, required: bool = True, many: bool = False,
           radio: bool = False) -> forms.ChoiceField:  # fmt: skip
    """One choice in a list, or several as boxes; a list that people change is given as what reads it."""
    offered = choices if callable(choices) else list(choices)
    wrong = {"required": "Choisissez dans la liste.", "invalid_choice": "Choisissez dans la liste."}
    if many:
        return forms.MultipleChoiceField(
            label=label, choices=offered, help_text=hint, required=required, error_messages=wrong,
            widget=forms.CheckboxSelectMultiple,
        )  # fmt: skip
    widget = forms.RadioSelect if radio else forms.Select
    return forms.ChoiceField(
        label=label,
        choices=offered,
        help_text=hint,
        required=required,
        error_messages=wrong,
        widget=widget,
    )


def day(label: str, hint: str = "", *, required: bool = False) -> forms.DateField:
    """A day, typed as the browser offers or as jj/mm/aaaa."""
    return forms.DateField(
        label=label, help_text=hint, required=required, input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Écrivez une date, par exemple 31/01/2027.", "required": "Choisissez une date."},
    )  # fmt: skip
