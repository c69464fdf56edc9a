"""An administrator at the API."""

from typing import Any

import httpx

from tests.support.api.rig import Headers, Rig

ADMIN = "/v1/admin"


class Desk:
    """Somebody with a role, and the administration's routes."""

    def __init__(self, rig: Rig, headers: Headers) -> None:
        self.rig = rig
        self.headers = headers

    async def ask(
        self, method: str, path: str, body: Any = None, **query: str
    ) -> httpx.Response:
        return await self.rig.http.request(
            method, ADMIN + path, json=body, params=query, headers=self.headers
        )

    async def done(
        self, method: str, path: str, body: Any = None, status: int = 200
    ) -> Any:
        answer = await self.ask(method, path, body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None
