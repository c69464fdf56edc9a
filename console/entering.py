"""From a checked user to a session: opened in the store, carried by a cookie."""

import json

from fastapi import Request
from nicegui import ui
from starlette.responses import Response

from console.desk import desk
from console.visits import COOKIE, address_of
from store import console_sessions
from store.users import User

# A websocket can't set a cookie, so the page calls this once. It takes JSON
# only: no other site's form can call it, and no script may (there is no CORS).
ENTER = "/session"
_SCRIPT = """
fetch((window.path_prefix || '') + %s, {
  method: 'POST',
  headers: {'Content-Type': 'application/json'},
  body: JSON.stringify({token: %s}),
}).then(() => { window.location.href = (window.path_prefix || '') + %s; });
"""


async def enter_as(user: User, target: str) -> None:
    """Open a session for who has just been checked, and go to a page."""
    address = address_of(ui.context.client.request)
    async with desk().store.sessions.begin() as session:
        token = await console_sessions.begin(session, user, address)
    ui.run_javascript(_SCRIPT % tuple(map(json.dumps, (ENTER, token, target))))


async def carry(request: Request) -> Response:
    """Turn a session's token into the cookie that carries it from now on."""
    given = await request.json()
    token = given.get("token") if isinstance(given, dict) else None
    if not isinstance(token, str) or len(token) > 100:
        return Response(status_code=422)
    answer = Response(status_code=204)
    answer.set_cookie(
        COOKIE,
        token,
        path=request.scope.get("root_path", "") or "/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer
