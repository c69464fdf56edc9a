"""A field of any body takes what it says, and nothing that could be made into it.

`true` is no number, `"1"` neither, 1 is not `true`, and a bare number is no time.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from api.app import ROUTERS
from api.workstations.socket import Ack, Hello
from core.words import Role
from tests.support.api.rig import pointers, running_api

LAX = ("int", "float", "bool", "datetime", "date", "time", "timedelta", "decimal")


def bodies() -> Iterator[tuple[str, Any]]:
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.body_field is not None:
                wanted = route.body_field.field_info.annotation
                yield f"{sorted(route.methods or ())} {route.path}", wanted

    yield "a screen's first message", Hello
    yield "a screen's report", Ack


def lax(schema: Any, guarded: bool = False) -> Iterator[str]:
    """Yield the kind of each part of a schema that takes other types than its own.

    Where a validator of our own comes first, it has looked at the value.
    """
    if isinstance(schema, list | tuple):
        for part in schema:
            yield from lax(part, guarded)
    if isinstance(schema, dict):
        kind = schema.get("type")
        if kind in LAX and not schema.get("strict") and not guarded:
            yield kind
        guarded = guarded or kind == "function-before"
        for name, part in schema.items():
            if name not in ("serialization", "metadata", "default", "config"):
                yield from lax(part, guarded)


def test_every_field_of_every_body_is_strict() -> None:
    found = {route: set(lax(TypeAdapter(body).core_schema)) for route, body in bodies()}
    assert not {route: kinds for route, kinds in found.items() if kinds}


def test_the_walk_finds_what_is_lax() -> None:
    assert list(lax(TypeAdapter(dict[str, int]).core_schema)) == ["int"]
    assert list(lax(TypeAdapter(list[bool | None]).core_schema)) == ["bool"]


async def test_no_value_is_made_into_another(tmp_path: Path) -> None:
    async with running_api(tmp_path / "var") as rig:
        admin = await rig.person(Role.ADMIN)
        for path, field, wrong in (
            ("routing", "error_pause_seconds", False),
            ("routing", "slow_call_seconds", "5"),
            ("routing", "errors", True),
            ("watch/thresholds", "backlog", True),
            ("watch/thresholds", "failure_share", "0.5"),
        ):
            answer = await rig.http.put(
                f"/v1/admin/{path}", json={field: wrong}, headers=admin
            )
            assert pointers(answer) == [f"/{field}"], answer.text
