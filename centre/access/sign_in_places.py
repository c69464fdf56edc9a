"""Where people sign in: the address and the browser, and who was there before.

A person is known at a place from which they have signed in with all it takes.
Kept as HMACs for 90 days, and until their password changes.
"""

from collections.abc import Sequence
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlmodel import col, delete, select

from centre.access.tables import SignInPlaceRow
from db.columns import utc_now
from db.session import Session
from db.sql import dialect_of, insert_into, keyring_of, table_of

KEPT = timedelta(days=90)
# Whoever has one IPv6 address has 2^64 of them (RFC 6177).
_IPV6_SITE = 64


def network_of(address: str) -> str:
    """Return what counts as one address: of IPv6, the network it is in."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    if isinstance(ip, IPv6Address):
        return str(ip_network((int(ip), _IPV6_SITE), strict=False))
    return str(ip)


def places_of(
    session: Session, address: str | None, device: str | None
) -> tuple[str, ...]:
    """Return the places a sign-in comes from, the browser first."""
    index = keyring_of(session).index
    browser = [index("sign-in-device", device)] if device else []
    network = [index("sign-in-address", network_of(address))] if address else []
    return (*browser, *network)


async def known_at(
    session: Session, username: str, places: Sequence[str]
) -> str | None:
    """Return the first of these places at which a person is known."""
    since = utc_now() - KEPT
    wanted = select(SignInPlaceRow.place).where(
        SignInPlaceRow.username == username,
        col(SignInPlaceRow.place).in_(places),
        col(SignInPlaceRow.seen_at) > since,
    )
    found = set((await session.exec(wanted)).all())
    return next((place for place in places if place in found), None)


async def note(session: Session, username: str, places: Sequence[str]) -> None:
    """Remember where a person has just signed in; forget what is long ago."""
    now, table = utc_now(), table_of(SignInPlaceRow)
    for place in places:
        seen = insert_into(dialect_of(session), table).values(
            username=username, place=place, seen_at=now
        )
        keys = ["username", "place"]
        newer = seen.on_conflict_do_update(index_elements=keys, set_={"seen_at": now})
        await session.exec(newer)
    old = delete(SignInPlaceRow).where(col(SignInPlaceRow.seen_at) < now - KEPT)
    await session.exec(old.where(col(SignInPlaceRow.username) == username))


async def forget(session: Session, username: str) -> None:
    """Forget every place of a person."""
    mine = delete(SignInPlaceRow).where(col(SignInPlaceRow.username) == username)
    await session.exec(mine)
