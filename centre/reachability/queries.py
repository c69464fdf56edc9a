"""What providers said of people, per address: kept, looked up, taken back."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy import select as core_select
from sqlmodel import col, delete, select

from centre.reachability.rules import AddressStatus, disproved, refused
from centre.reachability.tables import ConsentRow, StandingRow
from channels.registry import reports_arrival, state_said
from core.models import Address
from core.words import Channel, IdentityType, State
from db.session import Session
from db.sql import dialect_of, insert_into, keyring_of, table_of

_ALL = ""
_KEYS = ("index_hmac", "channel", "message_type")


async def standings_of(
    session: Session, addresses: Mapping[Channel, Address], message_type: str
) -> dict[Channel, AddressStatus]:
    """Return how each channel's address stands for messages of a type.

    What holds for this type alone comes before what holds for all.
    """
    if not addresses:
        return {}
    at = {channel: _index(session, address) for channel, address in addresses.items()}
    connection = await session.connection()
    wanted = {"indexes": list(set(at.values())), "types": [_ALL, message_type]}
    found = await connection.execute(_of_addresses(), wanted)
    rows = sorted(found, key=lambda row: str(row.message_type))
    return {
        Channel(row.channel): _standing(row)
        for row in rows
        if at.get(Channel(row.channel)) == row.index_hmac
    }


@cache
def _of_addresses() -> Any:
    table = table_of(StandingRow)
    return core_select(table).where(
        table.c.index_hmac.in_(bindparam("indexes", expanding=True)),
        table.c.message_type.in_(bindparam("types", expanding=True)),
    )


async def note_refusal(
    session: Session,
    channel: Channel,
    address: Address,
    message_type: str,
    code: str,
    at: datetime,
) -> AddressStatus | None:
    """Keep what a provider's refusal says of an address, if it says anything."""
    state = state_said(channel, code)
    if state is None:
        return None
    scope = message_type if state is State.NEED_SUBSCRIBE else _ALL
    row = await session.get(StandingRow, (_index(session, address), channel, scope))
    old = _standing(row) if row else None
    new = refused(old, channel, state, code, at)
    await _put(session, address, new, scope)
    return new


async def note_following(
    session: Session, channel: Channel, address: Address, at: datetime
) -> None:
    """Keep that a person follows: what was held against the address is gone."""
    await note_reached(session, channel, address)
    new = AddressStatus(channel=channel, state=State.FOLLOWING, since=at, last_at=at)
    await _put(session, address, new, _ALL)


async def note_unfollowed(
    session: Session, channel: Channel, address: Address, at: datetime
) -> None:
    """Keep that a person has left."""
    new = AddressStatus(channel=channel, state=State.UNFOLLOWED, since=at, last_at=at)
    await _put(session, address, new, _ALL)


async def note_reached(
    session: Session, channel: Channel, address: Address, *, arrived: bool = True
) -> None:
    """Forget what a message has disproved: it arrived, or was taken at least."""
    states = disproved(arrived=arrived, reported=reports_arrival(channel))
    gone = delete(StandingRow).where(
        col(StandingRow.index_hmac) == _index(session, address),
        col(StandingRow.channel) == channel,
        col(StandingRow.state).in_(states),
    )
    await session.exec(gone)


async def known_of(
    session: Session, identity_type: IdentityType, value: str
) -> tuple[AddressStatus, ...]:
    """Return how one identity stands with every channel."""
    index = keyring_of(session).index(identity_type, value)
    wanted = select(StandingRow).where(StandingRow.index_hmac == index)
    ordered = wanted.order_by(col(StandingRow.channel), col(StandingRow.message_type))
    return tuple(map(_standing, await session.exec(ordered)))


async def clear(session: Session, index: str, channel: Channel | None) -> bool:
    """Forget what is held against an identity, on one channel or on all.

    Consents that are used up are forgotten with it: the provider is asked again.
    False where there was neither.
    """
    gone = delete(StandingRow).where(col(StandingRow.index_hmac) == index)
    if channel is not None:
        gone = gone.where(col(StandingRow.channel) == channel)
    dropped = (await session.exec(gone)).rowcount
    if channel in (None, Channel.WECHAT_MINI):
        used_up = delete(ConsentRow).where(
            col(ConsentRow.index_hmac) == index,
            col(ConsentRow.quota) == 0,
            col(ConsentRow.unlimited).is_(False),
        )
        dropped += (await session.exec(used_up)).rowcount
    return bool(dropped)


async def _put(
    session: Session, address: Address, standing: AddressStatus, scope: str
) -> None:
    columns = {
        "index_hmac": _index(session, address),
        "channel": str(standing.channel),
        "message_type": scope,
        "identity_type": str(address.type),
        "state": str(standing.state),
        "since": standing.since,
        "last_at": standing.last_at,
        "code": standing.code,
        "count": standing.count,
    }
    insert = insert_into(dialect_of(session), table_of(StandingRow)).values(columns)
    news = {name: columns[name] for name in columns if name not in _KEYS}
    await session.exec(insert.on_conflict_do_update(index_elements=_KEYS, set_=news))


def _index(session: Session, address: Address) -> str:
    return keyring_of(session).index(address.type, address.value)


def _standing(row: Any) -> AddressStatus:
    return AddressStatus(
        channel=Channel(row.channel),
        message_type=row.message_type or None,
        state=State(row.state),
        since=row.since,
        last_at=row.last_at,
        code=row.code,
        count=row.count,
    )
