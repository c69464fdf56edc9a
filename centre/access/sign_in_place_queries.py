"""Where people have signed in before, each place an HMAC."""

from collections.abc import Sequence

from sqlmodel import col, delete, select

from centre.access.sign_in_places import KEPT
from centre.access.tables import SignInPlaceRow
from core.clock import utc_now
from db.session import Session
from db.sql import dialect_of, insert_into, table_of


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
