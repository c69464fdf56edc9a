"""Routes that take the value which the guard has read: no body is parsed twice."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.http.request_guard import VALUE


class _Checked(Request):
    """A request whose JSON was read, a large one beside the loop, when checked."""

    async def json(self) -> Any:
        return self.scope[VALUE]


class CheckedBody(APIRoute):
    """A route whose body the guard has read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            return await handle(_Checked(request.scope, request.receive))

        return checked
