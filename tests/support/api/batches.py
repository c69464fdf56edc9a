"""Batches for tests: their bodies, and how they are posted."""

from typing import Any
from uuid import UUID

import httpx

from tests.support.api.rig import Headers, Rig


def recipient(number: int, **changes: Any) -> dict[str, Any]:
    """Return one recipient, each number another person."""
    return {
        "identities": {"mobile": f"138{number:08d}"},
        "params": {"exam": "CT", "place": f"{number} 号楼"},
        **changes,
    }


def batch(count: int, **changes: Any) -> dict[str, Any]:
    """Return a batch of the API rig's type."""
    people = [recipient(number) for number in range(count)]
    return {"type": "exam-booking", "recipients": people} | changes


async def post(
    rig: Rig, headers: Headers, body: dict[str, Any], key: str | None = None
) -> httpx.Response:
    """Post a batch."""
    keyed = headers | ({"Idempotency-Key": key} if key else {})
    return await rig.http.post("/v1/batches", json=body, headers=keyed)


async def posted(
    rig: Rig, headers: Headers, body: dict[str, Any], key: str | None = None
) -> UUID:
    """Post a batch that is accepted; return its id."""
    answer = await post(rig, headers, body, key)
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["id"])
