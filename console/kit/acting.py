"""What a click may do: every handler asks again who is there, and which role."""

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from nicegui import ui

from centre.audit.audit import Actor
from console.kit.errors import notify, show_error
from console.kit.presence import settle
from console.kit.texts import t
from console.kit.visits import present_visitor
from core.words import Role

P = ParamSpec("P")

Work = Callable[Concatenate[Actor, P], Awaitable[None]]
Handler = Callable[P, Awaitable[None]]


def acting(*roles: Role) -> Callable[[Work[P]], Handler[P]]:
    """Make an event handler that only these roles may use (none: everybody).

    A page outlives its session, so the store is asked at every click. The
    handler gets who acts, for the audit log; errors become notifications.
    """
    allowed = roles or tuple(Role)

    def decorate(work: Work[P]) -> Handler[P]:
        @wraps(work)
        async def handler(*args: P.args, **kwargs: P.kwargs) -> None:
            client = ui.context.client
            visitor = await present_visitor()
            if not await settle(client, visitor) or visitor is None:
                return
            if visitor.role not in allowed:
                notify(t("frame.may_not"), good=False)
            else:
                try:
                    await work(visitor.actor, *args, **kwargs)
                except Exception as error:
                    show_error(error, client)

        handler.__signature__ = _without_actor(work)  # type: ignore[attr-defined]
        return handler

    return decorate


def _without_actor(work: Callable[..., object]) -> inspect.Signature:
    """Return the signature NiceGUI sees: it passes events to who takes them."""
    signature = inspect.signature(work)
    return signature.replace(parameters=list(signature.parameters.values())[1:])
