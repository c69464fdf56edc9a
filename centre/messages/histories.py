"""What Temporal's histories hold, in clear: for who may look, and on record.

Bodies are Temporal's remote data encoding: a `Payloads` message in protobuf's
JSON mapping, in and out.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads

from centre.audit import audit
from centre.audit.audit import Actor, AuditFilter
from centre.audit.roles import ADMINS
from centre.context import Context
from centre.people.masking import MAY_LOOK
from core.clock import utc_now
from core.codec import EncryptionCodec, is_sealed
from core.errors import Forbidden, Invalid, Malformed
from db.session import Session
from db.sql import lock
from db.store import Store

LOOK = "look-history"
# A page of the Web UI asks for each event's payloads by itself: that is one look.
_ONE_LOOK = timedelta(minutes=1)
_MESSAGE = "message-"


@dataclass(frozen=True)
class History:
    """Which workflow is looked at, as far as the caller says."""

    workflow: str | None = None
    run: str | None = None

    @property
    def target(self) -> str:
        """What the audit log names: a message's own page where it is one's."""
        if self.workflow is None:
            return "histories"
        if self.workflow.startswith(_MESSAGE):
            return f"messages/{self.workflow.removeprefix(_MESSAGE)}"
        return f"workflows/{self.workflow}"


async def encoded(context: Context, body: bytes, actor: Actor) -> str:
    """Return a body's payloads sealed, as the centre's own processes do it."""
    actor.must_be(*ADMINS)
    sealed = await EncryptionCodec(context.keyring).encode(await _payloads(body))
    return json_format.MessageToJson(Payloads(payloads=sealed))


async def revealed(
    context: Context, body: bytes, actor: Actor, history: History
) -> str:
    """Return a body's payloads in clear; the audit log keeps who looked."""
    if actor.role not in MAY_LOOK:
        raise Forbidden("This role does not see personal data in clear.")
    payloads = await _payloads(body)
    try:
        clear = await EncryptionCodec(context.keyring).decode(payloads)
    except (InvalidTag, KeyError, ValueError):
        raise Invalid("A payload can't be read with this centre's keys.") from None
    if sealed := sum(map(is_sealed, payloads)):
        await _note(context.store, actor, history, sealed)
    return json_format.MessageToJson(Payloads(payloads=clear))


async def _payloads(body: bytes) -> Sequence[Payload]:
    parsed = await asyncio.to_thread(_parsed, body)  # two megabytes take their time
    return parsed.payloads


def _parsed(body: bytes) -> Payloads:
    if not body.lstrip().startswith(b"{"):  # an empty list would pass for nothing
        raise Malformed("The body is not Temporal's Payloads.")
    try:
        return json_format.Parse(body, Payloads(), max_recursion_depth=20)
    except (json_format.ParseError, ValueError):
        raise Malformed("The body is not Temporal's Payloads.") from None


async def _note(store: Store, actor: Actor, history: History, sealed: int) -> None:
    """Write the look down, unless its workflow's was within the last minute."""
    if history.workflow is None:
        # Two calls may be of two workflows: each is a look of its own.
        async with store.sessions.begin() as session:
            counted = {"payloads": sealed}
            await audit.write(session, actor, LOOK, history.target, None, counted)
        return
    seen = {"workflow": history.workflow, "run": history.run}
    async with store.sessions() as session:
        if await _is_noted(session, actor, history.target, seen):
            return
    async with store.sessions.begin() as session:
        await lock(session, "audit")  # a page's calls come all at once
        if not await _is_noted(session, actor, history.target, seen):
            await audit.write(session, actor, LOOK, history.target, None, seen)


async def _is_noted(
    session: Session, actor: Actor, target: str, seen: Mapping[str, object]
) -> bool:
    since = utc_now() - _ONE_LOOK
    same = AuditFilter(who=actor.who, action=LOOK, target=target, since=since)
    found = await audit.list_audit(session, same)
    return any(entry.actor == actor and entry.after == seen for entry in found.items)
