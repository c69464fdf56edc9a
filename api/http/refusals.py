"""What a caller is told about one refused value: the rule, never the value."""

from collections.abc import Mapping
from typing import Any

# Pydantic's error types; its own texts are not used, since some repeat the input.
_TEXTS = {
    "missing": "This is missing.",
    "extra_forbidden": "There is no such field.",
    "string_type": "Must be a text.",
    "string_too_long": "At most {max_length} characters.",
    "string_too_short": "At least {min_length} characters.",
    "string_pattern_mismatch": "Must match {pattern}.",
    "enum": "Must be one of: {expected}.",
    "literal_error": "Must be one of: {expected}.",
    "int_type": "Must be a whole number.",
    "int_parsing": "Must be a whole number.",
    "int_from_float": "Must be a whole number.",
    "float_type": "Must be a number.",
    "float_parsing": "Must be a number.",
    "finite_number": "Must be a finite number.",
    "bool_type": "Must be true or false.",
    "bool_parsing": "Must be true or false.",
    "greater_than": "Must be greater than {gt}.",
    "greater_than_equal": "Must be {ge} or more.",
    "less_than": "Must be less than {lt}.",
    "less_than_equal": "Must be {le} or less.",
    "too_short": "At least {min_length} needed.",
    "too_long": "At most {max_length} allowed.",
    "list_type": "Must be a list.",
    "tuple_type": "Must be a list.",
    "set_type": "Must be a list.",
    "frozen_set_type": "Must be a list.",
    "dict_type": "Must be an object.",
    "model_type": "Must be an object.",
    "model_attributes_type": "Must be an object.",
    "uuid_type": "Must be a UUID.",
    "uuid_parsing": "Must be a UUID.",
    "timezone_aware": "Must have an offset from UTC.",
    "datetime_type": "Must be an RFC 3339 time.",
    "datetime_parsing": "Must be an RFC 3339 time.",
    "datetime_from_date_parsing": "Must be an RFC 3339 time.",
    "json_invalid": "Must be well-formed JSON.",
}


def refusal(error: Mapping[str, Any]) -> str:
    """Return the text for one of Pydantic's errors."""
    context = error.get("ctx", {})
    kind = str(error["type"])
    if kind == "value_error":
        return _sentence(str(context["error"]))
    text = _TEXTS.get(kind)
    if text is None:
        return "Is not valid here."
    return text.format(**context)


def _sentence(text: str) -> str:
    """Spell one of our own validators' texts as a sentence."""
    whole = text[:1].upper() + text[1:]
    return whole if whole.endswith(".") else f"{whole}."
