"""The one path at which the clouds' gateways answer, told apart by a header.

Each vendor has a host of its own; here all are one host, and both vendors'
SDKs call its path `/`.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sandbox.aliyun.api import Aliyun
from sandbox.kit.answers import answering
from sandbox.kit.context import Desk, Provider
from sandbox.tencent.api import Tencent


class Clouds(Provider):
    """Aliyun and Tencent Cloud behind one path."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._aliyun = Aliyun(desk)
        self._tencent = Tencent(desk)

    def routes(self) -> list[BaseRoute]:
        """Return the one path."""
        return [answering("/", "POST", self.call)]

    async def call(self, request: Request) -> Response:
        """Answer as the cloud whose header the call has; Aliyun where it has none."""
        if "x-tc-action" in request.headers:
            return await self._tencent.call(request)
        return await self._aliyun.call(request)
