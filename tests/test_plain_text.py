"""Names and reasons read as they are written, whoever writes them."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from api.app import ROUTERS
from core.plain_text import PlainText, unturned
from operations.acknowledging import AcknowledgeOrder

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


def test_a_confirmer_of_nothing_but_turns_is_nobody() -> None:
    with pytest.raises(ValidationError):
        AcknowledgeOrder.model_validate({"by": "\u202e\u202c"})


@given(st.text())
def test_nothing_else_is_left_out(text: str) -> None:
    kept = TypeAdapter(PlainText).validate_python(text)
    assert kept == unturned(text)
    assert kept == "".join(c for c in text if c not in TURNS)
