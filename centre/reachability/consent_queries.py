"""The ledger of people's consents to a provider's templates.

A person without a line is not known: the provider is asked. A line that has run
down to nothing keeps messages back until another consent comes.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import case
from sqlmodel import col, select, update

from centre.reachability.contracts import Consent
from centre.reachability.tables import ConsentRow
from core.clock import utc_now
from core.models import Address
from core.words import IdentityType
from db.session import Session
from db.sql import dialect_of, insert_into, keyring_of, table_of

_KEYS = ("index_hmac", "template")


async def allows(
    session: Session, address: Address, template: str, fade: timedelta
) -> bool:
    """Tell whether a message may be tried.

    A consent told to nobody but the provider would be missed for ever, so after
    `fade` an empty line is tried again.
    """
    row = await session.get(ConsentRow, (_index(session, address), template))
    if row is None or row.unlimited or row.quota > 0:
        return True
    return utc_now() - row.updated_at >= fade


async def grant(
    session: Session, address: Address, template: str, *, unlimited: bool = False
) -> None:
    """Note one more consent."""
    columns = _columns(session, address, template, 1, unlimited)
    insert = insert_into(dialect_of(session), table_of(ConsentRow)).values(columns)
    news = {
        "quota": table_of(ConsentRow).c.quota + 1,
        "updated_at": columns["updated_at"],
        **({"unlimited": True} if unlimited else {}),
    }
    await session.exec(insert.on_conflict_do_update(index_elements=_KEYS, set_=news))


async def use(session: Session, address: Address, template: str, *, once: bool) -> None:
    """Note a message that was taken, or may have been.

    It uses up a consent to a one-time template; a long-term one is marked so.
    """
    less = case((col(ConsentRow.quota) > 0, col(ConsentRow.quota) - 1), else_=0)
    news = {"quota": less} if once else {"unlimited": True}
    changed = (
        update(ConsentRow)
        .where(
            col(ConsentRow.index_hmac) == _index(session, address),
            col(ConsentRow.template) == template,
        )
        .values(**news, updated_at=utc_now())
    )
    await session.exec(changed)


async def withdraw(session: Session, address: Address, template: str) -> None:
    """Note that the person allows no message of a template."""
    await put(session, address, template, quota=0, unlimited=False)


async def put(
    session: Session,
    address: Address,
    template: str,
    *,
    quota: int,
    unlimited: bool,
) -> None:
    """Set a line of the ledger."""
    columns = _columns(session, address, template, quota, unlimited)
    insert = insert_into(dialect_of(session), table_of(ConsentRow)).values(columns)
    news = {name: columns[name] for name in ("quota", "unlimited", "updated_at")}
    await session.exec(insert.on_conflict_do_update(index_elements=_KEYS, set_=news))


async def consents_of(
    session: Session, identity_type: IdentityType, value: str
) -> tuple[Consent, ...]:
    """Return one identity's lines of the ledger."""
    index = keyring_of(session).index(identity_type, value)
    wanted = select(ConsentRow).where(ConsentRow.index_hmac == index)
    return tuple(
        Consent(
            template=row.template,
            quota=row.quota,
            unlimited=row.unlimited,
            updated_at=row.updated_at,
        )
        for row in await session.exec(wanted.order_by(col(ConsentRow.template)))
    )


def _columns(
    session: Session, address: Address, template: str, quota: int, unlimited: bool
) -> dict[str, Any]:
    return {
        "index_hmac": _index(session, address),
        "template": template,
        "identity_type": str(address.type),
        "quota": quota,
        "unlimited": unlimited,
        "updated_at": utc_now(),
    }


def _index(session: Session, address: Address) -> str:
    return keyring_of(session).index(address.type, address.value)
