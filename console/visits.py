"""Who is at a page: the session cookie, and the store's word on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from nicegui import ui
from starlette.requests import Request

from console.desk import desk
from core.words import Role
from store import console_sessions
from store.audit import Actor
from store.users import User

COOKIE = "hmc_console"
# Marks a page, among what NiceGUI keeps with it, as one for who is signed in.
GUARDED = "hmc_guarded"


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


def idle_time() -> timedelta:
    """Return how long nothing may happen before a session ends."""
    return timedelta(minutes=desk().settings.console_idle_minutes)


def address_of(request: Request) -> str | None:
    """Return the address a browser comes from."""
    return request.client.host if request.client else None


async def visitor_of(request: Request, *, at_work: bool = True) -> Visitor | None:
    """Return who sends this request; None where nobody is signed in (any more).

    `at_work` notes that they did something, which keeps the session.
    """
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    async with desk().store.sessions() as session:
        user = await console_sessions.visitor(session, token, idle_time())
    if user is None:
        return None
    if at_work:
        async with desk().store.sessions.begin() as session:
            await console_sessions.note_activity(session, token, idle_time())
    return Visitor(user, address_of(request))


@contextmanager
def session_changes() -> Iterator[None]:
    """Let the page stay while its session is exchanged for a new one."""
    kept = ui.context.client.storage
    kept[GUARDED] = False
    try:
        yield
    except BaseException:
        kept[GUARDED] = True
        raise


async def present_visitor(*, at_work: bool = True) -> Visitor | None:
    """Return who is at the page whose handler runs."""
    return await visitor_of(ui.context.client.request, at_work=at_work)
