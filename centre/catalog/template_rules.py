"""What a template's texts may hold, and what a preview must be given. Pure."""

import re
from collections.abc import Iterator, Mapping
from unicodedata import normalize

from centre.catalog.models import TemplateDraft
from centre.catalog.placeholders import template_placeholders
from core.errors import FieldError, Invalid
from core.fields import MAX_PARAM
from core.policies import Template
from core.text.templating import placeholders, render

# Braces, and the brackets that others write placeholders in: ${name}, {1}, [[name]],
# <%name%>, 【【name】】, in any width or as HTML names them. A person would read them.
_OTHERS = re.compile(
    r"[{}❴❵⦃⦄⟦⟧]|\[\[|\]\]|<%|%>|【【|】】|&#(?:12[35]|x7[bd]);|&[lr](?:brace|cub);",
    re.IGNORECASE,
)
# The control characters but tab and line ends: no phone shows them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def check_template(draft: TemplateDraft) -> None:
    """Refuse other brackets and control characters: they would go out as they stand."""
    texts = {"/title": draft.title, "/body": draft.body}
    texts |= {f"/fields/{name}": text for name, text in draft.fields.items()}
    field_errors = [
        FieldError(at, "Placeholders are written {{name}}.") for at in _stray(texts)
    ]
    field_errors += [
        FieldError(at, "Holds a control character.")
        for at, text in texts.items()
        if _CONTROL.search(text)
    ]
    if field_errors:
        raise Invalid("The template was refused; see `errors`.", field_errors)


def _stray(texts: Mapping[str, str]) -> Iterator[str]:
    values = {name: "" for text in texts.values() for name in placeholders(text)}
    shown = {at: normalize("NFKC", render(text, values)) for at, text in texts.items()}
    return (at for at, text in shown.items() if _OTHERS.search(text))


def check_preview(template: Template, params: Mapping[str, str]) -> None:
    """Refuse values that a template lacks, has no place for, or that are too long."""
    field_errors = list(_preview_errors(template, params))
    if field_errors:
        raise Invalid("The preview was refused; see `errors`.", field_errors)


def _preview_errors(
    template: Template, params: Mapping[str, str]
) -> Iterator[FieldError]:
    names = set(template_placeholders(template))
    for name in sorted(names - params.keys()):
        yield FieldError(f"/params/{name}", "This parameter is missing.")
    for name, value in params.items():
        if name not in names:
            yield FieldError(f"/params/{name}", "The template has no such parameter.")
        elif len(value) > MAX_PARAM:
            text = f"Longer than {MAX_PARAM} characters."
            yield FieldError(f"/params/{name}", text)
