"""The filters' values with their counts, written in one go: a hundred options on every list page."""

from collections.abc import Iterable

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from horizon.directory.listing import FacetValue
from horizon.kernel.templatetags.atlas import figure, icon

register = template.Library()


@register.simple_tag
def options(values: Iterable[FacetValue]) -> SafeString:
    """One `<option>` per value: « Coopératives (12) »."""
    return mark_safe(  # noqa: S308 - every value is escaped
        "".join(
            f'<option value="{conditional_escape(value.code)}"{" selected" if value.selected else ""}>'
            f"{conditional_escape(value.label)} ({figure(value.count)})</option>"
            for value in values
        )
    )


@register.simple_tag
def checks(values: Iterable[FacetValue], name: str, label: str = "") -> SafeString:
    """One box to tick per value, with its icon when it is a door; `label` replaces the value's own."""
    return mark_safe(  # noqa: S308 - every value is escaped
        "".join(
            format_html(
                '<label class="check"><input type="checkbox" name="{}" value="{}"{}>{}{}<span class="n">{}</span></label>',
                name,
                value.code,
                mark_safe(" checked" if value.selected else ""),
                icon(value.code),
                label or value.label,
                figure(value.count),
            )
            for value in values
        )
    )
