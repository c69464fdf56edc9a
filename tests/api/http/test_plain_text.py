"""Names and reasons read as they are written, whoever writes them."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from api.app import ROUTERS
from centre.messages.acknowledge import AcknowledgeOrder
from centre.orders.recall import RecallRequest
from core.text.plain_text import PlainText, unturned

WRITTEN = {"name", "name_en", "by", "reason", "reference"}
TURNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
TURNED = "\u202eN0217\u202c\u2066\u200f"


def models(wanted: Any, seen: set[type[BaseModel]]) -> None:
    """Add every model that a type is made of."""
    if isinstance(wanted, type) and issubclass(wanted, BaseModel):
        if wanted in seen:
            return
        seen.add(wanted)
        for field in wanted.model_fields.values():
            models(field.annotation, seen)
    for part in get_args(wanted):
        models(part, seen)


def written() -> Iterator[tuple[str, Any]]:
    seen: set[type[BaseModel]] = set()
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.body_field is not None:
                models(route.body_field.field_info.annotation, seen)
    for model in seen:
        for name in WRITTEN & model.model_fields.keys():
            field = model.model_fields[name]
            yield f"{model.__name__}.{name}", field.rebuild_annotation()


def test_what_turns_a_text_is_left_out_of_every_name_and_reason() -> None:
    found = {
        place: TypeAdapter(wanted).validate_python(TURNED)
        for place, wanted in written()
    }
    assert len(found) > 15
    assert set(found.values()) == {"N0217"}


@pytest.mark.parametrize("nothing", ["\u202e\u202c", " ", " \u202e ", ""])
def test_nothing_that_shows_is_no_name_and_no_reason(nothing: str) -> None:
    for model, field in ((AcknowledgeOrder, "by"), (RecallRequest, "reason")):
        with pytest.raises(ValidationError):
            model.model_validate({field: nothing})


def test_lengths_are_told_to_callers() -> None:
    for place, wanted in written():
        schema = TypeAdapter(wanted).json_schema()
        either = [schema, *schema.get("anyOf", ())]
        assert any("maxLength" in part for part in either), place
        with pytest.raises(ValidationError, match="string_too_long"):
            TypeAdapter(wanted).validate_python("x" * 1000)


@given(st.text())
def test_nothing_else_is_left_out(text: str) -> None:
    kept = TypeAdapter(PlainText).validate_python(text)
    assert kept == unturned(text)
    assert kept == "".join(c for c in text if c not in TURNS)
