"""The dictionaries of channels and identity types (the paper's tables 1 and 2)."""

from pydantic import Field
from sqlmodel import col, select

from centre.audit import audit
from centre.audit.audit import Actor
from centre.catalog.tables import ChannelRow, IdentityTypeRow
from core.base import Model
from core.errors import Invalid, NotFound, Wrong
from core.rate_limits import read_name
from core.text.plain_text import PlainText
from core.words import Channel, IdentityType
from db.session import Session


class ChannelEntry(Model):
    """A channel of the dictionary; the cost of a message in yuan."""

    code: Channel
    name: str
    name_en: str
    cost_per_message: float = 0.0
    limits: dict[str, int] = {}
    provider_account: str | None = None
    enabled: bool = True


class ChannelChanges(Model):
    """What to change of a channel; fields left out stay."""

    name: PlainText = Field(default="", min_length=1, max_length=128)
    name_en: PlainText = Field(default="", max_length=128)
    cost_per_message: float = Field(default=0.0, ge=0, le=1000, allow_inf_nan=False)
    limits: dict[str, int] = Field(default={}, max_length=32)
    provider_account: str | None = Field(default=None, max_length=128)
    enabled: bool = True


class IdentityTypeEntry(Model):
    """An identity type of the dictionary."""

    code: IdentityType
    name: str
    name_en: str
    sensitive: bool = False
    enabled: bool = True


class IdentityTypeChanges(Model):
    """What to change of an identity type; fields left out stay."""

    name: PlainText = Field(default="", min_length=1, max_length=128)
    name_en: PlainText = Field(default="", max_length=128)
    enabled: bool = True


async def list_channels(session: Session) -> tuple[ChannelEntry, ...]:
    """Return every channel, in the order of the dictionary."""
    rows = await session.exec(select(ChannelRow).order_by(col(ChannelRow.position)))
    return tuple(_channel(row) for row in rows)


async def find_channel(session: Session, code: Channel) -> ChannelEntry | None:
    """Return one channel of the dictionary."""
    row = await session.get(ChannelRow, str(code))
    return None if row is None else _channel(row)


async def update_channel(
    session: Session, code: Channel, changes: ChannelChanges, actor: Actor
) -> ChannelEntry:
    """Change a channel's entry."""
    _check_limits(changes)
    row = await session.get(ChannelRow, str(code))
    if row is None:
        raise NotFound("There is no such channel.")
    before = _channel(row)
    row.sqlmodel_update(changes.model_dump(exclude_unset=True))
    await session.flush()
    await _changed(session, actor, f"channels/{code}", before, _channel(row))
    return _channel(row)


def _check_limits(changes: ChannelChanges) -> None:
    wrong = [
        Wrong(f"/limits/{name}", "There is no limit of this name.")
        for name in changes.limits
        if read_name(name) is None
    ]
    if wrong:
        raise Invalid("The limits were refused; see `errors`.", wrong)


async def list_identity_types(session: Session) -> tuple[IdentityTypeEntry, ...]:
    """Return every identity type, in the order of the dictionary."""
    order = col(IdentityTypeRow.position)
    rows = await session.exec(select(IdentityTypeRow).order_by(order))
    return tuple(_identity_type(row) for row in rows)


async def update_identity_type(
    session: Session,
    code: IdentityType,
    changes: IdentityTypeChanges,
    actor: Actor,
) -> IdentityTypeEntry:
    """Change an identity type's entry."""
    row = await session.get(IdentityTypeRow, str(code))
    if row is None:
        raise NotFound("There is no such identity type.")
    before = _identity_type(row)
    row.sqlmodel_update(changes.model_dump(exclude_unset=True))
    await session.flush()
    after = _identity_type(row)
    await _changed(session, actor, f"identity-types/{code}", before, after)
    return after


async def _changed(
    session: Session, actor: Actor, target: str, before: Model, after: Model
) -> None:
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    await audit.write(session, actor, "update", target, old, new)


def _channel(row: ChannelRow) -> ChannelEntry:
    return ChannelEntry.model_validate(row.model_dump(exclude={"position"}))


def _identity_type(row: IdentityTypeRow) -> IdentityTypeEntry:
    return IdentityTypeEntry.model_validate(row.model_dump(exclude={"position"}))
