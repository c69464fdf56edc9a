"""Who is at a page: the session, carried by a cookie, and the store's word on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nicegui import Client, ui
from starlette.requests import HTTPConnection

from centre.access import sessions as console_sessions
from centre.access import sign_in as signing_in
from centre.access.contracts import User
from centre.access.devices import device_of
from centre.audit.audit import Actor
from console.kit.context import context
from core.errors import Unauthenticated
from core.words import Role

COOKIE = "hmc_console"
# Names the browser, for whoever has signed in with it; it signs nobody in.
DEVICE_COOKIE = "hmc_device"
# The session that an open page is held to, among what NiceGUI keeps with it.
SESSION = "hmc_session"
_CHANGES = "hmc_session_changes"
SIGN_IN, PASSWORD, ACCOUNT = "/sign-in", "/password", "/account"


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in at the console."""

    user: User
    address: str | None

    @property
    def role(self) -> Role:
        """What they may do."""
        return self.user.role

    @property
    def actor(self) -> Actor:
        """Who the audit log names."""
        who, role = self.user.username, self.user.role
        return Actor(who=who, role=role, address=self.address)

    @property
    def first(self) -> str | None:
        """The page at which they have to do something before anything else."""
        if signing_in.must_change(self.user, context().settings):
            return PASSWORD
        if signing_in.must_add_factor(self.user, context().settings):
            return ACCOUNT
        return None

    def may_be_at(self, path: str) -> bool:
        """Tell whether nothing has to be done before they open a page."""
        return self.first in (None, path) or path == PASSWORD


def address_of(request: HTTPConnection) -> str | None:
    """Return the address a browser comes from."""
    return request.client.host if request.client else None


def browser_of(request: HTTPConnection) -> str | None:
    """Return the name that we gave to a browser."""
    return device_of(context().keyring, request.cookies.get(DEVICE_COOKIE))


async def visitor_of(
    request: HTTPConnection, *, at_work: bool = True
) -> Visitor | None:
    """Return who sends this request; None where nobody is signed in (any more).

    `at_work` notes that they did something, which keeps the session. Who has
    something to do first (`Visitor.first`) may see nothing else.
    """
    return await _visitor(request.cookies.get(COOKIE, ""), request, at_work)


async def visitor_at(client: Client, *, at_work: bool = True) -> Visitor | None:
    """Return who is at an open page; None once its session has ended."""
    return await _visitor(client.storage.get(SESSION, ""), client.request, at_work)


async def present_visitor(*, at_work: bool = True) -> Visitor | None:
    """Return who is at the page whose handler runs."""
    return await visitor_at(ui.context.client, at_work=at_work)


async def present_actor() -> Actor:
    """Return who is at the page, for the log; Unauthenticated where nobody is."""
    visitor = await present_visitor()
    if visitor is None:
        raise Unauthenticated("Sign in first.")
    return visitor.actor


async def _visitor(
    token: str, request: HTTPConnection, at_work: bool
) -> Visitor | None:
    if not token:
        return None
    user = await console_sessions.visitor(context(), token, at_work=at_work)
    return None if user is None else Visitor(user, address_of(request))


async def must_be_visitor(request: HTTPConnection) -> Visitor:
    """Return who sends this request; Unauthenticated where nobody is signed in."""
    visitor = await visitor_of(request)
    if visitor is None:
        raise Unauthenticated("Sign in first.")
    return visitor


def hold_to(client: Client, token: str) -> None:
    """Hold an open page to a session: with it, it ends."""
    client.storage[SESSION] = token


def is_held(client: Client) -> bool:
    """Tell whether a page is held to a session, and that does not change just now."""
    return SESSION in client.storage and not client.storage.get(_CHANGES)


@contextmanager
def session_changes() -> Iterator[None]:
    """Let the page stay while its session is exchanged for a new one."""
    kept = ui.context.client.storage
    kept[_CHANGES] = True
    try:
        yield
    finally:
        kept[_CHANGES] = False
