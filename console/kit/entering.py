"""From a checked user to a session: opened in the store, carried by a cookie."""

import json

from fastapi import Request
from nicegui import ui
from pydantic import Field
from starlette.responses import Response

from centre.access import sessions as console_sessions
from centre.access.contracts import User
from centre.access.devices import device_of
from centre.access.sign_in_places import KEPT
from console.kit.context import context
from console.kit.visits import COOKIE, DEVICE_COOKIE, SESSION, address_of, hold_to
from core.base import Model

# A websocket can't set a cookie, so the page calls this once. It takes JSON
# only: no other site's form can call it, and no script may (there is no CORS).
ENTER = "/session"
_SCRIPT = """
fetch((window.path_prefix || '') + %s, {
  method: 'POST',
  headers: {'Content-Type': 'application/json'},
  body: JSON.stringify({token: %s, device: %s}),
}).then(() => { window.location.href = (window.path_prefix || '') + %s; });
"""


class _Carried(Model):
    """What the page sends: the session's token, the name of a browser new to us."""

    token: str = Field(max_length=100, repr=False)
    device: str | None = Field(default=None, repr=False)


async def enter_as(user: User, target: str, device: str | None = None) -> None:
    """Open a session for who has just been checked, and go to a page.

    `device` names the browser from now on; None leaves it its name.
    """
    client = ui.context.client
    address = address_of(client.request)
    token = await console_sessions.begin(context(), user, address)
    if SESSION in client.storage:  # the sign-in page is anybody's
        hold_to(client, token)
    sent = (ENTER, token, device, target)
    ui.run_javascript(_SCRIPT % tuple(map(json.dumps, sent)))


async def carry(request: Request) -> Response:
    """Turn a session's token, and the browser's name, into cookies."""
    try:
        given = _Carried.model_validate(await request.json())
    except ValueError:  # no JSON, or not ours
        return Response(status_code=422)
    answer = Response(status_code=204)
    _set(request, answer, COOKIE, given.token)
    if device := device_of(context().keyring, given.device):
        _set(request, answer, DEVICE_COOKIE, device, int(KEPT.total_seconds()))
    return answer


def _set(
    request: Request,
    answer: Response,
    name: str,
    value: str,
    seconds: int | None = None,
) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=seconds,
        path=request.scope.get("root_path", "") or "/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
