"""What queues are watched for: thresholds, expected times, and whom to tell."""

from collections.abc import Iterable

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.clients import queries as clients
from centre.context import Context
from centre.watch import rule_queries
from centre.watch.models import MOST_TOLD, QueueThresholds, WatchRules
from centre.watch.rule_queries import EXPECTED, RECIPIENTS, THRESHOLDS, Rules
from centre.watch.rules import Expected, OwnThresholds, Thresholds
from core.errors import FieldError, Invalid
from core.identities import mask, normalise
from core.models import Address
from db.session import Session
from db.sql import lock


async def watch_rules(context: Context) -> WatchRules:
    """Return what holds for all queues; addresses are masked."""
    async with context.store.sessions() as session:
        told = await rule_queries.recipients(session)
        return WatchRules(
            thresholds=await rule_queries.read(session, THRESHOLDS, Thresholds()),
            expected=await rule_queries.expected(session),
            recipients=tuple(_masked(told)),
            set_at=await rule_queries.recipients_set_at(session),
        )


def _masked(told: Iterable[Address]) -> Iterable[Address]:
    return (Address(type=a.type, value=mask(a.type, a.value)) for a in told)


async def thresholds_of(context: Context, client: str) -> QueueThresholds:
    """Return one client's thresholds; NotFound where there is no such client."""
    async with context.store.sessions() as session:
        return await _thresholds_of(session, client)


async def _thresholds_of(session: Session, client: str) -> QueueThresholds:
    await clients.client(session, client)
    known = await rule_queries.limits(session)
    own = known.own.get(client, OwnThresholds())
    return QueueThresholds(client=client, own=own, in_force=known.of(client))


async def put_thresholds(
    context: Context, rules: Thresholds, actor: Actor
) -> Thresholds:
    """Set what holds for every client without thresholds of its own."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        return await _put(session, THRESHOLDS, Thresholds(), rules, actor)


async def put_own_thresholds(
    context: Context, client: str, rules: OwnThresholds, actor: Actor
) -> QueueThresholds:
    """Set what differs for one client; NotFound where there is none."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        await clients.client(session, client)
        scope = f"{THRESHOLDS}/{client}"
        await _put(session, scope, OwnThresholds(), rules, actor)
        return await _thresholds_of(session, client)


async def put_expected(context: Context, rules: Expected, actor: Actor) -> Expected:
    """Set within which time messages are expected to make a step."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        return await _put(session, EXPECTED, Expected(), rules, actor)


async def put_recipients(
    context: Context, told: tuple[Address, ...], actor: Actor
) -> None:
    """Set whom to tell of an alarm; Invalid names the places that are wrong."""
    actor.must_be(*ADMINS)
    normal = _normal(told)
    async with context.store.sessions.begin() as session:
        await lock(session, "watch-rules")
        before = await rule_queries.recipients(session)
        await rule_queries.put_recipients(session, normal, actor.who)
        counts = ({"recipients": len(before)}, {"recipients": len(normal)})
        await audit.write(session, actor, "update", f"watch/{RECIPIENTS}", *counts)


def _normal(told: tuple[Address, ...]) -> tuple[Address, ...]:
    found, field_errors = [], []
    if len(told) > MOST_TOLD:
        field_errors.append(FieldError("/recipients", f"At most {MOST_TOLD} allowed."))
    for index, address in enumerate(told):
        try:
            value = normalise(address.type, address.value)
            found.append(Address(type=address.type, value=value))
        except ValueError as error:
            field_errors.append(
                FieldError(f"/recipients/{index}/value", f"The identity {error}.")
            )
    if field_errors:
        raise Invalid("The recipients were refused; see `errors`.", field_errors)
    return tuple(dict.fromkeys(found))


async def _put(
    session: Session, scope: str, default: Rules, rules: Rules, actor: Actor
) -> Rules:
    await lock(session, "watch-rules")
    before = (await rule_queries.read(session, scope, default)).model_dump(mode="json")
    await rule_queries.put(session, scope, rules, actor.who)
    after = rules.model_dump(mode="json")
    await audit.write(session, actor, "update", f"watch/{scope}", before, after)
    return rules
